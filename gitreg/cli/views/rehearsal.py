"""What `--dry-run` says: what a decision would come to, and all that it would be judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import decisions, policies
from gitreg.report import Line, listed, rules_table, subjects_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.cli import shapes
    from gitreg.decisions import Outcome, PolicyCheck
    from gitreg.report import Block


def rehearsal(found: Outcome, policy: PolicyCheck | None) -> shapes.Result:
    """What it would come to, with the policy's answers where one was asked."""
    return {**decisions.outcome(found), "policy": policies.policy_check(policy) if policy else None}


def rehearsal_page(found: Outcome, policy: PolicyCheck | None) -> Iterator[Block]:
    """What it would be called, every rule's answer, who is asked, and whether it is refused."""
    yield Line(f"Would be: {found.title}", "strong")
    if policy:
        yield from policies.answers_of(policy)
    else:
        yield from _evidence(found)
    asked = listed(found.people.needed) if found.people and not found.unreviewed else ""
    if found.refused:
        yield Line(f"It would be refused: {found.refused.message}", "bad")
    elif not policy:
        yield f"It would ask for {asked}." if asked else "It would land at once; nobody is asked."
    yield Line("Nothing was changed (--dry-run).", "dim")


def _evidence(found: Outcome) -> Iterator[Block]:
    for evidence in found.evidence.values():
        if evidence.candidate:
            yield subjects_table(evidence.candidate, evidence.baseline, evidence.stage)
        if evidence.rules:
            yield rules_table(evidence.rules)
