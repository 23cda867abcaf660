"""One importer for all tools: what a reader yields goes through the registry's own doors and is counted there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.documents import NOTE_DESCRIPTION, Manifest, RunId, paths
from gitreg.exchange.balance import Balance, ImportReport
from gitreg.exchange.fitting import MAX_PARAM, MAX_TEXT, Fit, name_of, run_id_of, time_of
from gitreg.exchange.models import ModelImport
from gitreg.exchange.storing import emptied, store_files
from gitreg.exchange.values import FoundExperiment, FoundFiles, FoundRun, Left
from gitreg.tracking import (
    Past,
    PastOutput,
    PastRun,
    Recount,
    generated_name,
    recount,
)

if TYPE_CHECKING:
    from gitreg.documents import Attempt, Status
    from gitreg.exchange.storing import Doors, Wishes
    from gitreg.exchange.values import Origin


def import_all(origin: Origin, doors: Doors, wishes: Wishes) -> ImportReport:
    """Bring everything that a store of another tool holds and that is not here yet.

    May be killed and made again; what people did here since stands. Raises what the source, store and blobs raise.
    """
    with tempfile.TemporaryDirectory(prefix="gitreg-import-") as scratch:
        return _Import(origin, doors, wishes, Path(scratch)).run()


class _Import:
    def __init__(self, origin: Origin, doors: Doors, wishes: Wishes, scratch: Path) -> None:
        """`scratch` is an empty folder."""
        self._scratch = scratch
        self._origin = origin
        self._doors = doors
        self._wishes = wishes
        self._past = Past(doors.tracker, origin.tool, wishes.why)
        self._balance = Balance()
        self._fit = Fit(self._balance)
        self._taken: list[tuple[RunId, bool]] = []

    def run(self) -> ImportReport:
        """Experiments, runs, models; then what the ledger has of them."""
        experiments = [name for each in self._origin.experiments() if (name := self._take_experiment(each))]
        for found in self._origin.runs():
            if isinstance(found, Left):
                self._balance.pass_over([found])
            else:
                self._take_run(found)
            if self._wishes.progress is not None:
                self._wishes.progress.add(1)
        self._past.land()
        models = ModelImport(self._origin, self._doors, self._balance, self._fit)
        models.run()
        self._recount(experiments)
        models.recount()
        there, here = self._balance.total()
        return ImportReport(
            tool=self._origin.tool,
            location=self._origin.location,
            already=self._balance.already,
            lines=self._balance.lines(),
            sum_there=there,
            sum_here=here,
            left=tuple(Left(*told, count) for told, count in self._balance.told.items()),
            kept=self._doors.bringing.kept,
            undecided=tuple(self._balance.undecided),
            trouble=self._doors.bringing.trouble,
        )

    def _take_experiment(self, found: FoundExperiment) -> str:
        self._balance.there["experiment"] += 1
        name = name_of(found.name, "unnamed")
        if name != found.name:
            self._balance.leave(Left("name", "experiments", repr(found.name)[:80], f"it is called {name!r:.80} here."))
        said = self._fit.remarks("experiment", name, found.tags, found.note)
        self._past.add_experiment(name, time_of(found.created_us), said)
        return name

    def _take_run(self, found: FoundRun) -> None:
        run_id = run_id_of(found.id, self._origin.tool)
        with emptied(self._scratch):
            is_here, files = self._looked_at(self._past.standing(run_id), found)
            if is_here and not self._wishes.check:
                self._balance.already += 1
                return
            run = self._fitted(found, run_id, files or found.files(self._scratch))
            points = self._fit.points(_shown(found), found.points())
            if is_here:
                for _ in points:  # counted as they pass
                    pass
                self._balance.already += 1
            else:
                self._past.add(run, points)
        self._taken.append((run_id, run.note is not None))

    def _looked_at(self, standing: Attempt | None, found: FoundRun) -> tuple[bool, FoundFiles | None]:
        """Whether nothing is left to bring: it has ended, and had no files that were out of reach and are not now.

        Its files, if they had to be asked for: they may come from afar.
        """
        if standing is None or (standing.status == "running" and found.status != "running"):
            return False, None
        if standing.artifacts is not None or standing.outputs:
            return True, None
        files = found.files(self._scratch)
        return not files.artifacts and not files.outputs, files

    def _fitted(self, found: FoundRun, run_id: RunId, files: FoundFiles) -> PastRun:
        where, fit = _shown(found), self._fit
        self._balance.there["run"] += 1
        self._balance.pass_over(found.left)
        if run_id != found.id:
            self._balance.leave(Left("name", "runs", repr(found.id)[:80], f"its id is {run_id} here."))
        started = time_of(found.started_us, found.finished_us)
        self._balance.pass_over(files.left)
        status: Status = found.status if found.status in ("running", "finished", "failed") else "killed"  # type: ignore[assignment]
        return PastRun(
            origin=self._origin.tool,
            run_id=run_id,
            experiment=name_of(found.experiment, "unnamed"),
            name=name_of(found.name, generated_name(run_id)),
            status=status,
            started_at=started,
            finished_at=None if status == "running" else time_of(found.finished_us, found.started_us),
            parent=run_id_of(found.parent, self._origin.tool) if found.parent else None,
            host=name_of(found.host, "unknown"),
            params=fit.texts("param", where, found.params, MAX_PARAM),
            tags=fit.texts("tag", where, found.tags, MAX_TEXT),
            datasets=fit.datasets(where, found.datasets),
            artifacts=self._stored(where, files.artifacts),
            outputs=tuple(self._outputs(where, files)),
            source=fit.source(where, found),
            note=fit.note(where, found.note),
            deleted=found.deleted,
        )

    def _outputs(self, where: str, files: FoundFiles) -> Iterable[PastOutput]:
        for told, inside in files.outputs.items():
            self._balance.there["output"] += 1
            manifest = self._stored(where, inside)
            if manifest is None:
                self._balance.leave(Left("output", where, told, "it has no files that could be stored."))
                continue
            flavors, signature = self._wishes.describe(inside)
            yield PastOutput(name_of(told, "model"), manifest, flavors, signature)

    def _stored(self, where: str, files: Mapping[str, Path]) -> Manifest | None:
        return store_files(self._doors.blobs, self._balance, (where, files), allow_secrets=self._wishes.allow_secrets)

    def _recount(self, experiments: list[str]) -> None:
        """What the ledger and its blobs hold, from their own bytes."""
        balance, tracker = self._balance, self._doors.tracker
        tree, past = tracker.ledger.snapshot(), Past(tracker, self._origin.tool)
        balance.here["experiment"] = sum(tree.read(paths.experiment(name)) is not None for name in experiments)
        for run_id, has_note in self._taken:
            attempt = past.standing(run_id)
            if attempt is None:
                continue
            balance.here["run"] += 1
            self._count(recount(tracker, attempt))
            balance.here["output"] += len(attempt.outputs)
            note = paths.note(paths.run_notes(run_id), NOTE_DESCRIPTION)
            balance.here["note"] += has_note and tree.read(note) is not None

    def _count(self, found: Recount) -> None:
        here = self._balance.here
        for kind in ("param", "tag", "metric", "point", "dataset", "file"):
            here[kind] += getattr(found, f"{kind}s")
        here["byte"] += found.bytes
        self._balance.sums_here.append(found.points_sum)


def _shown(found: FoundRun) -> str:
    return f"run {found.id:.64}"
