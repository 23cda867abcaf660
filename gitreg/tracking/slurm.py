"""SLURM: which runs are the same, and which belong together, by what its variables say. Pure.

A job keeps its id when it is requeued, and its steps keep theirs; the tasks of an array share the array's id, and the
ranks of a step differ by `SLURM_PROCID` alone (sbatch(1), srun(1)). So everybody computes the same keys and nobody has
to be asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Job:
    """One process of one job."""

    cluster: str
    job: str
    array: str | None
    step: str
    rank: str
    restart: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self | None:
        """The job that this process belongs to; None outside SLURM, and where the variables are not SLURM's."""
        words = {name: environ.get(f"SLURM_{name}", "") for name in _VARIABLES}
        if not _WORD.fullmatch(words["JOB_ID"]) or any(word and not _WORD.fullmatch(word) for word in words.values()):
            return None
        restart = words["RESTART_COUNT"]
        return cls(
            cluster=words["CLUSTER_NAME"],
            job=words["JOB_ID"],
            array=words["ARRAY_JOB_ID"] or None,
            step=words["STEP_ID"],
            rank=words["PROCID"] if words["STEP_ID"] else "",
            restart=int(restart) if restart.isdecimal() else 0,
        )

    def key(self, name: str | None, number: int) -> str:
        """The key of the run that this process begins as its `number`th: the same after a requeue, and on each rank."""
        return f"slurm {self.cluster} {self.job} {self.step} {number} {name or ''}".rstrip()

    def array_key(self) -> str:
        """The key of the run whose children the tasks of the array are."""
        return f"slurm-array {self.cluster} {self.array}"


_VARIABLES = ("CLUSTER_NAME", "JOB_ID", "ARRAY_JOB_ID", "STEP_ID", "PROCID", "RESTART_COUNT")
