"""Reviews that a forge shows, as the signed word of who attests them: which of them are about exactly this decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gitreg.decisions.approving import Approver, Word
from gitreg.decisions.armour import armoured
from gitreg.decisions.asking import stage_quorum
from gitreg.decisions.reading import Desk, Found
from gitreg.decisions.rulebook import Rulebook
from gitreg.documents import MAX_REVIEWS, Digest, ReviewReport, paths
from gitreg.errors import InvalidValue
from gitreg.policy import counts_review
from gitreg.store import CommitId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from gitreg.decisions.office import Office
    from gitreg.decisions.views import ProposalView
    from gitreg.documents import Principal
    from gitreg.policy import Quorum
    from gitreg.signing import Signer


_MAX_URL = 2_000


@dataclass(frozen=True)
class ShownReview:
    """The standing review of one account, as a forge shows it. `commit` is empty where the forge does not say."""

    handle: str
    review: int
    url: str
    commit: str
    verdict: Literal["approve", "reject"]
    submitted_at: datetime | None


@dataclass(frozen=True)
class PassedOver:
    """A review that is not attested, and why."""

    shown: ShownReview
    reason: str


@dataclass(frozen=True)
class Attested:
    """What attesting came to. `text` is the signed statement; empty where nothing had to be said (again)."""

    proposal: ProposalView
    reviews: tuple[ReviewReport, ...]
    passed_over: tuple[PassedOver, ...] = ()
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class Attestor:
    """Who says, with a key that approvers.json lets attest, what a forge shows."""

    office: Office = field(repr=False)
    signer: Signer = field(repr=False)

    def attest(
        self, name: str, shown: Iterable[ShownReview], *, publish: bool = True, why: str | None = None
    ) -> Attested:
        """Sign which reviews are about the decision as it is proposed now, and keep that in the key's ref.

        Of an account that approvers.json gives to a person, whose review the policy counts, of a commit of the
        proposal in which exactly this decision stands. Said again only where it changed: a review that was dismissed
        falls out. Raises `ApprovalRefused` for a key that may not attest, and what finding a proposal raises.
        """
        self.office.refresh()
        found = Desk(self.office).find(name)
        person = Approver(self.office, self.signer)
        standing = Standing(self.office, found, Rulebook(self.office.snapshot()))
        weighed = [standing.weigh(each) for each in shown]
        taken = [each for each in weighed if isinstance(each, ReviewReport)]
        # So many that not all fit: no rejection is left out for an approval.
        told = sorted(taken, key=lambda each: (each.verdict == "approve", each.reviewer, each.review))[:MAX_REVIEWS]
        reviews = tuple(told)
        over = tuple(each for each in weighed if isinstance(each, PassedOver))
        before = person.before(found)
        if reviews == (before.reviews if before is not None else ()):
            person.required("attest")
            return Attested(Desk(self.office).view(name), reviews, over)
        pair = person.sign(found, Word("attest", why, reviews=reviews))
        if publish:
            person.publish(found, pair, why)
        return Attested(Desk(self.office).view(name), reviews, over, armoured(*pair))


@dataclass(frozen=True)
class Standing:
    """A proposal as main's rules see it, to weigh reviews by."""

    office: Office = field(repr=False)
    found: Found = field(repr=False)
    rulebook: Rulebook = field(repr=False)

    def weigh(self, shown: ShownReview) -> ReviewReport | PassedOver:
        """What can be attested of a review; else why it cannot."""
        reviewer = self.rulebook.handles.get(shown.handle)
        reason = self._fault(shown, reviewer)
        if reason or reviewer is None or shown.submitted_at is None:
            return PassedOver(shown, reason)
        return ReviewReport(
            reviewer=reviewer,
            handle=shown.handle,
            review=shown.review,
            url=shown.url if _is_plain(shown.url) else None,
            commit=shown.commit,
            verdict=shown.verdict,
            submitted_at=shown.submitted_at,
        )

    def _fault(self, shown: ShownReview, reviewer: Principal | None) -> str:
        if reviewer is None:
            return f"{shown.handle} is nobody's account in approvers.json"
        decision = self.found.decision
        if reviewer == decision.proposer.principal:
            return f"{reviewer} proposed it"
        quorum = self._quorum()
        if quorum is None or not counts_review(quorum, reviewer, decision.proposer.principal, self.rulebook.approvers):
            return f"the policy counts no review by {reviewer}: it takes a signature, or somebody else"
        if shown.submitted_at is None or not 0 < shown.review < 1 << 63:
            return "the forge does not say when it was given, or by which number"
        return self._fault_of_commit(shown.commit)

    def _quorum(self) -> Quorum | None:
        return stage_quorum(self.found.decision, self.rulebook, self.found.merged.tree)

    def _fault_of_commit(self, text: str) -> str:
        """Why what was looked at is not what is proposed; empty where it is."""
        if not text:
            return "the forge does not say of which commit it is"
        try:
            commit = CommitId(text)
        except InvalidValue:
            return "what the forge names as its commit is none"
        if not self.office.store.has_object(commit) or not self.office.store.is_ancestor(commit, self.found.tip):
            return f"its commit {commit:.8} is not part of the proposal any more"
        return "" if self._holds(commit) else f"its commit {commit:.8} holds another decision"

    def _holds(self, commit: CommitId) -> bool:
        """Whether exactly this decision stands in the tree of a commit, with every file that it names."""
        tree, decision = self.office.snapshot(commit), self.found.decision
        documents = [paths.decision(folder) for folder in self.found.change.folders]
        wanted: Mapping[str, Digest | None] = {**decision.files, **dict.fromkeys(documents, decision.digest)}
        return all(_digest(tree.read(path)) == digest for path, digest in wanted.items())


def _is_plain(url: str) -> bool:
    """Whether an address that a forge gave can stand in a document; it proves nothing and may be left out."""
    return 0 < len(url) <= _MAX_URL and url.isascii() and url.isprintable()


def _digest(data: bytes | None) -> Digest | None:
    return None if data is None else Digest.of(data)
