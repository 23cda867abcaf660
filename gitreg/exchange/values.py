"""What the stores of other tools hold, in neutral words: readers yield these, one importer writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gitreg.documents import Role
    from gitreg.tracking import PastPoint


@dataclass(frozen=True)
class Left:
    """Something that is not brought, and why. `kind` is what it is counted as: `param`, `tag`, `point`, `file`, …"""

    kind: str
    where: str
    what: str
    why: str
    count: int = 1


@dataclass(frozen=True)
class FoundDataset:
    """A dataset by the tool's own digest, spelled `md5:…` or as the tool does; its content was never read."""

    name: str
    digest: str
    role: Role = "train"
    source: str = ""
    rows: int | None = None
    size_bytes: int | None = None
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FoundFiles:
    """The files of a run by their paths, those of its outputs by the output's name, and what is not there."""

    artifacts: Mapping[str, Path] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    left: tuple[Left, ...] = ()


def no_points() -> Iterator[PastPoint | Left]:
    """Of a run without metrics."""
    return iter(())


def no_files(scratch: Path) -> FoundFiles:
    """Of a run without files."""
    del scratch
    return FoundFiles()


@dataclass(frozen=True)
class FoundRun:
    """A run. `status` is one of ours; times are microseconds since 1970, None where the tool kept none.

    `points` are read once. `files` may fetch into the folder that it is given, which lasts until they are stored.
    """

    id: str
    experiment: str
    name: str
    status: str
    started_us: int | None
    finished_us: int | None = None
    params: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    note: str | None = None
    deleted: str | None = None
    host: str = "unknown"
    repository: str | None = None
    commit: str | None = None
    branch: str | None = None
    entry_point: str | None = None
    command: tuple[str, ...] = ()
    datasets: tuple[FoundDataset, ...] = ()
    points: Callable[[], Iterable[PastPoint | Left]] = no_points
    files: Callable[[Path], FoundFiles] = no_files
    left: tuple[Left, ...] = ()


@dataclass(frozen=True)
class FoundExperiment:
    """A named group of runs, and what is said of it."""

    name: str
    created_us: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    deleted: str | None = None


@dataclass(frozen=True)
class FoundVersion:
    """A model's version: its number, and the run's output or path below its artifacts that it was made from.

    `files` has the files of one that came from no run, `commit` the code's. `stage` is where the tool
    says it stands, with commas where that is several places.
    """

    number: int
    run_id: str | None
    path: str
    created_us: int | None = None
    note: str | None = None
    stage: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    files: Callable[[Path], FoundFiles] = no_files


@dataclass(frozen=True)
class FoundModel:
    """A model with its versions and bookmarks."""

    name: str
    note: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    versions: tuple[FoundVersion, ...] = ()
    aliases: Mapping[str, int] = field(default_factory=dict)


class Origin(Protocol):
    """A store of another tool, open for reading. Nothing in it is ever changed.

    Raises `InvalidDocument` for what is no store of that tool, and `Unavailable` where it cannot be reached.
    """

    @property
    def tool(self) -> str:
        """Its name in lower case: part of the identity of what is brought."""
        ...

    @property
    def location(self) -> str:
        """Where it is, for people; never with credentials in it."""
        ...

    def count_runs(self) -> int | None:
        """How many runs there are, where that can be told without reading them."""
        ...

    def experiments(self) -> Iterator[FoundExperiment]:
        """All of them, those without a run too."""
        ...

    def runs(self) -> Iterator[FoundRun | Left]:
        """One after the other, so that a store may be larger than memory."""
        ...

    def models(self) -> Iterator[FoundModel | Left]:
        """Registered models."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
