"""What the index reads: the few questions it asks of the git store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.store import Change, CommitId, Snapshot


class Source(Protocol):
    """The part of `Store` that the index stands on."""

    def ledger_tip(self) -> CommitId | None:
        """The ledger as this clone knows it: its own, or origin's before it recorded anything."""
        ...

    def main_tip(self) -> CommitId | None:
        """Main as this clone knows it."""
        ...

    def snapshot(self, revision: str | None) -> Snapshot:
        """The files of a commit."""
        ...

    def first_parents(self, revision: str) -> Iterator[CommitId]:
        """A commit and its first parents, newest first."""
        ...

    def changes(self, before: CommitId | None, after: CommitId | None) -> Iterator[Change]:
        """What differs between two commits."""
        ...

    def shallow(self) -> frozenset[CommitId]:
        """Where a shallow clone was cut: history becomes deeper or shallower without a ref moving."""
        ...
