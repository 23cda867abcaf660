"""Runs as JSON and as pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.documents import format_time, plain
from gitreg.folding import COMMAND_ERROR
from gitreg.report import (
    Cell,
    Command,
    Heading,
    Line,
    Table,
    counted,
    listed,
    number,
    short,
    size,
    when,
)
from gitreg.tracking import is_array

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gitreg.cli import shapes
    from gitreg.documents import ManifestEntry, MetricSummary, RunId
    from gitreg.folding import FoldedRun
    from gitreg.report import Block, Tone
    from gitreg.tracking import Health, MetricsFile, Recovered, SeriesPoint, Tasks

_TONES: dict[str, Tone] = {"running": "warn", "finished": "good", "failed": "bad", "killed": "bad"}
_SHOWN_METRICS = 4


def summary(run: FoldedRun) -> shapes.RunSummary:
    """A run as lists have it."""
    return {
        "run_id": run.run_id,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.status,
        "started_at": format_time(run.started_at),
        "finished_at": facts.time(run.finished_at),
        "silent_since": facts.time(run.silent_since),
        "layer": run.layer,
        "deleted": run.deleted,
        "note": run.note,
        "parent": run.parent,
        "group": run.group,
        "params": plain(run.params),
        "tags": dict(run.tags),
        "metrics": [facts.metric(each) for each in run.metrics],
    }


def whole(run: FoldedRun, tasks: Tasks | None = None) -> shapes.Run:
    """A run with all that is known of it."""
    return {
        **summary(run),
        "tasks": {"counts": dict(tasks.counts), "expected": tasks.expected, "status": tasks.status} if tasks else None,
        "actor": run.actor.principal,
        "abandoned": {"by": run.abandoned.by, "at": format_time(run.abandoned.at), "reason": run.abandoned.reason}
        if run.abandoned
        else None,
        "comments": facts.comments(run.comments),
        "attempts": [
            {
                "id": each.id,
                "host": each.host,
                "status": each.status,
                "started_at": format_time(each.started_at),
                "finished_at": facts.time(each.finished_at),
            }
            for each in run.attempts
        ],
        "conflicts": [{"key": each.key, "values": plain(each.values)} for each in run.conflicts],
        "dropped": [{"key": each.key, "reason": each.reason, "count": each.count} for each in run.dropped],
        "datasets": facts.datasets(run.datasets),
        "outputs": [{"name": each.name, "manifest": facts.descriptor(each.manifest)} for each in run.outputs],
        "source": plain(run.source) if run.source else None,
        "environment": plain(run.environment) if run.environment else None,
    }


def list_page(runs: Sequence[FoldedRun]) -> Iterator[Block]:
    """Runs as a table, with the metrics that most of them have."""
    if not runs:
        yield "No runs. Record one:"
        yield Command("gitreg run -e churn -- python train.py")
        return
    yield _table(runs)


def _table(runs: Sequence[FoldedRun]) -> Table:
    """A row for each; what it is a part of, and its group, only where one of them has that."""
    keys = _common_metrics(runs)
    parents = ("part of",) if any(run.parent for run in runs) else ()
    groups = ("group",) if any(run.group for run in runs) else ()
    rows = tuple(
        (*_row(run), *(_short(run.parent) for _ in parents), *(run.group or "-" for _ in groups), *_values(run, keys))
        for run in runs
    )
    columns = ("run", "name", "experiment", "status", "started", *parents, *groups, *keys)
    return Table(columns, rows, whole=("run", "name", "started", *parents))


def _short(run: RunId | None) -> str:
    return run.short if run else "-"


def _row(run: FoldedRun) -> tuple[str | Cell, ...]:
    return (run.run_id.short, run.name, run.experiment, status_cell(run), when(run.started_at))


def _values(run: FoldedRun, keys: Sequence[str]) -> Iterator[str]:
    values = {each.key: each.last.value for each in reversed(run.metrics)}
    return (number(values[key]) if key in values else "-" for key in keys)


def _common_metrics(runs: Sequence[FoldedRun]) -> list[str]:
    """The metrics that the most of these runs have, a few of them, in order of name."""
    counts: dict[str, int] = {}
    for run in runs:
        for key in {each.key for each in run.metrics}:
            counts[key] = counts.get(key, 0) + 1
    return sorted(sorted(counts, key=lambda key: (-counts[key], key))[:_SHOWN_METRICS])


def status_cell(run: FoldedRun) -> Cell:
    """Status, with what qualifies it."""
    if run.deleted is not None:
        return Cell(f"{run.status}, deleted", "dim")
    if is_array(run):
        return Cell("array", "dim")
    if run.silent_since:
        return Cell(f"{run.status}, silent since {when(run.silent_since)}", "warn")
    return Cell(run.status, _TONES.get(run.status, "plain"))


def show_page(run: FoldedRun, children: Sequence[FoldedRun] = (), tasks: Tasks | None = None) -> Iterator[Block]:
    """One run whole, and the runs that are parts of it; of an array's run how its tasks stand."""
    yield Line(f"{run.name}  {run.run_id}", "strong")
    status = Cell(tasks.status, _TONES[tasks.status]) if tasks else status_cell(run)
    until = f" to {when(run.finished_at)}" if run.finished_at and not tasks else ""
    where = f"in {run.experiment}, by {run.actor.principal}"
    yield Line(f"{status.text}, {when(run.started_at)}{until}, {where}", status.tone)
    if tasks:
        yield str(tasks)
    yield from _remarks(run)
    yield from _pairs("Params", plain(run.params))
    yield from _pairs("Tags", dict(run.tags))
    if run.metrics:
        yield Heading("Metrics")
        yield Table(
            ("metric", "last", "step", "min", "max", "points"), tuple(_metric_row(run, each) for each in run.metrics)
        )
    yield from _made(run)
    if children:
        yield Heading("Children")
        yield _table([replace(child, parent=None) for child in children])
    yield from _came_from(run)
    yield from facts.comments_page(run.comments)


