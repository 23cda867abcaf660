"""The SSH wire form of strings and numbers (RFC 4251, section 5), read strictly."""

from __future__ import annotations

from gitreg.errors import InvalidKey


def string(data: bytes) -> bytes:
    """`data` behind its length, as SSH writes it."""
    return len(data).to_bytes(4) + data


class Reader:
    """Reads `data` from front to back. `what` is what the caller takes it for, as errors name it."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes. Raises `InvalidKey` where there are fewer."""
        piece = self._data[self._at : self._at + count]
        if len(piece) != count:
            raise InvalidKey(f"The {self._what} is cut short.")
        self._at += count
        return piece

    def uint32(self) -> int:
        return int.from_bytes(self.take(4))

    def string(self) -> bytes:
        return self.take(self.uint32())

    def positive(self) -> int:
        """A positive mpint in its only spelling: no more leading zeros than the sign needs."""
        data = self.string()
        value = int.from_bytes(data)
        if value == 0 or data != value.to_bytes(value.bit_length() // 8 + 1):
            raise InvalidKey(f"The {self._what} spells a number in more bytes than it needs.")
        return value

    def end(self) -> None:
        """Raises `InvalidKey` where anything is left."""
        if self._at != len(self._data):
            raise InvalidKey(f"The {self._what} has {len(self._data) - self._at} bytes too many.")
