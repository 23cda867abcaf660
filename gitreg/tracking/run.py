"""The open run, as training code holds it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, SupportsFloat, Unpack, get_args

from gitreg import evaluation
from gitreg.blobs import put_folder, put_manifest, putting
from gitreg.card import card
from gitreg.documents import (
    PREDICTIONS_MEDIA_TYPE,
    Dataset,
    DatasetUse,
    Descriptor,
    Digest,
    Evaluation,
    Output,
    OutputId,
    Role,
    RunId,
    Status,
    check_name,
)
from gitreg.errors import GitregError, InvalidValue
from gitreg.tracking.capture import (
    PROFILE_MEDIA_TYPE,
    ROW_HASHES_MEDIA_TYPE,
    Sketch,
    capture_dataset,
    hash_rows,
    profile_of,
)
from gitreg.tracking.checkpoints import checkpoint_name
from gitreg.tracking.console import Console
from gitreg.tracking.gathering import gather
from gitreg.tracking.guarding import refuse_secrets_below
from gitreg.tracking.neighbours import DATA_ADDRESS, Neighbours
from gitreg.tracking.records import JournalHeader, OutputEvent
from gitreg.tracking.system import Sampler
from gitreg.tracking.taking import FILE_ERRORS, Taking
from gitreg.tracking.uploading import Uploads

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from types import TracebackType

    from gitreg.blobs import BlobStore
    from gitreg.evaluation import EvaluationOptions, PredictionTable
    from gitreg.tracking.journal import Journal
    from gitreg.tracking.recording import Health, Recording

_SHOWN_BYTES = 16 * 1024 * 1024
Ending = Literal["finished", "failed"]


class Run(Taking):
    """One attempt at a run, open for recording. Made by `start_run`.

    What `log_*` and `set_*` return from is *accepted*: it survives a kill of this process. They never raise: a value
    that cannot be recorded is dropped, counted and told of once (`strict` raises `InvalidValue` instead). Calls that
    take bytes return once the bytes are taken, so that the file may be changed or deleted. `flush` and `finish` make
    all of it *durable*: it survives a power cut; `finish` also publishes it.

    Threads may share a run. In a forked child it goes on in a journal of the child's own, and `finish` there only
    ends the child's part; the run ends where it was started.
    """

    def __init__(
        self,
        header: JournalHeader,
        recording: Recording,
        blobs: BlobStore,
        end: Callable[[Run, Status], None],
        neighbours: Neighbours = Neighbours(),  # noqa: B008 - frozen
    ) -> None:
        """`end` is what `finish` does beyond ending the journal: publishing, in the owner's process."""
        super().__init__(recording, blobs, neighbours.watch)
        self._known_dataset = neighbours.dataset
        self._header = header
        self._end = end
        self._status: Status = "running"
        self._unpublished: str | None = None
        self.console = Console(recording.journal)
        self._sampler: Sampler | None = None

    @property
    def run_id(self) -> RunId:
        """The run's id."""
        return self._header.run_id

    @property
    def name(self) -> str:
        """The run's name; generated from the id where none was given."""
        return self._header.name

    @property
    def experiment(self) -> str:
        """The experiment that the run belongs to."""
        return self._header.experiment

    @property
    def header(self) -> JournalHeader:
        """What the journal says about this attempt."""
        return self._header

    @property
    def status(self) -> Status:
        """`running` until `finish`."""
        return self._status

    @property
    def health(self) -> Health:
        """How recording goes: trouble with the disk, records that wait or were lost, values that were refused."""
        uploads = self._uploads
        return replace(
            self._recording.health(),
            unpublished=self._unpublished,
            uploading=uploads.waiting,
            upload_trouble=uploads.trouble,
        )

    def _repr_html_(self) -> str:
        """The run in a notebook, with what was set so far."""
        facts = {"run": self.run_id.short, "experiment": self.experiment}
        params = {key: str(value) for key, value in self._recording.params.items()}
        tables = {"metrics": self._shown_metrics(), "params": params, "tags": self._recording.tags}
        return card(self.name, self.status, facts, tables)

    def _shown_metrics(self) -> dict[str, str]:
        """The last value of each metric, where the journal is there and short enough to be read for that."""
        path = self._recording.journal.path
        try:
            metrics = gather(path).metrics if path.stat().st_size <= _SHOWN_BYTES else []
        except (OSError, GitregError):
            return {}
        return {each.key: f"{each.value:g} at step {each.step}" for each in metrics}

    # Values

    def log_param(self, key: str, value: object) -> None:
        """Record a param. The first value of a key stands. What looks like a secret is refused."""
        self._recording.param(key, value)

    def log_params(self, params: Mapping[str, object]) -> None:
        """Record several params."""
        for key, value in params.items():
            self._recording.param(key, value)

    def log_metric(
        self,
        key: str,
        value: SupportsFloat,
        *,
        step: int | None = None,
        time: datetime | float | None = None,
        dataset: str | DatasetUse | None = None,
    ) -> None:
        """Record one value of a metric.

        Without `step` it is one more than the last of this metric, from 0. `time` is when it was measured: a datetime
        with a time zone or seconds since 1970; else now. `dataset` is what it was measured on: a name given to
        `log_dataset`, what that returned, or a content digest. The same key on another dataset is another metric.
        """
        self._recording.point(key, value, step, time, dataset)

    def log_metrics(
        self,
        metrics: Mapping[str, SupportsFloat],
        *,
        step: int | None = None,
        time: datetime | float | None = None,
        dataset: str | DatasetUse | None = None,
    ) -> None:
        """Record one value of several metrics in one write."""
        self._recording.points(metrics, step, time, dataset)

    def set_tag(self, key: str, value: object) -> None:
        """Set a tag. The last value stands. What looks like a secret is refused."""
        self._recording.tag(key, value)

    def set_tags(self, tags: Mapping[str, object]) -> None:
        """Set several tags."""
        for key, value in tags.items():
            self._recording.tag(key, value)

    def comment(self, text: str) -> None:
        """Say something about the run, under one's own name; Markdown. What looks like a secret is refused."""
        self._recording.comment(text)

    def log_dataset(
        self, name: str, data: object, *, role: Role = "train", target: str | None = None, **sketch: Unpack[Sketch]
    ) -> DatasetUse | None:
        """Record that a dataset was used: its content by digest, its schema, its size; never its rows.

        `data` is a pandas or polars frame, an arrow table, a numpy array, bytes, the path of a file or folder, a
        version that `registry.data` gave, or the address of one, `datasets:/claims@latest`. What is returned may be
        given to `log_metric(dataset=…)`; None where it was refused. What else is kept of a table is said by `Sketch`.
        """
        try:
            if role not in get_args(Role):
                raise InvalidValue(f"{role!r:.40} is not a role; there are {', '.join(get_args(Role))}.")
            checked = check_name(name, "dataset's name")
            document = self._described(checked, data, sketch)
            use = DatasetUse(
                name=document.name,
                role=role,
                digest=document.content_digest,
                document=document.digest,
                target=None if target is None else check_name(target, "column's name"),
            )
            self._recording.dataset(use, document)
        except FILE_ERRORS as error:
            self._refuse(name, error)
            return None
        return use

    def _described(self, name: str, data: object, sketch: Sketch) -> Dataset:
        """What is recorded of a dataset: of a version that is known by all that is known of it."""
        is_address = isinstance(data, str) and data.startswith(DATA_ADDRESS)
        known = self._known_dataset(str(data)) if is_address else getattr(data, "document", None)
        if isinstance(known, Dataset):
            return known.model_copy(update={"name": name})
        return capture_dataset(name, data).model_copy(update=self._sketched(data, sketch))

    def _sketched(self, data: object, wanted: Sketch) -> dict[str, Descriptor]:
        """The blobs that say more of a table than its digest, by the document's field."""
        found: dict[str, Descriptor] = {}
        categories = wanted.get("categories", False)
        if categories or wanted.get("profile"):
            profile = profile_of(data, categories=categories).to_bytes()
            found["profile"] = self._blobs.put(profile, media_type=PROFILE_MEDIA_TYPE)
        if wanted.get("row_hashes"):
            found["row_hashes"] = self._blobs.put(hash_rows(data), media_type=ROW_HASHES_MEDIA_TYPE)
        return found

    def log_model(
        self,
        folder: str | os.PathLike[str],
        name: str = "model",
        *,
        flavors: Mapping[str, Any] | None = None,
        signature: Mapping[str, Any] | None = None,
        step: int | None = None,
        allow_secrets: bool = False,
    ) -> Output | None:
        """Take a folder of files as an output of this run, which `register` can make a version of. None if refused.

        With `step` it is a checkpoint, an output of its own: `runs:/RUN/model@40`. What looks like a secret: see
        `log_artifact`.
        """
        try:
            if not allow_secrets:
                refuse_secrets_below(Path(folder))
            manifest = put_folder(self._blobs, Path(folder))
            output = Output(
                name=check_name(name if step is None else checkpoint_name(name, step), "output's name"),
                id=OutputId.random(),
                manifest=put_manifest(self._blobs, manifest),
                flavors=dict(flavors or {}),
                signature=signature,
            )
            self._recording.events([OutputEvent(output=output)])
            self._uploads.send(manifest.files, output.manifest.digest)
        except FILE_ERRORS as error:
            self._refuse(name, error)
            return None
        return output

    def log_evaluation(
        self,
        dataset: str | DatasetUse,
        predictions: Iterable[Any],
        target: Iterable[Any],
        **options: Unpack[EvaluationOptions],
    ) -> Evaluation | None:
        """Record predictions row by row beside the truth, and what they come to; None where refused.

        `dataset` was given to `log_dataset`. `predictions` are probabilities of the positive class, class names or
        numbers, `target` the truth; see `EvaluationOptions` for the rest. The metrics become metrics of the run on
        that dataset, so that they are pinned and compared; the rows go to the blob store, never into git. Rows that are
        `personal` are sealed there (see `log_artifact`).
        """
        try:
            name, content = self._recording.dataset_named(dataset)
            document = self._evaluate(
                (name, content), evaluation.table_of(evaluation.columns_of(predictions, target, options)), options
            )
            self._recording.evaluation(document)
            self._recording.points(document.metrics, None, None, content)
        except FILE_ERRORS as error:
            self._refuse(dataset, error)
            return None
        return document

    def _evaluate(self, dataset: tuple[str, Digest], table: PredictionTable, options: EvaluationOptions) -> Evaluation:
        put = putting(self._blobs, personal=options.get("personal", False))
        blob = put(table.to_bytes(), media_type=PREDICTIONS_MEDIA_TYPE)
        output, metrics = options.get("output"), options.get("metrics", ())
        return evaluation.evaluation_of(table, blob, dataset, self.run_id, output=output, metrics=metrics)

    # The end

    def flush(self) -> None:
        """Return when all that was accepted survives a power cut, and the bytes that were handed to the background
        are where others read them.

        It waits for the uploads as long as they take; what is `personal` goes at the run's end. Raises `StorageError`
        when the first cannot be promised, `Unavailable` when an upload fails: all is durable then, and it is tried
        again.
        """
        self._make_durable()
        self._uploads.drain()

    def _make_durable(self) -> None:
        self._blobs.flush()
        self.console.flush()
        self._recording.flush()

    def finish(self, status: Ending = "finished") -> None:
        """End the run: make it durable, and publish it. Twice is once.

        Raises `StorageError` when it cannot be made durable; it may then be called again. That it could not be
        published (ledger checked out and edited, remote out of reach) raises nothing: `health.unpublished` says why,
        and the next `finish` of any run in this clone, or `gitreg sync`, publishes it.
        """
        if status not in get_args(Ending):
            raise InvalidValue(f"A run ends finished or failed, not {status!r:.40}.")
        self._conclude(status)

    def _conclude(self, status: Status) -> None:
        if self._status == "running":
            if self._sampler:
                self._sampler.stop()
            self.console.close()
            self._blobs.flush()
            self._recording.end(status)
            self._status = status
            self._uploads.close()
            self._end(self, status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the run: `failed` where the block raised. A run that no process owns is only let go of."""
        if self._header.owner == "none":
            self.release()
        elif error is None:
            self.finish()
        else:
            self._finish_failed(error)

    def _finish_failed(self, error: BaseException) -> None:
        """What the block raised must not be hidden by what recording has to say; Python shows it only after us."""
        self.console.show(error)
        try:
            self.finish("failed")
        except (GitregError, OSError) as trouble:
            error.add_note(f"gitreg could not end the run {self.run_id.short} either: {trouble}")

    def release(self) -> None:
        """Let go of a run that no process owns: durable, unlocked, still running. Raises `StorageError`."""
        if self._status == "running":
            self._make_durable()
            self._recording.journal.close()

    # For the room: not part of the public face

    def finish_killed(self) -> None:
        """As `finish`, of a run whose command was told to end."""
        self._conclude("killed")

    def end_killed(self) -> None:
        """The process was told to end: what was accepted is made durable, and the run is `killed`. Nothing is published
        now, as there may be seconds left; raises as `finish` does. A child that recorded nothing leaves nothing.
        """
        journal = self._recording.journal
        if self._status == "running" and not (self._header.segment and journal.fileno() < 0):
            self._recording.end("killed")
            self._status = "killed"
            self.console.flush()
            journal.close()

    def became_unpublished(self, why: str) -> None:
        """Publishing was tried and failed."""
        self._unpublished = why

    def sample(self, read: Callable[[], Mapping[str, float]], interval_s: float) -> None:
        """Log what `read` says, every so often, until the run ends."""
        self._sampler = Sampler(read, self.log_metrics, interval_s)
        self._sampler.start()

    @property
    def recording(self) -> Recording:
        """The open end of the journal."""
        return self._recording

    def go_on_in_child(
        self, header: JournalHeader, journal: Journal, blobs: BlobStore, end: Callable[[Run, Status], None]
    ) -> None:
        """This process is a forked child: leave the parent's journal alone and go on in one of our own."""
        self._header = header
        self._blobs = blobs
        self._recording.continue_in(journal)
        self.console.continue_in(journal)
        self._sampler = None  # the threads stayed in the parent
        self._uploads = Uploads(blobs)
        self._end = end
