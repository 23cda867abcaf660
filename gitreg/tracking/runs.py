"""Recorded runs: read from the ledger and from the journals on top of it, and what people change about them later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, Unpack

from gitreg.blobs import Progress, get_manifest, read_manifest
from gitreg.documents import (
    NOTE_COMMENT,
    NOTE_DELETED,
    NOTE_DESCRIPTION,
    NOTE_TAG,
    Attempt,
    Digest,
    Edits,
    Hand,
    Hex32,
    Manifest,
    ManifestEntry,
    Note,
    Output,
    PinnedMetric,
    RunId,
    RunRecord,
    check_name,
    format_time,
    paths,
)
from gitreg.errors import (
    Ambiguous,
    ArtifactNotFound,
    GitregError,
    InvalidDocument,
    InvalidValue,
    NotFound,
    RunNotFound,
)
from gitreg.folding import FoldedRun, checked_comment, fold
from gitreg.index import RunLine, of_run
from gitreg.search import asks_for_stages
from gitreg.secrets import refuse_secrets_among
from gitreg.tracking.attempts import comment_notes, record_of, with_segment
from gitreg.tracking.checkpoints import Checkpoint, best_of, checkpoint_of, checkpoints_of, pinned_at
from gitreg.tracking.choosing import best_run
from gitreg.tracking.comparing import Comparison, Direction, compare, direction
from gitreg.tracking.console import Stream, is_console, printed_so_far
from gitreg.tracking.curves import thinned
from gitreg.tracking.elsewhere import Elsewhere
from gitreg.tracking.noted import abandoning, with_notes
from gitreg.tracking.searching import RunPage, Search, SearchOptions, check_experiment
from gitreg.tracking.series import SeriesPoint, read_series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gitreg.index import Index, Stages
    from gitreg.store import CommitId, Snapshot, Store
    from gitreg.tracking.choosing import Best
    from gitreg.tracking.comparing import ComparedRow, Direction
    from gitreg.tracking.curves import Course
    from gitreg.tracking.reading import LiveJournal
    from gitreg.tracking.tracker import Tracker

Layer = Literal["both", "ledger", "journal"]
Scalar = bool | int | float | str
# `Runs.list` takes the name of the type inside its class.
Folded: TypeAlias = list[FoldedRun]
Points: TypeAlias = list[SeriesPoint]
Kept: TypeAlias = list[Checkpoint]
Entries: TypeAlias = list[ManifestEntry]
Journals: TypeAlias = "list[LiveJournal]"
LATEST: Final = "@last"
MOST_COMPARED: Final = 500


class Runs:
    """Runs by reference: a whole id, any prefix or suffix of one that fits only one, a generated name, or `@last`."""

    def __init__(self, tracker: Tracker, index: Index, stages: Callable[[], Stages] = dict) -> None:
        """`stages` gives, by (model, stage), the runs whose versions are there."""
        self._stages = stages
        self._tracker = tracker
        self._index = index
        self._store = tracker.ledger.store
        self._blobs = tracker.blobs
        self._surroundings = tracker.surroundings
        self._elsewhere = Elsewhere(tracker.blobs, tracker.surroundings.now)

    # Reading

    def get(self, ref: str) -> FoldedRun:
        """One run. Raises `RunNotFound`, `Ambiguous`, `InvalidDocument` for a record that cannot be read."""
        run_id = self.find(ref)
        records, journals = self._index.records([run_id]).get(run_id, []), self._tracker.journals(run_id)
        if not records and not journals:
            message = f"The record of the run {run_id.short} cannot be read."
            raise InvalidDocument(message, subject=run_id, hint="gitreg fsck says what is wrong with it.")
        return self._folded({run_id: records}, {run_id: journals})[run_id]

    def list(
        self,
        experiment: str | None = None,
        *,
        limit: int | None = None,
        deleted: bool = False,
        layer: Layer = "both",
    ) -> Folded:
        """Runs, the latest first. `deleted` takes in those that were deleted; `layer` says which of the two is read."""
        live = {} if layer == "ledger" else self._live(experiment)
        wanted = None if deleted else False
        rows = [] if layer == "journal" else self._index.runs(experiment, deleted=wanted, limit=limit)
        ids = dict.fromkeys([*live, *(row.run_id for row in rows)])
        records = {} if layer == "journal" else self._index.records(ids)
        # A record that cannot be read is fsck's to name; it must not hide all other runs.
        found = self._folded(records, live)
        kept = [found[run_id] for run_id in ids if run_id in found and (deleted or found[run_id].deleted is None)]
        kept.sort(key=lambda run: (run.started_at, run.run_id), reverse=True)
        return kept[:limit]

    def search(self, filter: str = "", *, order_by: str = "", **options: Unpack[SearchOptions]) -> RunPage:  # noqa: A002 - MLflow's name for it
        """Runs that fit a filter, in an order, page by page; the latest first where none is given.

        Of runs that are open here the journals are looked at, and of all others the ledger as it is in this clone.
        Raises `InvalidValue` that points at the place, and `ExperimentNotFound` that names those that there are.
        """
        wanted = Search(filter, order_by, **options)
        query = wanted.query(self._surroundings.now())
        live = self._live(wanted.experiment)
        folded = self._folded(self._index.records(live), live)
        stages = self._stages() if asks_for_stages(query.condition) else {}
        found = self._index.search(query, stages, [(_line(run), of_run(run)) for run in folded.values()])
        if wanted.experiment is not None and not found and not live:
            open_here = {each.experiment for each in self._tracker.headers()}
            check_experiment(wanted.experiment, {each.name for each in self._index.experiments()} | open_here)
        ids = [RunId(each.run_id) for each in found]
        # A record that cannot be read is fsck's to name; it must not hide all other runs.
        folded |= self._folded(self._index.records(run_id for run_id in ids if run_id not in folded), {})
        is_full = query.limit is not None and len(found) == query.limit
        token = wanted.token(found[-1].keys) if found and is_full else ""
        return RunPage(tuple(folded[run_id] for run_id in ids if run_id in folded), token)

    def best(
        self, metric: str, where: str = "", *, towards: Direction | None = None, experiment: str | None = None
    ) -> Best:
        """The best of the runs that fit, by how much, and which are as good; see `best_run`."""
        return best_run(self.search, where, metric, self._surroundings.now(), towards=towards, experiment=experiment)

    def find(self, ref: str) -> RunId:
        """The id that a reference means. Raises `RunNotFound`, `Ambiguous`."""
        ref = ref.removeprefix("runs:/").removeprefix("/")
        if ref == LATEST:
            return self._latest()
        live = {each.run_id: each.name for each in self._tracker.headers()}
        names = {row.run_id: row.name for row in self._index.find_runs(ref)}
        fitting = {
            run_id: name
            for run_id, name in {**live, **names}.items()
            if ref and (run_id.startswith(ref) or run_id.endswith(ref) or name == ref)
        }
        named = {run_id: name for run_id, name in fitting.items() if ref in (name, run_id)}
        return _only_one(ref, named or fitting)

    def children(self, ref: str) -> Folded:
        """The runs that are parts of a run, the first begun first, deleted ones left out. Raises `RunNotFound`."""
        return list(self.search(parent=self.find(ref), order_by="started_at ASC", limit=None).runs)

    def compare(
        self, refs: Iterable[str] = (), *, where: str | None = None, order_by: str = "", limit: int = MOST_COMPARED
    ) -> Comparison:
        """Runs side by side: those named, and those that fit a filter. Raises as `get` and `search` do."""
        found = [self.get(ref) for ref in refs]
        named = {run.run_id for run in found}
        fitting = () if where is None else self.search(where, order_by=order_by, limit=limit).runs
        return compare([*found, *(run for run in fitting if run.run_id not in named)])

    def course(self, run: FoldedRun, row: ComparedRow, most: int = 100) -> Course:
        """A metric of a compared run in few points; none where it has no more than one, or their bytes are not here."""
        content = None if row.dataset is None else Digest(row.dataset)
        metric = run.metric(row.key, content)
        if metric is None or metric.count < 2:  # noqa: PLR2004 - one point is no course
            return ()
        try:
            return thinned([(point.step, point.value) for point in self._points(run, row.key, content)], most)
        except GitregError:  # a picture: the numbers beside it are those of the record
            return ()

    def series(self, ref: str, key: str, dataset: str | None = None) -> Points:
        """All points of a metric: attempt by attempt, each in the order logged. `dataset`: its name in the run, or
        digest; without it the metric logged without one, or on only one.

        Raises `RunNotFound`, `NotFound` where the run has no such metric, `BlobNotFound`, `CorruptBlob`.
        """
        run = self.get(ref)
        content = _content_of(run, dataset) if dataset is not None else _only_content(run, key)
        if run.metric(key, content) is None:
            known = ", ".join(sorted({metric.key for metric in run.metrics})) or "none"
            message = f"The run {run.run_id.short} has no metric {key!r:.80}" + (f" on {dataset}." if dataset else ".")
            raise NotFound(message, subject=key[:80], hint=f"It has: {known:.400}.")
        return self._points(run, key, content)

    def _points(self, run: FoldedRun, key: str, content: Digest | None) -> Points:
        points: Points = []
        journals = self._tracker.journals(run.run_id)
        for attempt in run.attempts:
            for descriptor in attempt.series:
                with self._blobs.open(descriptor.digest) as blob:
                    points += read_series(blob, key, content)
            for journal in journals:
                if journal.header.attempt == attempt.id:
                    points += journal.points(key, content)
        return points

    def output(self, ref: str, name: str) -> Output:
        """A named output of a run. Raises `RunNotFound`, `ArtifactNotFound`."""
        run = self.get(ref)
        for output in run.outputs:
            if output.name == name:
                return output
        known = ", ".join(output.name for output in run.outputs) or "none"
        message = f"The run {run.run_id.short} has no output {name!r:.80}."
        raise ArtifactNotFound(message, subject=name[:80], hint=f"It has: {known:.400}.")

    def checkpoints(
        self, ref: str, metric: str | None = None, dataset: str | None = None, *, better: Direction | None = None
    ) -> Kept:
        """The outputs of a run that were taken at a step, by name and step; with a metric, how that stood at each, and
        which is the best.

        Which way is better the metric's name tells (`loss`, `auc`), where `better` does not say. Raises `InvalidValue`
        where neither does, and as `series` does.
        """
        run = self.get(ref)
        found = checkpoints_of(run.outputs)
        if metric is None or not found:
            return found
        way = better or direction(metric)
        if way is None:
            message = f"The name {metric!r:.80} does not tell which way is better."
            raise InvalidValue(message, hint="Say so: --maximize or --minimize")
        points = self.series(run.run_id, metric, dataset)
        pinned = [pinned_at(each.step, metric, None, points) for each in found]
        told = [replace(each, value=pin.value if pin else None) for each, pin in zip(found, pinned, strict=True)]
        best = best_of(told, is_lower_better=way == "lower")
        return [replace(each, is_best=each is best) for each in told]

    def stood_at(self, run: FoldedRun, output: Output) -> tuple[PinnedMetric, ...] | None:
        """How each metric stood when a checkpoint was taken, those that had no point yet left out; None for any other
        output. Raises as `series` does.
        """
        taken = checkpoint_of(output)
        if taken is None:
            return None
        found = (
            pinned_at(taken.step, each.key, each.dataset, self._points(run, each.key, each.dataset))
            for each in run.metrics
        )
        return tuple(each for each in found if each)

    def artifacts(self, ref: str, path: str = "") -> Entries:
        """The files of a run at or below `path`, by path; each output is a folder of its name.

        Raises `RunNotFound`, and `ArtifactNotFound` where nothing is there.
        """
        run = self.get(ref)
        path = path.strip("/")
        below = sorted(self._files(run).items())
        found = [entry for name, entry in below if not path or name == path or name.startswith(f"{path}/")]
        if path and not found:
            message = f"The run {run.run_id.short} has nothing at {path!r:.80}."
            hint = f"List what it has: gitreg artifacts list {run.run_id.short}"
            raise ArtifactNotFound(message, subject=path[:80], hint=hint)
        return found

    def get_artifact(self, ref: str, path: str, target: Path, progress: Progress | None = None) -> Entries:
        """Fetch what lies at or below `path` into the folder `target`, which is new or empty, under its last name.

        What was written, by its path below `target`. Raises as `artifacts` does, `AlreadyExists`, `UnsafePath`,
        `BlobNotFound`, `CorruptBlob`.
        """
        above = path.strip("/").rpartition("/")[0]
        skipped = len(above) + 1 if above else 0
        entries = tuple(entry.model_copy(update={"path": entry.path[skipped:]}) for entry in self.artifacts(ref, path))
        get_manifest(self._blobs, Manifest(files=entries), target, progress=progress)
        return [*entries]

    def logs(self, ref: str, stream: Stream = "stdout") -> str:
        """What a run printed, attempt by attempt; of one that is running, what it printed so far: whole where it runs
        on this machine, else the end of it as its last sign of life told. Empty where nothing was taken.

        Raises `RunNotFound`, `BlobNotFound`, `CorruptBlob`.
        """
        run = self.get(ref)
        journals = self._tracker.journals(run.run_id)
        return "".join(
            text for attempt in run.attempts for text in self._printed(run.run_id, attempt, journals, stream)
        )

    def _printed(
        self, run_id: RunId, attempt: Attempt, journals: Sequence[LiveJournal], stream: Stream
    ) -> Iterator[str]:
        files = read_manifest(self._blobs, attempt.artifacts.digest).files if attempt.artifacts else ()
        for entry in files:
            if is_console(entry.path, stream):
                yield self._blobs.read(entry.digest).decode(errors="replace")
        here = [journal for journal in journals if journal.header.attempt == attempt.id]
        for journal in here:
            yield printed_so_far(journal.path, stream) or ""
        if attempt.status == "running" and not here:
            yield self._elsewhere.printed(run_id, attempt, stream)

    def _files(self, run: FoldedRun) -> dict[str, ManifestEntry]:
        files: dict[str, ManifestEntry] = {}
        for output in run.outputs:
            for entry in read_manifest(self._blobs, output.manifest.digest).files:
                path = f"{output.name}/{entry.path}"
                files[path] = entry.model_copy(update={"path": path})
        for manifest in run.artifacts:
            files |= {entry.path: entry for entry in read_manifest(self._blobs, manifest.digest).files}
        for journal in self._tracker.journals(run.run_id):
            files |= journal.artifacts
        return files

    # Changing

    def tag(self, ref: str, tags: Mapping[str, str | None], *, why: str | None = None) -> CommitId | None:
        """Set tags, or take them away (None). The ledger's tip. `why` stands in the commit's message."""
        run = self.get(ref)
        new = {check_name(key, "tag's name"): text for key, text in tags.items() if run.tags.get(key) != text}
        values = {NOTE_TAG + key: text for key, text in new.items()}
        return self._change(run, values, f"tagged {', '.join(sorted(new))}", why)

    def note(self, ref: str, text: str | None, *, why: str | None = None) -> CommitId | None:
        """Describe a run, in Markdown; None takes it away. `why`, else the text, stands in the commit's message."""
        run = self.get(ref)
        return self._change(run, {} if run.note == text else {NOTE_DESCRIPTION: text}, "described", why or text)

    def comment(self, ref: str, text: str, *, why: str | None = None) -> CommitId | None:
        """Say something about a run, under one's own name; Markdown. Raises `InvalidValue` for nothing."""
        run = self.get(ref)
        return self._change(run, {NOTE_COMMENT + Hex32.random(): checked_comment(text)}, "commented", why)

    def delete(self, ref: str, reason: str) -> CommitId | None:
        """Take a run out of lists. Nothing is removed: `restore` brings it back."""
        run = self.get(ref)
        if not reason.strip():
            raise InvalidValue("Deleting a run needs a reason.", hint="Give one: -m WHY")
        return self._change(run, {NOTE_DELETED: reason}, "deleted", reason)

    def restore(self, ref: str, *, why: str | None = None) -> CommitId | None:
        """Bring a deleted run back into lists. `why` stands in the commit's message."""
        run = self.get(ref)
        return self._change(run, {} if run.deleted is None else {NOTE_DELETED: None}, "restored", why)

    def abandon(self, ref: str, reason: str) -> CommitId | None:
        """Say under one's own name that nobody will hear of a run any more: it counts as killed from now on.

        Only of one that claims to be running and has been silent for long; raises `Refused` else. What the run says of
        itself later, its end or another sign of life, counts before that, and nothing of it is lost.
        """
        run = self.get(ref)
        if not reason.strip():
            raise InvalidValue("Giving a run up needs a reason.", hint="Give one: -m WHY")
        return self._change(run, {abandoning(run): reason}, "abandoned", reason)

    def _change(
        self, run: FoldedRun, values: Mapping[str, Scalar | None], what: str, why: str | None
    ) -> CommitId | None:
        if not values:
            return self._store.ledger_tip()
        refuse_secrets_among({name.removeprefix(NOTE_TAG): value for name, value in values.items()})
        folder = paths.run_notes(run.run_id)

        def change(ledger: Snapshot) -> Edits:
            return dict(self._note(ledger, folder, name, value) for name, value in values.items())

        return self._tracker.ledger.land(change, f"runs: {run.experiment} {run.name} {what}"[:200], why=why)

    def _note(self, ledger: Snapshot, folder: str, name: str, value: Scalar | None) -> tuple[str, bytes]:
        path = paths.note(folder, name)
        data = ledger.read(path)
        before = Note.from_bytes(data, path) if data else None
        by = Hand(self._store.writer, self._tracker.ledger.actor(), self._surroundings.now())
        return path, Note.after(before, folder, name, value, by).to_bytes()

    # Within

    def _live(self, experiment: str | None) -> dict[RunId, Journals]:
        found: dict[RunId, Journals] = {}
        for journal in self._tracker.journals():
            if experiment in (None, journal.header.experiment):
                found.setdefault(journal.header.run_id, []).append(journal)
        return found

    def _latest(self) -> RunId:
        live = [(each.started_at, each.run_id) for each in self._tracker.headers() if not each.segment]
        recorded = [(row.started_at, row.run_id) for row in self._index.runs(limit=1)]
        found = max([*live, *recorded], default=None)
        if found is None:
            raise RunNotFound(
                "There is no latest run.", subject=LATEST, hint="Record one: gitreg run -- python train.py"
            )
        return found[1]

    def _folded(
        self, records: Mapping[RunId, Sequence[RunRecord]], live: Mapping[RunId, Sequence[LiveJournal]]
    ) -> dict[RunId, FoldedRun]:
        """The runs that have records or journals, with what was noted about them."""
        folders = {run_id: paths.run_notes(run_id) for run_id in [*records, *live]}
        notes = self._index.notes_of(folders.values())
        return {
            run_id: with_notes(
                self._read(records.get(run_id, ()), live.get(run_id, ())),
                {**self._said(live.get(run_id, ())), **notes.get(folder, {})},
            )
            for run_id, folder in folders.items()
        }

    def _said(self, journals: Sequence[LiveJournal]) -> dict[str, Note]:
        """The comments in journals, as the ledger will have them."""
        return {note.name: note for each in journals for note in comment_notes(each.gathered, self._store.writer)}

    def _read(self, records: Sequence[RunRecord], journals: Sequence[LiveJournal]) -> FoldedRun:
        run = fold([*records, *_overlay(records, journals, self._store)])
        if run.status == "running" and not any(self._tracker.is_held(each.header) for each in journals):
            run = self._elsewhere.look(run)
        return replace(run, layer="both" if records else "journal") if journals else run


