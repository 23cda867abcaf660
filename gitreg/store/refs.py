"""Refs: read, and moved only by compare-and-swap. A `.lock` that a kill left behind is a normal case with a rule."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dulwich.file import FileLocked
from dulwich.refs import DiskRefsContainer, SymrefLoop, check_ref_format

from gitreg.errors import AlreadyExists, CorruptRepository, InvalidName, InvalidValue, Locked
from gitreg.store.packing import sync_folder
from gitreg.store.values import CommitId

if TYPE_CHECKING:
    from dulwich.refs import Ref

STALE_AFTER_S = 10.0
"""A ref lock this old, unchanged between two looks, is a dead process's: git holds one for milliseconds."""
_PATIENCE_S = STALE_AFTER_S + 2
_PAUSE_S = 0.02
_BETWEEN_LOOKS_S = 0.25

_log = logging.getLogger(__name__)


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

        `may_break_locks` is for a caller that holds the repository's flock. Raises `Locked` when a lock stays.
        """
        ref = _ref(name)
        if old is None:
            self._check_place(name)
        done = self._patiently(lambda: self._swap(ref, new, old), may_break_locks=may_break_locks)
        if done:
            self._sync(self.real_name(name), is_new=old is None)
        return done

    def _check_place(self, name: str) -> None:
        """Files and folders: no ref may be the folder of another. Raises `AlreadyExists`."""
        parts = name.split("/")
        above = ["/".join(parts[:depth]) for depth in range(2, len(parts))]
        taken = next((ref for ref in above if self.get(ref)), None) or next(iter(self.all(f"{name}/")), None)
        if taken:
            raise AlreadyExists(f"{name} cannot stand beside {taken}.", subject=name)

    def _swap(self, ref: Ref, new: CommitId | None, old: CommitId | None) -> bool:
        try:
            if new is None:
                return self._refs.remove_if_equals(ref, old.encode() if old else None)  # type: ignore[arg-type]
            if old is None:
                return self._refs.add_if_new(ref, new.encode())  # type: ignore[arg-type]
            return self._refs.set_if_equals(ref, old.encode(), new.encode())  # type: ignore[arg-type]
        except (NotADirectoryError, IsADirectoryError, FileExistsError) as error:  # somebody was quicker than the check
            name = ref.decode()
            raise AlreadyExists(f"{name} cannot stand beside a ref that is its folder.", subject=name) from error

    def _patiently(self, move: Callable[[], bool], *, may_break_locks: bool) -> bool:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return move()
            except FileLocked as error:
                lock = Path(os.fsdecode(error.lockfilename))
                if may_break_locks and break_if_stale(lock, STALE_AFTER_S):
                    continue
                if time.monotonic() > deadline:
                    hint = "If no git program is running there: gitreg doctor --break-locks"
                    raise Locked(f"{lock} is held by another program.", subject=str(lock), hint=hint) from error
                time.sleep(_PAUSE_S)

    def _sync(self, name: str, *, is_new: bool) -> None:
        """Make the new name durable; of a new ref also the folders that may have been made for it."""
        folder = (self._common_dir / name).parent
        while not folder.is_dir():
            folder = folder.parent
        sync_folder(folder)
        while is_new and folder.parent != folder and folder != self._common_dir / "refs":
            folder = folder.parent
            sync_folder(folder)

    def head(self) -> str | None:
        """The branch that HEAD names, None when it is detached."""
        value = self._refs.read_loose_ref(_ref("HEAD"))
        return value[5:].decode("utf-8", "replace").strip() if value and value.startswith(b"ref: ") else None


def break_if_stale(lock: Path, age_s: float) -> bool:
    """Remove a lock file that is older than `age_s` and does not change between two looks. True when it is gone.

    Its age is told by the file system that holds it, by comparing with a file made there now: hosts' clocks differ.
    """
    try:
        first = lock.stat()
        if _now_there(lock.parent) - first.st_mtime < age_s:
            return False
        time.sleep(_BETWEEN_LOOKS_S)
        second = lock.stat()
    except FileNotFoundError:
        return True
    if (first.st_ino, first.st_mtime_ns, first.st_size) != (second.st_ino, second.st_mtime_ns, second.st_size):
        return False
    _log.warning("removing %s, left behind by a killed process", lock)
    lock.unlink(missing_ok=True)
    return True


def _now_there(folder: Path) -> float:
    probe = folder / f".gitreg-clock-{os.getpid()}"
    probe.touch()
    try:
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)


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