def _remarks(run: FoldedRun) -> Iterator[Block]:
    if run.parent:
        yield f"Part of {run.parent}: gitreg runs show {run.parent.short}"
    if run.group:
        yield f"Group: {run.group}"
    if run.note:
        first, *more = run.note.splitlines() or [""]
        yield f"Note: {first}"
        yield from (f"    {line}" for line in more)
    yield from _what_became_of(run)
    for conflict in run.conflicts:
        told = ", then ".join(str(value) for value in conflict.values)
        yield Line(f"The attempts disagree about {conflict.key}: {told}. The first stands.", "warn")
    for dropped in run.dropped:
        yield Line(f"Dropped {counted(dropped.count, 'value')} of {dropped.key}: {dropped.reason}", "warn")


def _what_became_of(run: FoldedRun) -> Iterator[Block]:
    if run.deleted is not None:
        yield Line(f"Deleted: {run.deleted or 'no reason given'}", "warn")
    if run.abandoned:
        given_up = run.abandoned
        yield Line(f"Given up by {given_up.by}, {when(given_up.at)}: {given_up.reason}", "warn")
    if run.layer == "journal":
        yield Line("Known on this machine only; it is not published yet.", "dim")


def _pairs(title: str, values: dict[str, object]) -> Iterator[Block]:
    if values:
        yield Heading(title)
        yield Table(("key", "value"), tuple((key, str(value)) for key, value in values.items()), whole=("key",))


def _metric_row(run: FoldedRun, metric: MetricSummary) -> tuple[str, ...]:
    numbers = (number(value) for value in (metric.min, metric.max))
    return (metric_label(run, metric), number(metric.last.value), str(metric.last.step), *numbers, str(metric.count))


def metric_label(run: FoldedRun, metric: MetricSummary) -> str:
    """`auc`, or `auc on customers` for one that belongs to a dataset."""
    if not metric.dataset:
        return metric.key
    name = next((use.name for use in run.datasets if use.digest == metric.dataset), short(metric.dataset))
    return f"{metric.key} on {name}"


def _made(run: FoldedRun) -> Iterator[Block]:
    if run.datasets:
        yield Heading("Datasets")
        rows = tuple((use.role, use.name, short(use.digest), use.target or "-") for use in run.datasets)
        yield Table(("role", "name", "content", "target"), rows, whole=("content",))
    if run.outputs:
        yield Heading("Outputs")
        yield Table(
            ("name", "address", "content"),
            tuple((each.name, f"runs:/{run.run_id}/{each.name}", short(each.manifest.digest)) for each in run.outputs),
            whole=("address", "content"),
        )
    if run.artifacts:
        yield Line(f"Files: gitreg artifacts list {run.run_id.short}", "dim")


