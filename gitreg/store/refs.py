"""Refs: read, and moved only by compare-and-swap. A `.lock` that a kill left behind is a normal case with a rule."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dulwich.file import FileLocked
from dulwich.refs import DiskRefsContainer, SymrefLoop, check_ref_format

from gitreg.errors import AlreadyExists, CorruptRepository, InvalidName, InvalidValue, Locked
from gitreg.store import lockfiles
from gitreg.store.packing import sync_folder
from gitreg.store.values import CommitId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dulwich.refs import Ref

STALE_AFTER_S = 10.0
"""A ref lock this old, unchanged between two looks, is a dead process's: git holds one for milliseconds."""
_PATIENCE_S = STALE_AFTER_S + 2
_PAUSE_S = 0.02
_OURS = b"gitreg-lock/v1\n"
"""What a lock of ours holds; git's locks hold a commit id, or nothing yet."""


class Refs:
    """The refs of one repository (and of one of its work trees, for HEAD)."""

    def __init__(self, common_dir: Path, git_dir: Path) -> None:
        """Nothing is read until something is asked for."""
        self._refs = DiskRefsContainer(common_dir, git_dir)
        self._common_dir = common_dir

    def get(self, name: str) -> CommitId | None:
        """What a ref points at; symbolic refs are followed. None when it does not exist."""
        try:
            value = self._refs.follow(_ref(name))[1]
        except (KeyError, SymrefLoop):
            return None
        return _commit_id(name, value) if value else None

    def real_name(self, name: str) -> str:
        """The ref at the end of a chain of symbolic refs."""
        try:
            names = self._refs.follow(_ref(name))[0]
        except (KeyError, SymrefLoop):
            return name
        return names[-1].decode("utf-8", "replace") if names else name

    def all(self, prefix: str) -> dict[str, CommitId]:
        """Every ref below a prefix such as `refs/heads/`, by full name."""
        base = prefix.encode()
        found: dict[str, CommitId] = {}
        for key in sorted({*self._refs.get_packed_refs(), *self._loose(base)}):
            if key.startswith(base):
                name = key.decode("utf-8", "replace")
                value = self.get(name)
                if value is not None:
                    found[name] = value
        return found

    def _loose(self, base: bytes) -> Iterator[bytes]:
        folder = base if base.endswith(b"/") else base.rpartition(b"/")[0] + b"/"
        for key in self._refs.subkeys(folder):  # type: ignore[arg-type]
            yield folder + key

    def swap(self, name: str, new: CommitId | None, old: CommitId | None, *, may_break_locks: bool) -> bool:
        """Move a ref from `old` to `new` (None: it does not exist). False when it is not at `old`.

        The caller holds the repository's lock; `may_break_locks` says that it is a real one. When it returns True the
        move survives a power cut. Raises `Locked` when a lock stays, `AlreadyExists` beside a ref that is its folder.
        """
        _ref(name)
        real = self.real_name(name)
        if old is None:
            self._check_place(real)
        move = (lambda: self._delete(real, old)) if new is None else (lambda: self._set(real, new, old))
        return self._patiently(move, may_break_locks=may_break_locks)

    def _check_place(self, name: str) -> None:
        """Files and folders: no ref may be the folder of another. Raises `AlreadyExists`."""
        parts = name.split("/")
        above = ["/".join(parts[:depth]) for depth in range(2, len(parts))]
        taken = next((ref for ref in above if self.get(ref)), None) or next(iter(self.all(f"{name}/")), None)
        if taken:
            raise AlreadyExists(f"{name} cannot stand beside {taken}.", subject=name)

    def _set(self, name: str, new: CommitId, old: CommitId | None) -> bool:
        """Under git's lock of the ref: look, write beside, rename over. The lock itself never becomes the ref, so
        that it can say whose it is.
        """
        path = self._common_dir / name
        is_new_folder = not path.parent.is_dir()
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock")
        temporary = lockfiles.scratch(self._common_dir, "ref")
        try:
            lockfiles.take(lock, _OURS, temporary)
        except FileExistsError as error:
            raise FileLocked(str(path), str(lock)) from error
        try:
            if self.get(name) != old:
                return False
            lockfiles.write_new(temporary, f"{new}\n".encode())
            _remove_empty(path)
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            lock.unlink(missing_ok=True)
        self._log(name, new, old)
        if is_new_folder:
            self._sync_above(path.parent)
        return True

    def _delete(self, name: str, old: CommitId | None) -> bool:
        """Deletion may have to rewrite packed-refs, and is rare: dulwich does it."""
        gone = self._refs.remove_if_equals(_ref(name), old.encode() if old else None)  # type: ignore[arg-type]
        folder = (self._common_dir / name).parent
        while not folder.is_dir():
            folder = folder.parent
        sync_folder(folder)
        return gone

    def _sync_above(self, folder: Path) -> None:
        """Make folders durable that were just made for a ref."""
        while folder != self._common_dir / "refs" and folder.parent != folder:
            folder = folder.parent
            sync_folder(folder)

    def _log(self, name: str, new: CommitId, old: CommitId | None) -> None:
        """Continue the reflog that git keeps for a ref, where it keeps one. It is for people: losing a line is no
        harm.
        """
        path = self._common_dir / "logs" / name
        if not path.is_file() or path.is_symlink():
            return
        line = f"{old or '0' * len(new)} {new} gitreg <gitreg> {int(time.time())} +0000\tgitreg\n"
        with path.open("a", encoding="utf-8") as file:
            file.write(line)

    def _patiently(self, move: Callable[[], bool], *, may_break_locks: bool) -> bool:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return move()
            except FileLocked as error:
                lock = Path(os.fsdecode(error.lockfilename))
                if may_break_locks and _break(lock):
                    continue
                if time.monotonic() > deadline:
                    hint = "If no git program is running there: gitreg doctor --break-locks"
                    raise Locked(f"{lock} is held by another program.", subject=str(lock), hint=hint) from error
                time.sleep(_PAUSE_S)

    def head(self) -> str | None:
        """The branch that HEAD names, None when it is detached."""
        value = self._refs.read_loose_ref(_ref("HEAD"))
        return value[5:].decode("utf-8", "replace").strip() if value and value.startswith(b"ref: ") else None

    def point_head_at(self, branch: str) -> None:
        """Let HEAD name another branch, in a repository that nobody else uses yet."""
        self._refs.set_symbolic_ref(_ref("HEAD"), _ref(branch))


