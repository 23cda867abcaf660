"""Which kind of store a place is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.blobs import FarFolder
from gitreg.errors import InvalidDocument, NotFound
from gitreg.exchange.dvc import DvcFolder
from gitreg.exchange.files import local_path
from gitreg.exchange.gto import GtoRepository
from gitreg.exchange.mlflowdb import MlflowDatabase
from gitreg.exchange.mlflowfolder import MlflowFolder
from gitreg.exchange.sqlite import is_sqlite
from gitreg.exchange.tensorboard import TensorBoardFolder
from gitreg.exchange.wandb import WandbFolder
from gitreg.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitreg.exchange.values import Origin
    from gitreg.surroundings import Surroundings


def open_mlflow(place: str, artifacts: Iterable[str | Path] = (), environ: Mapping[str, str] | None = None) -> Origin:
    """A folder `mlruns` (or the one that holds it), a database as a path or `sqlite:///…`, a server's http(s) address.

    `artifacts` are further folders, and places in buckets (`s3://…`), that bytes may be read from; `environ` has a
    server's token. Raises `NotFound` where nothing is there, `InvalidDocument` for something else, `InvalidValue` for
    an address that is not safe.
    """
    if place.startswith(("http://", "https://")):
        from gitreg.exchange.mlflowserver import MlflowServer  # noqa: PLC0415 - httpx may be missing, and takes its time

        return MlflowServer(place, environ or {})
    roots = tuple(FarFolder(str(each)) if "://" in str(each) else _there(Path(each)) for each in artifacts)
    path = Path(local_path(place.removeprefix("sqlite:///")) or place)
    if path.is_dir():
        inside = path / "mlruns"
        if (path / "mlflow.db").is_file():
            return MlflowDatabase(path / "mlflow.db", roots)
        return MlflowFolder(inside if inside.is_dir() else path, roots)
    if not path.exists():
        raise NotFound(f"There is nothing at {place!r:.200}.", subject=place[:200])
    if not is_sqlite(path):
        hint = "Give the folder mlruns, the file mlflow.db, or the server's address."
        raise InvalidDocument(f"{place!r:.200} is no database of MLflow.", subject=place[:200], hint=hint)
    return MlflowDatabase(path, roots)


def open_tensorboard(folder: Path) -> Origin:
    """A log folder. Raises `NotFound`, `InvalidDocument`."""
    return TensorBoardFolder(_there(folder))


def open_wandb(folder: Path) -> Origin:
    """A folder `wandb`, or the one that holds it. Raises `NotFound`, `InvalidDocument`."""
    return WandbFolder(_there(folder))


def open_gto(folder: Path, surroundings: Surroundings) -> Origin:
    """A git repository with GTO's tags. Raises `RegistryNotFound` for no repository, `InvalidDocument` for another."""
    return GtoRepository(Store.open(_there(folder), surroundings))


def open_dvc(folder: Path) -> Origin:
    """A folder with a `dvc.lock`. Raises `NotFound`, `InvalidDocument`."""
    return DvcFolder(_there(folder))


def _there(folder: Path) -> Path:
    if not folder.is_dir():
        raise NotFound(f"There is no folder {str(folder)!r:.200}.", subject=str(folder))
    return folder
