"""Secrets cut out of command lines and URLs, before they are written anywhere: git never forgets.

Cut is what looks like a secret by its name (`--password x`, `--api-key=x`, `TOKEN=x`), by its place (the user part of a
URL), or by its own shape, as `gitreg.secrets` says them. What looks like none of these stays.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gitreg.secrets import KEY_BEGINS, KEY_ENDS, NAMED, SHAPES, tells

if TYPE_CHECKING:
    from collections.abc import Iterable

CUT: Final = "***"

_tells: Final = lru_cache(maxsize=1024)(tells)  # a log says the same names in every line

# Repetitions are possessive, so that a long word takes a time that grows with its length and no faster.
_OPTION = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9._-]*+")
_VALUE = re.compile(
    r"(?P<escaped>\\+[\"'])(?:(?!(?P=escaped)).)*+(?P=escaped)?"  # code inside a string: a notebook's
    r"|(?P<quote>[\"'])(?:\\.|(?!(?P=quote)).)*+(?P=quote)?"
    r"|[^\s\"'&;,}]+",
    re.DOTALL,
)
_WHOLE_PAIR = re.compile(r"(?P<name>[A-Za-z0-9._-]++)=(?P<value>.+)", re.DOTALL)
# Up to the last at sign: a password that nobody encoded may hold at signs, and behind a colon slashes as well.
_USER = r"(?:[^/\s:@\"']*+:(?!\d+/)[^\s\"']{0,500}|[^/\s\"']{1,500})(?=@)"
_USER_OF_URL = re.compile(rf"(?<![a-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]*+://){_USER}", re.IGNORECASE)
_IN_QUERY = re.compile(r"(?<=[?&])(?P<name>[A-Za-z0-9._-]++)=[^\s&#\"']++")
_HEADER = re.compile(r"(?P<name>\b(?:basic|bearer|token)\s{1,8})[a-z0-9+/=._~-]{8,}", re.IGNORECASE)
_PRIVATE_KEY = re.compile(rf"{KEY_BEGINS.pattern}.*?(?:{KEY_ENDS.pattern}|$)", re.DOTALL)

_WHOLE_URL = re.compile(rf"(?P<scheme>[a-z][a-z0-9+.-]*+://)(?P<user>{_USER})?(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_SECRET_FILE = re.compile(
    r"/(?:[^/]*\.env(?:\.[^/]*)?|\.envrc|[^/]*\.(?:pem|key|p12|pfx|jks|keystore|ppk|kdbx)|id_(?:rsa|dsa|ecdsa|ed25519)"
    r"|[._]netrc|\.pypirc|\.npmrc|\.pgpass|\.my\.cnf|\.git-credentials|\.htpasswd|\.dockercfg|kubeconfig"
    r"|\.?credentials?(?:\.[^/]*)?|\.?secrets?(?:\.[^/]*)?)$"
)
"""Names of files that hold secrets and nothing else, at the end of a patch's first line."""


def without_secrets(command: Iterable[str]) -> tuple[str, ...]:
    """The words of a command line, with `***` where a secret stood."""
    words = list(command)
    cut = []
    for before, word in zip(["", *words], words, strict=False):
        is_value = _is_secret_option(before) and not word.startswith("-")
        cut.append(CUT if is_value else text_without_secrets(word))
    return tuple(cut)


def _is_secret_option(word: str) -> bool:
    return word in ("-u", "--user") or (_OPTION.fullmatch(word) is not None and tells(word))


def text_without_secrets(text: str) -> str:
    """A word, URL or line, with `***` where a secret stood."""
    whole = _WHOLE_PAIR.fullmatch(text)
    if whole and tells(whole["name"]):
        return f"{whole['name']}={CUT}"
    text = _without_shapes(text)
    text = _USER_OF_URL.sub(rf"\g<scheme>{CUT}", text)
    text = _HEADER.sub(rf"\g<name>{CUT}", text)
    return _without_named(text)


def _without_shapes(text: str) -> str:
    return _PRIVATE_KEY.sub(CUT, SHAPES.sub(CUT, text))


def _without_named(text: str) -> str:
    """The values of what has a telling name, cut: `token=***`, `"password": "***"`."""
    kept, at = [], 0
    for named in NAMED.finditer(text):
        value = _VALUE.match(text, named.end()) if named.start() >= at and _tells(named["name"]) else None
        if value:
            quote = value["escaped"] or value["quote"] or ""
            kept += [text[at : named.end()], quote, CUT, quote]
            at = value.end()
    return "".join([*kept, text[at:]])


def url_without_user(url: str) -> str:
    """A git remote's URL with no credentials: without user and password over HTTP, the user kept where it is `git`."""
    match = _WHOLE_URL.fullmatch(url)
    if not match:
        return text_without_secrets(url)
    user = "git@" if match["user"] == "git" else ""
    return f"{match['scheme']}{user}{_without_named(match['rest'].removeprefix('@'))}"


def lock_without_secrets(text: str) -> str:
    """A lock file without the logins of its indexes; what it locks stays as it was, whatever packages are called."""
    text = _without_shapes(_USER_OF_URL.sub(rf"\g<scheme>{CUT}", text))
    return _IN_QUERY.sub(lambda pair: f"{pair['name']}={CUT}" if tells(pair["name"]) else pair[0], text)


def log_without_secrets(text: str) -> str:
    """What a program printed, with `***` where a secret stood: a private key whole, all else within its line."""
    text = _HEADER.sub(rf"\g<name>{CUT}", _USER_OF_URL.sub(rf"\g<scheme>{CUT}", _without_shapes(text)))
    return "\n".join(_without_named(line) for line in text.split("\n"))


def patch_without_secrets(patch: str) -> str:
    """A patch with as many lines as before, and none of them a secret: of files that hold nothing else no line stays,
    and neither does a private key.
    """
    is_secret = is_key = False
    kept = []
    for line in patch.split("\n"):
        if line.startswith("diff --git "):
            is_secret, is_key = _SECRET_FILE.search(line.lower()) is not None, False
        is_content = line[:1] in ("+", "-", " ") and not line.startswith(("+++ ", "--- "))
        is_key = is_key or KEY_BEGINS.search(line) is not None
        hidden = (is_secret or is_key) and is_content
        kept.append(line[0] + CUT if hidden else line[:1] + text_without_secrets(line[1:]))
        is_key = is_key and KEY_ENDS.search(line) is None
    return "\n".join(kept)