def _break(lock: Path) -> bool:
    """Whether a lock in our way is gone now. One of our own is dead at once: we hold what its owner would hold."""
    if is_ours(lock):
        lockfiles.remove(lock)
        return True
    return lockfiles.break_if_stale(lock, STALE_AFTER_S)


def is_ours(lock: Path) -> bool:
    """Whether a ref's lock was taken by gitreg."""
    try:
        with lock.open("rb") as file:
            return file.read(len(_OURS) + 1) == _OURS
    except OSError:
        return False


def _remove_empty(path: Path) -> None:
    """Git leaves empty folders where refs below a name were deleted."""
    if path.is_dir():
        for folder, _, _ in os.walk(path, topdown=False):
            Path(folder).rmdir()


def _ref(name: str) -> Ref:
    encoded = name.encode("utf-8", "surrogateescape")
    if name != "HEAD" and not check_ref_format(encoded):  # type: ignore[arg-type]
        raise InvalidName(f"{name!r:.100} is not a ref name.", subject=name[:100])
    return encoded  # type: ignore[return-value]


def _commit_id(name: str, value: bytes) -> CommitId:
    text = value.decode("ascii", "replace")
    try:
        return CommitId(text)
    except InvalidValue as error:
        raise CorruptRepository(f"The ref {name} holds {text!r:.60}, not a commit id.", subject=name) from error
