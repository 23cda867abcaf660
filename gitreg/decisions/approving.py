"""What a person says about a proposal: checked before it is signed, signed, and kept in a ref of her own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gitreg.decisions.collecting import seal
from gitreg.decisions.office import APPROVALS, Office
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.statements import why_not
from gitreg.documents import Actor, Fingerprint, Principal, Statement, Verdict, paths
from gitreg.errors import ApprovalRefused, InvalidDocument, InvalidValue, ProposalExpired
from gitreg.signing import NAMESPACE, Signer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitreg.decisions.reading import Found
    from gitreg.documents import CheckReport, ReviewReport
    from gitreg.store import CommitId

Pair = tuple[bytes, bytes]


@dataclass(frozen=True)
class Word:
    """What is to be said."""

    verdict: Verdict
    reason: str | None = None
    conditions: Sequence[str] = ()
    decision: str | None = None
    """The beginning of the digest of the decision that was read, where the caller knows it."""
    checks: Sequence[CheckReport] = ()
    """Of a `check` only: what is new; what the key said of other checks before is said again."""
    reviews: Sequence[ReviewReport] = ()
    """Of an `attest` only: all that stand."""


@dataclass(frozen=True)
class Approver:
    """A person at a proposal, with a key."""

    office: Office
    signer: Signer

    @property
    def key(self) -> Fingerprint:
        """The key's name."""
        return self.signer.public_key.fingerprint

    def sign(self, found: Found, word: Word) -> Pair:
        """The statement and its signature. Raises `ApprovalRefused`, `ProposalExpired` for one that could not count."""
        rulebook = Rulebook(self.office.snapshot())
        person = self._person(rulebook)
        if word.decision is not None and not found.digest.hex.startswith(word.decision.removeprefix("sha256:")):
            message = f"{found.name} holds the decision {found.digest.short}, not {word.decision}: it changed."
            raise ApprovalRefused(
                message, subject=found.name, hint=f"Read it again: gitreg proposals show {found.name}"
            )
        statement = Statement(
            decision=found.digest,
            verdict=self._verdict(found, person, word.verdict),
            reason=word.reason,
            conditions=tuple(word.conditions),
            checks=self._checks(found, word),
            reviews=tuple(word.reviews),
            actor=self._actor(person, word.verdict),
            signed_at=self.office.now,
        )
        self._check(found, statement, rulebook)
        data = statement.to_bytes()
        return data, self.signer.sign(data, NAMESPACE)

    def _actor(self, person: Principal, verdict: Verdict) -> Actor:
        via: Literal["person", "ci"] = "ci" if verdict == "attest" else "person"
        return Actor(principal=person, via=via, host=self.office.store.surroundings.host or None)

    def required(self, verdict: Verdict) -> None:
        """Raise `ApprovalRefused` for a key whose statement of this kind could not count, without signing any."""
        rulebook = Rulebook(self.office.snapshot())
        owner = self._person(rulebook)
        if (verdict == "attest") != rulebook.approvers.people[owner].attests:
            raise ApprovalRefused(f"This key is {owner}'s, who may not {verdict}.", subject=self.key)

    def _person(self, rulebook: Rulebook) -> Principal:
        """Whose key it is, if that is who we say we are."""
        owner = rulebook.owners.get(self.key)
        if owner is None:
            message = f"This key ({self.key[:16]}…) belongs to nobody in approvers.json."
            raise ApprovalRefused(message, subject=self.key, hint="Whose keys count: gitreg approvers list")
        who = self.office.store.author()
        if not who.is_fallback and who.person.email.lower() != owner.person:
            message = f"This key is {owner.person}'s, and you are {who.person.email} (git's user.email)."
            raise ApprovalRefused(message, subject=self.key, hint="Sign with your own key.")
        return owner.person

    @staticmethod
    def _verdict(found: Found, person: Principal, verdict: Verdict) -> Verdict:
        """An author's approval is what her proposal lacks; her rejection is closing it."""
        if person != found.decision.proposer.principal or verdict in ("check", "attest"):
            return verdict
        if verdict == "reject":
            message = "A proposer does not reject her own proposal."
            raise ApprovalRefused(message, subject=found.name, hint=f"gitreg close {found.name}")
        return "propose"

    def _checks(self, found: Found, word: Word) -> tuple[CheckReport, ...]:
        """Every check that this key has said anything of. A key has one statement: it is of checks, or it is not."""
        before = self.before(found)
        if before is not None and (before.verdict == "check") != (word.verdict == "check"):
            said = "checks" if before.verdict == "check" else f"a statement to {before.verdict} it"
            message = f"This key has signed {said} already, and a key has one statement about a proposal."
            raise ApprovalRefused(message, subject=self.key, hint="Checks are signed with a key of their own.")
        if word.verdict != "check":
            return ()
        known = {each.name: each for each in (*(before.checks if before else ()), *word.checks)}
        return tuple(known[name] for name in sorted(known))

    def before(self, found: Found) -> Statement | None:
        """What this key has signed about the proposal by now, as far as it is here."""
        data = found.merged.tree.read(paths.statement(found.change.folders[0], self.key))
        try:
            before = Statement.from_bytes(data) if data is not None else None
        except (InvalidDocument, InvalidValue):
            return None
        return before if before is not None and before.decision == found.digest else None

    def _check(self, found: Found, statement: Statement, rulebook: Rulebook) -> None:
        expires_at = found.decision.expires_at
        if expires_at is not None and statement.signed_at >= expires_at:
            message = f"{found.name} expired; it can be proposed again."
            raise ProposalExpired(message, subject=found.name, hint=f"gitreg close {found.name}")
        reason = why_not(statement, rulebook.owners.get(self.key), found.decision)
        if reason:
            raise ApprovalRefused(f"This statement would not count: {reason}.", subject=self.key)

    def publish(self, found: Found, pair: Pair, why: str | None = None) -> None:
        """Keep it in the ref of this key, here and at the remote; a rejection goes on the proposal's branch as well.

        `why` is the person's reason, which the commits say too.
        """
        moves: dict[str, CommitId | None] = {f"{APPROVALS}{found.name}/{self.key}": self._statement_commit(pair, why)}
        if Statement.from_bytes(pair[0]).verdict == "reject":
            branch = self.office.store.branches.proposal(found.name)
            moves[branch] = self._branch_commit(found, pair, why)
        self.office.move(moves)

    def _statement_commit(self, pair: Pair, why: str | None) -> CommitId:
        files: dict[str, bytes | None] = {f"{self.key}.json": pair[0], f"{self.key}.json.sig": pair[1]}
        text = self.office.text(f"statement by {self.key[:16]}\n", why=why)
        return self.office.store.write_commit((), self.office.store.snapshot(None), files, text)

    def _branch_commit(self, found: Found, pair: Pair, why: str | None) -> CommitId:
        tip = self.office.store.snapshot(found.tip)
        sealed = seal(found.change, {self.key: pair})
        statements = {path: data for path, data in sealed.items() if path.startswith(_approvals(found))}
        text = self.office.text(f"{found.name}: rejected\n", why=why)
        return self.office.store.write_commit((found.tip,), tip, statements, text)


def _approvals(found: Found) -> tuple[str, ...]:
    return tuple(
        paths.statement(folder, Fingerprint("0" * 64)).rpartition("/")[0] + "/" for folder in found.change.folders
    )
