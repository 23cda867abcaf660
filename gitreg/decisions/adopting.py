"""A stranger's commits as a proposal of ours: a fork's head, already here as objects, put on a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions.collecting import change_of, closed_proposals, open_proposals
from gitreg.decisions.reading import Desk
from gitreg.decisions.refusing import PEOPLE
from gitreg.decisions.titles import id_of, is_called
from gitreg.errors import Conflict, ProposalClosed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitreg.decisions.collecting import Change
    from gitreg.decisions.findings import Finding
    from gitreg.decisions.office import Office
    from gitreg.decisions.views import ProposalView
    from gitreg.documents import ProposalId
    from gitreg.store import CommitId


def hindrances(findings: Iterable[Finding]) -> list[Finding]:
    """What forbids that a change becomes a proposal: all that blocks, but for what people's word will meet."""
    return [each for each in findings if each.severity == "block" and each.rule not in PEOPLE]


def adopt(office: Office, head: CommitId) -> ProposalView:
    """Put a commit that was validated on the branch of the one decision that it holds, here and at the remote.

    Nothing of it is checked out or run. Adopting what grew since moves the branch forward. Raises `ProposalNotFound`
    where it holds no decision, `ProposalClosed`, `Conflict` where the branch went another way meanwhile.
    """
    change = change_of(office, office.main, head)
    landed = Desk(office).landed(change, head)
    if landed is not None:
        raise ProposalClosed(f"Its decision has landed already: commit {landed:.8}.", subject=head, hint="gitreg log")
    name = _name_of(office, change)
    tip = open_proposals(office).get(name)
    if tip is not None and not office.store.is_ancestor(tip, head):
        message = f"{name} is proposed already, and its branch has commits that this one lacks."
        raise Conflict(message, subject=name, hint=f"gitreg proposals show {name}")
    office.move({office.store.branches.proposal(name): head})
    return Desk(office).view(name)


def _name_of(office: Office, change: Change) -> ProposalId:
    """The id that the decision has, or gets. Raises `ProposalClosed` for one that was given up."""
    closed = closed_proposals(office)
    for name in (*open_proposals(office), *closed):
        if is_called(change.decision, name):
            if name in closed:
                message = f"{name} was closed."
                raise ProposalClosed(message, subject=name, hint=f"git log refs/gitreg/closed/{name}")
            return name
    return id_of(change.decision)
