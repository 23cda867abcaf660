"""What a forge adds to a command: a pull request after deciding, words from its comments, its branch rules.

The proposal, and this clone, are what counts: a forge that is not reached is one line on stderr.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.session import Reply
from gitreg.cli.views import decisions
from gitreg.cli.views.checks import findings_page
from gitreg.cli.views.rehearsal import rehearsal, rehearsal_page
from gitreg.cli.views.review import review_of
from gitreg.decisions import Attestor, Sealer, hindrances, offered_in
from gitreg.errors import (
    ApprovalRefused,
    GitregError,
    InvalidDocument,
    InvalidValue,
    MissingExtra,
    ProposalClosed,
    ProposalNotFound,
    StorageError,
)
from gitreg.report import MAX_MARKDOWN, Heading, Line, fitted_markdown, proposal_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gitreg._registry import Ailment, Registry, Told
    from gitreg.cli.session import Session
    from gitreg.decisions import Attested, Finding, Offered, Outcome, PolicyCheck, ProposalView, Sealed
    from gitreg.forges import PullRequest
    from gitreg.signing import Signer

_ROOM = 1_000
"""Characters of a pull request's text that are kept for what stands below the page."""
_FORGES = ("github", "gitlab", "gitea", "forgejo", "codeberg")


def decided(session: Session, outcome: Outcome, *, dry_run: bool = False, policy: PolicyCheck | None = None) -> Reply:
    """The reply to a decision, with the pull request of the proposal that it became where the remote is on a forge.

    A dry run that would be refused ends as the refusal would.
    """
    if dry_run:
        code = outcome.refused.exit_code if outcome.refused else 0
        return Reply(rehearsal(outcome, policy), rehearsal_page(outcome, policy), exit_code=code)
    data, page = decisions.outcome(outcome), decisions.outcome_page(outcome)
    if outcome.proposal is None:
        return Reply(data, page)
    url, note = _opened(session.registry, outcome.proposal)
    more = [f"Pull request: {url}"] if url else []
    return Reply({**data, "pull_request": url or None}, [*page, *more], _notes(note))


def _opened(registry: Registry, view: ProposalView) -> tuple[str, str]:
    """Where the pull request is; else why there is none, if there could be one."""
    try:
        found = registry.forging.open(view, markdown_of(registry, view))
    except MissingExtra as error:
        return "", f"No pull request was opened. {error}" if on_forge(registry) else ""
    return found.url, found.note


def merged(session: Session, proposal: str, message: str | None) -> Reply:
    """Land a proposal, then say so below its pull request and close it. The landing is what counts, whatever the forge
    says; before it the pull request has to be found, since its branch goes.
    """
    registry = session.registry
    pull, note = _pull_of(registry, proposal)
    found = registry.proposals.merge(proposal, message)
    if pull is not None:
        try:
            registry.forging.settle(pull, found.entry.place.commit)
        except GitregError as error:
            note = f"The pull request {pull.url} was not closed: {error}"
    data = decisions.landing(proposal, found)
    url = pull.url if pull is not None else None
    return Reply({**data, "pull_request": url}, decisions.merged_page(proposal, found), _notes(note))


def _pull_of(registry: Registry, proposal: str) -> tuple[PullRequest | None, str]:
    """The open pull request of a proposal; why it could not be looked for, if so."""
    try:
        if registry.forging.forge is None:
            return None, ""
        if not registry.forging.has_token:
            return None, "A pull request of it, if there is one, was not closed: there is no token for the forge."
        return registry.forging.pull_request(proposal), ""
    except (ProposalNotFound, InvalidValue):
        return None, ""
    except MissingExtra as error:
        return None, f"A pull request of it was not closed. {error}" if on_forge(registry) else ""
    except GitregError as error:
        return None, f"A pull request of it was not closed: {error}"


def collect(
    registry: Registry, name: str, files: Sequence[Path], *, anyway: bool = False, why: str | None = None
) -> tuple[Sealed, list[str]]:
    """Seal what people said in refs, comments and files; and what could not be looked at, in words.

    Raises what `Sealer.collect` raises, and `StorageError` for a file that cannot be read.
    """
    handed = [each for file in files for each in _in_file(file)]
    offered, note = said_on_forge(registry, name)
    found = Sealer(registry.record.office).collect(name, [*handed, *offered], anyway=anyway, why=why)
    return found, [note] if note else []


