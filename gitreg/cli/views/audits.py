"""What an audit found, as JSON and as a page."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from gitreg.cli.views.checks import finding, finding_lines
from gitreg.documents import format_time
from gitreg.report import Command, Line, counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg._registry import Anchored
    from gitreg.audit import AuditReport, Objection
    from gitreg.cli import shapes
    from gitreg.report import Block, Tone

_OF_VERDICT: dict[str, Tone] = {"pass": "good", "fail": "bad", "cannot tell": "warn"}


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
        "by_review": found.by_review,
        "founding": {"digest": founding.digest, "commit": founding.commit} if founding else None,
        "rooted": found.is_rooted,
        "since": found.since,
        "anchor": anchor(found),
        "erased": found.erased,
        "objections": [objection(each) for each in found.objections],
    }


def anchor(found: AuditReport) -> shapes.Anchor | None:
    """What the checkpoint that was brought along holds."""
    if found.anchor is None:
        return None
    said = found.anchor.checkpoint
    return {
        "count": said.count,
        "commit": said.commit,
        "verdict": said.verdict,
        "at": format_time(said.at),
        "signers": [
            {"name": each.signer.name, "at": format_time(each.at) if each.at else None} for each in found.anchor.signers
        ],
        "tail": found.commits - said.count,
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
    if found.erased:
        yield f"{counted(found.erased, 'erasure')}: what was decided on those bytes stands, and nobody can look again."
    if found.unreviewed:
        word = "was" if found.unreviewed == 1 else "were"
        yield Line(f"{counted(found.unreviewed, 'decision')} {word} unreviewed: nobody had to approve.", "warn")
    if found.by_review:
        rests = "rests" if found.by_review == 1 else "rest"
        words = f"{counted(found.by_review, 'decision')} {rests} on reviews that CI attested, not on signatures alone."
        yield Line(words, "warn")
    if found.since is not None:
        yield Line(f"What landed up to {found.since[:12]} was taken on trust.", "warn")
    yield from _beginning(found)
    yield from _end(found)
    yield Line(*_verdict(found))


def _objection_lines(each: Objection) -> Iterator[Block]:
    whose = f"in {each.commit[:12]} {each.title} ({each.author})" if each.commit is not None else ""
    yield from finding_lines(each.finding, whose)


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


def _end(found: AuditReport) -> Iterator[Block]:
    if found.anchor is None:
        yield Line(
            "Nothing outside this clone vouches for its end: keep a checkpoint elsewhere, and give it with --against.",
            "warn",
        )
        return
    said, tail = found.anchor.checkpoint, found.commits - found.anchor.checkpoint.count
    names = listed([each.signer.name for each in found.anchor.signers]) or "nobody whom this registry knows"
    yield f"The first {counted(said.count, 'commit')} are those of the checkpoint signed by {names}."
    if tail:
        yield Line(f"Nobody has signed for the last {counted(tail, 'commit')} yet.", "warn")


def checkpoint(made: Anchored) -> shapes.Checkpoint:
    """What was signed."""
    said = made.checkpoint
    return {
        "registry": said.registry,
        "count": said.count,
        "root": base64.b64encode(said.root).decode(),
        "commit": said.commit,
        "verdict": said.verdict,
        "at": format_time(said.at),
        "path": made.path,
        "note": made.note.to_bytes().decode(),
    }


def checkpoint_page(made: Anchored) -> Iterator[Block]:
    """What was signed, and what it is good for."""
    said = made.checkpoint
    yield Line(f"signed: main at {counted(said.count, 'commit')} ({said.verdict})", _OF_VERDICT[said.verdict])
    yield f"{made.path} on the ledger"
    if made.trouble:
        yield Line(f"It is on this machine only: {made.trouble}", "warn")
    yield Line("Kept by somebody else it proves that nothing before it changes:", "dim")
    yield Command("gitreg audit verify --against checkpoint.note")


def _verdict(found: AuditReport) -> tuple[str, Tone]:
    blocking = sum(each.finding.severity == "block" for each in found.objections)
    if found.outcome == "pass":
        return "pass: every decision in force was approved as the rules before it asked.", "good"
    return f"{found.outcome}: {counted(blocking, 'objection')}.", "bad"
