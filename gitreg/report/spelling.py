"""How times, numbers, digests and counts are written for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitreg.documents import Digest

_KIBI = 1024
# Controls, marks that turn the direction of what is read, line separators, and what no file or XML can hold.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def visible(text: str) -> str:
    """`text` on one line, with what a reader would not see, or be deceived by, spelled out."""
    return _CONTROL.sub(lambda match: " " if match[0] == "\n" else f"\\u{ord(match[0]):04x}", text)


def percent(share: float) -> str:
    """A share of one: `95 %`."""
    return f"{share * 100:.5g} %"


def when(at: datetime | None) -> str:
    """A time in UTC, to the minute: `2026-11-21 08:46Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%MZ}" if at else "-"


def number(value: float) -> str:
    """A value with the digits that tell it apart; integers whole."""
    if isinstance(value, int):
        return str(value)
    return f"{value:.6g}"


def difference(new: float, old: float) -> str:
    """How far `new` is from `old`, with its sign; empty where they are equal or it cannot be said."""
    by = new - old
    return "" if by == 0 or by != by else f"{by:+.3g}"  # noqa: PLR0124 - NaN is the only value unlike itself


def short(digest: Digest | None) -> str:
    """The first digits of a digest, as `fraud/~3f2a9c41` takes them."""
    return digest.hex[:8] if digest else "-"


def size(size_bytes: int) -> str:
    """A count of bytes: `14 B`, `3.2 MiB`."""
    value, unit = float(size_bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < _KIBI:
            break
        value, unit = value / _KIBI, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 run`, `2 runs`, `no runs`."""
    return f"{count or 'no'} {noun if count == 1 else plural or noun + 's'}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " ".join(filter(None, [", ".join(words[:-1]), last if len(words) > 1 else "", *words[-1:]]))


def guarded(value: str) -> str:
    """For a spreadsheet: with an apostrophe before what it would compute (OWASP, "CSV Injection")."""
    return f"'{visible(value)}" if value.lstrip().startswith(FORMULA) else visible(value)
