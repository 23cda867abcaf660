"""Sealing: what people said, wherever it was found, verified and put into the proposal's branch as one commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitreg.decisions.approving import Approver, Word
from gitreg.decisions.armour import Offered, armoured
from gitreg.decisions.collecting import statements_about
from gitreg.decisions.reading import Desk, Found, lateness
from gitreg.decisions.refusing import PEOPLE, refusal
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.statements import AskedOf, Heard, listen
from gitreg.decisions.validation import sealed
from gitreg.errors import (
    ApprovalRefused,
    CannotTell,
    InvalidDocument,
    InvalidKey,
    InvalidValue,
    ProposalRejected,
)
from gitreg.signing import NAMESPACE, Signer, verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitreg.decisions.judgement import Judgement
    from gitreg.decisions.office import Office
    from gitreg.decisions.views import ProposalView
    from gitreg.documents import Fingerprint
    from gitreg.policy import PeopleVerdict
    from gitreg.store import CommitId

_REFUSALS = (ApprovalRefused, CannotTell, InvalidDocument, InvalidKey, InvalidValue)


@dataclass(frozen=True)
class Weighed:
    """A statement that was looked at, and why it was not taken; `heard` is None where it is none at all."""

    offered: Offered
    heard: Heard | None
    reason: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether it is somebody's word about this decision."""
        return not self.reason


@dataclass(frozen=True)
class Sealed:
    """What collecting came to. `commit` is None where nothing was written: too few said yes, or enough was there."""

    proposal: ProposalView
    weighed: tuple[Weighed, ...]
    people: PeopleVerdict
    """As it is with everything that was taken."""
    is_met: bool
    """Whether the branch, with what was taken, could be merged now."""
    commit: CommitId | None = None


@dataclass(frozen=True)
class Sealer:
    """Takes statements from refs, and from whoever hands them on."""

    office: Office = field(repr=False)

    def sign(self, name: str, signer: Signer, word: Word) -> str:
        """A statement as text, for whoever may not push; it is kept nowhere. Raises what `Approver.sign` raises."""
        self.office.refresh()
        return armoured(*Approver(self.office, signer).sign(self._desk.find(name), word))

    def collect(
        self, name: str, offered: Sequence[Offered] = (), *, anyway: bool = False, why: str | None = None
    ) -> Sealed:
        """Seal what people said, once it is enough, so that the branch's head moves once; `anyway` does not wait.

        `why` stands in the commit.
        Each statement is verified by itself and by the people and keys that stand on main. Raises `ProposalRejected`,
        and for a proposal that no approval could mend what merging it raises.
        """
        self.office.refresh()
        found = self._desk.find(name)
        weighed = tuple(self._weighed(found, [*self._of_refs(found), *offered]))
        edits = sealed(found.change.edits, found.decision, _spoken(weighed))
        judgement = self._judged(found, edits)
        self._check(found, judgement, anyway=anyway)
        # What comes after it was enough would, merged by rebasing, be a change outside of a landing.
        has_enough = self._judged(found, found.change.edits).is_in_force
        is_due = judgement.is_in_force and not has_enough
        commit = self._commit(found, edits, why) if anyway or is_due else None
        return Sealed(self._desk.view(name), weighed, judgement.people, judgement.is_in_force, commit)

    @property
    def _desk(self) -> Desk:
        return Desk(self.office)

    def _of_refs(self, found: Found) -> list[Offered]:
        spoken = statements_about(self.office, found.digest)
        return [Offered(*pair, f"its approval ref ({key[:16]}…)") for key, pair in spoken.items()]

    def _weighed(self, found: Found, offered: Iterable[Offered]) -> Iterable[Weighed]:
        question = AskedOf(found.decision, found.digest, Rulebook(self.office.snapshot()))
        for each in dict.fromkeys(offered):
            try:
                signer = verify(each.signature, each.data, NAMESPACE)
                heard = listen(each.data, each.signature, signer.fingerprint, question)
            except _REFUSALS as error:
                yield Weighed(each, None, error.message.rstrip("."))
            else:
                yield Weighed(each, heard, heard.reason)

    def _judged(self, found: Found, edits: Mapping[str, bytes | None]) -> Judgement:
        """The verdict on exactly what would be merged."""
        base = self.office.main
        tree = self.office.snapshot(base).with_edits(edits)
        return self.office.judge(base).after(tree).judge(found.change.folders[0], found.digest)

    def _check(self, found: Found, judgement: Judgement, *, anyway: bool) -> None:
        if judgement.people.rejected_by:
            message = f"{found.name} is rejected by {', '.join(judgement.people.rejected_by)}."
            raise ProposalRejected(message, subject=found.name, hint=f"gitreg close {found.name}")
        said = (*judgement.findings, *lateness(self.office, found))
        hard = [each for each in said if each.rule not in PEOPLE]
        error = refusal(hard, found.name)
        if error is not None and not anyway:
            raise error

    def _commit(self, found: Found, edits: Mapping[str, bytes | None], why: str | None) -> CommitId | None:
        """One commit on the branch with what is new in it; None where nothing is."""
        tip = self.office.store.snapshot(found.tip)
        fresh = {path: data for path, data in edits.items() if "/approvals/" in path and tip.read(path) != data}
        if not fresh:
            return None
        text = self.office.text(f"{found.name}: approvals\n", why=why)
        commit = self.office.store.write_commit((found.tip,), tip, fresh, text)
        self.office.move({self.office.store.branches.proposal(found.name): commit})
        return commit


def _spoken(weighed: Iterable[Weighed]) -> dict[Fingerprint, tuple[bytes, bytes]]:
    """The last word of each key."""
    found: dict[Fingerprint, tuple[Heard, Offered]] = {}
    for each in weighed:
        if each.is_taken and each.heard is not None:
            before = found.get(each.heard.key)
            if before is None or each.heard.statement.signed_at >= before[0].statement.signed_at:
                found[each.heard.key] = (each.heard, each.offered)
    return {key: (offered.data, offered.signature) for key, (_, offered) in found.items()}
