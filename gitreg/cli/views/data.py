"""Data as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.data import CLAIMED
from gitreg.report import Cell, Line, Table, counted, short, size, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitreg.cli import shapes
    from gitreg.data import Added, DatasetView, DataVersion, Fetched
    from gitreg.documents import Digest
    from gitreg.report import Block

_MOST_COLUMNS = 200


def version(view: DataVersion, new_bytes: int | None, *, verified: bool | None = None) -> shapes.DataVersion:
    """One version."""
    document, place = view.document, view.document.place
    return {
        "name": view.name,
        "digest": view.digest,
        "address": view.address,
        "kind": document.kind,
        "method": document.method,
        "size": document.size_bytes,
        "rows": document.rows,
        "columns": [{"name": each.name, "type": each.type} for each in document.columns],
        "kept": view.is_kept,
        "place": None if place is None else {"url": place.url, "etag": place.etag, "version_id": place.version_id},
        "new_bytes": new_bytes,
        "verified": verified,
        "added_at": facts.time(view.added_at),
        "added_by": view.added_by.email if view.added_by else None,
        "description": view.description,
        "tags": dict(view.tags),
    }


def versions(found: Sequence[DataVersion], new: Mapping[Digest, int | None]) -> list[shapes.DataVersion]:
    """Versions, the latest first."""
    return [version(view, new[view.digest]) for view in reversed(found)]


def summary(view: DatasetView) -> shapes.DatasetSummary:
    """A dataset by its latest version."""
    return {"name": view.name, "versions": len(view.versions), "latest": version(view.latest, None)}


def list_page(found: Sequence[DatasetView]) -> Iterator[Block]:
    """A line for each dataset."""
    if not found:
        yield "There is no data yet. Add some: gitreg data add PATH"
        return
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (Cell(view.name, "strong"), str(len(view.versions)), short(view.latest.digest), *_told(view.latest))
        for view in found
    )
    yield Table(("dataset", "versions", "latest", *_TOLD), rows, whole=("dataset", "latest"))


_TOLD = ("kind", "rows", "columns", "size", "kept", "added", "by")


def _told(view: DataVersion) -> tuple[str, ...]:
    document = view.document
    return (
        document.kind,
        "-" if document.rows is None else f"{document.rows:,}",
        str(len(document.columns)) if document.columns else "-",
        "-" if document.size_bytes is None else size(document.size_bytes),
        "here" if view.is_kept else "elsewhere" if document.place else "no",
        when(view.added_at),
        view.added_by.email if view.added_by else "-",
    )


def versions_page(found: Sequence[DataVersion], new: Mapping[Digest, int | None]) -> Iterator[Block]:
    """A line for each version, the latest first."""
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (Cell(short(view.digest), "strong"), *_told(view), _bytes(new[view.digest]), view.description or "")
        for view in reversed(found)
    )
    yield Table(("version", *_TOLD, "new bytes", "description"), rows, whole=("version",))


def _bytes(count: int | None) -> str:
    return "-" if count is None else size(count)


def show_page(view: DataVersion, new_bytes: int | None, *, verified: bool | None = None) -> Iterator[Block]:
    """One version with its columns."""
    document = view.document
    yield Line(view.label, "strong")
    by = f" by {view.added_by.email}" if view.added_by else ""
    yield f"added {when(view.added_at)}{by}"
    if view.description:
        yield view.description
    if view.tags:
        yield "tags: " + ", ".join(f"{key}={value}" for key, value in view.tags.items())
    yield f"content {view.digest} ({document.method})"
    shape = f"{document.rows:,} rows, {counted(len(document.columns), 'column')}, " if document.rows is not None else ""
    yield f"{document.kind}: {shape}{_bytes(document.size_bytes)}, {_kept(view, new_bytes)}"
    if verified is not None:
        said = _again(view) if verified else "What is there now is another content."
        yield Line(said, "good" if verified else "bad")
    if document.columns:
        rows = tuple((each.name, each.type) for each in document.columns[:_MOST_COLUMNS])
        yield Table(("column", "type"), rows)


def _again(view: DataVersion) -> str:
    if view.document.method == CLAIMED:
        return "Its server claims the same as before. Nobody read it."
    return "Every byte was read again, and is right."


def _kept(view: DataVersion, new_bytes: int | None) -> str:
    if view.is_kept:
        return f"stored here, {_bytes(new_bytes)} of it anew"
    place = view.document.place
    return f"at {place.url}: the bytes there are not ours to keep" if place else "its bytes were not stored"


def added(found: Added) -> shapes.DataAdded:
    """What was added."""
    return {
        "is_new": found.is_new,
        "published": not found.trouble,
        "notes": [*found.notes],
        "version": version(found.version, found.new_bytes),
    }


def added_page(found: Added) -> Iterator[Block]:
    """The same for people."""
    view = found.version
    if not found.is_new:
        yield Line(f"{view.label} has this very content already: nothing was added.", "good")
    elif found.new_bytes is None:
        yield Line(f"Added {view.address}: {_bytes(view.document.size_bytes)}.", "good")
    else:
        stored = f"{_bytes(view.document.size_bytes)}, {_bytes(found.new_bytes)} stored anew"
        yield Line(f"Added {view.address}: {stored}.", "good")
    for note in found.notes:
        yield Line(note, "warn")
    if found.trouble:
        yield Line(f"It is on this machine only: {found.trouble} Then: gitreg sync", "warn")


def fetched(found: Fetched) -> shapes.DataFetched:
    """What was written."""
    return {
        "target": str(found.target),
        "files": found.files,
        "size": found.size_bytes,
        "is_new": found.is_new,
        "version": version(found.version, None),
    }


def fetched_page(found: Fetched) -> Iterator[Block]:
    """The same for people."""
    if not found.is_new:
        yield Line(f"{found.target} is {found.version.label} already: nothing was written.", "good")
        return
    what = f"{counted(found.files, 'file')}, {size(found.size_bytes)}"
    yield Line(f"{found.version.label}: {what}, in {found.target}, each checked against its sha256.", "good")
