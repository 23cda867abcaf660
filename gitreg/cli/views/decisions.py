"""Decisions, proposals and people as JSON and as pages."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.cli.views.checks import finding
from gitreg.cli.views.review import page_of
from gitreg.documents import format_time
from gitreg.report import (
    Cell,
    Command,
    Line,
    Table,
    counted,
    listed,
    short,
    verdict_of,
    when,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gitreg.cli import shapes
    from gitreg.decisions import HoldView, Landing, Outcome, OverrideView, ProposalView, Rulebook, Said
    from gitreg.documents import Decision, Evidence, Principal, RuleResult
    from gitreg.policy import PeopleVerdict
    from gitreg.report import Block, Tone


def people(verdict: PeopleVerdict) -> shapes.People:
    """Whose word is needed and there."""
    return {
        "outcome": verdict.outcome,
        "needed": [*verdict.needed],
        "approved_by": [*verdict.have],
        "rejected_by": [*verdict.rejected_by],
        "missing": [*verdict.missing],
        "signed_by_proposer": verdict.proposed,
    }


def rules(evidence: Mapping[str, Evidence]) -> list[shapes.Rule]:
    """The rules' answers."""
    return [rule for each in evidence.values() for rule in rules_of(each.rules)]


def rules_of(results: Iterable[RuleResult]) -> list[shapes.Rule]:
    """Answers of rules."""
    return [
        {
            "rule": rule.rule,
            "kind": rule.kind,
            "severity": rule.severity,
            "outcome": rule.outcome,
            "text": rule.text,
        }
        for rule in results
    ]


def moves(decision: Decision) -> list[shapes.Move]:
    """What changes where."""
    return [
        {"model": move.model, "stage": move.stage, "version": move.number, "digest": move.version}
        for move in decision.moves
    ]


def proposal(view: ProposalView) -> shapes.Proposal:
    """A proposal for programs."""
    return {
        "id": view.id,
        "title": view.title,
        "state": view.state,
        "action": view.decision.action,
        "decision": view.digest,
        "moves": moves(view.decision),
        "reason": view.decision.reason,
        "proposer": view.decision.proposer.principal,
        "proposed_at": format_time(view.decision.proposed_at),
        "expires_at": facts.time(view.decision.expires_at),
        "regularise_by": facts.time(view.decision.regularise_by),
        "people": people(view.people),
        "rules": rules(view.evidence),
        "findings": [finding(each) for each in view.findings],
    }


def list_page(views: Sequence[ProposalView]) -> Iterator[Block]:
    """What waits, and for whom."""
    if not views:
        yield "No open proposals."
        return
    rows = tuple(
        (Cell(view.id, "strong"), view.title, view.decision.proposer.principal, _waits(view), _age(view))
        for view in views
    )
    yield Table(("proposal", "what", "by", "where it stands", "proposed"), rows, whole=("proposal", "proposed"))


def _waits(view: ProposalView) -> Cell:
    line = verdict_of(page_of(view))
    return Cell(line.text.rstrip("."), line.tone)


def _age(view: ProposalView) -> str:
    return when(view.decision.proposed_at)


def outcome(found: Outcome) -> shapes.Result:
    """What deciding came to."""
    return {
        "title": found.title,
        "landed": found.landed,
        "proposal": proposal(found.proposal) if found.proposal else None,
        "pull_request": None,
        "policy": None,
        "unreviewed": found.unreviewed,
        "warnings": [*found.warnings],
        "findings": [finding(each) for each in found.findings],
    }


def outcome_page(found: Outcome) -> Iterator[Block]:
    """What deciding came to, and what is next."""
    if found.landed:
        yield Line(f"Landed: {found.title}", "good")
        yield Line(f"commit {found.landed}", "dim")
        yield from _after(found)
    elif found.proposal:
        yield from _proposed(found.proposal, found.warnings)


def _after(found: Outcome) -> Iterator[Block]:
    for move in found.decision.moves if found.decision else ():
        if move.version:
            yield "Next:"
            yield Command(f"gitreg resolve {quote(f'models:/{move.model}@{move.stage}')}")


def _proposed(view: ProposalView, warnings: Sequence[str]) -> Iterator[Block]:
    yield Line(f"Proposed {view.id}: {view.title}", "good")
    yield verdict_of(page_of(view))
    yield from (Line(warning, "warn") for warning in warnings)
    yield "Next, somebody else:"
    yield Command(f"gitreg proposals show {view.id}")
    yield Command(f"gitreg approve {view.id}")


def said_page(said: Said) -> Iterator[Block]:
    """What a signature came to."""
    view = said.proposal
    verbs = {"approve": "Approved", "reject": "Rejected", "propose": "Signed, as its proposer,"}
    yield Line(f"{verbs[said.verdict]} {view.id}: {view.title}", "good" if said.counts else "plain")
    if said.note:
        yield Line(said.note, "warn")
    yield verdict_of(page_of(view))
    if view.state == "approved":
        yield "Next:"
        yield Command(f"gitreg merge {view.id}")


def closed_page(view: ProposalView) -> Iterator[Block]:
    """That it is closed."""
    yield Line(f"Closed {view.id}: {view.title}", "good")
    yield Line(f"Its commits are kept: git log refs/gitreg/closed/{view.id}", "dim")


