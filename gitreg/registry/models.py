"""Changing what the ledger says of models: register, describe, tag, bookmark, delete, restore."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from gitreg.blobs import read_manifest
from gitreg.documents import (
    MANIFEST_MEDIA_TYPE,
    NOTE_COMMENT,
    NOTE_DELETED,
    NOTE_DESCRIPTION,
    NOTE_TAG,
    Alias,
    Descriptor,
    Digest,
    Edits,
    Hand,
    Hex32,
    Manifest,
    ManifestEntry,
    Note,
    Output,
    OutputId,
    PinnedMetric,
    RegistrySettings,
    check_artifact_path,
    check_model_name,
    check_name,
    paths,
)
from gitreg.errors import BlobNotFound, CorruptBlob, InvalidName
from gitreg.folding import checked_comment
from gitreg.registry.catalogue import Catalogue, Reference
from gitreg.registry.ledger import standing_document
from gitreg.registry.numbers import claim, claim_missing
from gitreg.registry.pinning import RecordedRun, below, blobs_of, check_finished, not_there, output_named, pin
from gitreg.registry.views import Remarks, VersionView, remarks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gitreg.blobs import BlobStore
    from gitreg.index import Index
    from gitreg.registry.ledger import Ledger, Recorded, Standing
    from gitreg.store import Store


@dataclass(frozen=True)
class Registered(VersionView):
    """A version that was registered just now, or was there already (`is_new` False)."""

    is_new: bool = True
    trouble: str = ""
    """Why it is on this machine only, with no number yet; empty where it is not."""


class Models(Catalogue):
    """Models and their versions. A version never changes, its number never returns; what is said of it may."""

    def __init__(
        self, store: Store, index: Index, blobs: BlobStore, ledger: Ledger, settings: Callable[[], RegistrySettings]
    ) -> None:
        """`ledger` takes facts to where they are kept."""
        super().__init__(store, index, settings)
        self._blobs = blobs
        self._ledger = ledger

    def output(self, run: RecordedRun, path: str) -> Output:
        """What `runs:/RUN/<path>` means: an output by name, else a folder or file of the run's artifacts.

        Raises `ArtifactNotFound`, which lists what there is.
        """
        named = output_named(run, path)
        if named is not None:
            return named
        files = {entry.path: entry for each in run.artifacts for entry in self._manifest(each).files}
        found = below(files, check_artifact_path(path)) if path else None
        if found is None:
            raise not_there(run, path, list(files))
        manifest = self._blobs.put(found.to_bytes(), media_type=MANIFEST_MEDIA_TYPE)
        return Output(name=check_name(path), id=OutputId.random(), manifest=manifest)

    def register(
        self,
        run: RecordedRun,
        output: Output,
        model: str,
        *,
        stood: Sequence[PinnedMetric] | None = None,
        message: str | None = None,
    ) -> Registered:
        """Make an output of a finished run a version of `model`, with the next number.

        Of a checkpoint, `stood` says how the metrics stood when it was taken.

        The number is claimed in the push that publishes the version; where the remote cannot be reached the version has
        none until a sync. The same output registered again is the same version. Raises `InvalidName`, `Refused` for a
        run that is not finished, `BlobNotFound` for bytes that are missing, and what publishing raises.
        """
        name = check_model_name(model)
        check_finished(run)
        version = pin(run, output, name, stood)
        manifest = self._manifest(version.artifacts)
        self.check_bytes(manifest)
        if self.numbering(name).number(version.digest) is not None:
            return _registered(self.version(version.digest), is_new=False)
        recorded = self._ledger.publish(
            lambda standing: claim(standing.tree, version, is_shared=standing.is_shared),
            f"{name}: registered from {run.name} ({run.run_id.short})",
            blobs_of(version, manifest),
            why=message,
        )
        return _registered(self.version(version.digest), trouble=recorded.trouble)

    def claim_numbers(self, message: str | None = None) -> Recorded:
        """Give every version without an undisputed number one of its own; nothing is written where all have one."""
        return self._ledger.publish(
            lambda standing: claim_missing(standing.tree) if standing.is_shared else {},
            "versions: numbers claimed",
            why=message,
        )

    def describe(self, reference: Reference, text: str | None, *, message: str | None = None) -> Recorded:
        """Say what a model (`fraud`) or a version (`fraud/7`) is; None takes it away. `message` says why."""
        what, folder = self._subject(reference)
        subject = f"{what}: {'described' if text else 'description removed'}"
        return self.note(folder, {NOTE_DESCRIPTION: text or None}, subject, message)

    def tag(self, reference: Reference, tags: Mapping[str, str | None], *, message: str | None = None) -> Recorded:
        """Set tags of a model or version; a value of None takes the tag away. `message` says why."""
        what, folder = self._subject(reference)
        names = {NOTE_TAG + check_name(key, "tag"): value for key, value in tags.items()}
        shown = ", ".join(f"{key}={value}" if value is not None else f"-{key}" for key, value in tags.items())
        return self.note(folder, names, f"{what}: tagged {shown}", message)

    def delete(self, reference: Reference, reason: str) -> Recorded:
        """Leave a model or version out of lists. Its file, its number and decisions about it stay."""
        what, folder = self._subject(reference)
        return self.note(folder, {NOTE_DELETED: reason}, f"{what}: deleted, {reason}")

    def restore(self, reference: Reference) -> Recorded:
        """Take a deletion back."""
        what, folder = self._subject(reference)
        return self.note(folder, {NOTE_DELETED: None}, f"{what}: restored")

    def alias(
        self, model: str, name: str, reference: Reference | int | None, *, message: str | None = None
    ) -> Recorded:
        """Point a bookmark at a version; None takes it away. `message` says why.

        Raises `InvalidName` for a stage's name (format 30).
        """
        alias = self._check_alias(model, name)
        if isinstance(reference, int):
            reference = f"{model}/{reference}"
        version = None if reference is None else self.version(reference)
        if version is not None and version.model != model:
            raise InvalidName(f"{version.label} is not a version of {model}.", subject=version.label)
        digest = version.digest if version else None

        def change(standing: Standing) -> Edits:
            path = paths.alias(model, alias)
            before = standing_document(standing.tree, path, Alias)
            if (before is not None and before.version == digest) or (before is None and digest is None):
                return {}
            made = Alias(
                rev=before.rev + 1 if before else 1,
                writer=self._store.writer,
                model=model,
                alias=alias,
                version=digest,
                actor=self._ledger.actor(),
                at=self._store.surroundings.now(),
            )
            return {path: made.to_bytes()}

        label = "none" if version is None else str(version.number or f"~{version.short}")
        return self._ledger.publish(change, f"{model}: {alias} -> {label}", why=message)

    def comment(self, reference: Reference, text: str, *, message: str | None = None) -> Recorded:
        """Say something about a model or version, under one's own name; Markdown. Raises `InvalidValue`."""
        what, folder = self._subject(reference)
        return self.note(folder, {NOTE_COMMENT + Hex32.random(): checked_comment(text)}, f"{what}: commented", message)

    def remarks(self, reference: Reference) -> Remarks:
        """What people wrote about a model or version."""
        return remarks_of(self._index.notes(self._subject(reference)[1]))

    # --- within -----------------------------------------------------------------------------------------------------

    def _check_alias(self, model: str, name: str) -> str:
        alias = check_model_name(name, "alias")
        if self.stage(alias) is not None:
            hint = f"A stage is decided: gitreg promote {model} N --to {self.stage(alias)}"
            raise InvalidName(
                f"{alias} is a stage of this registry, so it cannot be an alias.", subject=alias, hint=hint
            )
        if alias.isdigit() or alias == "latest":
            raise InvalidName(f"{alias!r:.80} cannot be an alias: addresses read it otherwise.", subject=alias)
        return alias

    def _subject(self, reference: Reference) -> tuple[str, str]:
        """How to call a model or version in a sentence, and the folder of its notes."""
        if isinstance(reference, str) and not any(sign in reference for sign in "/@:"):
            model = self.get(check_model_name(reference))
            return model.name, paths.model_notes(model.name)
        version = self.version(reference)
        return f"{version.model} {version.label.rpartition('/')[2]}", paths.version_notes(version.model, version.digest)

    def record(self, edits: Edits, subject: str, blobs: Iterable[Digest] = (), why: str | None = None) -> Recorded:
        """Put documents that are written once onto the ledger, and the bytes that they name where others read them."""
        return self._ledger.publish(lambda _: edits, subject, blobs, why=why)

    def note(self, folder: str, values: Mapping[str, str | None], subject: str, message: str | None = None) -> Recorded:
        """Write notes into a folder; None takes one away. Raises `InvalidValue` for what looks like a secret."""
        from gitreg.secrets import refuse_secrets_among  # noqa: PLC0415 - its patterns take longer to compile than a read

        refuse_secrets_among({name.removeprefix(NOTE_TAG): value for name, value in values.items()})

        def change(standing: Standing) -> Edits:
            edits = (self._note_edit(standing, folder, name, value) for name, value in values.items())
            return {path: data for each in edits for path, data in each.items()}

        return self._ledger.publish(change, subject, why=message)

    def _note_edit(self, standing: Standing, folder: str, name: str, value: str | None) -> Edits:
        path = paths.note(folder, name)
        before = standing_document(standing.tree, path, Note)
        if (before.value if before else None) == value:
            return {}
        by = Hand(self._store.writer, self._ledger.actor(), self._store.surroundings.now())
        return {path: Note.after(before, folder, name, value, by).to_bytes()}

    def _manifest(self, descriptor: Descriptor) -> Manifest:
        return read_manifest(self._blobs, descriptor.digest)

    def check_bytes(self, manifest: Manifest) -> None:
        """Raises `BlobNotFound` that names the first file whose bytes are nowhere, `CorruptBlob` for a wrong length.

        The bytes themselves are read by who fetches them, and by fsck.
        """
        lengths = {entry.digest: self._length(entry) for entry in manifest.files}
        missing = [entry for entry in manifest.files if lengths[entry.digest] is None]
        if missing:
            first: ManifestEntry = missing[0]
            more = f" and of {len(missing) - 1} more files" if len(missing) > 1 else ""
            message = f"The bytes of {first.path}{more} are not in {self._blobs.location}."
            hint = "Run gitreg sync where the run was made, then here."
            raise BlobNotFound(message, subject=first.digest, hint=hint)
        for entry in manifest.files:
            if lengths[entry.digest] != entry.size:
                message = f"The bytes of {entry.path} in {self._blobs.location} are not {entry.size} but damaged."
                raise CorruptBlob(message, subject=entry.digest, hint="gitreg fsck")

    def _length(self, entry: ManifestEntry) -> int | None:
        try:
            return self._blobs.size(entry.digest)
        except BlobNotFound:
            return None


def _registered(view: VersionView, *, is_new: bool = True, trouble: str = "") -> Registered:
    values = {field.name: getattr(view, field.name) for field in fields(view)}
    return Registered(**values, is_new=is_new, trouble=trouble)
