"""Runs that were repeated: how much a metric varies where nothing was changed but the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitreg.policy import RepeatedDifference, repeated_difference
from gitreg.tracking import metric_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitreg.folding import FoldedRun
    from gitreg.tracking import Runs

REPEATS_AMONG: Final = 1_000
"""The latest runs of an experiment that are looked at for repeats."""
SEEDS: Final = frozenset({"seed", "random_seed", "random_state"})


class Repeats:
    """A run and its repeats: in the same experiment with the same params but for its seed, the same code and data."""

    def __init__(self, runs: Sequence[FoldedRun]) -> None:
        """`runs` are all of them, the own one first."""
        self.count = len(runs)
        self._values: dict[str, list[float]] = {}
        for run in runs:
            names = {use.digest: use.name for use in run.datasets}
            for metric in run.metrics:
                name = metric_label(metric, names)
                self._values.setdefault(name, []).append(metric.last.value)

    @classmethod
    def of(cls, run: FoldedRun | None, runs: Runs) -> Repeats:
        """Those of a run; of None, none."""
        if run is None:
            return cls(())
        others = runs.search(experiment=run.experiment, limit=REPEATS_AMONG).runs
        ended = (each for each in others if each.status == "finished" and each.run_id != run.run_id)
        own = _config(run)
        return cls((run, *(each for each in ended if _config(each) == own)))

    def until(self, new: Repeats, metric: str) -> RepeatedDifference | None:
        """How far a metric lies from that of others, and what chance leaves; None where nobody can tell."""
        found = repeated_difference(self._values.get(metric, ()), new._values.get(metric, ()))
        return found if isinstance(found, RepeatedDifference) else None


def _config(run: FoldedRun) -> tuple[object, ...]:
    params: Mapping[str, object] = {name: value for name, value in run.params.items() if name.lower() not in SEEDS}
    commit = run.source.commit if run.source else None
    return repr(sorted(params.items())), commit, tuple((use.name, use.role, use.digest) for use in run.datasets)
