"""The code that somebody works on: which commit, and what differs from it. For any repository, not only registries."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.errors import DirtyPath, RegistryNotFound
from gitreg.store import checkout, gitindex, layout
from gitreg.store.gitindex import FileStat, IndexEntry
from gitreg.store.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.store.snapshot import Snapshot
    from gitreg.store.values import CommitId
    from gitreg.surroundings import Surroundings

MAX_DIFF_BYTES = 1024 * 1024
_MAX_FILE_BYTES = 256 * 1024
"""Of a longer file only that it changed is told: line matching takes a time that grows with the square."""
_MAX_LOOKED_AT = 100_000
_BRANCHES = "refs/heads/"


@dataclass(frozen=True)
class Checkout:
    """What stands in a work tree. `url` is origin's as configured, credentials and all: the caller cuts them out.

    `is_dirty` and `diff` are about tracked files; `is_dirty` is None where that cannot be told (an index that we cannot
    read, too many files).
    """

    url: str | None = None
    commit: CommitId | None = None
    branch: str | None = None
    is_dirty: bool | None = None
    diff: bytes | None = None


def describe_checkout(
    path: Path, surroundings: Surroundings, *, max_diff_bytes: int = MAX_DIFF_BYTES
) -> Checkout | None:
    """The work tree that `path` lies in; None where there is none. Reads only files, runs no program and no filter.

    Raises what opening a repository raises: `UnsafeRepository`, `CorruptRepository`.
    """
    try:
        place = layout.find_enclosing(path)
    except RegistryNotFound:
        return None
    with Reading(place, surroundings) as reading:
        head = reading.head()
        commit = reading.tip("HEAD" if head is None else head)
        changed = _changed(reading, commit)
        return Checkout(
            url=reading.config.remote_url("origin"),
            commit=commit,
            branch=head.removeprefix(_BRANCHES) if head else None,
            is_dirty=None if changed is None else bool(changed),
            diff=_diff(reading, commit, changed, max_diff_bytes) if changed else None,
        )


def _changed(reading: Reading, commit: CommitId | None) -> list[str] | None:
    """The tracked paths whose content is not the commit's; None where that cannot be told."""
    root = reading.work_tree
    if root is None or commit is None:
        return None
    try:
        index = gitindex.read(reading.layout.git_dir / "index", reading.objects.hash_name)
    except DirtyPath:
        return None
    committed = dict(reading.snapshot(commit).walk())
    entries = dict(index.tracked())
    if len(entries) > _MAX_LOOKED_AT:
        return None
    names = sorted(committed.keys() | entries.keys())
    return [name for name in names if not _is_as_committed(reading, root, name, entries.get(name), committed.get(name))]


def _is_as_committed(reading: Reading, root: Path, name: str, entry: IndexEntry | None, committed: str | None) -> bool:
    if entry is None or entry.object_id != committed or not entry.is_plain:
        return False
    try:
        if entry.stat.size and FileStat.of(root / name) == entry.stat:
            return True
    except OSError:
        return False
    found = checkout.look(root, name, reading.objects.hash_name)
    is_submodule = found is None and (root / name).is_dir()
    return is_submodule or (found is not None and found.object_id == committed)


def _diff(reading: Reading, commit: CommitId | None, changed: list[str], limit: int) -> bytes:
    """A patch that `git apply` takes, as far as it fits."""
    snapshot = reading.snapshot(commit)
    committed = dict(snapshot.walk())
    pieces: list[bytes] = []
    left = limit
    for number, name in enumerate(changed):
        piece = b"".join(_diff_of(snapshot, reading.work_tree or Path(), name, committed.get(name)))
        left -= len(piece)
        if left < 0:
            pieces.append(f"# cut here: {len(changed) - number} more changed files\n".encode())
            break
        pieces.append(piece)
    return b"".join(pieces)


def _diff_of(snapshot: Snapshot, root: Path, name: str, committed: str | None) -> Iterator[bytes]:
    old = snapshot.read_blob(committed) if committed else b""
    new = _content(root / name)
    path = name.encode("utf-8", "surrogateescape")
    yield b"diff --git a/%s b/%s\n" % (path, path)
    if committed is None:
        yield b"new file mode 100644\n"
    if new is None:
        yield b"deleted file mode 100644\n"
    if _is_opaque(old) or _is_opaque(new or b""):
        yield b"Binary files a/%s and b/%s differ\n" % (path, path)
        return
    # dulwich's import costs; only a dirty tree needs it.
    from dulwich.patch import unified_diff  # noqa: PLC0415

    before, after = BytesIO(old).readlines(), BytesIO(new or b"").readlines()
    source = b"/dev/null" if committed is None else b"a/" + path
    target = b"/dev/null" if new is None else b"b/" + path
    yield from unified_diff(before, after, source, target)


def _content(path: Path) -> bytes | None:
    try:
        if path.is_symlink() or path.stat().st_size > _MAX_FILE_BYTES:
            return b"\0"
        return path.read_bytes()
    except OSError:
        return None


def _is_opaque(data: bytes) -> bool:
    return len(data) > _MAX_FILE_BYTES or b"\0" in data[:8000]
