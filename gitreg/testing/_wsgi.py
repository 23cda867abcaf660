"""Just enough of a web framework for a stand-in forge: routes, JSON, tokens, pages."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode

Start = Callable[..., Any]
Handler = Callable[..., "Reply"]
_BAD = 400


@dataclass(frozen=True)
class Account:
    """Somebody who has a token. `may` of None means everything."""

    login: str
    number: int
    is_bot: bool = False
    may: frozenset[str] | None = None


@dataclass(frozen=True)
class Call:
    """One request, taken apart."""

    method: str
    path: str
    params: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]
    api: str
    """The address of the API, as the caller wrote it."""


@dataclass(frozen=True)
class Reply:
    """What goes back. `body` of None is no body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Problem(Exception):
    """A refusal, as the forge words it."""

    def __init__(self, status: int, message: str, *errors: Mapping[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = list(errors)


class Application:
    """A WSGI application: subclasses name their routes. One request at a time changes its state."""

    prefix = ""
    routes: Mapping[str, str] = {}
    """From `METHOD /path/{part}` to the name of the method that answers; `{part:path}` takes slashes."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        """Every request that came, as `METHOD path`."""
        self.next_replies: list[Reply] = []
        """Answers to give before any of its own: a forge that is busy, or asks for a pause."""
        self._lock = threading.RLock()
        self._compiled = [
            (route.partition(" ")[0], _pattern(route.partition(" ")[2]), name) for route, name in self.routes.items()
        ]

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """WSGI (PEP 3333)."""
        call = self._call(environ)
        with self._lock:
            self.calls.append(f"{call.method} {call.path}")
            reply = self.next_replies.pop(0) if self.next_replies else self.answer(call)
        data = b"" if reply.body is None else json.dumps(reply.body).encode()
        headers = {"Content-Type": "application/json", **reply.headers, "Content-Length": str(len(data))}
        start(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(headers.items()))
        return [data]

    def answer(self, call: Call) -> Reply:
        """The answer of the route that fits."""
        try:
            for method, pattern, name in self._compiled:
                match = pattern.fullmatch(call.path)
                if match and method == call.method:
                    handler: Handler = getattr(self, name)
                    return handler(call, **match.groupdict())
        except Problem as problem:
            return self.refuse(problem)
        return self.refuse(Problem(404, "Not Found"))

    def refuse(self, problem: Problem) -> Reply:
        """The answer that a refusal makes."""
        return Reply(problem.status, {"message": problem.message})

    def _call(self, environ: dict[str, Any]) -> Call:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"].encode("latin-1").decode()
        headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key[:5] == "HTTP_"}
        return Call(
            method=environ["REQUEST_METHOD"],
            path=path.removeprefix(self.prefix) if path.startswith(self.prefix + "/") else "/nowhere",
            params=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
            body=json.loads(raw) if raw else {},
            headers=headers,
            api=f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{self.prefix}",
        )


def paged(call: Call, found: list[Any], default: int = 30) -> Reply:
    """One page of a list, with a `Link` (RFC 8288) to the next as all three forges give it."""
    size = min(int(call.params.get("per_page") or call.params.get("limit") or default), 100)
    page = max(int(call.params.get("page") or 1), 1)
    if page * size >= len(found):
        return Reply(200, found[(page - 1) * size :])
    query = urlencode({**call.params, "page": str(page + 1)})
    link = f'<{call.api}{call.path}?{query}>; rel="next"'
    return Reply(200, found[(page - 1) * size : page * size], {"Link": link, "X-Next-Page": str(page + 1)})


def _pattern(route: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{[a-z_]+(?::path)?\})", route)
    return re.compile("".join(_piece(each) for each in pieces))


def _piece(piece: str) -> str:
    if not piece.startswith("{"):
        return re.escape(piece)
    name, _, kind = piece[1:-1].partition(":")
    return f"(?P<{name}>{'.+' if kind else '[^/]+'})"
