"""Moving a branch that is checked out, and its work tree with it.

If only the ref moved, the files and the index of that work tree would stand for the old commit, and the next `git
commit -a` there would silently revert the new one. So: take `index.lock`; check that exactly the changed paths are
clean in index and files; write files; write the index; then the ref; unlock. `index.lock` itself says what we are
doing, so that after a kill the next writer, or `gitreg doctor`, finishes or undoes it; until then git shows the
half-done paths as changes, never as a clean tree.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from gitreg.errors import DirtyPath, Locked, StorageError
from gitreg.store import checkout, gitindex, lockfiles
from gitreg.store.checkout import Item
from gitreg.store.gitindex import Index, IndexEntry
from gitreg.store.values import CommitId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gitreg.store.layout import WorkTree

_SCHEMA = "gitreg/carry/v1"
_MAX_RECORD_BYTES = 4096


@dataclass(frozen=True)
class Step:
    """One path that differs between the commits: what stands there before and after."""

    path: str
    before: Item | None
    after: Item | None

    def reversed(self) -> Step:
        """The way back."""
        return Step(self.path, self.after, self.before)


@dataclass(frozen=True)
class Journey:
    """A branch on its way from one commit to another, as `index.lock` records it."""

    ref: str
    before: CommitId | None
    after: CommitId

    def render(self) -> bytes:
        """The record's bytes."""
        return json.dumps({"schema": _SCHEMA, "pid": os.getpid(), **asdict(self)}).encode() + b"\n"

    @classmethod
    def read(cls, lock: Path) -> Self | None:
        """The journey an `index.lock` records; None when there is no lock or it is not ours."""
        try:
            with lock.open("rb") as file:
                record = json.loads(file.read(_MAX_RECORD_BYTES))
            if record["schema"] != _SCHEMA:
                return None
            before = CommitId(record["before"]) if record["before"] else None
            return cls(str(record["ref"]), before, CommitId(record["after"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None


class _NotPutBack(StorageError):
    """Undoing failed as well. The locks stay, because they say what is left to do."""


@dataclass(frozen=True)
class Carrier:
    """Brings work trees along. `read_blob` gives a blob's bytes by id; `checkpoint` is told each step (kill tests)."""

    read_blob: Callable[[str], bytes]
    hash_name: str
    checkpoint: Callable[[str], None] = lambda _: None

    def carry(
        self, work_trees: Iterable[WorkTree], journey: Journey, steps: list[Step], swap: Callable[[], bool]
    ) -> bool:
        """Move files and indexes, then the ref by `swap`; put everything back when that says False or raises.

        Raises `DirtyPath` for a path with uncommitted changes and `Locked` for an index in use; nothing has changed
        then. Raises `StorageError` when putting back failed too: `index.lock` stays then, and `gitreg doctor`
        finishes it.
        """
        held: list[tuple[WorkTree, Index]] = []
        try:
            for work_tree in work_trees:
                _take(work_tree, journey)
                held.append((work_tree, Index({})))
                held[-1] = (work_tree, gitindex.read(work_tree.index, self.hash_name))
                check_clean(work_tree, held[-1][1], steps, self.hash_name)
            self.checkpoint("locked")
            moved = self._move_all(held, steps, swap)
        except _NotPutBack:
            raise
        except BaseException:
            _unlock(held)
            raise
        self.checkpoint("before unlocking")
        _unlock(held)
        return moved

    def _move_all(self, held: list[tuple[WorkTree, Index]], steps: list[Step], swap: Callable[[], bool]) -> bool:
        try:
            for work_tree, index in held:
                self._write(work_tree, index, steps)
            self.checkpoint("before the ref")
            if swap():
                return True
        except BaseException:
            self._put_back(held, steps)
            raise
        self._put_back(held, steps)
        return False

    def _put_back(self, held: list[tuple[WorkTree, Index]], steps: list[Step]) -> None:
        back = [step.reversed() for step in reversed(steps)]
        for work_tree, index in held:
            try:
                self._write(work_tree, index, back)
            except OSError as error:
                message = f"The work tree {work_tree.path} is half changed and could not be put back: {error.strerror}."
                raise _NotPutBack(message, subject=str(work_tree.path), hint="gitreg doctor") from error

    def _write(self, work_tree: WorkTree, index: Index, steps: list[Step]) -> None:
        temporary = temporary_of(work_tree)
        for step in steps:
            if step.after is None:
                checkout.remove(work_tree.path, step.path)
        for step in steps:
            if step.after is not None:
                checkout.write(work_tree.path, step.path, step.after, (self._content(step.after), temporary))
            self.checkpoint("a file")
        checkout.sync(work_tree.path, [step.path for step in steps])
        for step in steps:
            index.put(step.path, _entry(work_tree, step.path, step.after))
        self.checkpoint("before the index")
        index.write(work_tree.index, temporary, self.hash_name)

    def _content(self, item: Item) -> bytes:
        return b"" if item.is_submodule else self.read_blob(item.object_id)

    def settle(self, work_tree: WorkTree, steps: list[Step], wanted: Callable[[str], Item | None]) -> list[str]:
        """After a kill: bring each path of the journey to what the branch has now, and unlock.

        A path that holds neither the one content nor the other was edited by a person since: it is left, and returned.
        """
        index = gitindex.read(work_tree.index, self.hash_name)
        left: list[str] = []
        settled: list[Step] = []
        for step in steps:
            found = checkout.look(work_tree.path, step.path, self.hash_name)
            target = wanted(step.path)
            if found in (step.before, step.after, target):
                settled.append(Step(step.path, found, target))
            else:
                left.append(step.path)
        self._write(work_tree, index, settled)
        lock_of(work_tree).unlink(missing_ok=True)
        return left


def check_clean(work_tree: WorkTree, index: Index, steps: list[Step], hash_name: str) -> None:
    """Each path stands in index and files as the old commit has it, or already as the new one. Raises `DirtyPath`,
    and `UnsafePath` for a name that means git's own folder to some file system.
    """
    leaving = {step.path for step in steps if step.after is None}
    for step in steps:
        if step.after is not None:
            checkout.check_path(step.path)
        entry = index.get(step.path)
        if not _is_clean_in_index(entry, step):
            raise _dirty(work_tree, step.path, "has changes in the index")
        if not _is_clean_on_disk(work_tree, entry, step, hash_name):
            what = "has uncommitted changes" if step.before else "is untracked, and in the way"
            raise _dirty(work_tree, step.path, what)
        if step.after is not None:
            _check_way(work_tree, index, step.path, leaving)


def _is_clean_in_index(entry: IndexEntry | None, step: Step) -> bool:
    if entry is None:
        return step.before is None or step.after is None
    return entry.is_plain and Item(entry.mode, entry.object_id) in (step.before, step.after)


def _is_clean_on_disk(work_tree: WorkTree, entry: IndexEntry | None, step: Step, hash_name: str) -> bool:
    found = checkout.look(work_tree.path, step.path, hash_name)
    if found in (step.before, step.after):
        return True
    # Line ends and filters may give a file other bytes than its blob; git's own stat data then tells that it is clean.
    return found is not None and entry is not None and entry.stat.size > 0 and _matches(work_tree, entry, step)


def _matches(work_tree: WorkTree, entry: IndexEntry, step: Step) -> bool:
    return gitindex.FileStat.of(work_tree.path / step.path) == entry.stat


def _check_way(work_tree: WorkTree, index: Index, path: str, leaving: set[str]) -> None:
    """No file where a folder is needed, no folder where the file goes, no link on the way; unless it leaves as well."""
    *folders, _ = path.split("/")
    for depth in range(1, len(folders) + 1):
        parent = "/".join(folders[:depth])
        target = work_tree.path / parent
        if (target.is_symlink() or (target.exists() and not target.is_dir())) and parent not in leaving:
            raise _dirty(work_tree, parent, f"is in the way of {path}")
    target = work_tree.path / path
    if target.is_dir() and not target.is_symlink():
        tracked = index.below(path)
        on_disk = {
            str(file.relative_to(work_tree.path))
            for file in target.rglob("*")
            if file.is_symlink() or not file.is_dir()
        }
        if not on_disk <= tracked & leaving:
            raise _dirty(work_tree, path, "is a folder, and in the way")


def _dirty(work_tree: WorkTree, path: str, what: str) -> DirtyPath:
    hint = f"Commit, stash or move it away in {work_tree.path}, then try again."
    return DirtyPath(f"{path} {what} in the work tree {work_tree.path}.", subject=path, hint=hint)


def _entry(work_tree: WorkTree, path: str, item: Item | None) -> IndexEntry | None:
    if item is None:
        return None
    return IndexEntry(item.object_id, item.mode, gitindex.FileStat.of(work_tree.path / path))


def lock_of(work_tree: WorkTree) -> Path:
    """Git's lock of the index."""
    return work_tree.git_dir / "index.lock"


def temporary_of(work_tree: WorkTree) -> Path:
    """Where a file is made before it gets its name."""
    return lockfiles.scratch(work_tree.git_dir, "carry")


def _unlock(held: list[tuple[WorkTree, Index]]) -> None:
    for work_tree, _ in held:
        lock_of(work_tree).unlink(missing_ok=True)


def held_by_another(lock: Path) -> Locked:
    """The error for an index that git, or a killed git, has locked."""
    hint = "If no git program is running there: gitreg doctor --break-locks"
    return Locked(f"{lock} is held by another program.", subject=str(lock), hint=hint)


def _take(work_tree: WorkTree, journey: Journey) -> None:
    lock = lock_of(work_tree)
    try:
        lockfiles.take(lock, journey.render(), temporary_of(work_tree))
    except FileExistsError as error:
        raise held_by_another(lock) from error
