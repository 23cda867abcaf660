"""Merge and diff of plain git, in the registry's own terms: what `gitreg git-setup` sets, and what git calls then."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitreg._registry.hooks import program
from gitreg.decisions import decision_in, told, told_conflict
from gitreg.documents import classify_fact, parse_json
from gitreg.errors import GitregError, StorageError
from gitreg.store import merge_rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg.store import Store

_BEGIN: Final = "# gitreg: begin"
_END: Final = "# gitreg: end"
_FACTS: Final = (
    "aliases",
    "checkpoints",
    "comments",
    "datasets",
    "deployments",
    "erased",
    "evaluations",
    "experiments",
    "notes",
    "runs",
    "versions",
)
ATTRIBUTES: Final = (
    *(f"{folder}/** merge=gitreg" for folder in _FACTS),
    "models/*/stages/** merge=gitreg",
    "models/*/stages/*/decision.json diff=gitreg",
    "governance/** merge=gitreg",
    "governance/decision.json diff=gitreg",
)


@dataclass(frozen=True)
class Merged:
    """What a merge of one file came to: its content, or why people have to say (`words`)."""

    data: bytes | None
    words: tuple[str, ...] = ()


def set_up_git(store: Store) -> Path:
    """Let plain git merge and diff documents of this clone by our rules; where its attributes were written.

    Only this clone's own configuration and attributes are changed; a line of a person's own stays. Raises
    `StorageError`.
    """
    ours = shlex.quote(program())
    store.config.append(
        {
            "merge.gitreg.name": "gitreg: facts by rule, decisions by people",
            "merge.gitreg.driver": f"{ours} hook merge %O %A %B %P",
            "diff.gitreg.command": f"{ours} hook diff",
            "diff.gitreg.textconv": f"{ours} hook textconv",
        }
    )
    path = store.layout.common_dir / "info" / "attributes"
    try:
        path.parent.mkdir(exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(_with_ours(before), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.", subject=str(path)) from error
    return path


def _with_ours(text: str) -> str:
    kept, _, rest = text.partition(f"{_BEGIN}\n")
    after = rest.partition(f"{_END}\n")[2]
    lines = "".join(f"{line}\n" for line in (_BEGIN, *ATTRIBUTES, _END))
    return f"{kept}{lines}{after}"


def merge_file(base: bytes, ours: bytes, theirs: bytes, path: str) -> Merged | None:
    """Merge one file that both sides changed; None where it is no document of ours, which git merges as any text.

    Facts are merged by the ledger's rule, which never conflicts. Of a stage's folder people take one side whole;
    `words` says what both decided where the file is the decision.
    """
    if not (_is_ours(ours) and _is_ours(theirs)):
        return None
    if classify_fact(path) is not None:
        return Merged(merge_rule(ours, theirs, path))
    mine, other = decision_in(ours, path), decision_in(theirs, path)
    if mine is None or other is None:
        return Merged(None)
    return Merged(None, tuple(told_conflict(decision_in(base, path), mine, other, path)))


def _is_ours(data: bytes) -> bool:
    try:
        found = parse_json(data)
    except GitregError:
        return False
    return isinstance(found, dict) and str(found.get("schema", "")).startswith("gitreg/")


def told_change(before: bytes, after: bytes, path: str) -> Iterator[str]:
    """How a stage's decision.json changed, in words; the text itself where it holds no decision."""
    old, new = decision_in(before, path), decision_in(after, path)
    if new is not None:
        yield from told(old, new)
    else:
        yield f"{path} holds no decision now."


def told_file(data: bytes) -> Iterator[str]:
    """A decision.json in words, as `git log -p` compares them; any other file as it is."""
    decision = decision_in(data)
    if decision is not None:
        yield from told(None, decision)
    else:
        yield from data.decode(errors="replace").splitlines()
