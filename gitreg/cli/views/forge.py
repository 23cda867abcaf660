"""What a forge has to do with a proposal, as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views.checks import findings as findings_json
from gitreg.report import Command, Line, counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg._registry import Told
    from gitreg.cli import shapes
    from gitreg.decisions import Finding, ProposalView, Sealed, Weighed
    from gitreg.report import Block, Blocks


def notes(lines: Sequence[str]) -> Blocks:
    """What a person should know beside the answer."""
    return [Line(line, "warn") for line in lines]


def collected(found: Sealed) -> shapes.Collected:
    """What was taken and what not."""
    return {
        "id": found.proposal.id,
        "commit": found.commit,
        "met": found.is_met,
        "missing": [*found.people.missing],
        "statements": [_statement(each) for each in found.weighed],
    }


def _statement(each: Weighed) -> shapes.Collectable:
    return {
        "where": each.offered.where,
        "person": each.heard.person or each.heard.statement.actor.principal if each.heard else None,
        "verdict": each.heard.statement.verdict if each.heard else None,
        "taken": each.is_taken,
        "reason": each.reason,
    }


def collected_page(found: Sealed) -> Iterator[Block]:
    """What was taken, what was refused and why, and what became of it."""
    view = found.proposal
    for each in found.weighed:
        yield _weighed(each)
    if found.commit:
        yield Line(f"Sealed {view.id}: {view.title}", "good")
        yield Line(f"commit {found.commit}", "dim")
    elif found.is_met:
        yield Line(f"Nothing to seal: {view.id} holds what it needs.", "good")
    if not found.is_met:
        yield Line(f"Needs {listed(found.people.missing)}.", "warn")
        if not found.commit:
            yield "Nothing was sealed; --anyway seals what there is."
        return
    yield "Next, merge its pull request, or:"
    yield Command(f"gitreg merge {view.id}")


def _weighed(each: Weighed) -> Line:
    if each.heard is None:
        return Line(f"refused  {each.offered.where}: {each.reason}.", "bad")
    said = f"{each.heard.statement.verdict} by {each.heard.person or each.heard.statement.actor.principal}"
    if not each.is_taken:
        return Line(f"refused  {said}, from {each.offered.where}: {each.reason}.", "bad")
    return Line(f"taken    {said}, from {each.offered.where}")


def told(found: Told, findings: Sequence[Finding]) -> shapes.Told:
    """A comment and a check that are up to date."""
    return {
        "pull_request": found.pull.url,
        "commit": found.pull.head_sha,
        "comment": found.comment.url,
        "check": found.check.conclusion,
        "findings": findings_json(findings),
    }


def told_page(found: Told, findings: Sequence[Finding]) -> Iterator[Block]:
    """The same in words."""
    yield Line(f"Comment: {found.comment.url}", "good")
    kind = "check" if found.check.kind == "check" else "commit status (a check takes an app's token)"
    yield f"{found.check.conclusion}, as a {kind} of {found.pull.head_sha:.8}: {counted(len(findings), 'finding')}."


def adopted_page(view: ProposalView) -> Iterator[Block]:
    """A fork's commits that are a proposal of ours now."""
    yield Line(f"Adopted as {view.id}: {view.title}", "good")
    yield "Next:"
    yield Command(f"gitreg proposals show {view.id}")
    yield Command(f"gitreg approve {view.id}")
