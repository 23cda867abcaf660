"""External checks: what programs said about a decision, signed by keys that are listed for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.policy.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitreg.documents import Approvers, CheckReport, CheckRequirement, Principal

METHOD = "check/1"


def read_check(
    rule: CheckRequirement, reports: Iterable[tuple[Principal, CheckReport]], approvers: Approvers
) -> Reading:
    """Whether a check passed, by what people (and programs with keys) of the rule's group signed.

    `reports` holds only what was verified. One that failed outweighs all that passed; where nothing was said by
    anybody who counts, nobody can tell.
    """
    said = [
        (person, report.status)
        for person, report in reports
        if report.name == rule.name and _counts(rule, person, approvers)
    ]
    failed = sorted({person for person, status in said if status == "fail"})
    passed = sorted({person for person, status in said if status == "pass"})
    if failed:
        return Reading("fail", f"The check {rule.name} failed, says {', '.join(failed)}.", METHOD)
    if passed:
        return Reading("pass", f"The check {rule.name} passed, says {', '.join(passed)}.", METHOD)
    whom = f" of {rule.group}" if rule.group is not None else ""
    return Reading("cannot tell", f"Nobody{whom} has signed what the check {rule.name} came to.", METHOD)


def _counts(rule: CheckRequirement, person: Principal, approvers: Approvers) -> bool:
    known = approvers.people.get(person)
    return known is not None and (rule.group is None or rule.group in known.groups)
