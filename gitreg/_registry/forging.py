"""Where forges meet decisions: pull requests of proposals, what people said below them, reports, branch rules.

A forge is a window and a second lock. Nothing here decides anything, and nothing that it says is believed unsigned.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from gitreg._registry.views import Ailment, Opened, Told
from gitreg.decisions import Finding, Offered, ShownReview, adopt, awaited, offered_in
from gitreg.documents import ProposalId
from gitreg.errors import GitregError, InvalidValue, ProposalNotFound, Refused, RemoteError, UsageError
from gitreg.forges import (
    PEOPLE_CHECK,
    Annotation,
    BranchFinding,
    Check,
    Clock,
    Forge,
    Kind,
    Level,
    PullRequest,
    Review,
    branch_findings,
    forge_of,
)
from gitreg.store import CommitId, find_login

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitreg._registry.parts import Parts
    from gitreg.decisions import ProposalView

CHECK = PEOPLE_CHECK
"""The name of the check with annotations, which is not complete while people's word is missing."""
MARKER = "proposal"
LANDING = "landing"
MAX_OFFERED = 500
"""Statements of one pull request that are looked at; the rest can come by `--from`."""
MAX_ANNOTATIONS = 500
_HEADS: dict[Kind, str] = {
    "github": "refs/pull/{}/head",
    "gitlab": "refs/merge-requests/{}/head",
    "gitea": "refs/pull/{}/head",
}
_NO_TOKEN = "There is no token for {}: GITREG_FORGE_TOKEN, or git's credential helper (docs/forges.md)."  # noqa: S105


class Forging:
    """One registry's forge, where its remote is on one."""

    def __init__(self, parts: Parts) -> None:
        """Nobody is asked yet."""
        self._parts = parts
        self._has_token = True

    @cached_property
    def forge(self) -> Forge | None:
        """The forge; None where nothing says that the remote is on one.

        Raises `UsageError` where the environment says so and cannot be followed.
        """
        store, environ = self._parts.store, self._parts.store.surroundings.environ
        url = store.config.remote_url()
        if url is None:
            return None
        try:
            return forge_of(store.config.rewritten(url), environ, Clock(store.surroundings.now), self._secret)
        except UsageError:
            if environ.get("GITREG_FORGE") or environ.get("GITREG_FORGE_URL"):
                raise
            return None

    def _secret(self, url: str) -> str | None:
        """What git's credential helper has for a forge; it is asked only where the environment has nothing."""
        login = find_login(url, self._parts.store.surroundings)
        self._has_token = login is not None
        return login.secret if login is not None else None

    @property
    def has_token(self) -> bool:
        """Whether there is a forge, and a token for it."""
        return self.forge is not None and self._has_token

    def required(self) -> Forge:
        """The forge. Raises `UsageError` where there is none."""
        if self.forge is None:
            hint = "Say it: GITREG_FORGE=github|gitlab|gitea, and GITREG_FORGE_URL for its front page."
            raise UsageError("The registry's remote is on no forge that gitreg knows.", hint=hint)
        return self.forge

    # Pull requests

    def open(self, view: ProposalView, text: str) -> Opened:
        """Open the pull request of a proposal that was pushed, or bring it up to date.

        Never raises: the proposal is there, whatever becomes of its pull request.
        """
        try:
            if self.forge is None:
                return Opened()
            if not self._has_token:
                return Opened(note=f"No pull request was opened. {_NO_TOKEN.format(self.forge.project)}")
            body = f"{text.rstrip()}\n\nDecision: {view.digest}\n"
            pull = self.forge.open_pull_request(self._branch(view.id), self._main, title=view.title, body=body)
        except GitregError as error:
            return Opened(note=f"No pull request was opened: {error}")
        return Opened(pull.url)

    def settle(self, pull: PullRequest, commit: str) -> PullRequest:
        """Say below a pull request where it landed, and close it unless the forge found that it is merged."""
        forge = self.required()
        forge.upsert_comment(pull.number, LANDING, f"Landed on main as {commit}.")
        return forge.close_pull_request(pull.number)

    def pull_request(self, which: str) -> PullRequest:
        """By its number, or by the id of the proposal whose branch it comes from.

        Raises `ProposalNotFound`, `InvalidValue`.
        """
        number = which.removeprefix("#")
        if number.isascii() and number.isdecimal():
            return self.required().pull_request(int(number))
        return self.required().pull_request(self._branch(ProposalId(which)))

    def offered(self, name: str) -> tuple[list[Offered], int]:
        """The statements that stand in the comments of a proposal's pull request, and how many more there are.

        Who wrote them proves nothing.
        """
        if self.forge is None:
            return [], 0
        number = self.pull_request(name).number
        found = [
            each
            for comment in self.forge.comments(number)
            for each in offered_in(comment.body, f"{comment.author}'s comment {comment.url}".rstrip())
        ]
        return found[:MAX_OFFERED], len(found[MAX_OFFERED:])

    def proposal_of(self, pull: PullRequest) -> ProposalId:
        """The proposal whose branch a pull request comes from. Raises `ProposalNotFound` where it is none of ours."""
        try:
            if self._is_ours(pull):
                return ProposalId(pull.head.removeprefix(self._prefix))
        except InvalidValue:
            pass
        message = f"The pull request #{pull.number} does not come from a proposal's branch of this repository."
        hint = f"Of a fork: gitreg proposals adopt {pull.number}"
        raise ProposalNotFound(message, subject=f"#{pull.number}", hint=hint)

    def proposed(self) -> list[PullRequest]:
        """The open pull requests of proposals."""
        return [each for each in self.required().pull_requests() if self._is_ours(each)]

    @property
    def _prefix(self) -> str:
        """What the branches of proposals begin with."""
        return self._parts.store.branches.proposals.removeprefix("refs/heads/")

    def _is_ours(self, pull: PullRequest) -> bool:
        return not pull.is_fork and pull.head.startswith(self._prefix)

    def reviews(self, pull: PullRequest) -> list[ShownReview]:
        """The review that stands of each account: its last word, without mere comments, unless it was dismissed.

        Raises `Refused` on a forge that does not say which commit was reviewed.
        """
        forge = self.required()
        if forge.kind == "gitlab":
            message = "GitLab does not say which commit an approval was given for, so it cannot be attested."
            raise Refused(message, subject=pull.url, hint="Sign instead: gitreg approve ID")
        last: dict[str, Review] = {}
        for each in forge.reviews(pull.number):
            if each.state != "commented" and each.author:
                last[each.author.lower()] = each
        return [_shown(f"{forge.kind}:{login}", each) for login, each in last.items() if each.state != "dismissed"]

    def tell(self, pull: PullRequest, body: str, findings: Sequence[Finding]) -> Told:
        """Keep one comment below a pull request up to date, and a check beside its head."""
        forge = self.required()
        check = forge.put_check(pull.head_sha, check_of(findings))
        return Told(pull, forge.upsert_comment(pull.number, MARKER, body), check)

    def publish(self, commit: CommitId, findings: Sequence[Finding], *, may_wait: bool) -> None:
        """Show what was found beside a commit that need not be a pull request's."""
        self.required().put_check(commit, check_of(findings, may_wait=may_wait))

    def fetch_head(self, pull: PullRequest) -> CommitId:
        """The head of a pull request, here as objects: no ref of ours moves, nothing is checked out.

        Raises `RemoteError` where the remote has another head by now, and what fetching raises.
        """
        try:
            head = CommitId(pull.head_sha)
        except InvalidValue:
            raise RemoteError(f"The forge names no commit as the head of #{pull.number}.") from None
        remote = self._parts.remote()
        if not self._parts.store.has_object(head) and remote is not None:
            ref = _HEADS[self.required().kind].format(pull.number)
            if remote.fetch([ref]).get(ref) != head:
                raise RemoteError(f"The head of #{pull.number} moved meanwhile.", hint="Try again.")
        return head

    def adopt(self, pull: PullRequest) -> ProposalView:
        """Put the head of a pull request, which was validated, on the branch of its decision; see `adopt`."""
        office = self._parts.office
        office.refresh()
        return adopt(office, self.fetch_head(pull))

    # Branches

    def branch_ailments(self) -> list[Ailment]:
        """Which promise each setting breaks that main and the ledger lack; nothing where nobody can be asked."""
        if not self.has_token:
            return []
        found: list[Ailment] = []
        ledger = self._parts.store.branches.ledger.removeprefix("refs/heads/")
        for branch, is_main in ((self._main, True), (ledger, False)):
            rules = self.required().branch_rules(branch)
            found += [_ailment(branch, each) for each in branch_findings(rules, "main" if is_main else "ledger")]
        return found

    @property
    def _main(self) -> str:
        return self._parts.store.branches.main.removeprefix("refs/heads/")

    def _branch(self, name: ProposalId) -> str:
        return self._parts.store.branches.proposal(name).removeprefix("refs/heads/")


