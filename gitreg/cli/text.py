"""Text that is safe to print: what comes from a repository can hold what a terminal would obey."""

from __future__ import annotations

import re

# C0 and C1 controls, bidirectional controls, line separators, and surrogates that no terminal can take.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_UNSAFE_IN_JSON = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


class OutputGone(Exception):
    """Nobody reads our output any more."""


def safe(text: str) -> str:
    """`text` on one line, with everything that a terminal would obey or a reader be deceived by spelled out."""
    return _UNSAFE.sub(_spell, text)


def safe_json(text: str) -> str:
    r"""JSON text with what a terminal would obey as `\u` escapes: the same JSON."""
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")  # noqa: PLR2004 - one byte
