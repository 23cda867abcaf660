"""Ranks: the processes that one launcher starts to train one model together, by what their environment says. Pure.

torchrun says `RANK`, `LOCAL_RANK`, `WORLD_SIZE` and `TORCHELASTIC_RUN_ID` (PyTorch, "torchrun"); Open MPI
`OMPI_COMM_WORLD_RANK`, `…_LOCAL_RANK`, `…_SIZE` and `PMIX_NAMESPACE`; MPICH and its kin `PMI_RANK`, `PMI_SIZE`; SLURM,
in a step, `SLURM_PROCID`, `SLURM_LOCALID`, `SLURM_STEP_NUM_TASKS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Launcher(NamedTuple):
    """How a launcher spells it: the rank, the rank on its host, how many there are, how many here, which launch."""

    name: str
    rank: str
    local_rank: str
    size: tuple[str, ...]
    local_size: str
    launch: tuple[str, ...]


_LAUNCHERS: Final = (
    _Launcher("torchrun", "RANK", "LOCAL_RANK", ("WORLD_SIZE",), "LOCAL_WORLD_SIZE", ("TORCHELASTIC_RUN_ID",)),
    _Launcher(
        "mpi",
        "OMPI_COMM_WORLD_RANK",
        "OMPI_COMM_WORLD_LOCAL_RANK",
        ("OMPI_COMM_WORLD_SIZE",),
        "OMPI_COMM_WORLD_LOCAL_SIZE",
        ("PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid"),
    ),
    _Launcher("mpi", "PMI_RANK", "MPI_LOCALRANKID", ("PMI_SIZE",), "MPI_LOCALNRANKS", ("PMI_JOBID",)),
    _Launcher(
        "slurm", "SLURM_PROCID", "SLURM_LOCALID", ("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"), "", ("SLURM_JOB_ID",)
    ),
)
_NO_LAUNCH: Final = ("", "none")  # what torchrun says where nobody named the launch


@dataclass(frozen=True)
class Rank:
    """One of several processes. `launch` is the same for all of them and for no others; None where nothing tells."""

    rank: int
    local_rank: int
    size: int
    launch: str | None

    @classmethod
    def of(cls, environ: Mapping[str, str], parent: str = "") -> Self | None:
        """The rank that this process is; None where it is on its own.

        `parent` tells the process that started it from all others: where all ranks are on one host, they share it.
        """
        for launcher in _LAUNCHERS:
            rank = _number(environ.get(launcher.rank))
            size = next((found for name in launcher.size if (found := _number(environ.get(name)))), None)
            if rank is not None and size is not None and size > 1 and _is_step(launcher, environ):
                local = _number(environ.get(launcher.local_rank))
                return cls(rank, rank if local is None else local, size, _launch(launcher, environ, size, parent))
        return None

    def key(self, experiment: str, number: int) -> str | None:
        """The key of the run that all ranks begin as their `number`th in an experiment."""
        return f"{self.launch} {number} {experiment}" if self.launch else None


def _is_step(launcher: _Launcher, environ: Mapping[str, str]) -> bool:
    """SLURM gives a batch script the variables of a rank, too, and it is none."""
    return launcher.name != "slurm" or bool(environ.get("SLURM_STEP_ID"))


def _launch(launcher: _Launcher, environ: Mapping[str, str], size: int, parent: str) -> str | None:
    slurm = environ.get("SLURM_JOB_ID")
    if slurm and environ.get("SLURM_STEP_ID"):
        return f"slurm {environ.get('SLURM_CLUSTER_NAME', '')} {slurm} {environ['SLURM_STEP_ID']}"
    named = next((found for name in launcher.launch if (found := environ.get(name, "")) not in _NO_LAUNCH), None)
    if named:
        return f"{launcher.name} {named}"
    is_one_host = _number(environ.get(launcher.local_size)) == size
    return f"{launcher.name} {parent}" if is_one_host and parent else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 9 else None  # noqa: PLR2004 - a count
