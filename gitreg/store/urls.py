"""URLs of remotes: what kind they are, and how to show them without their secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from gitreg.errors import RemoteError

_SCP = re.compile(r"(?:(?P<user>[^@/:\s]+)@)?(?P<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):(?P<path>(?!//).+)")
_HELPER = re.compile(r"[a-z0-9+-]+::", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/@\s]+@", re.IGNORECASE)
_UNSAFE_TEXT = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202f\u2066-\u206f\ufef0-\U0010ffff]")
_MAX_TEXT = 4000


@dataclass(frozen=True)
class Address:
    """A parsed remote URL. `kind` is path, http or ssh."""

    kind: str
    shown: str
    """The URL as people may see it: without user name and password."""
    url: str = ""
    path: Path | str = ""
    host: str = ""
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse(url: str, base: Path) -> Address:
    """Read a URL; a relative path is relative to `base`. Raises `RemoteError` for one we do not speak."""
    if not url or _CONTROL.search(url):
        raise RemoteError(f"{url!r:.100} is not a URL of a git remote.", subject=redact(url))
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme in ("http", "https"):
        return _http(url)
    if scheme in ("ssh", "git+ssh", "ssh+git"):
        return _ssh(url)
    if scheme == "file":
        return Address("path", url, path=Path(unquote(urlsplit(url).path)))
    if scheme or _HELPER.match(url):
        hint = "gitreg speaks http, https, ssh and local paths."
        raise RemoteError(f"{redact(url)} is of a kind that gitreg does not speak.", subject=redact(url), hint=hint)
    match = _SCP.fullmatch(url)
    if match and not (base / url).exists():
        shown = f"{match['host']}:{match['path']}"
        return Address("ssh", shown, path=match["path"], host=match["host"].strip("[]"), user=match["user"])
    return Address("path", url, path=(base / Path(url).expanduser()).absolute())


def _http(url: str) -> Address:
    parts = urlsplit(url)
    if not parts.hostname:
        raise RemoteError(f"{redact(url)} names no host.", subject=redact(url))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = f"{host}:{parts.port}" if parts.port else host
    bare = urlunsplit((parts.scheme.lower(), netloc, parts.path, parts.query, ""))
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Address("http", bare, url=bare, host=netloc, user=user, password=password)


def _ssh(url: str) -> Address:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or host.startswith("-") or not parts.path.strip("/"):
        raise RemoteError(f"{redact(url)} names no host or no path.", subject=redact(url))
    user = unquote(parts.username) if parts.username else None
    return Address("ssh", redact(url), path=unquote(parts.path), host=host, port=parts.port, user=user)


def redact(text: str) -> str:
    """The text without user names and passwords in URLs."""
    return _USERINFO.sub(r"\g<scheme>", text)


def plain_text(text: str) -> str:
    """What a server said, made harmless: no control characters, no direction overrides, no secrets, not too long."""
    shown = _UNSAFE_TEXT.sub("", redact(text.replace("\r", "\n")))
    lines = (line.rstrip() for line in shown.splitlines())
    return "\n".join(line for line in lines if line)[-_MAX_TEXT:]
