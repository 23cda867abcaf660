"""Moving refs: by compare-and-swap, with whatever work trees have the branch checked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.errors import DirtyPath, Locked
from gitreg.store import commits, gitindex, trees
from gitreg.store.checkout import Item
from gitreg.store.objects import BLOB, COMMIT, Objects
from gitreg.store.values import EXECUTABLE_MODE, FILE_MODE, REGULAR_MODES, CommitId, ObjectId, RefUpdate
from gitreg.store.worktree import Carrier, Journey, Step, check_clean, held_by_another, lock_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitreg.store.config import GitConfig
    from gitreg.store.layout import Layout, WorkTree
    from gitreg.store.lock import RepositoryLock
    from gitreg.store.refs import Refs


@dataclass
class Mover:
    """Moves the refs of one repository. The caller holds its lock."""

    layout: Layout
    config: GitConfig
    objects: Objects
    refs: Refs
    lock: RepositoryLock
    checkpoint: Callable[[str], None] = field(default=lambda _: None)

    def move(self, update: RefUpdate) -> bool:
        """Move one ref; False when it is not at `update.old`. Raises `DirtyPath`, `Locked`."""
        carried = list(self.checked_out(update.ref))
        if not carried or update.new == update.old:
            return self._swap(update)
        if update.new is None:
            message = f"{update.ref} is checked out in {carried[0].path} and cannot be deleted."
            raise DirtyPath(message, subject=update.ref, hint="Check out another branch there first.")
        self._refuse_foreign_work_tree()
        for work_tree in carried:
            self.finish(work_tree)
        if self.refs.get(update.ref) != update.old:
            return False
        journey = Journey(update.ref, update.old, update.new)
        return self._carrier().carry(carried, journey, self._steps(journey), lambda: self._swap(update))

    def check(self, update: RefUpdate) -> None:
        """What `move` would refuse: raises `DirtyPath` or `Locked`, and changes nothing but what a kill left undone."""
        carried = list(self.checked_out(update.ref))
        if not carried or update.new is None or update.new == update.old:
            return
        self._refuse_foreign_work_tree()
        steps = self._steps(Journey(update.ref, update.old, update.new))
        for work_tree in carried:
            self.finish(work_tree)
            lock = lock_of(work_tree)
            if lock.exists():
                raise held_by_another(lock)
            check_clean(
                work_tree, gitindex.read(work_tree.index, self.objects.hash_name), steps, self.objects.hash_name
            )

    def checked_out(self, ref: str) -> Iterator[WorkTree]:
        """The work trees whose HEAD is on `ref`."""
        name = self.refs.real_name(ref)
        for work_tree in self.work_trees():
            head = work_tree.head_ref()
            if head is not None and self.refs.real_name(head) == name:
                yield work_tree

    def work_trees(self) -> Iterator[WorkTree]:
        """Every work tree of the repository that is really one of its own."""
        is_bare = (self.config.local("core.bare") or "").lower() in ("true", "yes", "on", "1")
        for work_tree in self.layout.work_trees():
            is_main = work_tree.git_dir == self.layout.common_dir
            if not (is_main and is_bare):
                yield work_tree

    def finish(self, work_tree: WorkTree) -> list[str] | None:
        """If a killed writer left this work tree half moved, bring it to what its branch has now.

        None when there was nothing to do; else the paths that a person edited since, which were left alone.
        """
        journey = Journey.read(lock_of(work_tree))
        if journey is None:
            return None
        if not self.lock.is_real:
            lock = lock_of(work_tree)
            hint = "If no gitreg is running on any host that shares it: gitreg doctor --break-locks"
            raise Locked(f"{lock} was left by a gitreg writer.", subject=str(lock), hint=hint)
        tree = self._tree(self.refs.get(journey.ref))
        return self._carrier().settle(work_tree, self._steps(journey), lambda path: self._item(tree, path))

    def _carrier(self) -> Carrier:
        return Carrier(lambda name: self.objects.raw(name, BLOB), self.objects.hash_name, self.checkpoint)

    def _swap(self, update: RefUpdate) -> bool:
        return self.refs.swap(update.ref, update.new, update.old, may_break_locks=self.lock.is_real)

    def _steps(self, journey: Journey) -> list[Step]:
        before, after = self._tree(journey.before), self._tree(journey.after)
        paths = (change.path for change in trees.compare(self.objects, before, after))
        return [Step(path, self._item(before, path), self._item(after, path)) for path in paths]

    def _item(self, tree: ObjectId | None, path: str) -> Item | None:
        found = trees.find(self.objects, tree, path)
        if found is None:
            return None
        mode, identity = found
        if mode in REGULAR_MODES and mode != EXECUTABLE_MODE:
            mode = FILE_MODE
        return Item(mode, identity)

    def _tree(self, commit_id: CommitId | None) -> ObjectId | None:
        if commit_id is None:
            return None
        return commits.parse(commit_id, self.objects.raw(commit_id, COMMIT)).tree

    def _refuse_foreign_work_tree(self) -> None:
        """`core.worktree` comes with the clone and could name any folder of this machine: nothing is written there."""
        configured = self.config.local("core.worktree")
        if configured is None or self.layout.work_tree is None:
            return
        if (self.layout.common_dir / Path(configured)).resolve() != self.layout.work_tree.resolve():
            message = f"core.worktree of {self.layout.common_dir} names another folder; gitreg does not write there."
            raise DirtyPath(message, subject=configured, hint="git config --unset core.worktree")
