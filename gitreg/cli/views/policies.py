"""What a policy says, as JSON and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views.decisions import rules
from gitreg.documents import plain
from gitreg.report import Command, Heading, Line, listed, rules_table, subjects_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.cli import shapes
    from gitreg.decisions import PolicyCheck
    from gitreg.report import Block, Tone

_TONES: dict[str, Tone] = {"pass": "good", "fail": "bad", "cannot tell": "warn"}


def policy_check(found: PolicyCheck) -> shapes.PolicyCheck:
    """Every answer, and everything that was observed for it."""
    return {
        "model": found.target.model,
        "stage": found.target.stage,
        "version": found.number,
        "policy": found.evidence.policy,
        "verdict": found.evidence.verdict,
        "rules": rules({found.target.folder: found.evidence}),
        "observations": [plain(each) for each in found.evidence.observations],
        "ways": dict(found.ways),
        "needs": [*found.needed],
        "able": [*found.able],
        "held": found.held or None,
    }


def policy_check_page(found: PolicyCheck) -> Iterator[Block]:
    """The verdict, then why, then who."""
    name = f"{found.target.model}/{found.number}"
    verdict = found.evidence.verdict
    said = {"pass": "passes", "fail": "does not pass", "cannot tell": "cannot be told to pass"}[verdict]
    yield Line(f"{name} {said} the policy {found.evidence.policy} of {found.target.stage}.", _TONES[verdict])
    if found.held:
        yield Line(f"It is held out of {found.target.stage}: {found.held}", "bad")
    if found.evidence.candidate:
        yield subjects_table(found.evidence.candidate, found.evidence.baseline, found.target.stage)
    if found.evidence.rules:
        yield Heading("Rules")
        yield rules_table(found.evidence.rules)
    for each, way in found.ways.items():
        yield Line(f"{each}: {way}", "dim")
    yield Heading("People")
    yield f"It needs {listed([*found.needed]) or 'nobody else'}; these could: {listed([*found.able]) or 'nobody'}."
    if verdict == "pass" and not found.held:
        yield Command(f"gitreg promote {found.target.model} {found.number} --to {found.target.stage} -m WHY")
