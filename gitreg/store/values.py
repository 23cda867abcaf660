"""The values of this room: ids, people, commits, edits to refs. All frozen, none of them touches a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime

FILE_MODE = 0o100644
EXECUTABLE_MODE = 0o100755
FOLDER_MODE = 0o040000
SYMLINK_MODE = 0o120000
SUBMODULE_MODE = 0o160000
REGULAR_MODES = frozenset({FILE_MODE, EXECUTABLE_MODE, 0o100664})
"""Modes of a plain file; 100664 is what very old gits wrote."""


_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class CommitId(str):
    """A commit's id: 40 lower-case hex digits, 64 in a repository of git's sha256 format. Raises `InvalidValue`."""

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        """Check, unless it was checked before."""
        if isinstance(value, cls):
            return value
        if not _HEX.fullmatch(value):
            raise InvalidValue(f"{value!r:.80} is not a commit id (40 or 64 hex digits).", subject=value[:80])
        return super().__new__(cls, value)


class ObjectId(str):
    """The id of a git tree or blob. Never checked: it always comes out of a tree that was."""

    __slots__ = ()


@dataclass(frozen=True)
class Person:
    """A name and an e-mail, as a commit carries them."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True)
class CommitText:
    """Everything of a commit that is not its content: what it says, who says so, and when."""

    message: str
    author: Person
    committer: Person
    at: datetime
    """In UTC; git keeps whole seconds."""
    trailers: tuple[tuple[str, str], ...] = ()
    """`Key: value` lines put after the message."""


@dataclass(frozen=True)
class Commit:
    """A commit as its bytes say: `parents` are the raw ones, whatever grafts or replace refs pretend."""

    id: CommitId
    tree: ObjectId
    parents: tuple[CommitId, ...]
    author: Person
    committer: Person
    authored_at: datetime
    committed_at: datetime
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True)
class Tag:
    """A tag of git's: `tagger` and `at` are None for one that has no object of its own (a lightweight one)."""

    name: str
    commit: CommitId
    tagger: Person | None
    at: datetime | None
    message: str


@dataclass(frozen=True, order=True)
class Change:
    """A path that differs between two trees, with its object ids (None where it is absent)."""

    path: str
    before: ObjectId | None
    after: ObjectId | None


@dataclass(frozen=True)
class RefUpdate:
    """Move `ref` from `old` to `new`; `old` None creates it, `new` None deletes it."""

    ref: str
    new: CommitId | None
    old: CommitId | None


@dataclass(frozen=True)
class Branches:
    """The full ref names of a registry's branches."""

    main: str
    """What people decided."""
    ledger: str
    """What machines recorded."""
    proposals: str = "refs/heads/proposals/"
    """The prefix of proposals' branches."""

    def proposal(self, proposal: str) -> str:
        """The branch of one proposal."""
        return f"{self.proposals}{proposal}"


OWN_BRANCHES = Branches(main="refs/heads/main", ledger="refs/heads/ledger")
"""In a repository that is a registry."""
GUEST_BRANCHES = Branches(main="refs/heads/gitreg/decisions", ledger="refs/heads/gitreg/ledger")
"""In a code repository that has a registry inside (`gitreg init --here`)."""
