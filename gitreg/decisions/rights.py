"""Who may write what by path, as rights.json of the tree before says.

On main the writer of what a decision lands is its proposer, who signed it where the stage is protected. Statements are
their signers' own, and nobody needs a right to say yes or no.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from gitreg.decisions.findings import Finding
from gitreg.decisions.landing import folders_of
from gitreg.decisions.rulebook import Rulebook
from gitreg.documents import Approvers, Branch, Principal, RightsRule, beginning, paths
from gitreg.policy import Need, Quorum, governance_quorum, judge_people, unmeetable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from gitreg.decisions.landing import Case
    from gitreg.documents import Decision, Verdict

RULE = "rights"
"""The rule of every finding that somebody wrote what others may write."""
_SHOWN = 5
_ANYBODY = Quorum(frozenset([Need(1)]), proposer_counts=True)
_LOOSENING = (paths.RIGHTS, paths.decision(paths.GOVERNANCE))
"""What it takes to write to give rights back."""


@dataclass(frozen=True)
class Writers:
    """Who may write what, by one rulebook. Raises what reading its documents raises."""

    rulebook: Rulebook = field(repr=False)

    @cached_property
    def _rules(self) -> Mapping[Branch, tuple[RightsRule, ...]]:
        rights = self.rulebook.rights
        rules = rights.rules if rights is not None else ()
        branches: tuple[Branch, ...] = ("main", "ledger")
        return {branch: tuple(rule for rule in rules if rule.branch == branch) for branch in branches}

    def of(self, branch: Branch) -> tuple[RightsRule, ...]:
        """Every rule of a branch."""
        return self._rules[branch]

    def restricts(self, branch: Branch) -> bool:
        """Whether any path of the branch is not everybody's."""
        return bool(self._rules[branch])

    def rules(self, branch: Branch, path: str) -> tuple[RightsRule, ...]:
        """The rules about a path; none where it is everybody's."""
        return tuple(rule for rule in self._rules[branch] if rule.covers(path))

    def people(self, rule: RightsRule) -> frozenset[Principal]:
        """Everybody whom a rule allows."""
        groups, known = set(rule.groups), self.rulebook.approvers.people
        members = (person for person, approver in known.items() if not groups.isdisjoint(approver.groups))
        return frozenset([*rule.people, *members])

    def allowed(self, rules: Iterable[RightsRule]) -> frozenset[Principal]:
        """Everybody whom one of the rules allows."""
        return frozenset[Principal]().union(*(self.people(rule) for rule in rules))

    def forbidden(
        self, branch: Branch, changed: Iterable[str], person: str | None
    ) -> dict[tuple[RightsRule, ...], list[str]]:
        """The paths that this person may not write (None: somebody unknown), by the rules that say so."""
        found: defaultdict[tuple[RightsRule, ...], list[str]] = defaultdict(list)
        for path in sorted(changed) if self.restricts(branch) else ():
            rules = self.rules(branch, path)
            if rules and (person is None or person not in self.allowed(rules)):
                found[rules].append(path)
        return dict(found)

    def said(self, rules: Iterable[RightsRule]) -> str:
        """Which rules leave paths to whom, in words."""
        return "; ".join(f"the rule {rule.name!r:.80} leaves it to {self._named(rule)}" for rule in rules)

    def _named(self, rule: RightsRule) -> str:
        people = sorted(self.people(rule))
        shown = people if len(people) <= _SHOWN else [*people[:_SHOWN], f"{len(people) - _SHOWN} more"]
        groups = f" ({_groups(rule)})" if rule.groups else ""
        return f"{', '.join(shown) or 'nobody'}{groups}"


def refusal_of(
    writers: Writers, branch: Branch, changed: Iterable[str], person: str | None, who: str
) -> Iterator[Finding]:
    """One finding for all paths that the same rules keep from somebody; `who` says in words whom."""
    for rules, found in writers.forbidden(branch, changed, person).items():
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        why = "".join(f" {rule.message}" for rule in rules if rule.message)
        message = f"{who} may not write this path{more}: {writers.said(rules)}.{why}"
        yield Finding(RULE, found[0], message, f"Who may: gitreg rights show {found[0]}")


def written(decision: Decision) -> set[str]:
    """The paths of which its proposer is the writer."""
    return {*decision.files, *(paths.decision(folder) for folder in folders_of(decision))}


def check_proposer(case: Case) -> Iterator[Finding]:
    """Whether the proposer may write what her decision lands, by the rights in force before it, never by its own."""
    person = case.decision.proposer.principal
    yield from refusal_of(Writers(Rulebook(case.rules)), "main", written(case.decision), person, person)


def check_rights(rulebook: Rulebook) -> Iterator[Finding]:
    """Whether each rule leaves its paths to somebody. Raises what reading documents raises."""
    writers = Writers(rulebook)
    for rule in rulebook.rights.rules if rulebook.rights is not None else ():
        if not writers.people(rule):
            message = f"The rule {rule.name!r:.80} leaves {rule.paths[0]} to {_groups(rule)}, in which there is nobody."
            yield Finding("unmeetable", paths.RIGHTS, message, "Add people to the group first: gitreg approvers add")


def why_unwritable(rulebook: Rulebook, at: datetime | None = None) -> str | None:
    """Why nobody who can sign could write what only a signed decision writes; None where somebody can."""
    if rulebook.rights is None or not rulebook.protected:
        return None
    writers, able = Writers(rulebook), _signing(rulebook.approvers, at)
    for rule in rulebook.rights.rules:
        is_decided = rule.branch == "main" and any(paths.may_be_owned(beginning(each)) for each in rule.paths)
        people = writers.people(rule)
        if is_decided and people and people.isdisjoint(able.people):
            return f"nobody to whom the rule {rule.name!r:.80} of {paths.RIGHTS} leaves {rule.paths[0]} has a key"
    return None


def why_stuck(rulebook: Rulebook, at: datetime | None = None) -> str | None:
    """Why rights could never change again, in a registry whose people can meet every quorum; None where they can."""
    writers, able = Writers(rulebook), _signing(rulebook.approvers, at)
    if any(_could_govern(rulebook, able, person) for person in _loosening(writers, able)):
        return None
    return f"nobody who may write {' and '.join(_LOOSENING)} could have governance approved"


def _signing(approvers: Approvers, at: datetime | None) -> Approvers:
    """Those who have a key."""
    each = {person: Approvers(people={person: approver}) for person, approver in approvers.people.items()}
    able = {person: approvers.people[person] for person in each if unmeetable(_ANYBODY, each[person], at) is None}
    return Approvers(people=able)


def _loosening(writers: Writers, able: Approvers) -> Iterator[Principal]:
    for person in able.people:
        if not writers.forbidden("main", _LOOSENING, person):
            yield person


def _could_govern(rulebook: Rulebook, able: Approvers, proposer: Principal) -> bool:
    quorum = governance_quorum(rulebook.policies().values())
    said: dict[Principal, frozenset[Verdict]] = {person: frozenset(["approve"]) for person in able.people}
    said[proposer] = frozenset(["propose"])
    return judge_people(quorum, said, proposer, able).outcome == "pass"


def _groups(rule: RightsRule) -> str:
    return f"the group {' and '.join(rule.groups)}"
