"""What a reviewer should know before saying yes: warnings, what nobody could look at, conditions, dates, holds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gitreg.documents import Unknown
from gitreg.report.compared import comparisons
from gitreg.report.layout import Heading, Line
from gitreg.report.spelling import when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import Evidence
    from gitreg.report.layout import Block
    from gitreg.report.page import ProposalPage

SOON = timedelta(days=7)


def risks_blocks(page: ProposalPage) -> Iterator[Block]:
    """Each risk on a line; that there is none that gitreg knows of is said, too."""
    if not page.decision.moves:
        return
    yield Heading("Risks")
    found = [*dict.fromkeys(_risks(page))]
    yield from (Line(f"  {risk}", "warn") for risk in found)
    if not found:
        yield "None that gitreg knows of."


def _risks(page: ProposalPage) -> Iterator[str]:
    yield from _override(page)
    for evidence in page.evidence:
        yield from _of_evidence(evidence)
        yield from _of_version(page, evidence)
    for opinion in page.opinions:
        for condition in opinion.conditions if not opinion.ignored else ():
            yield f"{opinion.person} approved on the condition: {condition}"
    expires_at = page.decision.expires_at
    if page.now and expires_at and page.state in ("open", "approved") and expires_at - page.now < SOON:
        yield f"The proposal expires at {when(expires_at)}."
    yield from page.holds


def _override(page: ProposalPage) -> Iterator[str]:
    decision = page.decision
    if decision.action == "override":
        until = f" It has to be regularised by {when(decision.regularise_by)}." if decision.regularise_by else ""
        yield f"It is an override: fewer people than the policy asks for, and rules that are not met.{until}"


def _of_evidence(evidence: Evidence) -> Iterator[str]:
    warning = {rule.rule: rule for rule in evidence.rules if rule.severity == "warn" and rule.outcome != "pass"}
    for name, rule in warning.items():
        yield f"{name} ({rule.outcome}): {rule.text}"
    for each in evidence.observations:
        if isinstance(each, Unknown) and each.rule not in warning:
            yield f"{each.rule}: nobody could look: {each.text}"
    for each in comparisons(evidence):
        if each.slice and each.high < 0:
            yield f"{each.metric} is worse where {each.slice}: the whole interval is below zero."
    if evidence.candidate and evidence.baseline is None:
        yield f"Nothing is in {evidence.stage} to compare it with, and nothing to go back to."


def _of_version(page: ProposalPage, evidence: Evidence) -> Iterator[str]:
    version = page.version(evidence.candidate)
    if version and version.source and version.source.dirty:
        yield "It was trained by code with uncommitted changes."