def _line(run: FoldedRun) -> RunLine:
    is_deleted = run.deleted is not None
    return RunLine(run.run_id, run.experiment, run.name, format_time(run.started_at), run.status, is_deleted)


def _overlay(records: Sequence[RunRecord], journals: Sequence[LiveJournal], store: Store) -> list[RunRecord]:
    """What the journals of this clone say, as one more record."""
    known = {attempt.id: attempt for record in records for attempt in record.attempts}
    found: dict[str, Attempt] = {}
    for journal in journals:
        base = found.get(journal.header.attempt) or known.get(journal.header.attempt)
        is_segment = journal.header.segment and base is not None
        found[journal.header.attempt] = with_segment(base, journal.attempt) if is_segment and base else journal.attempt
    return [record_of(journals[0].header, tuple(found.values()), store.writer)] if journals else []


def _only_one(ref: str, fitting: Mapping[RunId, str]) -> RunId:
    if len(fitting) == 1:
        return next(iter(fitting))
    exact = [run_id for run_id in fitting if run_id == ref]
    if exact:
        return exact[0]
    if not fitting:
        raise RunNotFound(f"There is no run {ref!r:.80}.", subject=ref[:80], hint="List them: gitreg runs list")
    shown = ", ".join(f"{run_id.short} ({name})" for run_id, name in list(fitting.items())[:5])
    raise Ambiguous(f"{ref!r:.80} fits {len(fitting)} runs.", subject=ref[:80], hint=f"Say more: {shown:.400}.")


def _only_content(run: FoldedRun, key: str) -> Digest | None:
    """The dataset of a metric that was logged on only one; None where it was logged without or on several."""
    contents = {metric.dataset for metric in run.metrics if metric.key == key}
    return contents.pop() if len(contents) == 1 else None


def _content_of(run: FoldedRun, dataset: str) -> Digest:
    named = next((use.digest for use in run.datasets if use.name == dataset), None)
    if named is None and not dataset.startswith("sha256:"):
        known = ", ".join(use.name for use in run.datasets) or "none"
        message = f"The run {run.run_id.short} has no dataset {dataset!r:.80}."
        raise NotFound(message, subject=dataset[:80], hint=f"It has: {known:.400}.")
    return named or Digest(dataset)
