"""Evaluations of versions that are registered already: predictions that somebody brings along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from gitreg.blobs import putting
from gitreg.documents import PREDICTIONS_MEDIA_TYPE, Digest, Evaluation, paths
from gitreg.errors import InvalidValue, NotFound
from gitreg.evaluation import evaluation_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitreg.blobs import BlobStore
    from gitreg.evaluation import PredictionTable
    from gitreg.index import Index
    from gitreg.registry.catalogue import Reference
    from gitreg.registry.ledger import Recorded
    from gitreg.registry.models import Models
    from gitreg.registry.views import VersionView


@dataclass(frozen=True)
class Evaluated:
    """An evaluation that was added, and how publishing it went."""

    document: Evaluation
    recorded: Recorded


class Adding(TypedDict, total=False):
    """How an evaluation is added: which metrics are kept (all that the task has), with which message, and whether its
    rows are personal, so that they are sealed under a key of their own.
    """

    metrics: Sequence[str]
    message: str | None
    personal: bool


class Evaluations:
    """What versions were evaluated on. Add-only: an evaluation is its digest."""

    def __init__(self, models: Models, index: Index, blobs: BlobStore) -> None:
        """`models` knows the versions and takes facts to the ledger."""
        self._models = models
        self._index = index
        self._blobs = blobs

    def list(self, version: Reference | None = None) -> list[Evaluation]:
        """Every evaluation, or those of a version and of the run that made it. Raises as `Models.version`."""
        found = self._index.evaluations()
        if version is None:
            return found
        view = self._models.version(version)
        return [each for each in found if each.is_of(view.document)]

    def add(
        self,
        version: Reference,
        dataset: str,
        table: PredictionTable,
        **how: Unpack[Adding],
    ) -> Evaluated:
        """Record what a version predicted on a dataset that the registry knows, by name or content digest.

        The same predictions again are the same evaluation, unless they are personal. Raises `NotFound` for a dataset
        that nobody recorded, `InvalidValue` for a name with several contents, `VersionNotFound`, and what publishing
        raises.
        """
        view = self._models.version(version)
        put = putting(self._blobs, personal=how.get("personal", False))
        blob = put(table.to_bytes(), media_type=PREDICTIONS_MEDIA_TYPE)
        content, metrics = self._content(view, dataset), how.get("metrics", ())
        document = evaluation_of(table, blob, content, view.digest, metrics=metrics)
        path = paths.evaluation(document.digest)
        subject = f"{view.label}: evaluated on {document.dataset}"
        recorded = self._models.record({path: document.to_bytes()}, subject, [blob.digest], how.get("message"))
        return Evaluated(document, recorded)

    def _content(self, view: VersionView, dataset: str) -> tuple[str, Digest]:
        """A dataset's name and content: of the version's own datasets first."""
        own = {(use.name, use.digest) for use in view.document.datasets if dataset in (use.name, use.digest)}
        known = own or {
            (each.name, each.content_digest)
            for each in self._index.datasets()
            if dataset in (each.name, each.content_digest)
        }
        if not known:
            names = sorted({each.name for each in self._index.datasets()})
            message = f"Nobody recorded a dataset {dataset!r:.80} (there are {', '.join(names[:20]) or 'none'})."
            raise NotFound(message, subject=dataset, hint="A run records it: run.log_dataset(NAME, DATA, role='test')")
        if len(known) > 1:
            digests = ", ".join(sorted(content for _, content in known))
            raise InvalidValue(f"{dataset} has {len(known)} contents; say which by its digest: {digests}.")
        return next(iter(known))
