"""What is staged, judged before it is a commit: by the rules that a push or a proposal would meet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.store import CommitText, staged_edits

if TYPE_CHECKING:
    from gitreg._registry.registry import Registry
    from gitreg.decisions import Finding


def check_staged(registry: Registry) -> list[Finding]:
    """Judge what the next commit of this work tree will hold.

    On main as a push, on the ledger as facts, on any other branch as a proposal to main. The commit that is judged is
    written and named by no ref: git clears it away. Nothing staged is nothing found. Raises `DirtyPath`.
    """
    store = registry.store
    ref = store.head()
    head = store.tip(ref or "HEAD")
    named = store.surroundings.environ.get("GIT_INDEX_FILE")
    edits = staged_edits(store, head, Path(named).absolute() if named else None)
    text = CommitText("staged", store.author().person, store.committer().person, store.surroundings.now())
    commit = store.commit_edits(head, edits, text)
    if commit is None:
        return []
    branches = store.branches
    if ref == branches.ledger:
        return registry.check_facts(head or "0" * 40, commit)
    if ref == branches.main:
        return registry.validate(head or "0" * 40, commit, is_push=True)
    base = store.main_tip()
    return registry.validate(base, commit) if base is not None else []
