"""What changed between two versions or runs: as JSON, and as a page that is text or Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import datadiffs, facts
from gitreg.report import Heading, Line, Table, counted, difference, markdown, number, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg._registry import Change, Difference
    from gitreg.cli import shapes
    from gitreg.policy import Repeated, RepeatedDifference
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
                "noise": None if each.noise is None else _noise(each.noise),
            }
            for each in found.changes
        ],
        "data": [
            {"name": each.name, "role": each.role, "difference": datadiffs.difference(each.difference)}
            for each in found.data
        ],
        "same": found.same,
        "repeats": [*found.repeats],
        "untold": [*found.untold],
    }


def _noise(found: RepeatedDifference) -> shapes.Noise:
    return {
        "old": _repeats(found.old),
        "new": _repeats(found.new),
        "low": facts.number(found.low),
        "high": facts.number(found.high),
        "confidence": found.confidence,
        "method": found.method,
        "within": found.is_noise,
    }


def _repeats(found: Repeated) -> shapes.Repeats:
    deviation = None if found.deviation is None else facts.number(found.deviation)
    return {"runs": found.runs, "mean": facts.number(found.mean), "deviation": deviation}


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
            if kind == "metric":
                yield from _noise_note(found)
        if kind == "column":
            yield from _data_pages(found)
    yield from _code_range(found)
    for reason in found.untold:
        yield Line(reason, "warn")
    yield Line(f"{counted(found.same, 'thing')} are the same." if found.changes else "Nothing changed.", "dim")


def _noise_note(found: Difference) -> Iterator[Block]:
    if any(each.noise for each in found.changes):
        was, is_ = found.repeats
        told = f"{counted(was, 'run')} of the old and {is_} of the new that differ in nothing but their seeds"
        yield Line(f"The mean and its spread (±: standard deviation) are of {told}.", "dim")
        yield Line("Noise: the 95 % interval of the means' difference (Welch; docs/methods.md) holds zero.", "dim")


def _data_pages(found: Difference) -> Iterator[Block]:
    """Each dataset that is not the same, by its rows."""
    for each in found.data:
        yield Heading(f"Data {each.name} ({each.role}): {each.difference.old.label} → {each.difference.new.label}")
        yield from datadiffs.changes_page(each.difference)


def _row(each: Change) -> tuple[str, str, str, str]:
    noise = each.noise
    old, new = (_value(each, value) for value in (each.old, each.new))
    if noise is not None:
        old, new = f"{old}{_spread(noise.old)}", f"{new}{_spread(noise.new)}"
    return (each.name, old, new, _note(each))


def _spread(found: Repeated) -> str:
    """What the repeats came to, where there were any."""
    return "" if found.deviation is None else f" ({number(found.mean)} ± {found.deviation:.2g} of {found.runs})"


def _note(each: Change) -> str:
    if isinstance(each.old, bool) or not isinstance(each.old, int | float) or not isinstance(each.new, int | float):
        return ""
    by = difference(each.new, each.old)
    if each.noise is None:
        return by
    interval = f"{each.noise.low:+.2g} to {each.noise.high:+.2g}"
    return f"{by}, {'within the noise' if each.noise.is_noise else 'more than noise'} ({interval})"


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
