"""The open run, as training code holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, SupportsFloat, TypedDict, Unpack, get_args

from gitreg.blobs import media_type_of, put_folder, put_manifest, putting
from gitreg.documents import (
    PREDICTIONS_MEDIA_TYPE,
    DatasetUse,
    Descriptor,
    Digest,
    Evaluation,
    ManifestEntry,
    Output,
    OutputId,
    Role,
    RunId,
    Status,
    check_artifact_path,
    check_name,
)
from gitreg.errors import GitregError, InvalidValue
from gitreg.evaluation import EvaluationOptions, PredictionTable, columns_of, evaluation_of, table_of
from gitreg.tracking.capture import (
    PROFILE_MEDIA_TYPE,
    ROW_HASHES_MEDIA_TYPE,
    Sketch,
    capture_dataset,
    hash_rows,
    profile_of,
)
from gitreg.tracking.console import Console
from gitreg.tracking.guarding import refuse_secrets_below, refuse_secrets_in
from gitreg.tracking.records import ArtifactEvent, JournalHeader, OutputEvent
from gitreg.tracking.rendering import figure_bytes, histogram_of, image_bytes, table_bytes
from gitreg.tracking.system import Sampler
from gitreg.tracking.together import Together

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from types import TracebackType

    from gitreg.blobs import BlobStore, Put
    from gitreg.tracking.journal import Journal
    from gitreg.tracking.recording import Health, Recording

Ending = Literal["finished", "failed"]
_FILE_ERRORS = (OSError, ValueError, TypeError, GitregError)
_RENDER_ERRORS = (RuntimeError, AttributeError, LookupError, ArithmeticError, ImportError)


class TakingOptions(TypedDict, total=False):
    """How a file is taken: `allow_secrets` takes what looks like one, what is `personal` is sealed (`log_artifact`)."""

    allow_secrets: bool
    personal: bool


@dataclass(frozen=True)
class _Taking:
    """How bytes are taken: whether secrets are looked for, and into what."""

    allow_secrets: bool
    put: Put


class Run:
    """One attempt at a run, open for recording. Made by `start_run`.

    What `log_*` and `set_*` return from is *accepted*: it survives a kill of this process. They never raise: a value
    that cannot be recorded is dropped, counted and told of once (`strict` raises `InvalidValue` instead). Calls that
    take bytes return once the bytes are taken, so that the file may be changed or deleted. `flush` and `finish` make
    all of it *durable*: it survives a power cut; `finish` also publishes it.

    Threads may share a run. In a forked child it goes on in a journal of the child's own, and `finish` there only
    ends the child's part; the run ends where it was started.
    """

    def __init__(
        self, header: JournalHeader, recording: Recording, blobs: BlobStore, end: Callable[[Run, Status], None]
    ) -> None:
        """`end` is what `finish` does beyond ending the journal: publishing, in the owner's process."""
        self._header = header
        self._recording = recording
        self._blobs = blobs
        self._end = end
        self._status: Status = "running"
        self._unpublished: str | None = None
        self.files = Together()
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
        return replace(self._recording.health(), unpublished=self._unpublished)

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

    # Bytes

    def log_artifact(
        self,
        path: str | os.PathLike[str],
        artifact_path: str | None = None,
        *,
        allow_secrets: bool = False,
        personal: bool = False,
    ) -> None:
        """Take a file. It becomes `<artifact_path>/<file name>`, or the bare file name.

        A text that looks like it holds a secret is refused, with path, line and kind; `allow_secrets` takes it. What is
        `personal` is sealed under a key of its own, so that `gitreg erase` can destroy it everywhere at once; its path
        is not, and stays for ever.
        """
        source, name = Path(path), _below(artifact_path, Path(path).name)
        how = _Taking(allow_secrets, putting(self._blobs, personal=personal))
        self._take(str(source), lambda: [self._file(source, name, how)])

    def log_artifacts(
        self,
        folder: str | os.PathLike[str],
        artifact_path: str | None = None,
        *,
        allow_secrets: bool = False,
        personal: bool = False,
    ) -> None:
        """Take all files below a folder, under `artifact_path` where given. Symbolic links are not followed.

        Where one is refused (see `log_artifact`), none is taken. Of what is `personal` each file has a key of its own.
        """
        source = Path(folder)
        guard = not allow_secrets
        self._take(str(source), lambda: self._files(source, artifact_path, personal=personal, guard=guard))

    def log_text(self, text: str, path: str, **how: Unpack[TakingOptions]) -> None:
        """Take a text as a file. What looks like a secret, and what is personal: see `log_artifact`."""
        self._render(path, text.encode, "text/plain", how)

    def log_dict(self, value: Mapping[str, Any] | list[Any], path: str, **how: Unpack[TakingOptions]) -> None:
        """Take a JSON value as a file. What looks like a secret, and what is personal: see `log_artifact`."""
        self._render(path, lambda: _json(value), "application/json", how)

    def log_html(self, html: str, path: str, **how: Unpack[TakingOptions]) -> None:
        """Take a page of HTML as a file; nothing in it is run or fetched by gitreg."""
        self._render(path, html.encode, "text/html", how)

    def log_figure(self, figure: object, path: str, *, personal: bool = False) -> None:
        """Take a figure of matplotlib or plotly as a file; the suffix says the form: `.png`, `.svg`, `.html`."""
        how: TakingOptions = {"allow_secrets": True, "personal": personal}  # what is drawn is no text
        self._render(path, lambda: figure_bytes(figure, path), media_type_of(path), how)

    def log_image(self, image: object, path: str, *, personal: bool = False) -> None:
        """Take an image as a file: one of Pillow, or an array of pixels (rows, columns, and 1, 3 or 4 values each).

        Whole numbers are from 0 to 255, others from 0 to 1.
        """
        how: TakingOptions = {"allow_secrets": True, "personal": personal}
        self._render(path, lambda: image_bytes(image, path), media_type_of(path), how)

    def log_table(self, data: object, path: str, **how: Unpack[TakingOptions]) -> None:
        """Take a table as a file: `.json` (columns and rows, as MLflow writes tables), `.csv` or `.parquet`.

        `data` is a frame of pandas or polars, an arrow table, an array, columns by name, or rows as mappings.
        """
        self._render(path, lambda: table_bytes(data, path), media_type_of(path), how)

    def log_histogram(self, values: Iterable[Any], path: str, *, bins: int = 64, personal: bool = False) -> None:
        """Take a histogram of numbers as a JSON file: equal bins, their edges and counts."""
        self._render(path, lambda: _json(histogram_of(values, bins)), "application/json", {"personal": personal})

    def _render(self, path: str, render: Callable[[], bytes], media_type: str, how: TakingOptions) -> None:
        """Take what somebody else's code makes, and refuse in words what it cannot make."""
        taking = _Taking(how.get("allow_secrets", False), putting(self._blobs, personal=how.get("personal", False)))

        def made() -> bytes:
            try:
                return render()
            except _RENDER_ERRORS as error:
                raise InvalidValue(f"{type(error).__name__}: {error!s:.200}.") from None

        self._take(path, lambda: [self._bytes(made(), path, media_type, taking)])

    def log_dataset(
        self, name: str, data: object, *, role: Role = "train", target: str | None = None, **sketch: Unpack[Sketch]
    ) -> DatasetUse | None:
        """Record that a dataset was used: its content by digest, its schema, its size; never its rows.

        `data` is a pandas or polars frame, an arrow table, a numpy array, bytes, or the path of a file or folder.
        What is returned may be given to `log_metric(dataset=…)`; None where it was refused. What else is kept of a
        table is said by `Sketch`.
        """
        try:
            if role not in get_args(Role):
                raise InvalidValue(f"{role!r:.40} is not a role; there are {', '.join(get_args(Role))}.")
            document = capture_dataset(check_name(name, "dataset's name"), data)
            document = document.model_copy(update=self._sketched(data, sketch))
            use = DatasetUse(
                name=document.name,
                role=role,
                digest=document.content_digest,
                document=document.digest,
                target=None if target is None else check_name(target, "column's name"),
            )
            self._recording.dataset(use, document)
        except _FILE_ERRORS as error:
            self._refuse(name, error)
            return None
        return use

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
        allow_secrets: bool = False,
    ) -> Output | None:
        """Take a folder of files as an output of this run, which `register` can make a version of. None if refused.

        What looks like a secret: see `log_artifact`.
        """
        try:
            if not allow_secrets:
                refuse_secrets_below(Path(folder))
            manifest = put_folder(self._blobs, Path(folder))
            output = Output(
                name=check_name(name, "output's name"),
                id=OutputId.random(),
                manifest=put_manifest(self._blobs, manifest),
                flavors=dict(flavors or {}),
                signature=signature,
            )
            self._recording.events([OutputEvent(output=output)])
        except _FILE_ERRORS as error:
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
            document = self._evaluate((name, content), table_of(columns_of(predictions, target, options)), options)
            self._recording.evaluation(document)
            self._recording.points(document.metrics, None, None, content)
        except _FILE_ERRORS as error:
            self._refuse(dataset, error)
            return None
        return document

    def _evaluate(self, dataset: tuple[str, Digest], table: PredictionTable, options: EvaluationOptions) -> Evaluation:
        put = putting(self._blobs, personal=options.get("personal", False))
        blob = put(table.to_bytes(), media_type=PREDICTIONS_MEDIA_TYPE)
        output, metrics = options.get("output"), options.get("metrics", ())
        return evaluation_of(table, blob, dataset, self.run_id, output=output, metrics=metrics)

    def _take(self, what: str, take: Callable[[], Iterable[ManifestEntry]]) -> None:
        try:
            entries = [*take()]
            self.files.add([entry.path for entry in entries])
            self._recording.events([ArtifactEvent(entry=entry) for entry in entries])
        except _FILE_ERRORS as error:
            self._refuse(what, error)

    def _refuse(self, what: object, error: Exception) -> None:
        if isinstance(error, GitregError):
            self._recording.refuse(what, error.message, error.hint)
        else:
            self._recording.refuse(what, f"{type(error).__name__}: {error!s:.200}")

    def _file(self, source: Path, path: str, how: _Taking) -> ManifestEntry:
        if not how.allow_secrets:
            refuse_secrets_below(source)
        return _entry(check_artifact_path(path), how.put(source, media_type=media_type_of(path)))

    def _bytes(self, data: bytes, path: str, media_type: str, how: _Taking) -> ManifestEntry:
        if not how.allow_secrets:
            refuse_secrets_in(data, path)
        return _entry(check_artifact_path(path), how.put(data, media_type=media_type))

    def _files(self, folder: Path, artifact_path: str | None, *, personal: bool, guard: bool) -> list[ManifestEntry]:
        if guard:
            refuse_secrets_below(folder)
        manifest = put_folder(self._blobs, folder, personal=personal)
        return [
            entry.model_copy(update={"path": check_artifact_path(_below(artifact_path, entry.path))})
            for entry in manifest.files
        ]

    # The end

    def flush(self) -> None:
        """Return when all that was accepted survives a power cut. Raises `StorageError` when that cannot be
        promised.
        """
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
            self.flush()
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
        self._sampler = None  # the thread stayed in the parent
        self._end = end


def _entry(path: str, descriptor: Descriptor) -> ManifestEntry:
    return ManifestEntry(path=path, mediaType=descriptor.media_type, digest=descriptor.digest, size=descriptor.size)


def _below(folder: str | None, path: str) -> str:
    return path if folder is None else f"{folder.rstrip('/')}/{path}"


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str).encode() + b"\n"
