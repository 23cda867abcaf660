"""What a policy says, as JSON and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views.decisions import rules, rules_of
from gitreg.documents import plain
from gitreg.report import Command, Heading, Line, counted, listed, rules_table, subjects_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.cli import shapes
    from gitreg.decisions import PolicyCheck
    from gitreg.gathering import CaseAnswer, PolicyDifference, PolicyEffect
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
    """The verdict, then why, then who, then the next command."""
    yield from answers_of(found)
    if found.evidence.verdict == "pass" and not found.held:
        yield Command(f"gitreg promote {found.target.model} {found.number} --to {found.target.stage} -m WHY")


def answers_of(found: PolicyCheck) -> Iterator[Block]:
    """Every rule with its answer, its numbers and what would make it pass; and who would have to approve."""
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


def case_answer(each: CaseAnswer) -> shapes.CaseAnswer:
    """One expectation of one case."""
    return {
        "policy": each.policy,
        "case": each.case,
        "rule": each.rule,
        "expected": each.expected,
        "found": each.found,
        "text": each.text,
    }


def test_page(answers: Sequence[CaseAnswer]) -> Iterator[Block]:
    """What is wrong, then how much was asked."""
    wrong = [each for each in answers if not each.is_right]
    for each in wrong:
        yield Line(f"{each.policy}, {each.case}: {each.rule} answers {each.found or 'nothing'}.", "bad")
        yield Line(f"      expected {each.expected}; {each.text}", "dim")
    cases = len({(each.policy, each.case) for each in answers})
    if not answers:
        yield "There are no example cases."
        yield Command("gitreg policy example models:/MODEL/VERSION --for STAGE --name NAME")
    elif wrong:
        yield Line(f"{counted(len(wrong), 'answer')} of {len(answers)} in {counted(cases, 'case')} are others.", "bad")
    else:
        yield Line(f"{counted(cases, 'case')} answered as expected ({counted(len(answers), 'rule')}).", "good")


def example_page(path: str, name: str) -> Iterator[Block]:
    """Where it is, and what makes it count."""
    yield Line(f"{name} is an example in {path}.", "good")
    yield Command("gitreg policy test")
    yield Command(f"gitreg govern -m WHY {path}")


def difference(each: PolicyDifference) -> shapes.PolicyDifference:
    """One policy's changes and effects."""
    return {
        "policy": each.policy,
        "changes": [
            {"rule": change.rule, "direction": change.direction, "text": change.text} for change in each.changes
        ],
        "effects": [
            {
                "model": effect.target.model,
                "stage": effect.target.stage,
                "version": effect.number,
                "before": effect.before,
                "after": effect.after,
                "rules": rules_of(effect.rules),
            }
            for effect in each.effects
        ],
    }


_WAYS: dict[str, Tone] = {"looser": "bad", "tighter": "good", "other": "plain"}


def diff_page(found: Sequence[PolicyDifference]) -> Iterator[Block]:
    """Each policy: what is looser first, then what it would say to what is in its stages now."""
    if not found:
        yield "The policies are as they stand on main."
    for each in found:
        yield Heading(each.policy)
        for change in sorted(each.changes, key=lambda change: ("looser", "other", "tighter").index(change.direction)):
            yield Line(f"{change.direction:8}{change.rule}: {change.text}", _WAYS[change.direction])
        for effect in each.effects:
            yield from _effect(effect)


def _effect(effect: PolicyEffect) -> Iterator[Block]:
    name = f"{effect.target.model}/{effect.number}, in {effect.target.stage} now"
    if not effect.rules:
        yield Line(f"        {name}: {effect.after}, as before.", "dim")
        return
    yield Line(f"        {name}: {effect.before} -> {effect.after}", _TONES[effect.after])
    for result in effect.rules:
        yield Line(f"          {result.rule}: {result.outcome}. {result.text}", "dim")