def _in_file(file: Path) -> list[Offered]:
    """The statements of a file. Raises `InvalidDocument` where there is none."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StorageError(f"{file} cannot be read: {error.strerror}.", subject=str(file)) from None
    found = offered_in(text, str(file))
    if not found:
        raise InvalidDocument(f"{file} holds no statement.", subject=str(file), hint="gitreg approve ID --print")
    return found


def comment(registry: Registry, which: str, base: str) -> tuple[Told, list[Finding]]:
    """Bring a pull request's comment and check up to date. `which` is its number or the proposal's id."""
    pull = registry.forging.pull_request(which)
    findings = registry.validate(base, registry.forging.fetch_head(pull))
    return registry.forging.tell(pull, _comment_text(registry, pull.head_sha, findings), findings), findings


def publish(registry: Registry, head: str, findings: Sequence[Finding], *, may_wait: bool) -> None:
    """Set the check beside a commit on the forge. Raises what asking a forge raises."""
    registry.forging.publish(registry.record.office.commit_at(head), findings, may_wait=may_wait)


def _comment_text(registry: Registry, head: str, findings: Sequence[Finding]) -> str:
    """The page of the proposal whose branch is at this commit; else what was found, which is all there is to say."""
    views = [view for view in registry.proposals.list() if view.tip == head]
    if views:
        return markdown_of(registry, views[0])
    page = [Heading(f"{head:.8} as a proposal"), *findings_page(findings)]
    return fitted_markdown(page, "gitreg validate", MAX_MARKDOWN - _ROOM)


def attest(
    registry: Registry, which: str | None, signer: Signer, why: str | None = None
) -> tuple[list[Attested], list[str]]:
    """Sign which reviews a forge shows of a proposal, and keep that in a ref.

    Where none is named, of every open one; what cannot be looked at is then said in words and keeps nothing else back.
    Raises `ApprovalRefused` for a key that may not, `ProposalNotFound`, `Refused` on GitLab.
    """
    attestor = Attestor(registry.record.office, signer)
    if which is not None:
        return [_attest(registry, attestor, registry.forging.pull_request(which), why)], []
    found: list[Attested] = []
    notes: list[str] = []
    for pull in registry.forging.proposed():
        try:
            found.append(_attest(registry, attestor, pull, why))
        except ProposalClosed:
            continue
        except ApprovalRefused:
            raise
        except GitregError as error:
            notes.append(f"#{pull.number}: {error}")
    return found, notes


def _attest(registry: Registry, attestor: Attestor, pull: PullRequest, why: str | None) -> Attested:
    reviews = registry.forging.reviews(pull)
    return attestor.attest(registry.forging.proposal_of(pull), reviews, why=why)


def adopt(registry: Registry, which: str) -> tuple[ProposalView | None, list[Finding]]:
    """A fork's pull request as a proposal of ours; without it, what forbids that."""
    pull = registry.forging.pull_request(which)
    base, head = registry.store.branches.main, registry.forging.fetch_head(pull)
    findings = hindrances(registry.validate(base, head))
    if findings:
        return None, findings
    return registry.forging.adopt(pull), findings


def said_on_forge(registry: Registry, name: str) -> tuple[list[Offered], str]:
    """The statements in the comments of a proposal's pull request; and why they could not be read, if so."""
    try:
        found, left = registry.forging.offered(name)
    except ProposalNotFound:
        return [], ""
    except MissingExtra as error:
        return [], f"Comments were not read. {error}" if on_forge(registry) else ""
    except GitregError as error:
        return [], f"Comments were not read: {error}"
    return found, f"{left} more statements in the comments were not read; --from takes them." if left else ""


def branch_ailments(registry: Registry) -> tuple[list[Ailment], list[Line]]:
    """What the forge does not hold of main and ledger; and why it could not be asked, if so."""
    try:
        return registry.forging.branch_ailments(), []
    except MissingExtra as error:
        return [], _notes(f"Branch rules were not read. {error}" if on_forge(registry) else "")
    except GitregError as error:
        return [], _notes(f"Branch rules were not read: {error}")


def markdown_of(registry: Registry, view: ProposalView) -> str:
    """The page of a proposal as a forge takes it."""
    page = review_of(registry, registry.proposals.get(view.id))
    return fitted_markdown([*proposal_page(page)], f"gitreg proposals show {view.id}", MAX_MARKDOWN - _ROOM)


def on_forge(registry: Registry) -> bool:
    """Whether the remote looks like one on a forge, to somebody who cannot load what would know."""
    store = registry.store
    said = store.surroundings.environ.get("GITREG_FORGE", "")
    return bool(said) or any(each in (store.config.shown_url() or "") for each in _FORGES)


def _notes(note: str) -> list[Line]:
    return [Line(note, "warn")] if note else []
