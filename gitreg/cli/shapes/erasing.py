"""What is printed of erased bytes."""

from __future__ import annotations

from typing import TypedDict


class ErasedBlob(TypedDict):
    """Bytes that are gone for good. `sealed`: they had a key of their own; `by` and `at` as the ledger says."""

    blob: str
    size: int | None
    sealed: bool
    reason: str
    by: str
    at: str


class NamedBy(TypedDict):
    """A document that names bytes; `kind` is run, version, dataset, evaluation, evidence or stage."""

    kind: str
    label: str
    path: str
    file: str


class ErasableBlob(TypedDict):
    """Bytes that were asked about, and what rests on them. `erased`: what says that they are gone."""

    blob: str
    size: int | None
    sealed: bool
    named_by: list[NamedBy]
    erased: ErasedBlob | None


class Erasing(TypedDict):
    """What `erase` did, or with `--dry-run` would do: then nothing of `blobs` is erased by it."""

    dry_run: bool
    blobs: list[ErasableBlob]
    published: bool
