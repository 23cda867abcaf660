"""Models and versions as JSON and as pages."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.documents import plain
from gitreg.report import Cell, Command, Heading, Line, Table, counted, listed, number, short, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitreg._registry import StageView
    from gitreg.cli import shapes
    from gitreg.documents import Digest
    from gitreg.registry import ModelView, Recorded, Registered, VersionView
    from gitreg.report import Block

_SHOWN_METRICS = 4


def version(view: VersionView) -> shapes.Version:
    """A version for programs."""
    document = view.document
    return {
        "model": view.model,
        "version": view.number,
        "digest": view.digest,
        "run_id": document.run,
        "output": document.output,
        "registered_at": facts.time(view.registered_at),
        "registered_by": view.registered_by.email if view.registered_by else None,
        "description": view.description,
        "comments": facts.comments(view.remarks.comments),
        "tags": dict(view.tags),
        "aliases": [*view.aliases],
        "artifacts": facts.descriptor(document.artifacts),
        "params": plain(document.params),
        "metrics": facts.pinned(document.metrics),
        "datasets": facts.datasets(document.datasets),
    }


def versions_page(
    views: Sequence[VersionView], stages: Mapping[Digest, Sequence[str]] | None = None
) -> Iterator[Block]:
    """Versions in the order given; with `stages`, in which each of them is."""
    keys = _metrics(views)
    more = () if stages is None else ("stages",)
    rows = tuple(
        (*_row(view, keys), *(", ".join((stages or {}).get(view.digest, ())) or "-" for _ in more)) for view in views
    )
    columns = ("version", "digest", "registered", "by", "run", "aliases", *keys, *more)
    yield Table(columns, rows, whole=("version", "digest", "registered", "run"))
    for view in views:
        if view.remarks.comments:
            yield Line(f"{view.label}:", "strong")
            yield from facts.comments_page(view.remarks.comments)


def _metrics(views: Sequence[VersionView]) -> list[str]:
    return sorted({_label(view, each.key, each.dataset) for view in views for each in view.document.metrics})[
        :_SHOWN_METRICS
    ]


def _label(view: VersionView, key: str, dataset: str | None) -> str:
    names = (use.name for use in view.document.datasets if use.digest == dataset)
    return f"{key} on {next(names, str(dataset)[7:15])}" if dataset else key


def _row(view: VersionView, keys: Sequence[str]) -> tuple[str | Cell, ...]:
    values = {_label(view, each.key, each.dataset): each.value for each in view.document.metrics}
    run = view.document.run
    return (
        Cell(view.label, "strong"),
        view.short,
        when(view.registered_at),
        view.registered_by.email if view.registered_by else "-",
        run.short if run else "-",
        ", ".join(view.aliases) or "-",
        *(number(values[key]) if key in values else "-" for key in keys),
    )


def registered_page(view: Registered) -> Iterator[Block]:
    """What registering came to, and what is likely next."""
    if view.is_new:
        yield Line(f"Registered {view.label} (digest {view.short}).", "good")
    else:
        yield f"{view.label} is this very output already (digest {view.short})."
    if view.trouble:
        yield Line(f"Only on this machine so far: {view.trouble}", "warn")
        yield Command("gitreg sync")
    elif view.number:
        yield "Next:"
        yield Command(f"gitreg promote {quote(view.model)} {view.number} --to production -m WHY")


def recorded_page(what: str, recorded: Recorded) -> Iterator[Block]:
    """That something was written, and where it is."""
    yield Line(what, "good")
    if recorded.trouble:
        yield Line(f"Only on this machine so far: {recorded.trouble}", "warn")
        yield Command("gitreg sync")


def model_summary(view: ModelView) -> shapes.ModelSummary:
    """A model in a list."""
    return {
        "model": view.name,
        "versions": len(view.versions),
        "latest": view.latest.number if view.latest else None,
        "owner": view.card.owner if view.card else None,
        "description": view.remarks.description,
    }


def stage(view: StageView) -> shapes.StageOf:
    """What one stage holds."""
    return {
        "stage": view.stage,
        "version": view.number,
        "digest": view.version,
        "since": facts.time(view.since),
        "unreviewed": view.is_unreviewed,
        "standing_in_force": view.standing_in_force,
    }


def model(view: ModelView, stages: Sequence[StageView]) -> shapes.Model:
    """A model whole."""
    return {
        **model_summary(view),
        "tags": dict(view.remarks.tags),
        "aliases": dict(view.aliases),
        "stages": [stage(each) for each in stages],
    }


def list_page(views: Sequence[ModelView], stages: Mapping[str, Sequence[StageView]]) -> Iterator[Block]:
    """The models and what is in their stages."""
    if not views:
        yield "No models. Register what a run made:"
        yield Command("gitreg register runs:/@last/model --name NAME")
        return
    rows = tuple(
        (
            Cell(view.name, "strong"),
            str(len(view.versions)),
            listed([f"{each.stage} {each.number}" for each in stages[view.name] if each.version]) or "-",
            view.remarks.description or "-",
        )
        for view in views
    )
    yield Table(("model", "versions", "stages", "description"), rows, whole=("model",))


def show_page(view: ModelView, stages: Sequence[StageView]) -> Iterator[Block]:
    """A model whole."""
    yield Line(view.name, "strong")
    if view.remarks.description:
        yield view.remarks.description
    if view.card:
        yield f"Owner {view.card.owner or '-'}, use {view.card.use or '-'}, tier {view.card.tier or '-'}"
    yield counted(len(view.versions), "version")
    if stages:
        yield Heading("Stages")
        yield Table(("stage", "version", "digest", "since", ""), tuple(_stage_row(each) for each in stages))
    named = {**{f"@{name}": label for name, label in view.aliases.items()}, **view.remarks.tags}
    if named:
        yield Heading("Aliases and tags")
        yield Table(("name", "value"), tuple(named.items()))
    yield from facts.comments_page(view.remarks.comments)
    yield Line(f"Versions: gitreg versions {quote(view.name)}", "dim")


def _stage_row(view: StageView) -> tuple[str | Cell, ...]:
    remark = Cell("unreviewed", "warn") if view.is_unreviewed else Cell("")
    if not view.standing_in_force:
        remark = Cell("something else stands there that is not in force", "bad")
    named = str(view.number or "-") if view.version else "nothing"
    return (view.stage, named, short(view.version), when(view.since), remark)
