"""Files into a run: taken as they are, or made from a text, a figure, a table, and refused where they hold secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from gitreg.blobs import media_type_of, put_folder, putting
from gitreg.documents import ManifestEntry, check_artifact_path
from gitreg.errors import GitregError, InvalidValue
from gitreg.tracking.guarding import refuse_secrets_below, refuse_secrets_in
from gitreg.tracking.records import ArtifactEvent
from gitreg.tracking.rendering import figure_bytes, histogram_of, image_bytes, table_bytes
from gitreg.tracking.together import Together
from gitreg.tracking.uploading import Uploads

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    from gitreg.blobs import BlobStore, Put, Watch
    from gitreg.documents import Descriptor
    from gitreg.tracking.recording import Recording

MAX_FILES = 150_000
"""In a run's one list of artifacts, which is a manifest (`Manifest.max_bytes`), with the longest paths there are."""
FILE_ERRORS = (OSError, ValueError, TypeError, GitregError)
_RENDER_ERRORS = (RuntimeError, AttributeError, LookupError, ArithmeticError, ImportError)


class TakingOptions(TypedDict, total=False):
    """How a file is taken: `allow_secrets` takes what looks like one, what is `personal` is sealed (`log_artifact`)."""

    allow_secrets: bool
    personal: bool


@dataclass(frozen=True)
class _How:
    """How bytes are taken: whether secrets are looked for, and into what."""

    allow_secrets: bool
    put: Put


class Taking:
    """The part of a run that takes bytes. Each call returns once they are taken, so that the file may be changed."""

    def __init__(self, recording: Recording, blobs: BlobStore, watch: Watch) -> None:
        self._recording = recording
        self._blobs = blobs
        self.files = Together()
        self._uploads = Uploads(blobs, watch)

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
        how = _How(allow_secrets, putting(self._blobs, personal=personal))
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
        taking = _How(how.get("allow_secrets", False), putting(self._blobs, personal=how.get("personal", False)))

        def made() -> bytes:
            try:
                return render()
            except _RENDER_ERRORS as error:
                raise InvalidValue(f"{type(error).__name__}: {error!s:.200}.") from None

        self._take(path, lambda: [self._bytes(made(), path, media_type, taking)])

    def _take(self, what: str, take: Callable[[], Iterable[ManifestEntry]]) -> None:
        try:
            entries = [*take()]
            self.files.add([entry.path for entry in entries])
            self._recording.events([ArtifactEvent(entry=entry) for entry in entries])
            self._uploads.send(entries)
        except FILE_ERRORS as error:
            self._refuse(what, error)

    def _refuse(self, what: object, error: Exception) -> None:
        if isinstance(error, GitregError):
            self._recording.refuse(what, error.message, error.hint)
        else:
            self._recording.refuse(what, f"{type(error).__name__}: {error!s:.200}")

    def _file(self, source: Path, path: str, how: _How) -> ManifestEntry:
        if not how.allow_secrets:
            refuse_secrets_below(source)
        return _entry(check_artifact_path(path), how.put(source, media_type=media_type_of(path)))

    def _bytes(self, data: bytes, path: str, media_type: str, how: _How) -> ManifestEntry:
        if not how.allow_secrets:
            refuse_secrets_in(data, path)
        return _entry(check_artifact_path(path), how.put(data, media_type=media_type))

    def _files(self, folder: Path, artifact_path: str | None, *, personal: bool, guard: bool) -> list[ManifestEntry]:
        if guard:
            refuse_secrets_below(folder)
        manifest = put_folder(self._blobs, folder, personal=personal)
        if len(manifest.files) > MAX_FILES:
            message = f"{len(manifest.files):,} files are more than a run's list of artifacts holds ({MAX_FILES:,})."
            raise InvalidValue(message, hint="As data they are stored in any number: gitreg data add FOLDER")
        return [
            entry.model_copy(update={"path": check_artifact_path(_below(artifact_path, entry.path))})
            for entry in manifest.files
        ]


def _entry(path: str, descriptor: Descriptor) -> ManifestEntry:
    return ManifestEntry(path=path, mediaType=descriptor.media_type, digest=descriptor.digest, size=descriptor.size)


def _below(folder: str | None, path: str) -> str:
    return path if folder is None else f"{folder.rstrip('/')}/{path}"


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str).encode() + b"\n"
