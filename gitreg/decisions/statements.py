"""What people signed about a decision, and whose word each is by the people and keys of the tree before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitreg.decisions.findings import Finding
from gitreg.documents import Decision, Digest, Fingerprint, Principal, Statement, Tree, Verdict, format_time
from gitreg.errors import ApprovalRefused, CannotTell, InvalidDocument, InvalidKey
from gitreg.signing import NAMESPACE, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from gitreg.decisions.rulebook import KeyOwner, Rulebook
    from gitreg.documents import CheckReport, ReviewReport

_NAME = re.compile(r"(?P<key>[0-9a-f]{64})\.json(?P<signature>\.sig)?")
MAX_STATEMENT_FILES = 2_000
"""More than a decision ever has, and little enough to verify in a second."""


@dataclass(frozen=True)
class Heard:
    """A statement whose signature fits, and whose word it is. `reason` says why it counts for nothing."""

    key: Fingerprint
    statement: Statement
    person: Principal | None
    reason: str = ""
    ignored: Mapping[ReviewReport, str] = field(default_factory=dict)
    """Of an `attest`: reviews that are nobody's word by approvers.json, and why."""

    @property
    def counts(self) -> bool:
        """Whether it is somebody's word at all."""
        return not self.reason


@dataclass(frozen=True)
class Hearing:
    """Everything that lies in a decision's folder of approvals."""

    heard: tuple[Heard, ...]
    findings: tuple[Finding, ...]

    def said(self) -> Mapping[Principal, frozenset[Verdict]]:
        """What each person said, under all her keys together."""
        said: dict[Principal, frozenset[Verdict]] = {}
        for each in self.heard:
            if each.counts and each.person is not None:
                said[each.person] = said.get(each.person, frozenset()) | {each.statement.verdict}
        return said

    def reviews(self) -> Iterator[tuple[Principal, ReviewReport]]:
        """Reviews on the forge that count for their reviewer, each with who attests it."""
        for each in self.heard:
            if each.counts and each.person is not None and each.statement.verdict == "attest":
                yield from ((each.person, review) for review in each.statement.reviews if review not in each.ignored)

    def reports(self) -> Iterator[tuple[Principal, CheckReport]]:
        """What checks came to, and who says so."""
        for each in self.heard:
            if each.counts and each.person is not None and each.statement.verdict == "check":
                yield from ((each.person, report) for report in each.statement.checks)

    def approved_at(self, decision: Decision) -> dict[Principal, datetime]:
        """When each person said yes last, by her own clock, but not before the decision was there to say yes to."""
        found: dict[Principal, datetime] = {}
        for each in self.heard:
            if each.counts and each.person is not None and each.statement.verdict in ("approve", "propose"):
                at = max(each.statement.signed_at, decision.proposed_at)
                found[each.person] = max(found.get(each.person, at), at)
        return found

    def latest(self, decision: Decision) -> datetime:
        """The latest time that anybody signed here whose word counts: the decision came into force no earlier."""
        return max([decision.proposed_at, *(each.statement.signed_at for each in self.heard if each.counts)])


@dataclass(frozen=True)
class AskedOf:
    """What people are asked about: the decision, and the rulebook that says who they are."""

    decision: Decision
    digest: Digest
    rulebook: Rulebook


def hear(tree: Tree, folder: str, question: AskedOf) -> Hearing:
    """Read, verify and attribute every statement below `folder`/approvals."""
    heard: list[Heard] = []
    findings: list[Finding] = []
    pairs = _pairs(tree, f"{folder}/approvals", findings)
    if pairs:
        _ = question.rulebook.owners  # a key with two owners makes everybody's word unclear, not one statement
    for path, key in pairs:
        try:
            heard.append(listen(tree.read(path) or b"", tree.read(f"{path}.sig") or b"", key, question))
        except CannotTell as error:
            findings.append(Finding("approval-unverifiable", path, error.message, error.hint, outcome="cannot tell"))
        except (ApprovalRefused, InvalidDocument, InvalidKey) as error:
            findings.append(Finding("approval-invalid", path, error.message, "Remove it from the proposal."))
    findings += [_aside(folder, each) for each in heard if not each.counts]
    findings += [_ignored(folder, each, why) for each in heard if each.counts for why in each.ignored.values()]
    return Hearing(tuple(heard), tuple(findings))


