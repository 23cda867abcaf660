"""The service: decide, propose, approve, merge, and read what was decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gitreg.decisions.approving import Approver, Word
from gitreg.decisions.attesting import checks_of
from gitreg.decisions.checking import PolicyCheck, check_policy
from gitreg.decisions.collecting import merged, refs_about, seal, statements_about
from gitreg.decisions.deciding import Decider, Make, message_of
from gitreg.decisions.drafting import Candidate, Choice, Draft, Drafter, Target, Wish
from gitreg.decisions.governing import draft_govern, rendered
from gitreg.decisions.office import CLOSED, Office
from gitreg.decisions.reading import Desk, Found, lateness
from gitreg.decisions.record import Record, landing_of
from gitreg.decisions.refusing import refusal
from gitreg.decisions.views import CheckView, Landing, Outcome, ProposalView, Said
from gitreg.errors import AlreadyExists, ProposalRejected, RaceLost, RegistryNotFound
from gitreg.store import CommitId, Person, Snapshot

if TYPE_CHECKING:
    from gitreg.decisions.evidence import Observe
    from gitreg.decisions.judging import Judge
    from gitreg.documents import CheckReport, Digest, Edits
    from gitreg.signing import Signer

_TRIES = 8
Publish = Callable[[], None]


class Proposals(Record):
    """Everything that can be done to main, and read from it.

    What writes meets the remote first, and pushes what it did.
    """

    def __init__(self, office: Office, publish: Publish | None = None, observe: Observe = lambda _: ()) -> None:
        """`publish` brings facts and bytes to where others see them; it runs before anything that names them lands.

        `observe` looks up what the rules of a promotion need to know that main does not show.
        """
        super().__init__(office)
        self._observe = observe
        self._desk = Desk(office)
        self._publish = publish or (lambda: None)

    # Deciding

    def promote(
        self,
        candidate: Candidate,
        stage: str,
        reason: str,
        *,
        signer: Signer | None = None,
        dry_run: bool = False,
    ) -> Outcome:
        """Put a version into a stage: it lands, or waits as a proposal.

        Raises `StageNotFound`, `VersionHeld`, `AlreadyExists` (it is there), `RuleFailed` with the policy's words.
        """
        return self._decide(
            lambda drafter, wish: drafter.promote(candidate, [stage], wish), reason, signer, dry_run=dry_run
        )

    def override(
        self,
        candidate: Candidate,
        stage: str,
        reason: str,
        *,
        signer: Signer | None = None,
        dry_run: bool = False,
    ) -> Outcome:
        """Put a version into a stage in an emergency, by the people that the policy's override clause names.

        What the rules say stands in its evidence and stops nothing; a hold does. Raises `Refused` where the policy has
        no such clause, `StageNotFound`, `VersionHeld`, `AlreadyExists`.
        """
        return self._decide(
            lambda drafter, wish: drafter.override(candidate, stage, wish), reason, signer, dry_run=dry_run
        )

    def check(self, candidate: Candidate, stage: str) -> PolicyCheck:
        """What the stage's policy says to a version now. Raises `StageNotFound` for a stage that is not protected."""
        return check_policy(self.office, candidate, stage, self._observe)

    def withdraw(
        self, model: str, stage: str, reason: str, *, signer: Signer | None = None, dry_run: bool = False
    ) -> Outcome:
        """Take a stage's version away."""
        target = Target(model, stage)
        return self._decide(lambda drafter, wish: drafter.withdraw(target, wish), reason, signer, dry_run=dry_run)

    def rollback(
        self, target: Target, reason: str, to: int | None = None, *, signer: Signer | None = None, dry_run: bool = False
    ) -> Outcome:
        """Back to a version that was in force before (the newest that is neither present nor held), with a hold."""
        return self._decide(lambda drafter, wish: drafter.rollback(target, wish, to), reason, signer, dry_run=dry_run)

    def promote_set(
        self, name: str, choices: Sequence[Choice], reason: str, *, signer: Signer | None = None, dry_run: bool = False
    ) -> Outcome:
        """Put a version into one stage of each model of a set, in one landing. Raises as `promote`."""

        def make(drafter: Drafter, wish: Wish) -> Draft:
            return drafter.promote_set(choices, replace(wish, set=name))

        return self._decide(make, reason, signer, dry_run=dry_run)

    def rollback_set(
        self, name: str, targets: Sequence[Target], reason: str, *, signer: Signer | None = None, dry_run: bool = False
    ) -> Outcome:
        """One stage of each model of a set back to what was in force there before, in one landing."""

        def make(drafter: Drafter, wish: Wish) -> Draft:
            return drafter.rollback_set(targets, replace(wish, set=name))

        return self._decide(make, reason, signer, dry_run=dry_run)

    def hold(self, target: Target, version: Digest, reason: str, *, signer: Signer | None = None) -> Outcome:
        """Keep a version out of a stage."""
        return self._decide(lambda drafter, wish: drafter.hold(target, version, wish), reason, signer)

    def lift(self, target: Target, version: Digest, reason: str, *, signer: Signer | None = None) -> Outcome:
        """Let a version into a stage again."""
        return self._decide(lambda drafter, wish: drafter.lift(target, version, wish), reason, signer)

    def govern(self, edits: Edits, reason: str, *, signer: Signer | None = None, dry_run: bool = False) -> Outcome:
        """Change governed files. Where no stage is protected before or after, that needs no decision."""
        self._meet(dry_run=dry_run)
        wish = self._wish(reason)
        judge = self.office.judge()
        if isinstance(draft_govern(judge, edits, wish), Draft):
            return Decider(self.office, signer).decide(lambda each: _governed(each, edits, wish), dry_run=dry_run)
        wanted = rendered(judge.tree(), dict(edits))
        title = f"governance: {', '.join(sorted(wanted))}"
        if dry_run:
            return Outcome(title, None, unreviewed=True)
        text = self.office.text(f"{title}\n\n{reason}\n")
        landed = self.office.land(lambda snapshot: _free(self.office.judge(snapshot.commit), edits, wish), text)
        return Outcome(title, None, landed=landed, unreviewed=True)

    def _decide(
        self,
        make: Callable[[Drafter, Wish], Draft],
        reason: str,
        signer: Signer | None,
        *,
        dry_run: bool = False,
    ) -> Outcome:
        self._meet(dry_run=dry_run)
        wish = self._wish(reason)
        draft: Make = lambda judge: make(Drafter(judge, self._observe), wish)  # noqa: E731 - one name for one thing
        return Decider(self.office, signer).decide(draft, dry_run=dry_run)

    def _meet(self, *, dry_run: bool = False) -> None:
        if not dry_run:
            self._publish()
            self.office.refresh()

    def _wish(self, reason: str) -> Wish:
        return Wish(self.office.actor(), reason, self.office.now)

    # Proposals

    def list(self, *, all: bool = False) -> Sequence[ProposalView]:  # noqa: A002 - as in `proposals list --all`
        """Open proposals, oldest first; closed ones too."""
        return self._desk.all(with_closed=all)

    def get(self, name: str) -> ProposalView:
        """A proposal in any state. Raises `ProposalNotFound`."""
        return self._desk.view(name)

    def approve(self, name: str, signer: Signer, word: Word | None = None) -> Said:
        """Sign a proposal. By its proposer it is the `propose` that it lacks, and no approval.

        Raises `ApprovalRefused` for what could not count, `ProposalExpired`, `ProposalClosed`.
        """
        return self._say(name, signer, word or Word("approve"))

    def add_check(self, name: str, signer: Signer, report: CheckReport, reason: str | None = None) -> Said:
        """Sign what a check of a proposal came to. What this key said of other checks before is said again.

        Two jobs with one key wait for each other. Raises `ApprovalRefused` for a key that has approved or rejected it,
        and as `approve` does.
        """
        for _ in range(_TRIES):
            try:
                return self._say(name, signer, Word("check", reason, checks=(report,)))
            except RaceLost:
                continue  # the other job's statement is fetched and repeated
        return self._say(name, signer, Word("check", reason, checks=(report,)))

    def checks(self, name: str) -> Sequence[CheckView]:
        """What checks said about a proposal, and which are still asked for. Raises `ProposalNotFound`."""
        return checks_of(self._desk.view(name), self.people())

    def reject(self, name: str, signer: Signer, reason: str) -> Said:
        """Sign against a proposal: while that stands it cannot land. Raises as `approve` does."""
        return self._say(name, signer, Word("reject", reason))

    def _say(self, name: str, signer: Signer, word: Word) -> Said:
        self.office.refresh()
        found = self._desk.find(name)
        person = Approver(self.office, signer)
        pair = person.sign(found, word)
        person.publish(found, pair, word.reason)
        view = self._desk.view(name)
        heard = next(each for each in view.statements if each.key == person.key)
        if word.verdict == "check":
            return _reported(view, word, checks_of(view, self.people()), heard.person)
        return _said(view, word, heard.statement.verdict)

    def collect(self, name: str) -> ProposalView:
        """Seal what people said into the proposal's branch, as one commit, so that a forge can merge it."""
        self.office.refresh()
        found = self._desk.find(name)
        if found.judgement.people.rejected_by:
            raise ProposalRejected(f"{name} is rejected.", subject=name, hint=f"gitreg close {name}")
        sealed = self._sealed(found, f"{found.name}: approvals\n")
        self.office.move({self.office.store.branches.proposal(found.name): sealed})
        return self._desk.view(name)

    def close(self, name: str, message: str | None = None) -> ProposalView:
        """Give a proposal up; its commits and what was said are kept under refs/gitreg/closed/. `message` says why."""
        self.office.refresh()
        found = self._desk.find(name)
        kept = self._sealed(found, f"{found.name}: closed\n", message)
        branch = self.office.store.branches.proposal(found.name)
        self.office.move({f"{CLOSED}{found.name}": kept, branch: None})
        self.office.tidy(refs_about(self.office, found.name))
        return self._desk.view(name)

    def _sealed(self, found: Found, message: str, why: str | None = None) -> CommitId:
        """A commit on the proposal's branch with everything that was said."""
        sealed = seal(found.change, statements_about(self.office, found.digest))
        statements = {path: data for path, data in sealed.items() if "/approvals/" in path}
        tip = self.office.store.snapshot(found.tip)
        return self.office.store.write_commit((found.tip,), tip, statements, self.office.text(message, why=why))

    def merge(self, name: str, message: str | None = None) -> Landing:
        """Land an approved proposal as one commit on main's tip, with its approvals; `message` is added to the reason.

        Raises `StaleProposal`, `ProposalRejected`, `NotApproved`, `ProposalExpired`, `ProposalClosed`, `RuleFailed`.
        """
        self.office.refresh()
        self.office.store.committer().required()
        found = self._desk.find(name)
        title = self._desk.show(found).title
        text = self.office.text(message_of(title, found.decision, message), self._author(found))
        late = lateness(self.office, found)

        def change(snapshot: Snapshot) -> Edits:
            if snapshot.commit is None:
                raise RegistryNotFound("There is no main to merge into.")
            now = merged(self.office, snapshot.commit, found.change)
            error = refusal([*now.judgement.findings, *late], name)
            if error is not None:
                raise error
            return now.edits

        commit = self.office.land(change, text)
        branch = self.office.store.branches.proposal(found.name)
        self.office.tidy([branch, *refs_about(self.office, found.name)])
        return landing_of(self.office, found.change.folders[0], commit)

    def _author(self, found: Found) -> Person:
        """The proposer, by the name that her proposal's commit has."""
        principal = found.decision.proposer.principal
        first = self.office.store.commit(found.tip).author
        return first if first.email.lower() == principal else Person(principal.partition("@")[0], principal)


