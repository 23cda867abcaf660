"""A real git server over smart HTTP: `git http-backend` under waitress, with streaming both ways and basic
authentication.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import waitress.server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

_CHUNK = 65536
_FORWARDED = ("HTTP_CONTENT_ENCODING", "HTTP_GIT_PROTOCOL")
_CGI = ("PATH_INFO", "QUERY_STRING", "REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH")


@dataclass
class GitServer:
    """A running server. Repositories lie below `root`; everyone in `users` may read and write all of them."""

    root: Path
    port: int
    users: dict[str, str]
    requests: list[str] = field(default_factory=list)
    cut_after: int | None = None
    """How many bytes of a pack the server sends before it breaks off."""

    def url(self, repository: str, *, user: str | None = None) -> str:
        """The URL of a repository, with the user's login in it if one is named."""
        login = f"{user}:{self.users[user]}@" if user else ""
        return f"http://{login}127.0.0.1:{self.port}/{repository}"

    @property
    def host(self) -> str:
        """Host and port, as GITREG_TOKEN_HOST wants them."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def git_server(root: Path, users: Mapping[str, str]) -> Iterator[GitServer]:
    """Serve `root` on a free port of the loopback interface until the block ends."""
    server = GitServer(root, 0, dict(users))
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.port = listener.getsockname()[1]
    connections: dict[int, Any] = {}
    web = waitress.server.create_server(_application(server), map=connections, sockets=[listener], threads=16)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            web.asyncore.loop(timeout=0.05, map=connections, count=1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        stop.set()
        thread.join()
        web.task_dispatcher.shutdown()
        web.asyncore.close_all(connections)


def _application(server: GitServer) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        server.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}")
        user = _authenticated(environ.get("HTTP_AUTHORIZATION", ""), server.users)
        if user is None:
            start("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"'), ("Content-Length", "0")])
            return [b""]
        return _run_backend(server, user, environ, start)

    return application


def _authenticated(header: str, users: Mapping[str, str]) -> str | None:
    if not users:
        return "anonymous"
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":  # RFC 9110: in whatever case
        return None
    user, _, password = base64.b64decode(credentials).decode().partition(":")
    return user if users.get(user) == password else None


def _run_backend(server: GitServer, user: str, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    process = subprocess.Popen(
        ["git", "http-backend"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environ(server, user, environ)
    )
    assert process.stdin
    assert process.stdout
    threading.Thread(target=_feed, args=(environ, process.stdin), daemon=True).start()
    status, headers = _read_head(process.stdout)
    start(status, headers)
    cut_after = server.cut_after if environ["PATH_INFO"].endswith("/git-upload-pack") else None
    return _Body(process, process.stdout, cut_after)


def _environ(server: GitServer, user: str, environ: dict[str, Any]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept |= {name: str(environ[name]) for name in (*_CGI, *_FORWARDED) if environ.get(name)}
    if "HTTP_GIT_PROTOCOL" in environ:
        kept["GIT_PROTOCOL"] = environ["HTTP_GIT_PROTOCOL"]
    return kept | {
        "GIT_PROJECT_ROOT": str(server.root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REMOTE_USER": user,
        "REMOTE_ADDR": "127.0.0.1",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_CONFIG_KEY_1": "http.receivepack",
        "GIT_CONFIG_VALUE_1": "true",
    }


def _feed(environ: dict[str, Any], target: IO[bytes]) -> None:
    """The request's body, as it comes; waitress has put chunked ones together already."""
    source = environ["wsgi.input"]
    left = int(environ["CONTENT_LENGTH"]) if environ.get("CONTENT_LENGTH") else None
    with suppress(BrokenPipeError), target:
        while left is None or left > 0:
            data = source.read(_CHUNK if left is None else min(_CHUNK, left))
            if not data:
                break
            left = None if left is None else left - len(data)
            target.write(data)


def _read_head(source: IO[bytes]) -> tuple[str, list[tuple[str, str]]]:
    status, headers = "200 OK", []
    while line := source.readline().rstrip(b"\r\n").decode():
        name, _, value = line.partition(": ")
        if name.lower() == "status":
            status = value
        else:
            headers.append((name, value))
    return status, headers


class _Body:
    """The backend's answer. WSGI calls `close` whether or not it was read to its end."""

    def __init__(self, process: subprocess.Popen[bytes], source: IO[bytes], cut_after: int | None) -> None:
        self._process = process
        self._source = source
        self._left = cut_after

    def __iter__(self) -> Iterator[bytes]:
        while data := self._source.read(_CHUNK):
            if self._left is not None:
                data, self._left = data[: self._left], max(0, self._left - len(data))
            yield data

    def close(self) -> None:
        self._source.close()
        self._process.wait()
