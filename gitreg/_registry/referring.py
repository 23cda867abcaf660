"""Which documents name some bytes, and what was decided on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitreg._registry.naming import manifests_in, named_in
from gitreg._registry.views import Naming
from gitreg.blobs import LayeredBlobs, listed_in
from gitreg.documents import Compared, Digest, Evaluation, Evidence, RunRecord, classify_fact, classify_main
from gitreg.errors import BlobNotFound, CorruptBlob, InvalidDocument, UnsafePath

if TYPE_CHECKING:
    from gitreg.blobs import Stored
    from gitreg.documents import PathKind
    from gitreg.store import Snapshot

_NAMING = ("runs", "versions", "datasets", "evaluations")
_NOT_READ = (BlobNotFound, CorruptBlob, InvalidDocument, UnsafePath)


@dataclass
class Search:
    """One walk over all that names bytes, for some of them."""

    wanted: set[Digest]
    blobs: LayeredBlobs
    found: dict[Digest, list[Naming]] = field(default_factory=dict)
    known: dict[Digest, tuple[int, str]] = field(default_factory=dict)
    """Size and media type."""
    _manifests: dict[Digest, tuple[tuple[str, Stored], ...]] = field(default_factory=dict)
    _evaluations: dict[Digest, Digest] = field(default_factory=dict)

    def ledger(self, files: Snapshot) -> None:
        """Everything that was recorded."""
        for path, _ in (found for folder in _NAMING for found in files.walk(folder)):
            kind, data = classify_fact(path), files.read(path)
            if kind is not None and data is not None:
                self._document(path, data, kind)

    def main(self, files: Snapshot) -> None:
        """What stands in stages, and what was decided on the evidence of it."""
        for path, _ in files.walk("models"):
            kind, data = classify_main(path), files.read(path)
            if kind is None or data is None:
                continue
            if kind.kind == "stage-version":
                label = f"{kind.pieces['model']}, which stands in {kind.pieces['stage']}"
                self._named(path, data, Naming("stage", label, path))
            elif kind.kind == "evidence":
                self._evidence(
                    path, data, Naming("evidence", f"{kind.pieces['model']} in {kind.pieces['stage']}", path)
                )

    def _document(self, path: str, data: bytes, kind: PathKind) -> None:
        label = _label(data, kind)
        if label is not None:
            self._named(path, data, Naming(kind.kind, label, path))
            if kind.kind == "evaluation":
                document = Evaluation.from_bytes(data, path)
                self._evaluations[document.digest] = document.predictions.digest

    def _named(self, path: str, data: bytes, naming: Naming) -> None:
        try:
            for descriptor in named_in(path, data):
                self._note(descriptor.digest, descriptor.size, descriptor.media_type, naming)
            for manifest in manifests_in(path, data):
                for name, stored in self._files(manifest.digest):
                    file = Naming(naming.kind, naming.label, naming.path, name)
                    self._note(stored.digest, stored.size, stored.media_type, file)
        except InvalidDocument:  # fsck names it
            return

    def _files(self, manifest: Digest) -> tuple[tuple[str, Stored], ...]:
        if manifest not in self._manifests:
            try:
                self._manifests[manifest] = tuple(listed_in(self.blobs, manifest))
            except _NOT_READ:
                self._manifests[manifest] = ()
        return self._manifests[manifest]

    def _evidence(self, path: str, data: bytes, naming: Naming) -> None:
        try:
            evidence = Evidence.from_bytes(data, path)
        except InvalidDocument:
            return
        compared = [each for each in evidence.observations if isinstance(each, Compared)]
        for evaluation in {digest for each in compared for digest in (each.candidate, each.baseline)}:
            predictions = self._evaluations.get(evaluation)
            if predictions in self.wanted and predictions is not None:
                self.found.setdefault(predictions, []).append(naming)

    def _note(self, digest: Digest, size: int, media_type: str, naming: Naming) -> None:
        if digest in self.wanted:
            self.known[digest] = (size, media_type)
            self.found.setdefault(digest, []).append(naming)


def _label(data: bytes, kind: PathKind) -> str | None:
    """What people call a document; None for one that is none."""
    try:
        document = None if kind.document is None else kind.document.from_bytes(data)
    except InvalidDocument:
        return None
    match document:
        case RunRecord():
            return f"{document.name} ({document.run_id.short})"
        case Evaluation():
            return f"{document.digest.short} on {document.dataset}"
        case _:
            return "/".join(kind.pieces[name] for name in ("model", "number", "dataset") if name in kind.pieces)
