"""Whom an open run turns to beyond its own files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitreg.blobs import unwatched
from gitreg.errors import DatasetNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitreg.blobs import Watch
    from gitreg.documents import Dataset

DATA_ADDRESS: Final = "datasets:/"


def _nobody_knows(address: str) -> Dataset:
    message = "Which data there is nobody can tell from here."
    raise DatasetNotFound(message, subject=address[:80], hint="Give the file or folder itself.")


@dataclass(frozen=True)
class Neighbours:
    """Who shows a person that waits how far uploads are, and who knows data by its address (`datasets:/NAME@…`).

    `dataset` raises `InvalidName`, `Ambiguous` and `DatasetNotFound`.
    """

    watch: Watch = unwatched
    dataset: Callable[[str], Dataset] = _nobody_knows
