"""Every blob that documents of the ledger name, so that bytes can go before them and be checked after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import (
    Attempt,
    Dataset,
    Descriptor,
    Document,
    Evaluation,
    RunRecord,
    Statement,
    Version,
    classify_fact,
    classify_main,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def named_in(path: str, data: bytes) -> Iterator[Descriptor]:
    """The blobs that a document names itself; manifests name further ones. Raises `InvalidDocument`."""
    match _document(path, data):
        case RunRecord() as record:
            for attempt in record.attempts:
                yield from _of_attempt(attempt)
        case Version() as version:
            yield from _of_version(version)
        case Dataset() as dataset:
            yield from (*dataset.sketches, *dataset.files)
        case Evaluation() as evaluation:
            yield evaluation.predictions
        case Statement() as said:
            yield from (check.report for check in said.checks if check.report is not None)


def manifests_in(path: str, data: bytes) -> Iterator[Descriptor]:
    """Those of them that are manifests."""
    match _document(path, data):
        case RunRecord() as record:
            for attempt in record.attempts:
                yield from _manifests_of(attempt)
        case Version() as version:
            yield version.artifacts
        case Dataset() as dataset:
            yield from dataset.files


def _document(path: str, data: bytes) -> Document | None:
    """What names bytes: runs, versions, datasets, evaluations; on main, a stage's version and what checks reported."""
    kind = classify_fact(path) or classify_main(path)
    is_naming = kind is not None and kind.document in (RunRecord, Version, Dataset, Evaluation, Statement)
    return kind.document.from_bytes(data, path) if kind is not None and kind.document and is_naming else None


def _manifests_of(attempt: Attempt) -> Iterator[Descriptor]:
    if attempt.artifacts is not None:
        yield attempt.artifacts
    yield from (output.manifest for output in attempt.outputs)


def _of_attempt(attempt: Attempt) -> Iterator[Descriptor]:
    yield from _manifests_of(attempt)
    yield from attempt.series
    if attempt.source is not None and attempt.source.diff is not None:
        yield attempt.source.diff
    if attempt.environment is not None and attempt.environment.lock is not None:
        yield attempt.environment.lock


def _of_version(version: Version) -> Iterator[Descriptor]:
    yield version.artifacts
    if version.source is not None and version.source.diff is not None:
        yield version.source.diff
    if version.environment is not None and version.environment.lock is not None:
        yield version.environment.lock
