"""Questions to another tracker's server. The only module of this room that knows httpx.

A token goes to that server alone, and in the clear only to this very machine; no redirect is followed. What comes back
is bounded in size, and nothing is believed of its shape.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from gitreg.errors import CredentialsRefused, InvalidValue, MissingExtra, NotFound, RemoteError

try:
    import httpx
except ModuleNotFoundError as _missing:
    raise MissingExtra(
        "Talking to a server needs httpx, which is not installed.", hint="pip install 'gitreg[forges]'"
    ) from _missing

MAX_ANSWER: Final = 64 * 1024 * 1024
_TIMEOUT_S: Final = 60.0
_ATTEMPTS: Final = 4
_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def authorization(environ: Mapping[str, str]) -> httpx.Auth | None:
    """What MLflow's own client sends: MLFLOW_TRACKING_TOKEN, else MLFLOW_TRACKING_USERNAME and _PASSWORD."""
    if token := environ.get("MLFLOW_TRACKING_TOKEN"):
        return _Bearer(token)
    user, password = environ.get("MLFLOW_TRACKING_USERNAME"), environ.get("MLFLOW_TRACKING_PASSWORD")
    return httpx.BasicAuth(user, password) if user and password else None


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override] # a Generator
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Server:
    """One server's HTTP API, read only."""

    def __init__(self, url: str, environ: Mapping[str, str]) -> None:
        """Raises `InvalidValue` for a URL with credentials in it, and for a token that would travel in the clear."""
        parts = urlsplit(url)
        if parts.username or parts.password:
            hint = "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."
            raise InvalidValue("An address with a password in it ends up in logs.", hint=hint)
        auth = authorization(environ)
        is_local = parts.hostname in _LOOPBACK
        if auth is not None and parts.scheme != "https" and not is_local:
            raise InvalidValue(f"{url:.200} would get the token in the clear.", subject=url[:200], hint="Use https.")
        self.url = url.rstrip("/")
        self._client = httpx.Client(auth=auth, timeout=_TIMEOUT_S, follow_redirects=False, trust_env=not is_local)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def get(self, path: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        """The JSON object at a path. Raises `NotFound`, `CredentialsRefused`, `RemoteError`."""
        return self._object("GET", path, {"params": dict(params)})

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that a search answers with. Raises as `get` does."""
        return self._object("POST", path, {"json": dict(body)})

    def fetch(self, path: str, target: Path, params: Mapping[str, str]) -> None:
        """Write what lies at a path to a file. Raises as `get` does."""
        with self._answer("GET", path, {"params": dict(params)}) as answer, target.open("wb") as file:
            for piece in answer.iter_bytes():
                file.write(piece)

    def _object(self, method: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
        with self._answer(method, path, content) as answer:
            data = bytearray()
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > MAX_ANSWER:
                    raise RemoteError(f"{self.url} answers with more than {MAX_ANSWER:,} bytes at {path}.")
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise RemoteError(f"What {self.url} answers at {path} is no JSON object.", subject=self.url)
        return found

    @contextmanager
    def _answer(self, method: str, path: str, content: dict[str, Any]) -> Iterator[httpx.Response]:
        answer = self._sent(method, path, content)
        try:
            self._check(answer, path)
            yield answer
        except httpx.RequestError as error:
            raise RemoteError(f"{self.url} stopped answering: {type(error).__name__}.", subject=self.url) from None
        finally:
            answer.close()

    def _sent(self, method: str, path: str, content: dict[str, Any]) -> httpx.Response:
        """Reading may be done twice, so it is asked again while the server is busy."""
        for attempt in range(1, _ATTEMPTS):
            try:
                answer = self._send(method, path, content)
            except httpx.RequestError:
                pass
            else:
                if answer.status_code not in _BUSY:
                    return answer
                answer.close()
            time.sleep(0.2 * 2**attempt)
        try:
            return self._send(method, path, content)
        except httpx.RequestError as error:
            message = f"{self.url} cannot be reached: {type(error).__name__}."
            raise RemoteError(message, subject=self.url) from None

    def _send(self, method: str, path: str, content: dict[str, Any]) -> httpx.Response:
        return self._client.send(self._client.build_request(method, self.url + path, **content), stream=True)

    def _check(self, answer: httpx.Response, path: str) -> None:
        status = answer.status_code
        if status in (401, 403):
            hint = "Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
            raise CredentialsRefused(f"{self.url} refuses us ({status}).", subject=self.url, hint=hint)
        if status == 404:  # noqa: PLR2004 - RFC 9110
            raise NotFound(f"{self.url} has nothing at {path}.", subject=path)
        if not 200 <= status < 300:  # noqa: PLR2004 - as above
            raise RemoteError(f"{self.url} answers {status} at {path}.", subject=self.url)
