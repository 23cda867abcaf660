"""What changed between two versions or runs: as JSON, and as a page that is text or Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.report import Heading, Line, Table, counted, difference, markdown, number, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg._registry import Change, Difference
    from gitreg.cli import shapes
    from gitreg.report import Block, Blocks

HEADINGS = {
    "metric": "Metrics",
    "param": "Params",
    "code": "Code",
    "data": "Data",
    "column": "Columns of the data",
    "environment": "Environment",
    "package": "Packages",
    "file": "Files",
}


def diff(found: Difference) -> shapes.Difference:
    """For programs."""
    return {
        "old": found.old,
        "new": found.new,
        "changes": [
            {
                "kind": each.kind,
                "name": each.name,
                "old": scalar(each.old),
                "new": scalar(each.new),
                "noise": None if each.noise is None else facts.number(each.noise),
                "within_noise": each.is_noise,
            }
            for each in found.changes
        ],
        "same": found.same,
        "repeats": [*found.repeats],
        "untold": [*found.untold],
    }


def scalar(value: bool | float | str | None) -> bool | float | str | None:
    """A value for programs."""
    return facts.number(value) if isinstance(value, float) else value


def shown(found: Difference, form: str) -> Blocks:
    """The page, as text or as Markdown."""
    page = [*diff_page(found)]
    return page if form == "text" else markdown(page).splitlines()


def diff_page(found: Difference) -> Iterator[Block]:
    """A table for each kind of thing that changed."""
    yield Heading(f"{found.old} → {found.new}")
    for kind, heading in HEADINGS.items():
        changes = [each for each in found.changes if each.kind == kind]
        if changes:
            yield Heading(heading)
            yield Table(("", found.old, found.new, ""), tuple(_row(each) for each in changes))
    yield from _code_range(found)
    if max(found.repeats) > 1:
        was, is_ = found.repeats
        yield Line(
            f"Noise is of {counted(was, 'run')} of the old and {is_} of the new that differ in their seeds.", "dim"
        )
    for reason in found.untold:
        yield Line(reason, "warn")
    yield Line(f"{counted(found.same, 'thing')} are the same." if found.changes else "Nothing changed.", "dim")


def _row(each: Change) -> tuple[str, str, str, str]:
    return (each.name, _value(each, each.old), _value(each, each.new), _note(each))


def _note(each: Change) -> str:
    if isinstance(each.old, bool) or not isinstance(each.old, int | float) or not isinstance(each.new, int | float):
        return ""
    by = difference(each.new, each.old)
    if each.noise is None:
        return by
    return f"{by} ± {2 * each.noise:.2g}{', within the noise' if each.is_noise else ''}"


def _value(each: Change, value: bool | float | str | None) -> str:
    if value is None:
        return "-"
    if each.kind == "file":
        digest, _, size_bytes = str(value).partition(" ")
        return f"{digest[7:15]}, {size(int(size_bytes))}"
    return told_value(each.kind, each.name, value)


def told_value(kind: str, name: str, value: bool | float | str) -> str:
    """A value for people: of digests and commits their beginning."""
    if (kind, name) == ("code", "commit"):
        return str(value)[:12]
    if isinstance(value, str) and value.startswith("sha256:"):
        return value[7:15]
    return number(value) if isinstance(value, float) else str(value)


def _code_range(found: Difference) -> Iterator[Block]:
    """How to see the code between two commits."""
    commits = next((each for each in found.changes if (each.kind, each.name) == ("code", "commit")), None)
    if commits is not None and commits.old and commits.new:
        yield Line(f"The code between: git log {str(commits.old)[:12]}..{str(commits.new)[:12]}", "dim")
