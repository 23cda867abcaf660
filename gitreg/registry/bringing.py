"""What another registry knew of models, put onto the ledger as it was: versions under their numbers, bookmarks, notes.

What people said here since stands: an import moves no alias and changes no note but an import's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitreg.documents import Actor, Alias, Digest, Edits, Hand, Note, Version, paths
from gitreg.registry.ledger import standing_document
from gitreg.registry.numbers import claim, claims_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitreg.registry.ledger import Ledger, Standing
    from gitreg.store import Snapshot, Store

PER_COMMIT: Final = 100


@dataclass(frozen=True)
class Kept:
    """What an import left as it stands here, and why."""

    what: str
    why: str


class Bringing:
    """Gathers what is to be brought, and lands it `PER_COMMIT` documents in a commit; `land` lands what is left."""

    def __init__(self, store: Store, ledger: Ledger, origin: str, why: str | None = None) -> None:
        """`origin` is the tool that knew it; `why` stands below the subject of each commit."""
        self._why = why
        self._store = store
        self._ledger = ledger
        self._origin = origin
        self._actor: Actor = ledger.actor().model_copy(update={"via": "import"})
        self._changes: list[Callable[[Standing, Snapshot], Edits]] = []
        self._blobs: dict[Digest, None] = {}
        self._kept: dict[Kept, None] = {}
        self.trouble = ""
        """Why what was brought is on this machine only; empty where it is not."""

    @property
    def kept(self) -> tuple[Kept, ...]:
        """What stands here against the import."""
        return tuple(self._kept)

    def version(self, version: Version, number: int, blobs: Iterable[Digest]) -> None:
        """A version under the number it had; under the next free one where another version has that here.

        Without the remote that numbers are claimed from nothing is brought (format 26): the import is made again.
        """
        self._blobs.update(dict.fromkeys(blobs))
        self._add(lambda standing, tree: self._claim(standing, tree, version, number))

    def alias(self, model: str, alias: str, version: Digest) -> None:
        """A bookmark."""
        self._add(lambda _, tree: self._alias(tree, model, alias, version))

    def note(self, folder: str, name: str, value: str) -> None:
        """One thing that was said."""
        self._add(lambda _, tree: self._note(tree, folder, name, value))

    def land(self) -> None:
        """Make a commit of it. Raises what publishing raises."""
        if self._changes:
            subject = f"models: {len(self._changes)} facts imported from {self._origin}"
            recorded = self._ledger.publish(self._change, subject, tuple(self._blobs), why=self._why)
            self.trouble = recorded.trouble or self.trouble
        self._changes, self._blobs = [], {}

    def _add(self, change: Callable[[Standing, Snapshot], Edits]) -> None:
        self._changes.append(change)
        if len(self._changes) >= PER_COMMIT:
            self.land()

    def _change(self, standing: Standing) -> Edits:
        tree, edits = standing.tree, dict[str, bytes | None]()
        for change in self._changes:
            new = change(standing, tree)
            tree = tree.with_edits(new) if new else tree
            edits |= new
        return edits

    def _claim(self, standing: Standing, tree: Snapshot, version: Version, number: int) -> Edits:
        path = paths.version(version.model, number, version.digest)
        holders = claims_in(tree, path.split("/")[1]).holders(number)
        if version.digest.short in holders:
            return {}
        if not standing.is_shared:
            self._keep(f"{version.model}/{number}", "the remote cannot be asked for its number.")
            return {}
        if holders:
            self._keep(f"{version.model}/{number}", "another version has this number here; it got the next free one.")
            return claim(tree, version, is_shared=True)
        return {path: version.to_bytes()}

    def _alias(self, tree: Snapshot, model: str, alias: str, version: Digest) -> Edits:
        path = paths.alias(model, alias)
        before = standing_document(tree, path, Alias)
        if before is not None and before.version == version:
            return {}
        if before is not None and before.actor.via != "import":
            self._keep(f"{model}@{alias}", "it was set here since.")
            return {}
        now, rev = self._store.surroundings.now(), before.rev + 1 if before else 1
        writer, actor = self._store.writer, self._actor
        made = Alias(rev=rev, writer=writer, model=model, alias=alias, version=version, actor=actor, at=now)
        return {path: made.to_bytes()}

    def _note(self, tree: Snapshot, folder: str, name: str, value: str) -> Edits:
        path = paths.note(folder, name)
        before = standing_document(tree, path, Note)
        if before is not None and before.value == value:
            return {}
        if before is not None and before.actor.via != "import":
            self._keep(f"{folder} {name}", "it was said otherwise here since.")
            return {}
        by = Hand(self._store.writer, self._actor, self._store.surroundings.now())
        return {path: Note.after(before, folder, name, value, by).to_bytes()}

    def _keep(self, what: str, why: str) -> None:
        self._kept[Kept(what, why)] = None
