"""The root over all that ever changed on main, so that a signature can hold it still.

It is a Merkle tree hash (RFC 9162, section 2.1.1) with one leaf for each commit of the first-parent line: a line
`<sha256 of the content>  <path>` for every path of gitreg's that the commit changed, sorted by path; `-` stands for
what it removed, and `?<git object>` for what is no file that gitreg reads. It rests on sha256 alone, whatever git's own
object names rest on.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gitreg.decisions import differing
from gitreg.documents import MemoryTree, Tree, paths
from gitreg.errors import UnsafeRepository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitreg.decisions import History


def leaves(history: History) -> Iterator[bytes]:
    """What each commit of the line changed of gitreg's, oldest first."""
    before: Tree = MemoryTree()
    for commit in history.commits:
        after = history.tree(commit)
        yield leaf(before, after)
        before = after


def leaf(before: Tree, after: Tree) -> bytes:
    """The leaf of one commit."""
    changed = (path for path in differing(before, after) if paths.is_owned(path))
    return "".join(f"{_content(after, path)}  {path}\n" for path in changed).encode("utf-8", "surrogateescape")


def _content(tree: Tree, path: str) -> str:
    try:
        data = tree.read(path)
    except UnsafeRepository:  # a link, or past every limit: nobody's document, but it must not stay unseen
        return f"?{tree.object_id(path)}"
    return "-" if data is None else hashlib.sha256(data).hexdigest()


class Roots:
    """The root after each leaf, as leaves are added: complete subtrees are kept, by size, the largest first."""

    def __init__(self) -> None:
        """No leaf yet."""
        self._subtrees: list[tuple[int, bytes]] = []

    def add(self, data: bytes) -> None:
        """One more leaf."""
        size, digest = 1, hashlib.sha256(b"\x00" + data).digest()
        while self._subtrees and self._subtrees[-1][0] == size:
            _, left = self._subtrees.pop()
            size, digest = 2 * size, _node(left, digest)
        self._subtrees.append((size, digest))

    @property
    def root(self) -> bytes:
        """The root over all leaves so far."""
        digests = [digest for _, digest in reversed(self._subtrees)]
        if not digests:
            return hashlib.sha256(b"").digest()
        found = digests[0]
        for left in digests[1:]:
            found = _node(left, found)
        return found


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def roots_at(history: History, counts: Iterable[int]) -> dict[int, bytes]:
    """The roots over the first so many commits of a line; those that it does not have are left out."""
    wanted, roots, found = set(counts), Roots(), {}
    for count, data in enumerate(leaves(history), 1):
        roots.add(data)
        if count in wanted:
            found[count] = roots.root
        if count >= max(wanted, default=0):
            break
    return found
