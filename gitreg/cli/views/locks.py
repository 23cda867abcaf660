"""Lock files as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.report import Cell, Line, Table, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gitreg._registry import LockCheck
    from gitreg.cli import shapes
    from gitreg.documents import ManifestEntry
    from gitreg.report import Block, Tone


def lock_file(file: Path, found: Sequence[LockCheck]) -> shapes.LockFile:
    """A lock file with how each address is now."""
    return {"file": str(file), "models": [_model(each) for each in found]}


def _model(found: LockCheck) -> shapes.LockedModel:
    locked = found.locked
    return {
        "address": found.address,
        "model": locked.model,
        "version": locked.number,
        "digest": locked.version,
        "decision": locked.decision,
        "landing": locked.landing,
        "state": found.state,
        "newest": found.now.number if found.now else None,
        "trouble": found.trouble,
    }


def check_page(file: Path, found: Sequence[LockCheck]) -> Iterator[Block]:
    """A line for each address."""
    rows = tuple(
        (each.address, str(each.locked.number or "-"), short(each.locked.version), Cell(_state(each), _tone(each)))
        for each in found
    )
    yield Table(("address", "version", "digest", ""), rows, whole=("address",))
    for each in found:
        if each.trouble:
            yield Line(each.trouble, "bad")
    if any(each.state != "current" for each in found):
        yield Line(f"To bring {file.name} up to date: gitreg lock --update", "dim")


def _state(found: LockCheck) -> str:
    if found.state == "behind" and found.now is not None:
        return f"behind: it is version {found.now.number} now"
    return found.state


def _tone(found: LockCheck) -> Tone:
    return "bad" if found.is_refused else "good" if found.state == "current" else "warn"


def pulled(target: Path, files: Sequence[ManifestEntry]) -> shapes.Fetched:
    """What was written, by paths below the folder."""
    return {"target": str(target), "files": facts.artifacts(files), "best": None}


def pulled_page(folders: Mapping[str, Path]) -> Iterator[Block]:
    """Where each address was written."""
    for address, folder in sorted(folders.items()):
        yield Line(f"{address}: in {folder}, as locked, each file checked against its sha256.", "good")