def _pairs(tree: Tree, folder: str, findings: list[Finding]) -> list[tuple[str, Fingerprint]]:
    names = {entry.name for entry in tree.entries(folder)}
    if len(names) > MAX_STATEMENT_FILES:
        raise InvalidDocument(
            f"{folder} holds {len(names):,} files; the limit is {MAX_STATEMENT_FILES:,}.", subject=folder
        )
    keys = {match["key"]: match for name in names if (match := _NAME.fullmatch(name))}
    expected = {f"{key}.json{suffix}" for key in keys for suffix in ("", ".sig")}
    for name in sorted(names ^ expected):
        message = "A statement is a file KEY.json with its signature KEY.json.sig; this is not such a pair."
        findings.append(Finding("approval-invalid", f"{folder}/{name}", message))
    return [(f"{folder}/{key}.json", Fingerprint(key)) for key in sorted(keys) if f"{key}.json" in names]


def listen(data: bytes, armored: bytes, key: Fingerprint, question: AskedOf) -> Heard:
    """One statement, verified. Raises `ApprovalRefused` where it is not one about this decision by this key."""
    statement = Statement.from_bytes(data, f"{key}.json")
    if statement.decision != question.digest:
        raise ApprovalRefused(
            f"The statement is about the decision {statement.decision.short}, not about {question.digest.short}.",
            subject=key,
        )
    signer = verify(armored, data, NAMESPACE)
    if signer.fingerprint != key:
        raise ApprovalRefused("The statement lies under another key than the one that signed it.", subject=key)
    owner = question.rulebook.owners.get(key)
    person = owner.person if owner else None
    reason = why_not(statement, owner, question.decision)
    ignored = {each: fault for each in statement.reviews if (fault := _fault(each, question))}
    return Heard(key, statement, person, reason, ignored)


def _fault(review: ReviewReport, question: AskedOf) -> str:
    """Why a review that is attested is not its reviewer's word; empty where it is."""
    if question.rulebook.handles.get(review.handle) != review.reviewer:
        return f"{review.handle} is not {review.reviewer}'s account in approvers.json"
    if review.reviewer == question.decision.proposer.principal:
        return f"{review.reviewer} proposed it"
    return ""


def why_not(statement: Statement, owner: KeyOwner | None, decision: Decision) -> str:
    """Why a well-signed statement counts for nothing; empty where it counts."""
    if owner is None:
        return "its key belongs to nobody in approvers.json"
    if statement.actor.principal != owner.person:
        return f"it names {statement.actor.principal}, but the key is {owner.person}'s"
    if (statement.verdict == "attest") != owner.attests:
        return f"{owner.person} {'only attests reviews' if owner.attests else 'may not attest reviews'}"
    return _untimely(statement, owner, decision)


def _untimely(statement: Statement, owner: KeyOwner, decision: Decision) -> str:
    # A clock that is behind, or set back, does not make a statement older than what it is about.
    at = max(statement.signed_at, decision.proposed_at)
    if owner.key.valid_after is not None and at < owner.key.valid_after:
        return f"the key is valid only from {format_time(owner.key.valid_after)}"
    if owner.key.valid_before is not None and at >= owner.key.valid_before:
        return f"the key was valid only until {format_time(owner.key.valid_before)}"
    if decision.expires_at is not None and at >= decision.expires_at:
        return f"the proposal had expired at {format_time(decision.expires_at)}"
    return ""


def _ignored(folder: str, heard: Heard, why: str) -> Finding:
    path = f"{folder}/approvals/{heard.key}.json"
    return Finding("approval-ignored", path, f"A review in it does not count: {why}.", severity="warn")


def _aside(folder: str, heard: Heard) -> Finding:
    path = f"{folder}/approvals/{heard.key}.json"
    return Finding("approval-ignored", path, f"The statement does not count: {heard.reason}.", severity="warn")