def _governed(judge: Judge, edits: Edits, wish: Wish) -> Draft:
    draft = draft_govern(judge, edits, wish)
    if not isinstance(draft, Draft):
        raise AlreadyExists("Somebody else made this decision meanwhile.")
    return draft


def _free(judge: Judge, edits: Edits, wish: Wish) -> Edits:
    wanted = draft_govern(judge, edits, wish)
    return wanted.edits if isinstance(wanted, Draft) else wanted


def _reported(view: ProposalView, word: Word, known: Sequence[CheckView], person: str | None) -> Said:
    names = {each.name for each in word.checks}
    mine = [each for each in known if each.name in names and each.person == person]
    ignored = next((each.ignored for each in mine if each.ignored), "")
    note = f"It does not count: {ignored}." if ignored else ""
    if not any(each.is_asked_for for each in mine):
        note = "No rule asks for this check: it stands beside the decision and decides nothing."
    return Said(view, "check", not note, note)


def _said(view: ProposalView, word: Word, verdict: str) -> Said:
    mine = [each for each in view.statements if each.statement.verdict == verdict]
    if verdict == "propose" and word.verdict == "approve":
        note = "This is the proposer's own signature. It is not an approval: somebody else has to approve."
        return Said(view, "propose", counts=False, note=note)
    people = [each.person for each in mine if each.person]
    counts = any(person in (*view.people.have, *view.people.rejected_by) for person in people)
    note = "" if counts else "The policy asks for people of other groups: this does not count towards it."
    return Said(view, word.verdict, counts, note)
