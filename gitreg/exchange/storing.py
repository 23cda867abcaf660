"""Where what is brought goes: the registry's own doors, and bytes with everything about them told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitreg.blobs import put_files
from gitreg.documents import Manifest, check_artifact_path
from gitreg.errors import InvalidValue, UnsafePath
from gitreg.exchange.values import Left
from gitreg.tracking import refuse_secrets_below

if TYPE_CHECKING:
    from gitreg.blobs import BlobStore, Progress
    from gitreg.exchange.balance import Balance
    from gitreg.registry import Bringing, Models
    from gitreg.tracking import Runs, Tracker

Describe = Callable[[Mapping[str, Path]], tuple[Mapping[str, Any], Mapping[str, Any] | None]]
"""The flavors and signature that a model folder tells of itself."""


@dataclass(frozen=True)
class Doors:
    """Where what is brought goes: runs, models, bytes."""

    tracker: Tracker
    runs: Runs
    models: Models
    bringing: Bringing

    @property
    def blobs(self) -> BlobStore:
        """Bytes."""
        return self.tracker.blobs


@dataclass(frozen=True)
class Wishes:
    """What the caller says. `describe` reads model folders; `check` reads again what is here already."""

    describe: Describe
    allow_secrets: bool = False
    check: bool = False
    why: str | None = None
    """What a person says of it, below the subject of each commit."""
    progress: Progress | None = None


@contextlib.contextmanager
def emptied(folder: Path) -> Iterator[None]:
    """Leaves a folder empty, of what is fetched for one run: to make one for each would take long.

    Only plain files are written there.
    """
    try:
        yield
    finally:
        for each in folder.iterdir():
            each.unlink()


def store_files(
    blobs: BlobStore, balance: Balance, named: tuple[str, Mapping[str, Path]], *, allow_secrets: bool
) -> Manifest | None:
    """Files into the blob store; each that cannot go there is told. None where there is nothing to store.

    `named` is whose files they are, and the files by their paths.
    """
    where, files = named
    balance.there["file"] += len(files)
    good: dict[str, Path] = {}
    for path, file in files.items():
        size = file.stat().st_size
        balance.there["byte"] += size
        why = _problem(path, file, allow_secrets=allow_secrets)
        if why:
            balance.leave(Left("file", where, path, why))
            balance.left["byte"] += size
        else:
            good[path] = file
    try:
        return put_files(blobs, good, durable=False) if good else None
    except UnsafePath as error:
        balance.leave(Left("file", where, "all", error.message, len(good)))
        balance.left["byte"] += sum(file.stat().st_size for file in good.values())
        return None


def _problem(path: str, file: Path, *, allow_secrets: bool) -> str:
    try:
        check_artifact_path(path)
        if not allow_secrets:
            refuse_secrets_below(file)
    except (UnsafePath, InvalidValue) as error:
        return error.message.replace(str(file), path)
    return ""
