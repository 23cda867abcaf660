"""Data as people work with it: add a version, list them, get one back, say what it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Unpack

from gitreg.blobs import get_file, get_manifest, put_manifests, read_manifests, without_credentials
from gitreg.data.catalogue import DataCatalogue
from gitreg.data.differing import DataDifference, difference, glance
from gitreg.data.reading import Sketching, content_again, sketch, take
from gitreg.data.references import NOT_OURS, WEAK, fetch, is_as_recorded, refer
from gitreg.data.views import Added, DataVersion, Fetched
from gitreg.documents import NOTE_DESCRIPTION, NOTE_TAG, Dataset, Digest, check_model_name, check_name, paths
from gitreg.errors import InvalidDocument, InvalidValue, NotFound, Unavailable, UnsafePath

if TYPE_CHECKING:
    from gitreg.blobs import BlobStore, Progress
    from gitreg.documents import Manifest, ManifestEntry, Place
    from gitreg.index import Index
    from gitreg.registry import Models, Recorded
    from gitreg.store import Store

Send: TypeAlias = "Callable[[Iterable[Digest], Progress | None], object]"
"""Put blobs where others read them, if there is such a place."""


class Adding(Sketching, total=False):
    """How data is added: under which name (else that of the file or folder), with which message, and whether it is
    personal, so that each file is sealed under a key of its own.
    """

    name: str | None
    message: str | None
    personal: bool


class Data(DataCatalogue):
    """Versions of data. A version is its content: the same content again is the same version."""

    def __init__(self, store: Store, index: Index, blobs: BlobStore, models: Models, send: Send) -> None:
        """`models` takes facts to the ledger, `send` bytes to where others read them."""
        super().__init__(store, index, blobs)
        self._models = models
        self._send = send

    def add(self, path: str | Path, progress: Progress | None = None, **how: Unpack[Adding]) -> Added:
        """Store a file or folder, and record it as a version of a dataset.

        Large files go in chunks cut by their content, so that what an earlier version has is not stored again. Where
        the remote cannot be reached the version is on this machine until a sync. Raises `NotFound`, `InvalidName`,
        `InvalidValue`, `UnsafePath`, and what storing and publishing raise.
        """
        source = _here(path)
        name = check_model_name(how.get("name") or _name_of(source), "dataset")
        wanted = {each: bool(how.get(each)) for each in ("profile", "categories", "row_hashes")}
        taken = take(self._blobs, source, personal=how.get("personal", False), progress=progress)
        sketches = sketch(self._blobs, source, wanted)  # type: ignore[arg-type] # its very keys
        content = taken.fields["content_digest"]
        before = self.versions(name)
        known = next((view for view in before if view.digest == content and view.is_kept), None)
        if known is not None and all(getattr(known.document, each) == found for each, found in sketches.items()):
            self._blobs.flush()
            return Added(known, is_new=False, new_bytes=0, notes=taken.notes)
        files = put_manifests(self._blobs, taken.manifest)
        self._blobs.flush()
        document = Dataset(name=name, files=files, **(taken.fields | sketches))
        recorded = self._record(document, how.get("message"), progress)
        view = self.version(f"{name}@{content.hex}")
        versions = [*(each for each in before if each.digest != content), view]
        return Added(
            view, is_new=True, new_bytes=self.new_bytes(versions)[content], notes=taken.notes, trouble=recorded.trouble
        )

    def refer(
        self,
        url: str,
        name: str | None = None,
        *,
        unread: bool = False,
        message: str | None = None,
        progress: Progress | None = None,
    ) -> Added:
        """Record a file that others keep as a version of a dataset: by its digest, for which it is read once.

        `unread`, it is known by what its server claims about it. Raises `InvalidValue` for a URL that holds
        credentials, and what reading from there raises.
        """
        checked = check_model_name(name or _name_of_url(url), "dataset")
        document = refer(checked, url, unread=unread, progress=progress)
        notes = (NOT_OURS, *([WEAK] if unread else []))
        before = self._index.datasets(checked)
        if any(each.content_digest == document.content_digest and each.place == document.place for each in before):
            known = self.version(f"{checked}@{document.content_digest.hex}")
            return Added(known, is_new=False, new_bytes=None, notes=notes)
        recorded = self._record(document, message, progress)
        view = self.version(f"{checked}@{document.content_digest.hex}")
        return Added(view, is_new=True, new_bytes=None, notes=notes, trouble=recorded.trouble)

    def verify(self, address: str | DataVersion, progress: Progress | None = None) -> bool:
        """Whether every byte of a version is there and right: stored here, or where others keep it.

        Raises as `version`, `NotFound` where the bytes are nowhere, and what reading raises.
        """
        view = self.version(address)
        if view.document.place is not None and not view.is_kept:
            return is_as_recorded(view.document, view.document.place, progress)
        if not view.is_kept:
            raise _not_kept(view)
        return content_again(self._blobs, view, progress) == view.digest

    def _record(self, document: Dataset, message: str | None, progress: Progress | None) -> Recorded:
        stored = [*(each.digest for each in self.stored(document)), *(each.digest for each in document.sketches)]
        with contextlib.suppress(Unavailable):  # recording says so
            self._send(stored, progress)
        edits = {paths.dataset(document.name, document.digest): document.to_bytes()}
        subject = f"{document.name}: added {document.content_digest.hex[:8]}"
        return self._models.record(edits, subject, stored, message)

    def get(
        self, address: str | DataVersion, target: str | Path | None = None, progress: Progress | None = None
    ) -> Fetched:
        """Write a version to a new folder, or a file to a new file (or into a folder that is there, under its name).

        Every byte is checked, and all of it is written or nothing. Interrupted, the next try fetches only what is
        missing here. A file that is there with this very content is left as it is. Raises as `version`, `NotFound` for
        a version whose bytes were never stored, `AlreadyExists`, `BlobNotFound`, `CorruptBlob`, `UnsafePath`.
        """
        view = self.version(address)
        if view.document.place is not None and not view.is_kept:
            return _fetched_from(view, view.document.place, target, progress)
        if not view.is_kept:
            raise _not_kept(view)
        manifest = read_manifests(self._blobs, [each.digest for each in view.document.files])
        size = view.document.size_bytes or 0
        if view.document.kind == "folder":
            place = Path(target or view.name)
            get_manifest(self._blobs, manifest, place, progress=progress)
            return Fetched(view, place, len(manifest.files), size)
        entry, place = _only_file(manifest, view), Path(target or "")
        if place.is_dir():
            place = place / _plain_name(entry)
        is_new = get_file(self._blobs, entry, place, progress=progress)
        return Fetched(view, place, 1, size, is_new)

    def diff(
        self,
        address: str,
        other: str | None = None,
        *,
        key: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> DataDifference:
        """What changed from one version to another; of one alone, from the version before it.

        `key` names the columns that tell a table's rows apart. Raises as `version` and `difference`.
        """
        new = self.version(other or address)
        old = self.version(address) if other else self._before(new)
        return difference(self._blobs, old, new, key, progress)

    def glance(
        self,
        old: DataVersion,
        new: DataVersion,
        *,
        key: Sequence[str] = (),
        rows: bool = True,
        progress: Progress | None = None,
    ) -> DataDifference:
        """The same in some seconds, from what lies here: `untold` says what was not looked at, and nothing is raised.

        `key` counts for a table that has these columns. Without `rows` it is by lists of files and sketches alone.
        """
        tables = [{column.name for column in each.document.columns} for each in (old, new)]
        usable = key if all(columns.issuperset(key) for columns in tables) else ()
        return glance(self._blobs, old, new, usable if rows else None, progress)

    def _before(self, view: DataVersion) -> DataVersion:
        earlier = list(takewhile(lambda each: each.digest != view.digest, self.versions(view.name)))
        if not earlier:
            message = f"{view.label} is the first version of {view.name}."
            raise NotFound(message, subject=view.label, hint=f"gitreg data list {view.name}")
        return earlier[-1]

    def describe(self, address: str, text: str | None, *, message: str | None = None) -> Recorded:
        """Say what a version is; None takes it away. Raises as `version`."""
        view = self.version(address)
        subject = f"{view.label}: {'described' if text else 'description removed'}"
        folder = paths.dataset_notes(view.name, view.digest)
        return self._models.note(folder, {NOTE_DESCRIPTION: text or None}, subject, message)

    def tag(self, address: str, tags: Mapping[str, str | None], *, message: str | None = None) -> Recorded:
        """Set tags of a version; a value of None takes the tag away. Raises as `version`."""
        view = self.version(address)
        names = {NOTE_TAG + check_name(key, "tag"): value for key, value in tags.items()}
        shown = ", ".join(f"{key}={value}" if value is not None else f"-{key}" for key, value in tags.items())
        folder = paths.dataset_notes(view.name, view.digest)
        return self._models.note(folder, names, f"{view.label}: tagged {shown}", message)


def _here(path: str | Path) -> Path:
    """A file or folder of this machine. Raises `InvalidValue` for a URL."""
    if "://" in str(path):
        message = "Data that lies elsewhere is added by reference, and its bytes stay there."
        raise InvalidValue(message, hint="gitreg data add URL --reference")
    return Path(path)


def _name_of(path: Path) -> str:
    """`claims` of `data/claims.csv`; of a folder its name."""
    whole = path.resolve()
    return whole.name if whole.is_dir() else whole.name.partition(".")[0] or whole.name


def _name_of_url(url: str) -> str:
    last = without_credentials(url).rstrip("/").rpartition("/")[2]
    return last.partition(".")[0] or last


def _fetched_from(view: DataVersion, place: Place, target: str | Path | None, progress: Progress | None) -> Fetched:
    """A file that others keep, written under the name that whoever fetches it gives, else the dataset's."""
    chosen = Path(target or view.name)
    chosen = chosen / view.name if chosen.is_dir() else chosen
    fetch(view.document, place, chosen, progress)
    return Fetched(view, chosen, 1, view.document.size_bytes or 0)


def _only_file(manifest: Manifest, view: DataVersion) -> ManifestEntry:
    if len(manifest.files) != 1:
        raise InvalidDocument(f"{view.label} is a file and lists {len(manifest.files)} of them.", subject=view.label)
    return manifest.files[0]


def _plain_name(entry: ManifestEntry) -> str:
    """A file's own name, where whoever fetches it names none: not one that lands in a folder of others' programs."""
    if "/" in entry.path or entry.path.startswith("."):
        raise UnsafePath(f"{entry.path!r:.80} is not written under its own name.", subject=entry.path, hint="-o FILE")
    return entry.path


def _not_kept(view: DataVersion) -> NotFound:
    message = f"The bytes of {view.label} are not kept here: only its digest was recorded."
    return NotFound(message, subject=view.label, hint=f"gitreg data add PATH --name {view.name}")
