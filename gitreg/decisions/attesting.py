"""What checks said about a proposal, beside what its policies ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions.asking import landing_rules
from gitreg.decisions.views import CheckView
from gitreg.documents import CheckRequirement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.decisions.rulebook import Rulebook
    from gitreg.decisions.statements import Heard
    from gitreg.decisions.views import ProposalView


def checks_of(view: ProposalView, rulebook: Rulebook) -> list[CheckView]:
    """Every check that somebody signed or a rule asks for, by name. Raises what reading policies raises."""
    asked = [rule for rule, _ in landing_rules(view.decision, rulebook) if isinstance(rule, CheckRequirement)]
    said = [each for heard in view.statements for each in _said(heard, asked, rulebook)]
    silent = {rule.name for rule in asked} - {each.name for each in said}
    return sorted([*said, *(CheckView(name, None, is_asked_for=True) for name in silent)], key=_order)


def _order(view: CheckView) -> tuple[str, str]:
    return view.name, view.person or ""


def _said(heard: Heard, asked: list[CheckRequirement], rulebook: Rulebook) -> Iterator[CheckView]:
    statement, person = heard.statement, heard.person
    known = rulebook.approvers.people.get(person) if person is not None else None
    groups = known.groups if known is not None else ()
    for report in statement.checks if statement.verdict == "check" else ():
        rules = [rule for rule in asked if rule.name == report.name]
        fits = not rules or any(rule.group is None or rule.group in groups for rule in rules)
        wanted = " or ".join(sorted(rule.group for rule in rules if rule.group is not None))
        ignored = heard.reason or ("" if fits else f"it is asked of {wanted}")
        by = person or statement.actor.principal
        yield CheckView(report.name, report.status, by, statement.signed_at, report.report, ignored, bool(rules))
