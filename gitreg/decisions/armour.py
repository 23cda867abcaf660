"""A statement as text that anybody can hand on: in a comment, in a mail, in a file.

A fenced block of Markdown whose language is `gitreg-statement`: the statement's JSON as it was signed, and below it the
SSH signature. The text proves nothing but what it says, so it does not matter who brings it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGE = "gitreg-statement"
_FENCE = re.compile(r"(?P<fence>`{3,12})(?P<language>[^`\s]*)\s*")
_SIGNATURE = "-----BEGIN SSH SIGNATURE-----"
MAX_TEXT = 1_000_000
"""Characters of one text that are looked at; forges take 65,536 (GitHub) to a million (GitLab) in a comment."""
MAX_BLOCKS = 50
"""Statements of one text that are looked at."""


@dataclass(frozen=True)
class Offered:
    """A statement that somebody handed on. `where` says in words where it was found; nothing of it is believed."""

    data: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    where: str


def armoured(data: bytes, signature: bytes) -> str:
    """The block of a statement and its signature, with a line end at its end."""
    return f"```{LANGUAGE}\n{_text(data)}{_text(signature)}```\n"


def offered_in(text: str, where: str) -> list[Offered]:
    """The statements of a text, in its order. One that is damaged is there too, to be refused by name.

    Line ends that a forge or a mail changed are mended; nothing else is.
    """
    lines = text[:MAX_TEXT].replace("\r\n", "\n").split("\n")
    found = [_offered(block, where) for block in _blocks(lines)]
    return found[:MAX_BLOCKS]


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """The lines of each block of ours. A block that never ends goes to the end of the text."""
    fence, is_ours, block = "", False, list[str]()
    for line in lines:
        match = _FENCE.fullmatch(line)
        if not fence and match:
            fence, is_ours, block = match["fence"], match["language"] == LANGUAGE, []
        elif fence and match and not match["language"] and match["fence"].startswith(fence):
            if is_ours:
                yield block
            fence = ""
        elif fence:
            block.append(line)
    if fence and is_ours:
        yield block


def _offered(block: list[str], where: str) -> Offered:
    at = block.index(_SIGNATURE) if _SIGNATURE in block else len(block)
    document, signature = ("".join(f"{line}\n" for line in part) for part in (block[:at], block[at:]))
    return Offered(document.encode("utf-8", "replace"), signature.encode("utf-8", "replace"), where)


def _text(data: bytes) -> str:
    text = data.decode()
    return text if text.endswith("\n") else f"{text}\n"
