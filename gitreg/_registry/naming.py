"""Every blob that documents of the ledger name, so that bytes can go before them and be checked after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import Attempt, Descriptor, RunRecord, Version, classify_fact

if TYPE_CHECKING:
    from collections.abc import Iterator


def named_in(path: str, data: bytes) -> Iterator[Descriptor]:
    """The blobs that a document names itself; manifests name further ones. Raises `InvalidDocument`."""
    kind = classify_fact(path)
    if kind is not None and kind.kind == "run":
        for attempt in RunRecord.from_bytes(data, path).attempts:
            yield from _of_attempt(attempt)
    elif kind is not None and kind.kind == "version":
        yield from _of_version(Version.from_bytes(data, path))


def manifests_in(path: str, data: bytes) -> Iterator[Descriptor]:
    """Those of them that are manifests."""
    kind = classify_fact(path)
    if kind is not None and kind.kind == "run":
        for attempt in RunRecord.from_bytes(data, path).attempts:
            yield from _manifests_of(attempt)
    elif kind is not None and kind.kind == "version":
        yield Version.from_bytes(data, path).artifacts


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
