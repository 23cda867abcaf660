"""The text of a checkpoint: how long main is and its root, as a c2sp.org/tlog-checkpoint with lines of our own."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from gitreg.documents.document import format_time, parse_time
from gitreg.documents.ids import RegistryId
from gitreg.errors import InvalidDocument, InvalidValue

if TYPE_CHECKING:
    from datetime import datetime

    from gitreg.documents.rulings import Outcome

_VERDICTS: dict[str, Outcome] = {"pass": "pass", "fail": "fail", "cannot tell": "cannot tell"}
_TEXT = re.compile(
    r"gitreg/(?P<registry>[0-9a-f]{32})\n(?P<count>[1-9][0-9]{0,11})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"commit (?P<commit>[0-9a-f]{40}|[0-9a-f]{64})\nverdict (?P<verdict>pass|fail|cannot tell)\ntime (?P<at>\S{1,40})\n"
)


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says: main's first `count` commits, the last of which is `commit`, have this root."""

    registry: RegistryId
    count: int
    root: bytes
    commit: str
    verdict: Outcome
    """What the audit up to here answered whoever made it."""
    at: datetime
    """By the clock of whoever made it."""

    def to_text(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        rest = f"commit {self.commit}\nverdict {self.verdict}\ntime {format_time(self.at)}\n"
        return f"gitreg/{self.registry}\n{self.count}\n{root}\n{rest}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The reverse of `to_text`. Raises `InvalidDocument`."""
        found = _TEXT.fullmatch(text)
        try:
            if found is not None:
                return cls(
                    RegistryId(found["registry"]),
                    int(found["count"]),
                    binascii.a2b_base64(found["root"], strict_mode=True),
                    found["commit"],
                    _VERDICTS[found["verdict"]],
                    parse_time(found["at"]),
                )
        except (InvalidValue, binascii.Error) as error:
            raise InvalidDocument(f"This is no checkpoint: {error}") from None
        raise InvalidDocument("This is no checkpoint of a gitreg registry.", hint="gitreg audit checkpoint makes one.")
