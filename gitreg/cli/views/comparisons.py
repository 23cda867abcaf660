"""Runs side by side: as JSON, as a table with a column a run or a line a run, and as one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import runs as run_views
from gitreg.documents import Digest, plain
from gitreg.report import Cell, Column, Compared, Courses, Line, Table, counted, number, sparkline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitreg.cli import shapes
    from gitreg.folding import FoldedRun
    from gitreg.report import Block
    from gitreg.tracking import ComparedRow, Comparison, Course

    CourseOf = Callable[[FoldedRun, ComparedRow], Course]

_SIDE_BY_SIDE = 6
"""More runs than these are a line each."""
_SHOWN_COLUMNS = 8
_SHOWN_SAME = 8
_DRAWN_METRICS = 8


def comparison(found: Comparison, primary: ComparedRow | None) -> shapes.Comparison:
    """Runs side by side, for programs."""
    return {
        "runs": [run_views.summary(run) for run in found.runs],
        "primary": None
        if primary is None
        else {
            "key": primary.key,
            "dataset": primary.dataset,
            "direction": primary.towards,
            "best": [*primary.best],
        },
        "rows": [
            {
                "kind": row.kind,
                "key": row.key,
                "dataset": row.dataset,
                "values": plain(row.values),
                "differs": row.differs,
                "best": [*row.best],
            }
            for row in found.rows
        ],
    }


def compare_page(found: Comparison, primary: ComparedRow | None, course_of: CourseOf) -> Iterator[Block]:
    """Few runs as columns, many as lines; what is the same in all is said once."""
    if not found.runs:
        yield "No run fits."
        return
    if len(found.runs) <= _SIDE_BY_SIDE:
        yield from _as_columns(found, primary, course_of)
    else:
        yield from _as_lines(found, primary, course_of)


def _as_columns(found: Comparison, primary: ComparedRow | None, course_of: CourseOf) -> Iterator[Block]:
    names = tuple(f"{run.name} {run.run_id.short}" for run in found.runs)
    shown = [row for row in found.rows if row.differs or row.kind == "metric"]
    rows = [_compared_row(found, row) for row in shown]
    if (drawn := _drawn(found, primary)) is not None:
        lines = (_line_of(course_of(run, drawn)) for run in found.runs)
        rows.append((Cell(f"{_label(found, drawn)} by step", "dim"), *lines))
    yield Table(("", *names), tuple(rows), whole=names)
    yield from _same(found, [row for row in found.rows if row not in shown])


def _as_lines(found: Comparison, primary: ComparedRow | None, course_of: CourseOf) -> Iterator[Block]:
    order = _ranked(found, primary)
    rows = _columns(found, primary)
    shown, left = rows[:_SHOWN_COLUMNS], rows[_SHOWN_COLUMNS:]
    drawn = _drawn(found, primary)
    lines: tuple[tuple[str | Cell, ...], ...] = tuple(
        (
            found.runs[place].run_id.short,
            found.runs[place].name,
            *(_cell(row, place) for row in shown),
            *([] if drawn is None else [_line_of(course_of(found.runs[place], drawn))]),
        )
        for place in order
    )
    names = tuple(_label(found, row) for row in shown)
    more = () if drawn is None else (f"{_label(found, drawn)} by step",)
    yield Table(("run", "name", *names, *more), lines, whole=("run", *more))
    if left:
        labels = ", ".join(_label(found, row) for row in left[:_SHOWN_SAME])
        yield Line(f"Also different: {labels}{' …' if len(left) > _SHOWN_SAME else ''} (--html or --json)", "dim")
    yield from _same(found, [row for row in found.rows if not row.differs])


def _drawn(found: Comparison, primary: ComparedRow | None) -> ComparedRow | None:
    """The metric whose course is drawn: the one that runs are judged by, else the first that has several points."""
    metrics = [row for row in found.rows if row.kind == "metric"]
    for row in [*([] if primary is None else [primary]), *metrics]:
        content = None if row.dataset is None else Digest(row.dataset)
        logged = (run.metric(row.key, content) for run in found.runs)
        if any(metric is not None and metric.count > 1 for metric in logged):
            return row
    return None


def _same(found: Comparison, rows: Sequence[ComparedRow]) -> Iterator[Block]:
    if not rows:
        return
    told = ", ".join(f"{_label(found, row)} = {_value(row, row.values[0])}" for row in rows[:_SHOWN_SAME])
    more = len(rows) - _SHOWN_SAME
    yield Line(f"The same in all: {told}{f' and {more} more (--json)' if more > 0 else ''}", "dim")


def _columns(found: Comparison, primary: ComparedRow | None) -> list[ComparedRow]:
    """What tells the runs apart, the metric they are judged by first."""
    first = [] if primary is None else [primary]
    others = [
        row for row in found.different if primary is None or (row.key, row.dataset) != (primary.key, primary.dataset)
    ]
    order = ("metric", "param", "dataset", "tag", "code", "environment")
    return [*first, *sorted(others, key=lambda row: order.index(row.kind))]


def _ranked(found: Comparison, primary: ComparedRow | None) -> list[int]:
    """The places of the runs, the best first; those without the metric, or with NaN, last."""
    places = [*range(len(found.runs))]
    if primary is None or primary.towards is None:
        return places
    sign = -1.0 if primary.towards == "higher" else 1.0
    having = [place for place in places if _is_number(primary.values[place])]
    ranked = sorted(having, key=lambda place: sign * float(primary.values[place] or 0.0))
    return [*ranked, *(place for place in places if place not in {*having})]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and value == value  # noqa: PLR0124 - NaN is no number


def _line_of(course: Course) -> str:
    return sparkline([value for _, value in course])


def _compared_row(found: Comparison, row: ComparedRow) -> tuple[str | Cell, ...]:
    cells = (_cell(row, place) for place in range(len(row.values)))
    return (Cell(_label(found, row), "strong" if row.differs else "plain"), *cells)


def _cell(row: ComparedRow, place: int) -> Cell:
    text = _value(row, row.values[place])
    return Cell(f"{text} ★", "good") if place in row.best and row.differs else Cell(text)


def _label(found: Comparison, row: ComparedRow) -> str:
    names = {use.digest: use.name for run in found.runs for use in run.datasets}
    on = f" on {names.get(Digest(row.dataset), row.dataset[7:15])}" if row.dataset else ""
    return f"{row.key}{on}" if row.kind in ("metric", "param") else f"{row.kind} {row.key}"


def _value(row: ComparedRow, value: bool | float | str | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, str) and value.startswith("sha256:"):
        return value[7:15]
    if row.kind == "code" and row.key == "commit":
        return str(value)[:8]
    return number(value) if isinstance(value, float) else str(value)


# The HTML file


def compared(found: Comparison, primary: ComparedRow | None, course_of: CourseOf) -> Compared:
    """What the file shows."""
    rows = _columns(found, primary)
    columns = tuple(
        Column(_label(found, row), tuple(_shown(row, value) for value in row.values), row.best) for row in rows
    )
    same = [row for row in found.rows if not row.differs]
    return Compared(
        title=f"{counted(len(found.runs), 'run')} compared",
        names=tuple(run.name for run in found.runs),
        shorts=tuple(run.run_id.short for run in found.runs),
        columns=columns,
        same=tuple((_label(found, row), _value(row, row.values[0])) for row in same),
        courses=tuple(_courses(found, rows, course_of)),
        primary="" if primary is None else _label(found, primary),
        best=() if primary is None else primary.best,
    )


def _shown(row: ComparedRow, value: bool | float | str | None) -> bool | float | str | None:
    return _value(row, value) if isinstance(value, str) else value


def _courses(found: Comparison, rows: Sequence[ComparedRow], course_of: CourseOf) -> Iterator[Courses]:
    for row in [row for row in rows if row.kind == "metric"][:_DRAWN_METRICS]:
        courses = tuple(course_of(run, row) for run in found.runs)
        if any(courses):
            yield Courses(_label(found, row), courses)


def html_page(found: Comparison, path: str) -> Iterator[Block]:
    """That the file was written."""
    yield Line(f"{counted(len(found.runs), 'run')} in {path}: open it in a browser, it needs nothing else.", "good")
