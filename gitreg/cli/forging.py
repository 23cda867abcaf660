"""What a forge adds to a command: a pull request after deciding, words from its comments, its branch rules.

The proposal, and this clone, are what counts: a forge that is not reached is one line on stderr.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.session import Reply
from gitreg.cli.views import decisions
from gitreg.cli.views.review import review_of
from gitreg.errors import GitregError, MissingExtra, ProposalNotFound
from gitreg.report import MAX_MARKDOWN, Line, fitted_markdown, proposal_page

if TYPE_CHECKING:
    from gitreg._registry import Ailment, Registry
    from gitreg.cli.session import Session
    from gitreg.decisions import Offered, Outcome, ProposalView

_ROOM = 1_000
"""Characters of a pull request's text that are kept for what stands below the page."""
_FORGES = ("github", "gitlab", "gitea", "forgejo", "codeberg")


def decided(session: Session, outcome: Outcome, *, dry_run: bool = False) -> Reply:
    """The reply to a decision, with the pull request of the proposal that it became where the remote is on a forge."""
    data, page = decisions.outcome(outcome), decisions.outcome_page(outcome, dry_run=dry_run)
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


def said_on_forge(registry: Registry, name: str) -> tuple[list[Offered], str]:
    """The statements in the comments of a proposal's pull request; and why they could not be read, if so."""
    try:
        return registry.forging.offered(name), ""
    except ProposalNotFound:
        return [], ""
    except MissingExtra as error:
        return [], f"Comments were not read. {error}" if on_forge(registry) else ""
    except GitregError as error:
        return [], f"Comments were not read: {error}"


def branch_ailments(registry: Registry) -> tuple[list[Ailment], str]:
    """What the forge does not hold of main and ledger; and why it could not be asked, if so."""
    try:
        return registry.forging.branch_ailments(), ""
    except MissingExtra as error:
        return [], f"Branch rules were not read. {error}" if on_forge(registry) else ""
    except GitregError as error:
        return [], f"Branch rules were not read: {error}"


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
