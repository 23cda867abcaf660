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

_TELLING = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|auth(?:orization)?|bearer|cookie|signature|session[_-]?id"
    r"|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|account[_-]?key|encryption[_-]?key|signing[_-]?key"
    r"|webhook|dsn|connection[_-]?string|sas)"
)
_WORD = rf"(?:[a-z0-9]+[._-])*(?:[a-z0-9]*{_TELLING})(?:[._-][a-z0-9]+)*"
_OPTION = re.compile(rf"--?{_WORD}", re.IGNORECASE)
_ASSIGNMENT = re.compile(rf"(?P<name>(?:--?)?{_WORD}\s*[=:]\s*)(?P<value>.+)", re.IGNORECASE | re.DOTALL)
_PAIR_INSIDE = re.compile(
    rf"(?P<name>(?<![a-z0-9]){_WORD}[\"']?\s*[=:]\s*[\"']?)(?P<value>[^\s\"'&;,}}]+)", re.IGNORECASE
)
_USER_OF_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/@\s]+(?=@)", re.IGNORECASE)
_HEADER = re.compile(r"(?P<name>\b(?:basic|bearer|token)\s+)[a-z0-9+/=._~-]{8,}", re.IGNORECASE)
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
_SHORT_OPTIONS_OF = {"mysql": "-p", "mysqldump": "-p", "curl": "-u", "wget": "-u"}


def without_secrets(command: Iterable[str]) -> tuple[str, ...]:
    """The words of a command line, with `***` where a secret stood."""
    words = list(command)
    cut = []
    for before, word in zip(["", *words], words, strict=False):
        is_value = _is_secret_option(before) and not word.startswith("-")
        cut.append(CUT if is_value else text_without_secrets(word))
    return tuple(cut)


def _is_secret_option(word: str) -> bool:
    return _OPTION.fullmatch(word) is not None or word in ("-u", "--user")


def text_without_secrets(text: str) -> str:
    """A word, URL or line, with `***` where a secret stood."""
    assigned = _ASSIGNMENT.fullmatch(text)
    if assigned:
        return f"{assigned['name']}{CUT}"
    text = _SHAPES.sub(CUT, text)
    text = _USER_OF_URL.sub(rf"\g<scheme>{CUT}", text)
    text = _HEADER.sub(rf"\g<name>{CUT}", text)
    return _PAIR_INSIDE.sub(rf"\g<name>{CUT}", text)


def url_without_user(url: str) -> str:
    """A git remote's URL with no credentials: without user and password over HTTP, the user kept where it is `git`."""
    match = re.fullmatch(
        r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^/@]*@)?(?P<rest>.*)", url, re.IGNORECASE | re.DOTALL
    )
    if not match:
        return text_without_secrets(url)
    user = match["user"] if match["user"] == "git@" else ""
    rest = _PAIR_INSIDE.sub(rf"\g<name>{CUT}", match["rest"])
    return f"{match['scheme']}{user}{rest}"
