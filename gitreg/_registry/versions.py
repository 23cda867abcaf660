"""Versions searched: by what they are, what their runs were told and came to, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Unpack

from gitreg.documents import Digest
from gitreg.folding import fold
from gitreg.index import ColumnName, Entry, Facets, MetricFacet, cells_of, of_run, search_entries
from gitreg.search import VERSIONS, asks_for_stages
from gitreg.tabular import Tabular, columns_of
from gitreg.tracking import Search, SearchOptions, metric_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitreg._registry.parts import Parts
    from gitreg.documents import RunId, Version
    from gitreg.folding import FoldedRun
    from gitreg.registry import VersionView
    from gitreg.tabular import Cell, Columns


_FIXED = ("model", "number", "digest", "run_id", "registered_at", "registered_by", "stages", "aliases")


@dataclass(frozen=True)
class VersionPage(Tabular):
    """Versions that a search found, in its order. `next_page_token` asks for those that follow; empty after the last.

    `stages` are those in which each of them is in force, by digest.
    """

    versions: tuple[VersionView, ...]
    stages: Mapping[Digest, tuple[str, ...]]
    next_page_token: str = ""

    def columns(self) -> Columns:
        """One row a version: what it is, and every param, pinned metric and tag that one of them has."""
        return columns_of([_row(view, self.stages.get(view.digest, ())) for view in self.versions], _FIXED)


class Versions:
    """Every version of every model, to be searched."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is read yet."""
        self._parts = parts

    def search(
        self,
        filter: str = "",  # noqa: A002 - MLflow's name for it
        *,
        order_by: str = "",
        model: str | None = None,
        **options: Unpack[SearchOptions],
    ) -> VersionPage:
        """Versions that fit a filter, in an order, page by page; those registered last first where none is given.

        The language is that of `Runs.search`, about versions: docs/search.md. Raises `InvalidValue` that points at the
        place, `ModelNotFound` for a `model` that there is not.
        """
        wanted = Search(filter, order_by, **options)
        query = wanted.query(self._parts.store.surroundings.now(), VERSIONS)
        views = {view.digest: view for view in self._views(model, deleted=wanted.deleted)}
        runs = self._runs(views)
        entries = (_entry(view, runs.get(view.document.run)) for view in views.values())
        stages = self._parts.versions_in_stages() if asks_for_stages(query.condition) else None
        found = search_entries(entries, replace(query, deleted=True), stages or {}, _aliases(views))
        is_full = query.limit is not None and len(found) == query.limit
        token = wanted.token(found[-1].keys) if found and is_full else ""
        page = tuple(views[Digest(each.run_id)] for each in found)
        if stages is None:
            stages = self._parts.versions_in_stages({view.model for view in page})
        return VersionPage(page, _by_version(stages), token)

    def _views(self, model: str | None, *, deleted: bool) -> Iterator[VersionView]:
        for name in self._parts.index.models() if model is None else [model]:
            yield from self._parts.models.versions(name, deleted=deleted)

    def _runs(self, views: Mapping[Digest, VersionView]) -> dict[RunId | None, FoldedRun]:
        wanted = {view.document.run for view in views.values()}
        found = self._parts.index.records(run for run in wanted if run is not None)
        return {run_id: fold(records) for run_id, records in found.items()}


def _row(view: VersionView, stages: Sequence[str]) -> dict[str, Cell]:
    names = {use.digest: use.name for use in view.document.datasets}
    fixed = (
        view.model,
        view.number,
        str(view.digest),
        None if view.document.run is None else str(view.document.run),
        view.registered_at,
        view.registered_by.email if view.registered_by else None,
        ", ".join(stages),
        ", ".join(view.aliases),
    )
    return {
        **dict(zip(_FIXED, fixed, strict=True)),
        **{f"params.{name}": value for name, value in view.document.params.items()},
        **{f"metrics.{metric_label(each, names)}": each.value for each in view.document.metrics},
        **{f"tags.{name}": value for name, value in view.tags.items()},
    }


def _entry(view: VersionView, run: FoldedRun | None) -> Entry:
    facets = _facets(view, run)
    experiment, status = (run.experiment, run.status) if run else ("", "")
    texts = {
        "model": view.model,
        "run": view.document.run,
        "run_name": run.name if run else None,
        "output": view.document.output,
        "experiment": experiment or None,
        "status": status or None,
    }
    # One whose commit is not in this clone (a shallow one) is taken to be as old as time.
    # Commits are dated by the second: of those of one second the higher number is the later.
    at = view.registered_at.timestamp() + (view.number or 0) / 1e6 if view.registered_at else 0.0
    cells: tuple[tuple[ColumnName, float | str], ...] = (
        (ColumnName("attribute", "started_at", part="number"), at),
        *((ColumnName("attribute", key), text) for key, text in texts.items() if text is not None),
        *([(ColumnName("attribute", "number", part="number"), float(view.number))] if view.number is not None else []),
        *cells_of(facets, {}),
    )
    return Entry(view.digest, view.label, cells, facets.datasets)


def _facets(view: VersionView, run: FoldedRun | None) -> Facets:
    """What its run was told and came to, with what was pinned at registration in place of what was logged later."""
    version, seen = view.document, of_run(run) if run else _NOTHING
    pinned = {(each.key, each.dataset): each for each in _pinned(version, seen)}
    logged = [each for each in seen.metrics if (each.key, each.dataset) not in pinned]
    return replace(
        seen,
        user=view.registered_by.email if view.registered_by else "",
        commit=version.source.commit if version.source else seen.commit,
        branch=version.source.branch if version.source else seen.branch,
        params={**seen.params, **version.params},
        tags=dict(view.tags),
        metrics=(*pinned.values(), *logged),
        datasets=tuple((use.name, use.role, use.digest) for use in version.datasets),
    )


def _pinned(version: Version, seen: Facets) -> Iterator[MetricFacet]:
    names = {use.digest: use.name for use in version.datasets}
    logged = {(each.key, each.dataset): each for each in seen.metrics}
    for each in version.metrics:
        dataset = names.get(each.dataset, each.dataset) if each.dataset else ""
        known = logged.get((each.key, dataset))
        if known is None:
            known = MetricFacet(each.key, dataset, each.value, each.value, each.value, 1, each.step)
        yield replace(known, last=each.value, step=each.step)


def _aliases(views: Mapping[Digest, VersionView]) -> dict[tuple[str, str], list[str]]:
    return {(view.model, alias): [view.digest] for view in views.values() for alias in view.aliases}


def _by_version(stages: Mapping[tuple[str, str], list[Digest]]) -> dict[Digest, tuple[str, ...]]:
    found: dict[Digest, tuple[str, ...]] = {}
    for (_, stage), digests in stages.items():
        for digest in digests:
            found[digest] = (*found.get(digest, ()), stage)
    return found


_NOTHING = Facets(None, None, "", "", None, None, None, {}, {}, (), ())