def landing(name: str, found: Landing) -> shapes.Landing:
    """A proposal that landed."""
    return {"id": name, "title": found.title, "landed": found.entry.place.commit, "pull_request": None}


def merged_page(name: str, found: Landing) -> Iterator[Block]:
    """That it landed."""
    yield Line(f"Merged {name}: {found.title}", "good")
    yield Line(f"commit {found.entry.place.commit}", "dim")
    if found.entry.target:
        yield "Next:"
        target = found.entry.target
        yield Command(f"gitreg resolve {quote(f'models:/{target.model}@{target.stage}')}")


def log_entry(found: Landing) -> shapes.LogEntry:
    """One landing for programs."""
    entry = found.entry
    decision, move, target = entry.decision, entry.move, entry.target
    return {
        "model": target.model if target else None,
        "stage": target.stage if target else None,
        "action": decision.action if decision else "unreadable",
        "title": found.title,
        "version": move.number if move else None,
        "digest": move.version if move else None,
        "decision": entry.digest,
        "commit": entry.place.commit,
        "at": format_time(found.at),
        "proposer": decision.proposer.principal if decision else None,
        "approved_by": [*entry.judgement.people.have],
        "reason": decision.reason if decision else None,
        "in_force": entry.judgement.is_in_force,
        "unreviewed": entry.judgement.is_in_force and entry.judgement.is_unreviewed,
        "override": override(found.override) if found.override else None,
    }


def override(view: OverrideView) -> shapes.Override:
    """An override that is not regularised yet."""
    return {
        "model": view.model,
        "stage": view.stage,
        "version": view.number,
        "decision": view.decision,
        "regularise_by": format_time(view.regularise_by),
        "overdue": view.is_overdue,
    }


def override_line(view: OverrideView, start: str = "") -> Line:
    """That it has to be regularised, and when."""
    late = ", which is over" if view.is_overdue else ""
    tone: Tone = "bad" if view.is_overdue else "warn"
    return Line(f"{start}override, to be regularised by {when(view.regularise_by)}{late}", tone)


def log_page(found: Sequence[Landing]) -> Iterator[Block]:
    """Who decided what, newest first: three lines a landing."""
    if not found:
        yield "Nothing was decided yet."
    for each in found:
        yield from _log_lines(each)


def more_of_log(left: int) -> Iterator[Block]:
    """That the log goes on."""
    if left:
        yield Line(f"{counted(left, 'older landing')} not shown; --limit and --all show more.", "dim")


def _log_lines(found: Landing) -> Iterator[Block]:
    entry = found.entry
    commit = entry.place.commit[:8]
    if not entry.judgement.is_in_force:
        why = next((each.message for each in entry.judgement.findings if each.severity == "block"), "")
        yield Line(f"{commit}  {when(found.at)}  {found.title}  NOT IN FORCE", "bad")
        yield Line(f"          {why}", "bad")
        return
    yield Line(f"{commit}  {when(found.at)}  {found.title}", "strong")
    if found.override:
        yield override_line(found.override, "          ")
    if entry.decision:
        approved = f", approved by {listed(entry.judgement.people.have)}" if entry.judgement.people.have else ""
        yield f"          by {entry.decision.proposer.principal}{approved}"
        yield Line(f"          {entry.decision.reason}", "dim")


def approvers(rulebook: Rulebook) -> list[shapes.Approver]:
    """Who may approve, each key by its fingerprint."""
    keys = {
        person: [key for key, owner in rulebook.owners.items() if owner.person == person] for person in _all(rulebook)
    }
    people = rulebook.approvers.people
    return [
        {
            "principal": person,
            "groups": [*people[person].groups],
            "keys": [*keys[person]],
            "forge": [*people[person].forge],
            "attests": people[person].attests,
        }
        for person in _all(rulebook)
    ]


def _all(rulebook: Rulebook) -> list[Principal]:
    return sorted(rulebook.approvers.people)


def approvers_page(found: Sequence[shapes.Approver]) -> Iterator[Block]:
    """Who may approve."""
    rows = tuple(
        (
            Cell(each["principal"], "strong"),
            "only attests reviews" if each["attests"] else listed(each["groups"]) or "-",
            listed([*(key[:16] for key in each["keys"]), *each["forge"]]),
        )
        for each in found
    )
    if not rows:
        yield "Nobody may approve yet."
        yield Command("gitreg approvers add YOU@EXAMPLE.ORG --key ~/.ssh/id_ed25519.pub -m WHY")
        return
    yield Table(("person", "groups", "keys"), rows, whole=("person",))


def hold(view: HoldView) -> shapes.Hold:
    """One hold."""
    return {
        "model": view.model,
        "version": view.number,
        "digest": view.version,
        "stages": [*view.stages],
        "reason": view.reason,
    }


def holds_page(views: Sequence[HoldView]) -> Iterator[Block]:
    """The holds."""
    if not views:
        yield "No version is held."
        return
    rows = tuple(
        (
            Cell(f"{view.model}/{view.number or f'~{short(view.version)}'}", "strong"),
            listed(view.stages) or "all",
            view.reason,
        )
        for view in views
    )
    yield Table(("version", "stages", "why"), rows, whole=("version",))