def check_of(findings: Sequence[Finding], *, may_wait: bool = True) -> Check:
    """The check: red for what blocks; annotations at the files, which begin at line one since documents are whole.

    Where only people's word is missing it is not complete, which blocks a merge as well; without `may_wait`, red.
    """
    waiting = awaited(findings) if may_wait else ()
    if waiting:
        words = "; ".join(dict.fromkeys(each.message.rstrip(".") for each in waiting))
        return Check(CHECK, "pending", f"Waits: {words}", f"Waits: {words}.")
    blocking = sum(each.severity == "block" for each in findings)
    rest = len(findings) - blocking
    title = f"{blocking} in the way, {rest} to know" if findings else "Nothing is in the way"
    notes = tuple(_annotation(each) for each in findings if each.path)
    return Check(CHECK, "failure" if blocking else "success", title, title + ".", notes[:MAX_ANNOTATIONS])


def _shown(handle: str, each: Review) -> ShownReview:
    verdict: Literal["approve", "reject"] = "approve" if each.state == "approved" else "reject"
    return ShownReview(handle, each.number, each.url, each.commit, verdict, each.submitted_at)


def _annotation(each: Finding) -> Annotation:
    level: Level = "failure" if each.severity == "block" else "warning"
    return Annotation(each.path, 1, level, f"{each.message} {each.hint}".strip(), each.rule)


def _ailment(branch: str, each: BranchFinding) -> Ailment:
    unknown = "This token may not see it. " if each.certainty == "unknown" else ""
    return Ailment(f"branch-{each.id}", branch, f"{unknown}{each.promise}", each.setting, severity="warn")
