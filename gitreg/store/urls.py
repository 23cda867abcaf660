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
# Up to the last at sign: a password that nobody encoded may hold at signs, and behind a colon slashes as well. The
# lookbehind and the possessive repetitions keep it linear in a server's answer.
_USERINFO = re.compile(r"(?<![a-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]*+://)(?:[^/\s:@]*+:\S*@|[^/\s]*@)", re.IGNORECASE)
_PORT = re.compile(r"(?P<host>://[^/:\s]*+):[^/\s]*")
_QUERY = re.compile(r"(?P<place>://[^\s?#]*+)[?#]\S*")
_UNSAFE_TEXT = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202f\u2066-\u206f\ufef0-\U0010ffff]")
_MAX_TEXT = 4000
_MAX_READ = 4 * _MAX_TEXT


@dataclass(frozen=True)
class Address:
    """A parsed remote URL. `kind` is path, http or ssh."""

    kind: str
    shown: str
    """The URL as people may see it: without user name and password."""
    url: str = field(default="", repr=False)
    path: Path | str = ""
    host: str = ""
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse(url: str, base: Path) -> Address:
    """Read a URL; a relative path is relative to `base`. Raises `RemoteError` for one we do not speak."""
    try:
        return _checked(_parsed(url, base))
    except ValueError:  # urllib's words hold pieces of the URL, and where its port should be may be a password
        raise _no_url(url) from None


def _parsed(url: str, base: Path) -> Address:
    if not url or _CONTROL.search(url):
        raise _no_url(url)
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme in ("http", "https"):
        return _http(url)
    if scheme in ("ssh", "git+ssh", "ssh+git"):
        return _ssh(url)
    if scheme == "file":
        return Address("path", redact(url), path=Path(unquote(urlsplit(url).path)))
    if scheme or _HELPER.match(url):
        hint = "gitreg speaks http, https, ssh and local paths."
        raise RemoteError(f"{redact(url)} is of a kind that gitreg does not speak.", subject=redact(url), hint=hint)
    match = _SCP.fullmatch(url)
    if match and not (base / url).exists():
        shown = f"{match['host']}:{match['path'].rpartition('@')[2]}"
        return Address("ssh", shown, path=match["path"], host=match["host"].strip("[]"), user=match["user"])
    return Address("path", url, path=(base / Path(url).expanduser()).absolute())


def _checked(address: Address) -> Address:
    """What `%0a` stood for would be another line to a credential helper, and another host; what begins with a dash
    would be an option to ssh.
    """
    words = (str(address.path), address.host, address.user or "", address.password or "")
    if any(_CONTROL.search(word) for word in words):
        raise _no_url(address.shown)
    if address.kind == "ssh" and any(word.startswith("-") for word in words[:3]):
        message = f"A part of {address.shown!r:.100} begins with a dash, and ssh would take it for an option."
        raise RemoteError(message, subject=address.shown)
    return address


def _no_url(url: str) -> RemoteError:
    shown = _PORT.sub(r"\g<host>", redact(re.sub(r"\s|" + _CONTROL.pattern, "%20", url)))
    return RemoteError(f"{shown!r:.100} is not a URL of a git remote.", subject=shown)


def _http(url: str) -> Address:
    parts = urlsplit(url)
    if not parts.hostname:
        raise RemoteError(f"{redact(url)} names no host.", subject=redact(url))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = f"{host}:{parts.port}" if parts.port else host
    bare = urlunsplit((parts.scheme.lower(), netloc, parts.path, parts.query, ""))
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Address("http", redact(bare), url=bare, host=netloc, user=user, password=password)


def _ssh(url: str) -> Address:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or not parts.path.strip("/"):
        raise RemoteError(f"{redact(url)} names no host or no path.", subject=redact(url))
    user = unquote(parts.username) if parts.username else None
    return Address("ssh", redact(url), path=unquote(parts.path), host=host, port=parts.port, user=user)


def redact(text: str) -> str:
    """The text without user names, passwords and queries in URLs: a query may hold a token."""
    return _QUERY.sub(r"\g<place>", _USERINFO.sub(r"\g<scheme>", text))


def plain_text(text: str) -> str:
    """What a server said, made harmless: no control characters, no direction overrides, no secrets, not too long."""
    shown = _UNSAFE_TEXT.sub("", redact(_end_of(text.replace("\r", "\n"))))
    lines = (line.rstrip() for line in shown.splitlines())
    return "\n".join(line for line in lines if line)[-_MAX_TEXT:]


def _end_of(text: str) -> str:
    """Its last words, and none that is cut: half a URL would no longer be known for one."""
    if len(text) <= _MAX_READ:
        return text
    cut = text[-_MAX_READ:].split(maxsplit=1)
    return cut[1] if len(cut) > 1 else ""
