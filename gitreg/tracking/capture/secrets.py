"""Secrets cut out of command lines and URLs, before they are written anywhere: git never forgets.

Cut is what looks like a secret by its name (`--password x`, `--api-key=x`, `TOKEN=x`), by its place (the user part of a
URL), or by its own shape (keys of known services, private keys, JSON web tokens). What looks like none of these stays:
this is a net, not a proof; docs say so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

CUT: Final = "***"

_TELLING = re.compile(
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|auth(?:orization)?|bearer|cookie|signature|session_?id"
    r"|api_?key|access_?key(?:_?id)?|private_?key|account_?key|encryption_?key|signing_?key|webhook|dsn|sas"
    r"|connection_?string)(?:_|$)"
)
# Repetitions are possessive, so that a long word takes a time that grows with its length and no faster.
_OPTION = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9._-]*+")
_NAMED = re.compile(r"(?<![A-Za-z0-9._-])(?P<name>[A-Za-z0-9._-]++)[\"']?[ \t]*+[=:][ \t]*+")
_VALUE = re.compile(r"(?P<quote>[\"'])[^\"']*[\"']?|[^\s\"'&;,}]+")
_WHOLE_PAIR = re.compile(r"(?P<name>[A-Za-z0-9._-]++)=(?P<value>.+)", re.DOTALL)
_USER_OF_URL = re.compile(r"(?<![a-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]*+://)[^/@\s]++(?=@)", re.IGNORECASE)
_HEADER = re.compile(r"(?P<name>\b(?:basic|bearer|token)\s{1,8})[a-z0-9+/=._~-]{8,}", re.IGNORECASE)
_SHAPES = re.compile(
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"  # GitHub
    r"|gl(?:pat|rt|dt|cbt|ptt|ft|agent|oas)-[A-Za-z0-9_.-]{16,}"  # GitLab
    r"|hf_[A-Za-z0-9]{20,}"  # Hugging Face
    r"|sk-[A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]{20,}"  # Google
    r"|pypi-[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{20,}"
    r"|dapi[0-9a-f]{32}"  # Databricks
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # a JSON web token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)


def without_secrets(command: Iterable[str]) -> tuple[str, ...]:
    """The words of a command line, with `***` where a secret stood."""
    words = list(command)
    cut = []
    for before, word in zip(["", *words], words, strict=False):
        is_value = _is_secret_option(before) and not word.startswith("-")
        cut.append(CUT if is_value else text_without_secrets(word))
    return tuple(cut)


def _is_secret_option(word: str) -> bool:
    return word in ("-u", "--user") or (_OPTION.fullmatch(word) is not None and _tells(word))


def _tells(name: str) -> bool:
    """Whether something of this name is a secret."""
    return _TELLING.search(re.sub(r"[.-]", "_", name.lower())) is not None


def text_without_secrets(text: str) -> str:
    """A word, URL or line, with `***` where a secret stood."""
    whole = _WHOLE_PAIR.fullmatch(text)
    if whole and _tells(whole["name"]):
        return f"{whole['name']}={CUT}"
    text = _SHAPES.sub(CUT, text)
    text = _USER_OF_URL.sub(rf"\g<scheme>{CUT}", text)
    text = _HEADER.sub(rf"\g<name>{CUT}", text)
    return _without_named(text)


def _without_named(text: str) -> str:
    """The values of what has a telling name, cut: `token=***`, `"password": "***"`."""
    kept, at = [], 0
    for named in _NAMED.finditer(text):
        value = _VALUE.match(text, named.end()) if named.start() >= at and _tells(named["name"]) else None
        if value:
            quote = value["quote"] or ""
            kept += [text[at : named.end()], quote, CUT, quote]
            at = value.end()
    return "".join([*kept, text[at:]])


def url_without_user(url: str) -> str:
    """A git remote's URL with no credentials: without user and password over HTTP, the user kept where it is `git`."""
    match = re.fullmatch(
        r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^/@]*@)?(?P<rest>.*)", url, re.IGNORECASE | re.DOTALL
    )
    if not match:
        return text_without_secrets(url)
    user = match["user"] if match["user"] == "git@" else ""
    return f"{match['scheme']}{user}{_without_named(match['rest'])}"
