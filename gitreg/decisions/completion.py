"""From the landing on: the first tree in which all that the decision names is there and approved.

Until then later commits may only add approvals of it. A person may replace her own statement by a later one; nobody
may take one away.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from gitreg.decisions.findings import CHECKS, Finding, outcome_of
from gitreg.decisions.governance import governs_alike
from gitreg.decisions.history import History, differing
from gitreg.decisions.statements import AskedOf, hear, listen
from gitreg.decisions.timing import landing_findings, missing_checks
from gitreg.decisions.titles import id_of
from gitreg.decisions.voices import voices
from gitreg.documents import Fingerprint, Tree, paths
from gitreg.errors import ApprovalRefused, CannotTell, InvalidDocument, InvalidKey
from gitreg.policy import PeopleVerdict, Quorum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.decisions.landing import Case
    from gitreg.documents import Decision, Outcome

_NOT_ASKED = PeopleVerdict("pass", (), (), ())


@dataclass(frozen=True)
class Completion:
    """How far a decision got: where it was complete, who said so, or what is missing as of the last tree."""

    position: int | None
    people: PeopleVerdict
    findings: tuple[Finding, ...] = ()
    is_pending: bool = False
    """Approvals alone are missing, and may still come."""
    is_broken: bool = False
    """Something happened that no approval mends."""
    settled: int | None = None
    """The position from which on nothing changes this answer; None where it may still change."""
    is_sure: bool = True
    """False where some signature could not be checked here and now, so that another machine may see more."""


@dataclass(frozen=True)
class Waiting:
    """A decision that landed and waits for its people; `quorum` None where nobody is asked."""

    case: Case
    quorum: Quorum | None
    history: History = field(repr=False)

    @cached_property
    def question(self) -> AskedOf:
        """What its people were asked."""
        return AskedOf(self.case.decision, self.case.digest, self.case.rulebook)

    def complete(self, start: int, until: int) -> Completion:
        """Look from the landing (`start`) to the last tree in which the decision stands (`until`)."""
        commits = self.history.commits
        now = self._weigh(self.case.after, start)
        last, is_sure = self.case.after, now.is_sure
        for position in range(start + 1, until + 1):
            if now.position is not None or not now.is_pending:
                break
            tree = self.history.tree(commits[position])
            broken = tuple(self._broken(last, tree))
            if broken:
                findings = (*now.findings, *broken)
                return Completion(None, now.people, findings, is_broken=True, settled=position, is_sure=is_sure)
            now = now if self._is_still(last, tree) else self._weigh(tree, position)
            last, is_sure = tree, is_sure and now.is_sure
        return replace(now, is_sure=is_sure)

    def _is_still(self, last: Tree, tree: Tree) -> bool:
        return all(last.object_id(folder) == tree.object_id(folder) for folder in self.case.folders)

    def _weigh(self, tree: Tree, position: int) -> Completion:
        folder = self.case.folders[0]
        hearing = hear(tree, folder, self.question)
        findings = (*hearing.findings, *self._copies(tree))
        people = _NOT_ASKED
        if self.quorum is not None:
            decision = self.case.decision
            # No clock is asked: an approval is old beside the latest word that was needed as well.
            people = voices(self.quorum, hearing, self.question).judged(hearing.latest(decision))
            findings = (
                *findings,
                *people_findings(people, decision, folder),
                *landing_findings(self.question, hearing, folder),
            )
            people = _waiting(people, missing_checks(self.question, hearing))
        is_complete = outcome_of(findings) == "pass"
        at = position if is_complete else None
        is_sure = all(finding.outcome != "cannot tell" or finding.rule == CHECKS for finding in findings)
        return Completion(at, people, findings, is_pending=not is_complete, settled=at, is_sure=is_sure)

    def _copies(self, tree: Tree) -> Iterator[Finding]:
        """A set's approvals lie in every member's folder."""
        folders = self.case.folders
        if len({tree.object_id(f"{folder}/approvals") for folder in folders}) > 1:
            message = "The members of the set do not have the same approvals."
            yield Finding("set", f"{folders[0]}/approvals", message, "gitreg merge copies them.")

    def _broken(self, last: Tree, tree: Tree) -> Iterator[Finding]:
        """What may not happen before the decision is in force."""
        if not governs_alike(self.case.after, tree):
            message = "People, policies or settings changed before the decision was approved."
            yield Finding("stale", paths.GOVERNANCE, message, "Make a new proposal.")
        for folder in self.case.folders:
            yield from self._tampering(last, tree, folder)

    def _tampering(self, last: Tree, tree: Tree, folder: str) -> Iterator[Finding]:
        for path in differing(last, tree, folder):
            if path.startswith(f"{folder}/approvals/"):
                if last.read(path) is not None and not self._is_renewed(last, tree, path):
                    message = "An approval or rejection was removed or replaced before the decision was in force."
                    yield Finding("touched", path, message, "Make a new proposal.")
            else:
                message = "The folder changed before the decision was in force; only approvals may be added."
                yield Finding("touched", path, message, "Make a new proposal.")

    def _is_renewed(self, last: Tree, tree: Tree, path: str) -> bool:
        """Whether the owner of the key replaced her statement by a later one."""
        stem = path.removesuffix(".sig")
        try:
            key = Fingerprint(stem.rpartition("/")[2].removesuffix(".json"))
            old, new = (
                listen(each.read(stem) or b"", each.read(f"{stem}.sig") or b"", key, self.question)
                for each in (last, tree)
            )
        except (ApprovalRefused, InvalidDocument, InvalidKey, CannotTell):
            return False
        return new.statement.signed_at > old.statement.signed_at


def _waiting(people: PeopleVerdict, checks: tuple[str, ...]) -> PeopleVerdict:
    """What people say, with the checks that are waited for as well."""
    if not checks:
        return people
    outcome: Outcome = "fail" if people.outcome == "fail" else "cannot tell"
    return replace(people, outcome=outcome, missing=(*people.missing, *checks))


def people_findings(people: PeopleVerdict, decision: Decision, folder: str) -> Iterator[Finding]:
    """What is missing of people's word, as findings."""
    where, proposer = f"{folder}/approvals", decision.proposer.principal
    approving = f"gitreg approve {id_of(decision)}"
    if people.rejected_by:
        yield Finding("rejected", where, f"Rejected by {', '.join(people.rejected_by)}.", "Make a new proposal.")
    if not people.proposed:
        message = f"The proposer, {proposer}, has not signed the decision with a key in approvers.json."
        yield Finding("unsigned", where, message, f"As {proposer}: {approving}")
    for need in people.missing:
        yield Finding("approvals", where, f"Needs {need}.", f"Somebody else than {proposer}: {approving}")
