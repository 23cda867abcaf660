"""Keeping a repository quick: few packs, few loose objects, no bitmaps. Runs in a writer, under the repository's lock.

Nothing is ever pruned: an object that no ref reaches may be one that another program is about to refer to.
"""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from dulwich.pack import UnpackedObject

from gitreg.store import packing
from gitreg.store.packs import FencedObjectStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dulwich.object_format import ObjectFormat

MAX_PACKS = 50
_LOOSE_PER_FOLDER = 12
"""Loose objects in one of the 256 folders, which means some 3,000 in all; git's own limit is 27."""
_SAMPLE = "17"
"""The folder git itself counts."""
_CLASS = 16
"""Packs are of one class if neither is 16 times as large as the other: each byte is rewritten once a class."""


def keep_up(folder: Path, object_format: ObjectFormat) -> None:
    """Merge packs when there are too many, and pack loose objects when there are many."""
    remove_bitmaps(folder)
    if _count_sample(folder) > _LOOSE_PER_FOLDER:
        pack_loose(folder, object_format)
    while len(packs := _packs(folder)) > MAX_PACKS:
        merge_packs(folder, _to_merge(packs), object_format)


def remove_bitmaps(folder: Path) -> None:
    """Delete bitmap indexes: readers fail on one as soon as a pack without one joins. Git works without them."""
    for path in (folder / "pack").glob("*.bitmap"):
        path.unlink(missing_ok=True)


def _count_sample(folder: Path) -> int:
    try:
        return sum(1 for _ in (folder / _SAMPLE).iterdir())
    except FileNotFoundError:
        return 0


def _packs(folder: Path) -> dict[str, int]:
    """Name to size of every whole pack that may be replaced (git's `.keep` says no)."""
    names = {path.name for path in (folder / "pack").iterdir()}
    whole = {name[:-5] for name in names if name.endswith(".pack") and f"{name[:-5]}.idx" in names}
    free = sorted(name for name in whole if f"{name}.keep" not in names and f"{name}.promisor" not in names)
    return {name: (folder / "pack" / f"{name}.pack").stat().st_size for name in free}


def _to_merge(packs: dict[str, int]) -> list[str]:
    """The fullest size class; with no two of a size, the smaller half."""
    classes: dict[int, list[str]] = defaultdict(list)
    for name, size in packs.items():
        classes[int(math.log(max(size, 1), _CLASS))].append(name)
    fullest = max(classes.values(), key=len)
    return fullest if len(fullest) > 1 else sorted(packs, key=packs.__getitem__)[: len(packs) // 2]


def merge_packs(folder: Path, names: list[str], object_format: ObjectFormat) -> None:
    """Write one pack with the objects of several, then remove those. Readers find the objects in the one or the
    other.
    """
    store = FencedObjectStore.at(folder, object_format)
    try:
        ids = _ids_in(store, set(names))
        made = packing.write_pack(folder, len(ids), _records(store, ids), object_format)
    finally:
        store.close()
    for name in names:
        if name != made:
            _remove_pack(folder / "pack", name)


def _ids_in(store: FencedObjectStore, names: set[str]) -> list[bytes]:
    ids: set[bytes] = set()
    for pack in store.packs:
        if Path(pack._basename).name in names:  # noqa: SLF001 - dulwich gives a pack no public name
            ids.update(pack.index)
    return sorted(ids)


def _records(store: FencedObjectStore, ids: list[bytes]) -> Iterator[UnpackedObject]:
    for name in ids:
        kind, data = store.get_raw(name)  # type: ignore[arg-type]
        yield UnpackedObject(kind, decomp_chunks=[data], sha=bytes.fromhex(name.decode()))


def _remove_pack(packs: Path, name: str) -> None:
    """The index goes first: a pack without one is litter to git, an index without its pack an error."""
    for ending in (".idx", ".rev", ".mtimes", ".pack"):
        (packs / f"{name}{ending}").unlink(missing_ok=True)


def pack_loose(folder: Path, object_format: ObjectFormat) -> None:
    """Move every loose object into one pack."""
    paths = [path for home in folder.glob("[0-9a-f][0-9a-f]") for path in home.iterdir() if _is_object(path)]
    if not paths:
        return
    store = FencedObjectStore.at(folder, object_format)
    try:
        ids = sorted((path.parent.name + path.name).encode() for path in paths)
        packing.write_pack(folder, len(ids), _records(store, ids), object_format)
    finally:
        store.close()
    for path in paths:
        path.unlink(missing_ok=True)


def _is_object(path: Path) -> bool:
    return len(path.name) in (38, 62) and all(digit in "0123456789abcdef" for digit in path.name)