def _came_from(run: FoldedRun) -> Iterator[Block]:
    source, environment = run.source, run.environment
    if source and source.command:
        yield Heading("Where it came from")
        yield f"command      {' '.join(source.command)}"
    if source and source.commit:
        dirty = " with uncommitted changes" if source.dirty else ""
        yield f"code         {source.repository or 'a repository'} at {source.commit[:12]}{dirty}"
    if environment:
        yield f"environment  Python {environment.python or '?'} on {environment.platform or '?'}"
    if len(run.attempts) > 1:
        yield f"attempts     {len(run.attempts)}, the last on {run.attempts[-1].host}"


def files_page(entries: Iterable[ManifestEntry]) -> Iterator[Block]:
    """Files with their sizes."""
    rows = tuple((each.path, size(each.size), each.media_type, short(each.digest)) for each in entries)
    yield Table(("path", "size", "type", "content"), rows, whole=("path", "content")) if rows else "No files."


def fetched(entries: Sequence[ManifestEntry], target: Path) -> shapes.Fetched:
    """What was written where."""
    return {"target": str(target), "files": facts.artifacts(entries), "best": None}


def fetched_page(entries: Sequence[ManifestEntry], target: Path) -> Iterator[Block]:
    """The same for people."""
    total = size(sum(entry.size for entry in entries))
    yield Line(f"{counted(len(entries), 'file')}, {total}, in {target}, each checked against its sha256.", "good")


def point(found: SeriesPoint) -> shapes.Point:
    """One point of a series."""
    return {
        "step": found.step,
        "time": format_time(found.time),
        "value": facts.number(found.value),
        "attempt": found.attempt,
    }


def series_page(points: Sequence[SeriesPoint]) -> Iterator[Block]:
    """Every point."""
    rows = tuple((str(each.step), number(each.value), format_time(each.time)) for each in points)
    yield Table(("step", "value", "time"), rows, whole=("step", "value", "time"))


def started_page(run: FoldedRun) -> Iterator[Block]:
    """Where a run begun in a shell goes on."""
    yield Line(f"Started {run.name} in {run.experiment}.", "good")
    yield "Next:"
    yield Command(f"gitreg runs record {run.run_id.short} --metric auc=0.91")
    yield Command(f"gitreg runs finish {run.run_id.short}")


def recorded_page(run: FoldedRun, counts: Mapping[str, int]) -> Iterator[Block]:
    """What was added to a run."""
    told = [counted(count, kind.removesuffix("s")) for kind, count in counts.items() if count]
    yield Line(f"Recorded {listed(told) or 'nothing'} in {run.name}.", "good" if told else "plain")


def passed_over_page(read: Sequence[MetricsFile]) -> Iterator[Block]:
    """What in files of metrics was no number."""
    counts: dict[str, int] = {}
    for each in read:
        for name, count in each.passed_over.items():
            counts[name] = counts.get(name, 0) + count
    if counts:
        yield Line(f"Passed over what is no number: {listed(sorted(counts))}.", "warn")


def finished_page(run: FoldedRun, health: Health) -> Iterator[Block]:
    """How a run ended, and whether others see it."""
    yield Line(f"{run.name} {run.status} ({run.run_id.short} in {run.experiment}).", _TONES.get(run.status, "plain"))
    if COMMAND_ERROR in run.tags:
        yield Line(f"The command could not be started: {run.tags[COMMAND_ERROR]}.", "bad")
    for dropped in run.dropped:
        yield Line(f"Dropped {counted(dropped.count, 'value')} of {dropped.key}: {dropped.reason}", "warn")
    if health.unpublished:
        yield Line(f"Not published yet: {health.unpublished}", "warn")
        yield Command("gitreg sync")
        return
    yield "Next:"
    yield Command(f"gitreg runs show {run.run_id.short}")
    for output in run.outputs[:1]:
        yield Command(f"gitreg register runs:/{run.run_id.short}/{output.name} --name MODEL")


def told_page(run: FoldedRun, what: str) -> Iterator[Block]:
    """That something was said about a run."""
    yield Line(f"{what} {run.name} ({run.run_id.short}).", "good")
    yield Command(f"gitreg runs show {run.run_id.short}")


def recovered(found: Recovered) -> shapes.Recovered:
    """A journal that was taken up."""
    return {"run_id": found.run_id, "status": found.status, "problem": found.problem, "journal": str(found.journal)}


def recovered_page(found: Sequence[Recovered]) -> Iterator[Block]:
    """What became of each."""
    if not found:
        yield "Nothing to recover."
    for each in found:
        if each.problem:
            yield Line(f"{each.journal} was left as it is: {each.problem}", "bad")
        else:
            yield Line(f"Published {each.run_id}, {each.status}.", "good")
