"""Why a version is in a stage, on one screen: since when, by whom, better by what, from what, and the way back."""

from __future__ import annotations

from datetime import UTC
from shlex import quote
from typing import TYPE_CHECKING

from gitreg.report.compared import alternatives_blocks, comparison_table, comparisons, named
from gitreg.report.layout import Cell, Command, Heading, Line, Table, Tone
from gitreg.report.spelling import counted, listed, short, when
from gitreg.report.standing import conditions_of, review_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from gitreg.documents import Evidence, Version
    from gitreg.report.layout import Block
    from gitreg.report.standing import Signature, StageStanding

_SAID = {
    "propose": "proposed it",
    "approve": "approved",
    "reject": "rejected",
    "check": "reported checks",
    "attest": "attested",
}
_KEY = 16


def why_page(standing: StageStanding, now: datetime) -> Iterator[Block]:
    """The screen. `now` says which conditions are overdue."""
    move = standing.move
    name = f"{move.model}/{named(move.number, move.version)}" if move.version else "nothing"
    yield Heading(f"{move.model}@{move.stage} is {name}")
    yield f"Since {when(standing.since)}, commit {standing.commit[:12]}."
    if standing.trouble:
        yield Line(standing.trouble, "bad")
    yield from _decided(standing)
    yield from _conditions(standing, now)
    if standing.evidence:
        yield from _better(standing.evidence)
    if standing.version:
        yield from _built(standing.version)
    if standing.evidence:
        yield from alternatives_blocks(standing.evidence, standing.decision.because)
    yield Heading("To undo it")
    yield Command(undo(standing))


def undo(standing: StageStanding) -> str:
    """The command that goes back: to the version before, where there is one."""
    verb = "rollback" if standing.has_earlier else "withdraw"
    return f"gitreg {verb} {quote(standing.move.model)} --stage {quote(standing.move.stage)} -m WHY"


def _decided(standing: StageStanding) -> Iterator[Block]:
    decision = standing.decision
    yield Heading("Decided")
    yield f"By {decision.proposer.principal}, {when(decision.proposed_at)} ({decision.action}): {decision.reason}"
    yield Line(f"Decision {standing.digest}", "dim")
    if standing.is_unreviewed:
        yield Line("Nobody had to approve it: it is unreviewed.", "warn")
    elif standing.approved_by:
        yield f"Approved by {listed(standing.approved_by)}."
    if standing.signatures:
        columns = ("who", "said", "signed", "key", "signature")
        yield Table(columns, tuple(map(_signature, standing.signatures)), whole=("who", "key"))
        yield from _reviews(standing.signatures)
        yield Line("Each can be checked with ssh-keygen -Y verify alone.", "dim")


def _reviews(signatures: Iterable[Signature]) -> Iterator[Block]:
    """What stands behind an attestation: weaker than a signature, since it is the word of whoever attests it."""
    for each in signatures:
        said = each.statement
        if said is not None and not each.trouble:
            for review in said.reviews:
                yield Line(f"{review_words(review)}: attested by {said.actor.principal}, not signed.", "warn")


def _signature(each: Signature) -> tuple[str | Cell, ...]:
    said = each.statement
    tone: Tone = "good" if each.holds and not each.trouble else "bad"
    state = "holds" if each.holds else "does not hold"
    return (
        each.person or (said.actor.principal if said else "nobody"),
        _SAID[said.verdict] if said else "-",
        when(said.signed_at) if said else "-",
        each.key[:_KEY] if each.key else "-",
        Cell(f"{state}, but {each.trouble}" if each.holds and each.trouble else each.trouble or state, tone),
    )


def _conditions(standing: StageStanding, now: datetime) -> Iterator[Block]:
    found = [*conditions_of(standing)]
    if found:
        yield Heading("Conditions")
    for each in found:
        is_late = each.is_overdue(now.astimezone(UTC).date())
        yield Line(f"  {'OVERDUE: ' if is_late else ''}{each.text} ({each.person})", "bad" if is_late else "plain")


def _better(evidence: Evidence) -> Iterator[Block]:
    found = [each for each in comparisons(evidence) if not each.slice]
    yield Heading("Better by")
    if found:
        yield comparison_table(found, evidence)
    elif evidence.baseline is None:
        yield "Nothing was in the stage to compare it with."
    else:
        yield "No rule compared it row by row with what was there."
    passed = sum(1 for rule in evidence.rules if rule.outcome == "pass")
    if evidence.rules:
        yield f"{passed} of {counted(len(evidence.rules), 'rule')} of the policy {evidence.policy} passed."


def _built(version: Version) -> Iterator[Block]:
    source, environment = version.source, version.environment
    rows = [("run", str(version.run or "-"))]
    if source and source.commit:
        dirty = ", with uncommitted changes" if source.dirty else ""
        rows.append(("code", f"{source.commit[:12]}{dirty}{f' of {source.repository}' if source.repository else ''}"))
    rows += [(f"{use.role} data", f"{use.name} {short(use.digest)}") for use in version.datasets]
    if environment and (environment.python or environment.lock):
        lock = f", lock file {short(environment.lock.digest)}" if environment.lock else ""
        rows.append(("environment", f"{environment.python or '-'}{lock}"))
    rows.append(("files", short(version.artifacts.digest)))
    yield Heading("Built from")
    yield Table(("", "what"), tuple(rows))
