"""What an audit found, as JSON and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views.checks import finding
from gitreg.report import Line, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.cli import shapes
    from gitreg.decisions import AuditReport, Objection
    from gitreg.report import Block, Tone

_TONES: dict[str, Tone] = {"block": "bad", "warn": "warn"}


def audit(found: AuditReport) -> shapes.Audit:
    """The whole report."""
    founding = found.founding
    return {
        "registry": found.registry,
        "outcome": found.outcome,
        "main": found.main,
        "ledger": found.ledger,
        "commits": found.commits,
        "landings": found.landings,
        "unreviewed": found.unreviewed,
        "founding": {"digest": founding.digest, "commit": founding.commit} if founding else None,
        "rooted": found.is_rooted,
        "since": found.since,
        "objections": [objection(each) for each in found.objections],
    }


def objection(each: Objection) -> shapes.Objection:
    """One finding with whose commit brought it in."""
    return {**finding(each.finding), "commit": each.commit, "title": each.title, "author": each.author}


def audit_page(found: AuditReport) -> Iterator[Block]:
    """Everything that is wrong, then what was looked at, and what nothing here can prove."""
    for each in found.objections:
        yield from _objection_lines(each)
    looked = f"{counted(found.commits, 'commit')} on main, {counted(found.landings, 'decision')}"
    yield f"Registry {found.registry}: {looked}."
    if found.unreviewed:
        word = "was" if found.unreviewed == 1 else "were"
        yield Line(f"{counted(found.unreviewed, 'decision')} {word} unreviewed: nobody had to approve.", "warn")
    if found.since is not None:
        yield Line(f"What landed up to {found.since[:12]} was taken on trust.", "warn")
    yield from _beginning(found)
    yield Line(*_verdict(found))


def _objection_lines(each: Objection) -> Iterator[Block]:
    said = each.finding
    yield Line(f"{said.outcome}  {said.rule}: {said.message}", _TONES[said.severity])
    yield Line(f"      at {said.path}", "dim")
    if each.commit is not None:
        yield Line(f"      in {each.commit[:12]} {each.title} ({each.author})", "dim")
    if said.hint:
        yield Line(f"      {said.hint}", "dim")


def _beginning(found: AuditReport) -> Iterator[Block]:
    if found.founding is None:
        yield "It has no founding yet: until a stage is protected and its people can approve, nobody has to."
    elif found.is_rooted:
        yield f"It was founded at {found.founding.commit[:12]}, by the digest that you brought along."
    else:
        yield f"It was founded at {found.founding.commit[:12]} by {found.founding.digest}."
        yield Line(
            "Nothing outside this clone vouches for that: keep the digest elsewhere, and give it with --root.", "warn"
        )


def _verdict(found: AuditReport) -> tuple[str, Tone]:
    blocking = sum(each.finding.severity == "block" for each in found.objections)
    if found.outcome == "pass":
        return "pass: every decision in force was approved as the rules before it asked.", "good"
    return f"{found.outcome}: {counted(blocking, 'objection')}.", "bad"
