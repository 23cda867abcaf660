r"""Lines as a terminal would leave them: what a carriage return wrote over is left out, so that a progress bar is a
line and not a megabyte. Pure but for the time that is given.

Text goes through as it comes. From the first `\r` of a line on (one before `\n` is part of the line's end) only the
latest state of the line is held back; it goes through at the line's end, and once in `EVERY_S` seconds, so that whoever
watches sees the bar move.
"""

from __future__ import annotations

from typing import Final

EVERY_S: Final = 10.0
MAX_HELD: Final = 64 * 1024


class Carriage:
    """The state of one line. Bytes in, bytes out."""

    def __init__(self) -> None:
        """At the beginning of a line."""
        self._is_begun = False
        """Whether something of this line went through already."""
        self._held: bytes | None = None
        """What stands behind the last `\\r`; None where the line has none yet."""
        self._shown_at = float("-inf")

    def take(self, data: bytes, now_s: float) -> bytes:
        """What of `data`, and of what was held back, goes through now."""
        out: list[bytes] = []
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._more(line, out)
            out += [self._finished(), b"\n"]
            self._is_begun = False
        self._more(rest, out)
        if self._held and now_s - self._shown_at >= EVERY_S:
            self._shown_at = now_s
            out.append(self._released())
        return b"".join(out)

    def close(self) -> bytes:
        """What is still held back."""
        return self._finished()

    def _more(self, text: bytes, out: list[bytes]) -> None:
        """More of the same line."""
        if self._held is None:
            text, carriage, after = text.partition(b"\r")
            self._is_begun = self._is_begun or bool(text)
            out.append(text)
            if not carriage:
                return
            self._held, text = b"", b"\r" + after
        states = (self._held + text).rstrip(b"\r").rpartition(b"\r")
        is_over = text.endswith(b"\r")
        self._held = states[2][:MAX_HELD] + (b"\r" if is_over else b"")

    def _finished(self) -> bytes:
        """The line's last state; it begins anew."""
        held, self._held = (self._held or b"").rstrip(b"\r"), None
        if not held:
            return b""
        return b"\n" + held if self._is_begun else held

    def _released(self) -> bytes:
        """The line's state for now, as a line of its own."""
        state = (self._held or b"").rstrip(b"\r")
        self._held = b""
        before = b"\n" if self._is_begun else b""
        self._is_begun = False
        return before + state + b"\n" if state else b""
