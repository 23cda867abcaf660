"""The page of a proposal, put together from everything that this clone knows about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitreg.blobs import read_manifest
from gitreg.cli.views.pictures import with_pictures
from gitreg.decisions import Rulebook, read_document
from gitreg.documents import Version, paths
from gitreg.errors import GitregError, InvalidDocument, StorageError
from gitreg.policy import governance_quorum, quorum_of, union_of
from gitreg.report import (
    FileChange,
    Listing,
    Opinion,
    Problem,
    ProposalPage,
    fitted_markdown,
    html,
    proposal_page,
    review_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gitreg._registry import Registry
    from gitreg.decisions import Finding, Heard, ProposalView
    from gitreg.documents import Dataset, Digest, Move, Principal, Tree
    from gitreg.policy import Quorum
    from gitreg.report import Block, Blocks

_OF_PEOPLE = ("approvals", "unsigned", "rejected", "approval-ignored", "checks")
"""Findings that the page says in its own words: who is missing, who said no, whose word does not count."""


def shown(page: ProposalPage, form: str, output: Path | None = None) -> Blocks:
    """The page as it was asked for; where it was written, if it was to be written to a file."""
    if form == "terminal" and output is None:
        return proposal_page(page)
    text = text_of(page, form)
    if output is None:
        return [*text.splitlines()]
    write(output, text)
    return [f"Written to {output}."]


def text_of(page: ProposalPage, form: str) -> str:
    """The page as HTML, or as Markdown that a forge takes."""
    blocks: list[Block] = [*proposal_page(page)]
    if form == "html":
        return html(page.title, blocks)
    return fitted_markdown(blocks, f"gitreg proposals show {page.id}")


def write(output: Path, text: str) -> None:
    """Write a file for the user. Raises `StorageError`."""
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StorageError(f"{output} cannot be written: {error.strerror}.", subject=str(output)) from None


def page_of(view: ProposalView) -> ProposalPage:
    """A proposal by itself, without what has to be looked up for its page."""
    return ProposalPage(
        id=view.id,
        state=view.state,
        title=view.title,
        decision=view.decision,
        digest=view.digest,
        evidence=tuple(view.evidence.values()),
        people=view.people,
        opinions=tuple(map(_opinion, sorted(view.statements, key=lambda each: (each.statement.signed_at, each.key)))),
        problems=tuple(_problem(each) for each in view.findings if each.rule not in _OF_PEOPLE),
    )


def review_of(registry: Registry, view: ProposalView) -> ProposalPage:
    """A proposal with all that a reviewer decides by. What cannot be looked up here is left out, or said."""
    office = registry.record.office
    before, after = office.snapshot(), office.snapshot(view.tip)
    versions = tuple(_versions(registry, view, after))
    page = replace(
        page_of(view),
        files=files_of(view, before, after),
        able=able(view, Rulebook(before)),
        versions=versions,
        datasets=tuple(_datasets(registry, versions)),
        listings=tuple(_listings(registry, versions)),
        holds=tuple(_holds(registry, view)),
        now=office.now,
    )
    return with_pictures(page, registry)


def _opinion(heard: Heard) -> Opinion:
    said = heard.statement
    checks = tuple((each.name, each.status) for each in said.checks)
    person = heard.person or said.actor.principal
    reviews = tuple((review_words(each), heard.ignored.get(each, "")) for each in said.reviews)
    return Opinion(person, said.verdict, said.reason, said.conditions, heard.reason, checks, reviews)


def _problem(each: Finding) -> Problem:
    return Problem(each.rule, each.path, each.message, each.hint, each.severity == "block")


def files_of(view: ProposalView, before: Tree, after: Tree) -> tuple[FileChange, ...]:
    """The files that a decision names outside of stages, as they stand on main and as they would be."""
    paths_named = sorted(path for path in view.decision.files if "/stages/" not in path)
    return tuple(FileChange(path, _text(before.read(path)), _text(after.read(path))) for path in paths_named)


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode(errors="replace")


# Who could approve


def able(view: ProposalView, rulebook: Rulebook) -> tuple[Principal, ...]:
    """Everyone with a key whose approval would count and is not there yet; nobody where the rules cannot be read."""
    said = {*view.people.have, *view.people.rejected_by}
    try:
        people, quorum = rulebook.approvers.people, _quorum(view, rulebook)
    except InvalidDocument:
        return ()
    proposer = view.decision.proposer.principal
    return tuple(
        person
        for person in sorted(people)
        if person not in said and people[person].keys and quorum.eligible(person, people[person], proposer)
    )


def _quorum(view: ProposalView, rulebook: Rulebook) -> Quorum:
    if not view.decision.moves:
        return governance_quorum(rulebook.policies().values())
    return union_of(_asked(view, move, rulebook) for move in view.decision.moves if rulebook.is_protected(move.stage))


def _asked(view: ProposalView, move: Move, rulebook: Rulebook) -> Quorum:
    evidence = view.evidence.get(paths.stage_folder(move.model, move.stage))
    observations = evidence.observations if evidence else ()
    return quorum_of(rulebook.policy(move.stage), view.decision.action, move.model, observations)


# What it is about


def _versions(registry: Registry, view: ProposalView, after: Tree) -> Iterator[Version]:
    for folder, evidence in view.evidence.items():
        try:
            candidate = read_document(after, paths.stage_version(folder), Version)
        except InvalidDocument:  # the findings say so
            candidate = None
        baseline = _recorded(registry, evidence.baseline.version) if evidence.baseline else None
        yield from (each for each in (candidate, baseline) if each is not None)


def _recorded(registry: Registry, digest: Digest) -> Version | None:
    """A version's document from the ledger, which keeps every one."""
    try:
        return registry.models.version(digest).document
    except GitregError:
        return None


def _datasets(registry: Registry, versions: Sequence[Version]) -> Iterator[Dataset]:
    """What the ledger here knows of the data that versions name."""
    wanted = {use.digest for version in versions for use in version.datasets}
    yield from (each for each in registry.index.datasets() if each.content_digest in wanted)


def _listings(registry: Registry, versions: Sequence[Version]) -> Iterator[Listing]:
    for version in versions:
        try:
            found = read_manifest(registry.blobs, version.artifacts.digest)
        except GitregError:  # its digest tells already whether it changed
            continue
        yield Listing(version.artifacts.digest, {each.path: (each.digest, each.size) for each in found.files})


def _holds(registry: Registry, view: ProposalView) -> Iterator[str]:
    for model in sorted({move.model for move in view.decision.moves}):
        try:
            found = registry.record.holds(model)
        except InvalidDocument as error:
            yield f"The holds on {model} cannot be read: {error.message}"
            continue
        for hold in found:
            where = ", ".join(hold.stages) or "any stage"
            name = hold.number if hold.number is not None else f"~{hold.version.hex[:8]}"
            yield f"{model}/{name} may not go to {where}: {hold.reason}"
