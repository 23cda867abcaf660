"""Finding, and mending, what killed processes and other tools leave in a repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.errors import DirtyPath
from gitreg.store import upkeep
from gitreg.store.creation import OWN_SETTINGS
from gitreg.store.lockfiles import break_if_stale, remove
from gitreg.store.refs import STALE_AFTER_S, is_ours
from gitreg.store.worktree import Journey, lock_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg.store.writing import Writing

_BREAK_AFTER_S = 1.0
"""A person says that no git program runs: a lock needs only to hold still between the two looks."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, and whether it is mended now."""

    kind: str
    """`half-moved`, `lock`, `setting`, `bitmap`, `boundary`."""
    subject: str
    message: str
    mended: bool


def examine(store: Writing, *, break_locks: bool = False) -> tuple[Finding, ...]:
    """Look for what stands in the way, and mend what is safe to mend.

    Mended: work trees that a killed writer left half moved, ref locks whose owner is dead, bitmaps, settings. With
    `break_locks` every git lock goes that does not change between two looks: only for when no git program is running.
    """
    with store.locked():
        return (
            *_half_moved(store),
            *_locks(store, break_locks=break_locks),
            *_bitmaps(store),
            *_settings(store),
            *_boundaries(store),
        )


def _half_moved(store: Writing) -> Iterator[Finding]:
    for work_tree in store.work_trees():
        lock = lock_of(work_tree)
        if Journey.read(lock) is None:
            continue
        try:
            left = store.finish(work_tree)
        except DirtyPath as error:
            yield Finding("half-moved", str(work_tree.path), error.message, mended=False)
            continue
        message = f"A killed writer left {work_tree.path} half moved; it has what its branch has now."
        if left:
            message += f" Edited since, and left alone: {', '.join(left)}."
        yield Finding("half-moved", str(work_tree.path), message, mended=True)


def _locks(store: Writing, *, break_locks: bool) -> Iterator[Finding]:
    for lock in _all_locks(store):
        is_ref = "refs" in lock.relative_to(store.git_dir).parts or lock.name == "packed-refs.lock"
        safe = is_ref and store.has_flock
        if safe and is_ours(lock):
            remove(lock)
        if (safe and break_if_stale(lock, STALE_AFTER_S)) or (break_locks and break_if_stale(lock, _BREAK_AFTER_S)):
            yield Finding("lock", str(lock), f"Removed {lock}, left behind by a killed process.", mended=True)
        elif lock.exists():
            message = f"{lock} is held. If no git program is running: gitreg doctor --break-locks."
            yield Finding("lock", str(lock), message, mended=False)


def _all_locks(store: Writing) -> Iterator[Path]:
    git_dir = store.git_dir
    yield from sorted(git_dir.glob("*.lock"))
    yield from sorted(git_dir.glob("refs/**/*.lock"))
    yield from sorted(git_dir.glob("worktrees/*/*.lock"))
    yield from sorted(git_dir.glob("objects/[0-9a-f][0-9a-f]/*.lock"))


def _bitmaps(store: Writing) -> Iterator[Finding]:
    for path in sorted((store.layout.objects / "pack").glob("*.bitmap")):
        upkeep.remove_bitmaps(store.layout.objects)
        yield Finding(
            "bitmap", str(path), f"Removed {path}: readers fail on it as soon as another pack comes.", mended=True
        )


def _settings(store: Writing) -> Iterator[Finding]:
    """In a registry of its own; in a code repository only the bitmaps matter, and they are removed as they come."""
    if store.branches.main != "refs/heads/main":
        return
    wrong = {key: value for key, value in OWN_SETTINGS.items() if store.config.local(key) != value}
    store.config.append(wrong)
    for key, value in wrong.items():
        yield Finding("setting", key, f"Set {key} to {value}.", mended=True)


def _boundaries(store: Writing) -> Iterator[Finding]:
    found = store.boundaries()
    reasons = {
        "shallow": (found.shallow, "This clone is shallow: verdicts cannot be told. Mend it: git fetch --unshallow."),
        "grafts": (found.grafts, "info/grafts rewrites history: verdicts are refused while it is there."),
        "replace": (found.replace_refs, "Replace refs rewrite history: verdicts are refused while they are there."),
        "alternates": (
            found.alternates,
            "Objects are borrowed from another repository; gitreg does not read them there.",
        ),
    }
    for subject, (is_there, message) in reasons.items():
        if is_there:
            yield Finding("boundary", subject, message, mended=False)
