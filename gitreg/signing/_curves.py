"""The curves of FIPS 186-4 that SSH knows (RFC 5656, section 10.1), as far as a point can be told to lie on one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gitreg.signing._wire import Reader

_UNCOMPRESSED = b"\x04"


@dataclass(frozen=True)
class Curve:
    """The points with y² = x³ - 3x + b modulo p. Each of these curves has a prime order: no point is a weak one."""

    name: str
    p: int
    b: int

    def has(self, point: bytes) -> bool:
        """Whether this is a point in its uncompressed form (SEC 1, section 2.3.3), the only one SSH writes."""
        size = (self.p.bit_length() + 7) // 8
        if len(point) != 1 + 2 * size or point[:1] != _UNCOMPRESSED:
            return False
        x, y = int.from_bytes(point[1 : 1 + size]), int.from_bytes(point[1 + size :])
        return x < self.p and y < self.p and (y * y - x**3 + 3 * x - self.b) % self.p == 0


P256: Final = Curve(
    "nistp256",
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
)
P384: Final = Curve(
    "nistp384",
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
)
P521: Final = Curve(
    "nistp521",
    2**521 - 1,
    0x51953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
)


def ecdsa_numbers(raw: bytes) -> tuple[int, int]:
    """The r and s of RFC 5656, section 3.1.2. Raises `InvalidKey` for every spelling but the one."""
    reader = Reader(raw, "ECDSA signature")
    r, s = reader.positive(), reader.positive()
    reader.end()
    return r, s
