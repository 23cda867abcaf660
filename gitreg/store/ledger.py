"""Merging ledgers: two trees in, one out, by rule and without a base. Never a conflict.

Each file is a register. For one path the larger rank wins whole (`merge_rule`); of paths there is the union. Taking the
larger of a total order is commutative, associative and idempotent, and so is the merge of trees.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitreg.documents import parse_json
from gitreg.errors import InvalidDocument
from gitreg.store.objects import BLOB, TREE, NewObject, ObjectReader, make, serialize_tree
from gitreg.store.trees import Budget
from gitreg.store.values import FOLDER_MODE, REGULAR_MODES, ObjectId

if TYPE_CHECKING:
    from collections.abc import Callable

_WRITE_ONCE = ("versions/", "datasets/", "evaluations/", "comments/", "deployments/", "checkpoints/", "erased/")
_DIGEST_IN_PATH = re.compile(
    r"(?:versions|datasets|evaluations|deployments|checkpoints|erased)/"
    r".*?(?P<digest>[0-9a-f]{64}|(?<=-)[0-9a-f]{16})\.(?:json|note)"
)
_MAX_REV = 2**63 - 1

Rank = tuple[bool, bool, int, str, str]
"""(can be read, has the digest its path says, rev, writer, digest of the bytes)."""


def merge_rule(first: bytes, second: bytes, path: str) -> bytes:
    """Which of two contents of one path stands. Total: no content raises, however broken.

    Revised files: the larger (rev, writer, digest). Write-once ones rank as rev 0 with an empty writer, after one whose
    bytes have the digest that its path says (format 24). What cannot be read never wins over what can.
    """
    return max(first, second, key=lambda data: rank(data, path))


def rank(data: bytes, path: str) -> Rank:
    """Where a content stands in the order of all contents of its path."""
    digest = hashlib.sha256(data).hexdigest()
    match = _DIGEST_IN_PATH.fullmatch(path)
    has_its_digest = match is not None and digest.startswith(match["digest"])
    revision = (0, "") if path.startswith(_WRITE_ONCE) else _revision(data)
    if revision is None:
        return False, has_its_digest, 0, "", digest
    return True, has_its_digest, *revision, digest


def _revision(data: bytes) -> tuple[int, str] | None:
    """`rev` and `writer` of a revised document; None for bytes that have none we can believe."""
    try:
        document = parse_json(data)
    except InvalidDocument:
        return None
    if not isinstance(document, dict):
        return None
    rev, writer = document.get("rev"), document.get("writer")
    if isinstance(rev, bool) or not isinstance(rev, int) or not isinstance(writer, str):
        return None
    return (rev, writer) if 0 <= rev <= _MAX_REV else None


@dataclass
class _Merge:
    """One merge of two trees: what is read, and what is new."""

    reader: ObjectReader
    new: dict[ObjectId, NewObject] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def folders(self, first: ObjectId, second: ObjectId, prefix: str, depth: int = 1) -> ObjectId:
        if first == second:
            return first
        ours, theirs = self.reader.tree(first), self.reader.tree(second)
        different = [name for name in theirs if ours.get(name) != theirs[name]]
        self.budget.spend(len(different), depth, first, second)
        items = dict(ours)
        for name in different:
            mine = ours.get(name)
            items[name] = theirs[name] if mine is None else self.item(mine, theirs[name], prefix + name, depth)
        folder = make(TREE, serialize_tree(items), self.reader.hash_name)
        if folder.id not in (first, second):
            self.new[folder.id] = folder
        return folder.id

    def item(
        self, first: tuple[int, ObjectId], second: tuple[int, ObjectId], path: str, depth: int
    ) -> tuple[int, ObjectId]:
        if first[0] == second[0] == FOLDER_MODE:
            return FOLDER_MODE, self.folders(first[1], second[1], f"{path}/", depth + 1)
        return max(first, second, key=lambda item: self._rank(item, path))

    def _rank(self, item: tuple[int, ObjectId], path: str) -> tuple[int, tuple[object, ...], int]:
        """A folder over a file over a link; of files by the rule, then the plainer mode."""
        mode, identity = item
        if mode == FOLDER_MODE:
            return 2, (), 0
        if mode not in REGULAR_MODES:
            return 0, (identity,), -mode
        return 1, rank(self.reader.raw(identity, BLOB), path), -mode


def merge_trees(
    reader: ObjectReader, first: ObjectId | None, second: ObjectId | None
) -> tuple[ObjectId | None, tuple[NewObject, ...]]:
    """The merge of two ledgers' trees, and the trees that are new. Opens only folders that differ."""
    if first is None or second is None:
        return first or second, ()
    merge = _Merge(reader)
    tree = merge.folders(first, second, "")
    return tree, tuple(merge.new.values())


def under_rule(edits: dict[str, bytes], read: Callable[[str], bytes | None]) -> dict[str, bytes]:
    """The edits that remain when each meets, by the merge rule, what stands at its path."""
    merged: dict[str, bytes] = {}
    for path, data in edits.items():
        standing = read(path)
        merged[path] = data if standing is None else merge_rule(standing, data, path)
    return merged
