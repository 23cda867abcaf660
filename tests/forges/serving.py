"""Run a WSGI application on a free port of the loopback interface, and check it against an API description."""

from __future__ import annotations

import io
import json
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import waitress.server
from openapi_core import OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.responses.exceptions import ResponseNotFound
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitreg.testing.forges import Application

_ANYWHERE = frozenset({401, 403, 404})
_REFUSAL = {"message", "documentation_url", "status"}
DESCRIPTION = Path(__file__).parent / "data" / "github.json"


@contextmanager
def serving(application: Callable[..., Iterable[bytes]]) -> Iterator[str]:
    """Its address, without a slash at the end."""
    connections: dict[int, Any] = {}
    # A long answer that nobody hears out is kept in memory: waitress would leave the file that it spools to open.
    web = waitress.server.create_server(
        application, map=connections, host="127.0.0.1", port=0, threads=4, outbuf_overflow=1 << 30
    )
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            web.asyncore.loop(timeout=0.02, map=connections, count=1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{web.effective_port}"
    finally:
        stop.set()
        thread.join()
        web.task_dispatcher.shutdown()
        web.asyncore.close_all(connections)


class Checked:
    """Lets requests and answers through and keeps what GitHub's own description says against them."""

    def __init__(self, application: Application, description: OpenAPI) -> None:
        self.application = application
        self.description = description
        self.asked_wrongly: list[str] = []
        self.answered_wrongly: list[str] = []
        self.count = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(data)
        kept: list[Any] = []
        body = b"".join(self.application(environ, lambda status, headers: kept.extend([status, headers])))
        self._check(environ, data, Response(body, kept[0], kept[1]))
        start(*kept)
        return [body]

    def _check(self, environ: dict[str, Any], data: bytes, response: Response) -> None:
        self.count += 1
        path = environ["PATH_INFO"].removeprefix(self.application.prefix)
        builder = EnvironBuilder(
            path=path,
            base_url="https://api.github.com",
            method=environ["REQUEST_METHOD"],
            query_string=environ.get("QUERY_STRING", ""),
            data=data or None,
            content_type=environ.get("CONTENT_TYPE") or None,
        )
        request = WerkzeugOpenAPIRequest(Request(builder.get_environ()))
        where = f"{environ['REQUEST_METHOD']} {path} -> {response.status_code}"
        try:
            self.description.validate_request(request)
        except OpenAPIError as error:
            self.asked_wrongly.append(f"{where}: {_said(error)}; {data[:300]!r}")
        try:
            self.description.validate_response(request, WerkzeugOpenAPIResponse(response))
        except ResponseNotFound:
            # Not every refusal is listed at every path; those that are, are all of one shape.
            if response.status_code not in _ANYWHERE or not (response.get_json() or {}).keys() >= _REFUSAL:
                self.answered_wrongly.append(f"{where}: an answer that GitHub does not give there")
        except OpenAPIError as error:
            self.answered_wrongly.append(f"{where}: {_said(error)}")


def _said(error: BaseException) -> str:
    causes = [*getattr(error.__cause__, "schema_errors", [])]
    deeper = "; ".join(f"{list(each.path)} {each.message[:200]}" for each in causes)
    return f"{error!r:.200} {error.__cause__!r:.200} {deeper}"


def github_description() -> OpenAPI:
    """GitHub's own, as far as we use it."""
    whole = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    _let_null_be(whole)
    return OpenAPI.from_dict(whole)


def _let_null_be(node: Any) -> None:  # noqa: ANN401 - any JSON
    """A nullable field that is an enumeration may be null: GitHub means it so, and OpenAPI 3.0.3 wants it written."""
    if isinstance(node, dict) and node.get("nullable") and isinstance(node.get("enum"), list):
        node["enum"].append(None)
    if isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            _let_null_be(each)
