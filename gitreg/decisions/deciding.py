"""Making a decision: it lands at once where nobody else is asked, else it becomes a proposal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gitreg.decisions.collecting import closed_proposals, open_proposals
from gitreg.decisions.drafting import Draft
from gitreg.decisions.judging import Judge
from gitreg.decisions.landing import folders_of
from gitreg.decisions.refusing import PEOPLE, refusal
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.statements import AskedOf
from gitreg.decisions.timing import late
from gitreg.decisions.titles import id_of, title_of
from gitreg.decisions.views import Outcome, ProposalView
from gitreg.documents import Decision, Edits, Move, Statement, paths
from gitreg.errors import RemoteRefused
from gitreg.signing import NAMESPACE, Signer

if TYPE_CHECKING:
    from gitreg.decisions.judgement import Judgement
    from gitreg.decisions.office import Office
    from gitreg.errors import GitregError
    from gitreg.store import CommitId, Snapshot

Make = Callable[[Judge], Draft]


@dataclass(frozen=True)
class Prepared:
    """A draft as it would land on one commit, with the proposer's own signature, and the verdict on that."""

    draft: Draft
    edits: Edits = field(repr=False)
    judgement: Judgement
    before: Mapping[str, Move | None]

    @property
    def title(self) -> str:
        """The commit's subject."""
        return title_of(self.draft.decision, self.before, is_unreviewed=self.judgement.is_unreviewed)

    @property
    def decision(self) -> Decision:
        """What is decided."""
        return self.draft.decision

    @property
    def refused(self) -> GitregError | None:
        """What forbids it, whoever approves."""
        hard = [finding for finding in self.judgement.findings if finding.rule not in PEOPLE]
        return refusal(hard, title_of(self.decision, self.before))


@dataclass(frozen=True)
class Decider:
    """Carries a draft to main, or to a proposal."""

    office: Office
    signer: Signer | None = None

    def decide(self, make: Make, *, dry_run: bool = False) -> Outcome:
        """Draft on main's tip, and land what comes of it or propose it.

        Raises what the rules refuse with; a dry run tells it, with all that it is about.
        """
        if dry_run:
            drafted = self._draft(make)
            return replace(self._outcome(drafted), refused=drafted.refused)
        prepared = self.prepare(make)
        outcome = self._outcome(prepared)
        warning = self._late(prepared) if prepared.judgement.is_in_force else ""
        if warning:
            return self._propose(prepared, outcome, (warning,))
        if prepared.judgement.is_in_force:
            try:
                return self._land(make, prepared, outcome)
            except RemoteRefused as error:
                warning = f"The decisions branch takes no direct commit, so this is a proposal: {error.message}"
                return self._propose(prepared, outcome, (warning,))
        return self._propose(prepared, outcome)

    def _late(self, prepared: Prepared) -> str:
        """Why what could land may not land now, by the clock: it waits as a proposal."""
        decision = prepared.decision
        folder, judge = folders_of(decision)[0], self.office.judge()
        question = AskedOf(decision, decision.digest, judge.rulebook)
        found = late(self.office.snapshot().with_edits(prepared.edits), folder, question, self.office.now)
        words = [finding.message for finding in found if finding.severity == "block"]
        return f"It cannot land now, so this is a proposal: {' '.join(words)}" if words else ""

    def prepare(self, make: Make, base: CommitId | None = None) -> Prepared:
        """The draft on a commit (main's tip), judged as if it had landed there. Raises what the rules refuse with."""
        prepared = self._draft(make, base)
        if prepared.refused is not None:
            raise prepared.refused
        return prepared

    def _draft(self, make: Make, base: CommitId | None = None) -> Prepared:
        judge = self.office.judge(base)
        draft = make(judge)
        edits = {**draft.edits, **self._own_statement(draft)}
        tree = self.office.snapshot(base).with_edits(edits)
        folders = folders_of(draft.decision)
        judgement = judge.after(tree).judge(folders[0], draft.decision.digest)
        before = {folder: in_force_move(judge, folder) for folder in folders}
        return Prepared(draft, edits, judgement, before)

    def _own_statement(self, draft: Draft) -> dict[str, bytes | None]:
        """The proposer's `propose`, in every folder of the decision."""
        if self.signer is None or not draft.is_protected:
            return {}
        decision = draft.decision
        statement = Statement(
            decision=decision.digest, verdict="propose", actor=decision.proposer, signed_at=self.office.now
        )
        data = statement.to_bytes()
        signature = self.signer.sign(data, NAMESPACE)
        found: dict[str, bytes | None] = {}
        for folder in folders_of(decision):
            path = paths.statement(folder, self.signer.public_key.fingerprint)
            found |= {path: data, paths.signature(path): signature}
        return found

    def _outcome(self, prepared: Prepared) -> Outcome:
        judgement = prepared.judgement
        return Outcome(
            title=prepared.title,
            decision=prepared.decision,
            evidence=prepared.draft.evidence,
            people=judgement.people,
            unreviewed=judgement.is_unreviewed,
            findings=judgement.findings,
        )

    def _land(self, make: Make, prepared: Prepared, outcome: Outcome) -> Outcome:
        first = self.office.main

        def change(snapshot: Snapshot) -> Edits:
            """On the tip as it is now: when somebody else was quicker, everything is drafted anew."""
            return prepared.edits if snapshot.commit == first else self.prepare(make, snapshot.commit).edits

        commit = self.office.land(change, self.office.text(message_of(prepared.title, prepared.decision)))
        return replace(outcome, landed=commit)

    def _propose(self, prepared: Prepared, outcome: Outcome, warnings: tuple[str, ...] = ()) -> Outcome:
        office, decision = self.office, prepared.decision
        name = id_of(decision, open_proposals(office).keys() | closed_proposals(office).keys())
        base = office.main
        text = office.text(message_of(prepared.title, decision))
        tip = office.store.write_commit((base,), office.store.snapshot(base), prepared.edits, text)
        office.move({office.store.branches.proposal(name): tip})
        view = ProposalView(
            id=name,
            state="open",
            title=prepared.title,
            decision=decision,
            digest=decision.digest,
            tip=tip,
            judgement=prepared.judgement,
            evidence=prepared.draft.evidence,
        )
        if not prepared.judgement.people.proposed and prepared.draft.is_protected:
            warnings += (f"{self._why_unsigned(decision)} {decision.proposer.principal} signs: gitreg approve {name}",)
        return replace(outcome, proposal=view, warnings=warnings)

    def _why_unsigned(self, decision: Decision) -> str:
        if self.signer is None:
            return "The proposal is not signed yet."
        owner = Rulebook(self.office.snapshot()).owners.get(self.signer.public_key.fingerprint)
        if owner is None:
            return "The signature does not count: its key belongs to nobody in approvers.json."
        return f"The signature does not count: its key is {owner.person}'s, not {decision.proposer.principal}'s."


def message_of(title: str, decision: Decision, merging: str | None = None) -> str:
    """A landing's message: what, why, what who merges it says (`merging`), and which decision."""
    said = f"\n\n{merging}" if merging else ""
    return f"{title}\n\n{decision.reason}{said}\n\nDecision: {decision.digest}\n"


def in_force_move(judge: Judge, folder: str) -> Move | None:
    """The move of the decision in force in a stage's folder; None in governance."""
    found = judge.in_force(folder) if folder != paths.GOVERNANCE else None
    return judge.move(found) if found is not None else None
