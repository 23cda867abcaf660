"""What was in force then, as JSON and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import deployments
from gitreg.documents import format_time
from gitreg.report import Line, Table, listed, short, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.audit import AsOf, Bound, Tenure
    from gitreg.cli import shapes
    from gitreg.report import Block


def as_of(found: AsOf) -> shapes.AsOf:
    """The likely answer, everything that may have been, and what was reported to be live."""
    return {
        "model": found.target.model,
        "stage": found.target.stage,
        "at": format_time(found.at),
        "approved": {
            "version": found.likely.standing.move.number if found.likely else None,
            "since": since(found.likely) if found.likely else None,
            "certain": found.is_certain,
            "by": [*found.likely.standing.approved_by] if found.likely else [],
            "evidence": evidence(found.likely) if found.likely else None,
            "candidates": [candidate(each) for each in found.candidates],
            "nothing": found.may_be_nothing,
            "contradictions": [*found.contradictions],
        },
        "live": [deployments.live(each, found.drift(each)) for each in found.live],
    }


def candidate(each: Tenure) -> shapes.AsOfCandidate:
    """One decision that may have been in force."""
    return {
        "version": each.standing.move.number,
        "digest": each.standing.move.version,
        "decision": each.standing.digest,
        "commit": each.standing.since.commit if each.standing.since else None,
        "claimed": format_time(each.claimed),
        "since": since(each),
        "by": [*each.standing.approved_by],
        "unreviewed": each.standing.is_unreviewed,
    }


def since(each: Tenure) -> shapes.Bounds:
    """When it came into force."""
    return {"not_before": bound(each.not_before), "not_after": bound(each.not_after)}


def bound(each: Bound | None) -> shapes.TimeBound | None:
    """A time with whose word it is."""
    return {"at": format_time(each.at), "by": each.by} if each else None


def evidence(each: Tenure) -> str | None:
    """The digest of the evidence that the decision names."""
    files = each.standing.decision.files
    found = files.get(f"{each.standing.target.folder}/evidence.json")
    return str(found) if found else None


def as_of_page(found: AsOf) -> Iterator[Block]:
    """The answer, then every candidate with its bounds."""
    yield _answer(found)
    rows = tuple(
        (
            "nothing" if each.standing.move.number is None else str(each.standing.move.number),
            short(each.standing.digest),
            _told(each.not_before),
            _told(each.not_after),
            listed([*each.standing.approved_by]) or "nobody had to",
        )
        for each in found.candidates
    )
    if rows:
        yield Table(("version", "decision", "not before", "not after", "approved by"), rows, whole=("version",))
    if found.may_be_nothing and found.candidates:
        yield Line("Or nothing was in force there yet.", "warn")
    for each in found.live:
        yield deployments.live_line(each, found.drift(each))
    for words in found.contradictions:
        yield Line(f"Some clock is wrong: {words}", "warn")
    if not found.is_certain:
        yield Line("A checkpoint before and after the moment makes it certain: gitreg audit checkpoint", "dim")


def _answer(found: AsOf) -> Line:
    where = f"{found.target} at {when(found.at)}"
    if found.likely is None:
        return Line(f"{where}: nothing was in force.", "plain" if found.is_certain else "warn")
    number = found.likely.standing.move.number
    name = f"version {number}" if number is not None else "nothing (withdrawn)"
    if found.is_certain:
        return Line(f"{where}: {name}.", "good")
    return Line(f"{where}: {name} by what people say of their clocks; other answers are possible.", "warn")


def _told(each: Bound | None) -> str:
    return f"{when(each.at)} ({each.by})" if each else "-"
