"""What is staged for the next commit, as edits of the commit that stands: for hooks that git runs before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.store import gitindex
from gitreg.store.values import REGULAR_MODES, SYMLINK_MODE

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.documents import Edits
    from gitreg.store.reading import Reading
    from gitreg.store.values import CommitId


def staged_edits(store: Reading, head: CommitId | None, index: Path | None = None) -> Edits:
    """What the index changes of `head`: contents, and None for what it takes away.

    `index` is another file where git says so (GIT_INDEX_FILE, for a commit of some paths). What is in conflict, or only
    meant to be added, changes nothing here: git itself refuses to commit it. A link's content is the path it leads to.
    Raises `DirtyPath` for an index that we cannot read.
    """
    found = gitindex.read(index or store.layout.git_dir / "index", store.objects.hash_name)
    snapshot = store.snapshot(head)
    committed = dict(snapshot.walk())
    edits: dict[str, bytes | None] = {}
    for path, entry in found.tracked():
        before = committed.pop(path, None)
        is_file = entry.mode in REGULAR_MODES or entry.mode == SYMLINK_MODE
        if entry.is_plain and is_file and entry.object_id != before:
            edits[path] = snapshot.read_blob(entry.object_id)
    return {**edits, **dict.fromkeys(committed)}
