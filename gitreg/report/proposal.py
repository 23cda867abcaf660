"""The page of a proposal: the verdict first, who must still approve, and all that the decision rests on."""

from __future__ import annotations

from difflib import unified_diff
from shlex import quote
from typing import TYPE_CHECKING

from gitreg.report.changes import changes_blocks, drift_blocks
from gitreg.report.compared import (
    alternatives_blocks,
    compared_blocks,
    comparisons,
    dataset_name,
    rules_table,
    subjects_table,
)
from gitreg.report.layout import Block, Command, Diff, Heading, Line, Picture, Tone
from gitreg.report.pictures import calibration_picture, roc_picture, slices_picture
from gitreg.report.risks import risks_blocks
from gitreg.report.spelling import listed, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import Evidence, Verdict
    from gitreg.report.page import FileChange, Opinion, ProposalPage

_SAID: dict[Verdict, Tone] = {
    "propose": "plain",
    "approve": "good",
    "reject": "bad",
    "check": "plain",
    "attest": "plain",
}
_VERBS: dict[Verdict, str] = {
    "propose": "signed",
    "approve": "approved",
    "reject": "rejected",
    "check": "checks reported",
    "attest": "reviews attested",
}
_ENDED = {
    "merged": "Merged.",
    "closed": "Closed: it was given up.",
    "rejected": "Rejected: it cannot be merged while that stands.",
    "expired": "Expired: it can be proposed again.",
    "stale": "Stale: what it was made to replace, or its policy, is no longer what stands. Propose it again.",
}


def proposal_page(page: ProposalPage) -> Iterator[Block]:
    """The page, from the verdict to the command that approves."""
    yield Heading(page.title)
    yield from _verdict(page)
    yield from _facts(page)
    for evidence in page.evidence:
        yield from _evidence(page, evidence)
    yield from _files(page)
    yield from risks_blocks(page)
    yield from _way_back(page)
    yield from _pictures(page)
    yield from _next(page)


def verdict_of(page: ProposalPage) -> Line:
    """The one line that says where it stands."""
    if page.state in _ENDED:
        return Line(_ENDED[page.state], "dim" if page.state == "merged" else "bad")
    if page.blocks:
        return Line(f"Refused by rule: {listed([problem.rule for problem in page.blocks])}.", "bad")
    missing = list(page.people.missing) if page.people else []
    if page.people and not page.people.proposed:
        missing.insert(0, f"the signature of its proposer {page.decision.proposer.principal}")
    if missing:
        return Line(f"Waits for {listed(missing)}.", "warn")
    return Line("Approved: it can be merged.", "good")


def _verdict(page: ProposalPage) -> Iterator[Block]:
    yield verdict_of(page)
    for problem in page.problems:
        yield Line(f"  {problem.rule}: {problem.message}", "bad" if problem.blocks else "warn")
        if problem.hint:
            yield Line(f"    {problem.hint}", "dim")
    yield from _who_could(page)
    for opinion in page.opinions:
        yield from _opinion(opinion)


def _who_could(page: ProposalPage) -> Iterator[Block]:
    if page.state in _ENDED or page.able is None or not (page.people and page.people.missing):
        return
    if page.able:
        yield f"  Who could: {listed(page.able, 'or')}."
    else:
        yield Line("  Nobody else in approvers.json could.", "warn")


def _opinion(opinion: Opinion) -> Iterator[Block]:
    why = f": {opinion.reason}" if opinion.reason else ""
    tone: Tone = "dim" if opinion.ignored else _SAID[opinion.verdict]
    yield Line(f"  {_VERBS[opinion.verdict]} by {opinion.person}{why}", tone)
    for condition in opinion.conditions:
        yield Line(f"    on the condition: {condition}", tone)
    for name, status in opinion.checks:
        yield Line(f"    {name}: {status}", "dim" if opinion.ignored else "good" if status == "pass" else "bad")
    for words, why_not in opinion.reviews:
        note = f" (does not count: {why_not})" if why_not else ""
        yield Line(f"    {words}{note}", "dim" if opinion.ignored or why_not else "plain")
    if opinion.ignored:
        yield Line(f"    does not count: {opinion.ignored}", "warn")


