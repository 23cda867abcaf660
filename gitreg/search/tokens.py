"""A search, cut into words. Every word knows its column, so that an error can point at it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARS: Final = 10_000
HINT: Final = "The language: docs/search.md"

_TOKEN: Final = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<text>'(?:[^']|'')*')"
    r'|(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`)'
    r"|(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))"
    r"|(?P<span>\d+(?:w|d|h|m|s)\b)"
    r"|(?P<word>(?i:now)(?=-\d)|[^\W\d][\w/:-]*)"
    r"|(?P<sign><=|>=|!=|<>|==|[=<>(),.@+-])"
)

Kind = Literal["text", "quoted", "number", "span", "word", "sign", "end"]


@dataclass(frozen=True)
class Token:
    """A word: what kind it is, its text as written, and its column, counted from 1."""

    kind: Kind
    text: str
    column: int

    @property
    def is_name(self) -> bool:
        """Whether it can be the name of something: a bare word or one in double quotes or backticks."""
        return self.kind in ("word", "quoted")

    @property
    def value(self) -> str:
        """Without its quotes."""
        if self.kind in ("text", "quoted"):
            mark = self.text[0]
            return self.text[1:-1].replace(mark * 2, mark)
        return self.text

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords or signs; keywords are written in any case."""
        return self.kind in ("word", "sign") and self.text.lower() in words


def tokens_of(text: str) -> list[Token]:
    """All words, and an end. Raises `InvalidValue` at what begins no word."""
    if len(text) > MAX_CHARS:
        raise InvalidValue(f"A search has at most {MAX_CHARS} characters, this one {len(text)}.", hint=HINT)
    return [*_cut(text), Token("end", "", len(text) + 1)]


def _cut(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise wrong(
                text, at + 1, "a quote that does not end" if text[at] in "'\"`" else f"{text[at]!r} begins nothing"
            )
        if found.lastgroup != "space":
            yield Token(found.lastgroup, found.group(), at + 1)  # type: ignore[arg-type] # the groups are the kinds
        at = found.end()


def wrong(text: str, column: int, why: str) -> InvalidValue:
    """The error that shows the place."""
    before, after = text[max(0, column - 21) : column - 1], text[column - 1 : column + 20]
    message = f"The search goes wrong at column {column}, at {f'{before}▸{after}'!r}: {why}."
    return InvalidValue(message, subject=text[:200], hint=HINT)