def _facts(page: ProposalPage) -> Iterator[Block]:
    decision = page.decision
    until = f", open until {when(decision.expires_at)}" if decision.expires_at else ""
    yield ""
    yield f"Proposed by {decision.proposer.principal}, {when(decision.proposed_at)}{until}."
    yield f"Why: {decision.reason}"
    yield Line(f"Decision {page.digest}", "dim")


def _evidence(page: ProposalPage, evidence: Evidence) -> Iterator[Block]:
    if evidence.candidate:
        whose = f"{evidence.candidate.model}: the" if len(page.evidence) > 1 else "The"
        yield Heading(f"{whose} candidate and what is in {evidence.stage}")
        yield subjects_table(evidence.candidate, evidence.baseline, evidence.stage)
    yield from compared_blocks(evidence)
    if evidence.rules:
        yield Heading(f"Rules ({evidence.policy})" if evidence.policy else "Rules")
        yield rules_table(evidence.rules)
    yield from alternatives_blocks(evidence, page.decision.because)
    yield from changes_blocks(page, evidence)
    yield from _drift(page, evidence.stage)


def _drift(page: ProposalPage, stage: str) -> Iterator[Block]:
    found = [drift for place, drift in page.drifts if place == stage]
    if found:
        yield Heading("Drift of the data")
    for drift in found:
        yield from drift_blocks(drift, stage)


def _files(page: ProposalPage) -> Iterator[Block]:
    """What would be written, line by line: nobody approves a file that she has not read."""
    for file in page.files:
        yield Heading(f"{file.path}{' (removed)' if file.after is None else ''}")
        yield Diff(tuple(_difference(file)))


def _difference(file: FileChange) -> Iterator[str]:
    before, after = (file.before or "").splitlines(), (file.after or "").splitlines()
    shown = unified_diff(before, after, n=3, lineterm="")
    return (line for line in shown if not line.startswith(("---", "+++")))


def _is_over(page: ProposalPage) -> bool:
    return page.state in _ENDED or bool(page.blocks)


def _way_back(page: ProposalPage) -> Iterator[Block]:
    """Where there is nothing to go back to, withdrawing is the way."""
    if page.decision.action not in ("promote", "override") or (_is_over(page) and page.state != "merged"):
        return
    firsts = {each.stage for each in page.evidence if each.baseline is None}
    yield Heading("To go back afterwards")
    for move in page.decision.moves:
        verb = "withdraw" if move.stage in firsts else "rollback"
        yield Command(f"gitreg {verb} {quote(move.model)} --stage {quote(move.stage)} -m WHY")


def _pictures(page: ProposalPage) -> Iterator[Block]:
    found = [picture for picture in _drawn(page) if picture is not None]
    if found or page.not_drawn:
        yield Heading("Pictures")
    yield from found
    for why in page.not_drawn:
        yield Line(why, "dim")


def _drawn(page: ProposalPage) -> Iterator[Picture | None]:
    for curves in page.curves:
        yield roc_picture(curves)
        yield calibration_picture(curves)
    for evidence in page.evidence:
        found = comparisons(evidence)
        for metric, dataset in dict.fromkeys((each.metric, each.dataset) for each in found):
            of = [each for each in found if (each.metric, each.dataset) == (metric, dataset)]
            where = f"{metric} on {dataset_name(evidence, dataset)}"
            yield slices_picture(of, f"{where}: the candidate against what is in {evidence.stage}")


def _next(page: ProposalPage) -> Iterator[Block]:
    if _is_over(page):
        return
    if page.people and (page.people.missing or not page.people.proposed):
        yield Heading("To approve it")
        yield "The signature is over the decision above, and over nothing else."
        yield Command(f"gitreg approve {page.id} --decision {page.digest}")
    else:
        yield Heading("To land it")
        yield Command(f"gitreg merge {page.id}")
