"""Finding proposals by their ids, and saying how they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitreg.decisions import stages
from gitreg.decisions.collecting import Change, Merged, change_of, closed_proposals, merged, open_proposals
from gitreg.decisions.deciding import in_force_move
from gitreg.decisions.findings import Finding, outcome_of
from gitreg.decisions.judgement import Judgement
from gitreg.decisions.landing import folders_of
from gitreg.decisions.rulebook import Rulebook, read_document
from gitreg.decisions.statements import AskedOf, hear
from gitreg.decisions.timing import late
from gitreg.decisions.titles import is_called, title_of
from gitreg.decisions.views import ProposalView, State
from gitreg.documents import Decision, Digest, Evidence, ProposalId, Tree, paths
from gitreg.errors import Conflict, InvalidValue, ProposalClosed, ProposalNotFound
from gitreg.store import CommitId

if TYPE_CHECKING:
    from gitreg.decisions.judging import Judge
    from gitreg.decisions.office import Office
    from gitreg.decisions.stages import LogEntry
    from gitreg.decisions.statements import Heard

_LIST = "List them: gitreg proposals list --all"


@dataclass(frozen=True)
class Found:
    """An open proposal, as it would merge into main's tip."""

    name: ProposalId
    tip: CommitId
    change: Change
    merged: Merged = field(repr=False)

    @property
    def decision(self) -> Decision:
        """What it decides."""
        return self.change.decision

    @property
    def digest(self) -> Digest:
        """The decision's digest."""
        return self.change.digest

    @property
    def judgement(self) -> Judgement:
        """The verdict, as if it were merged now."""
        return self.merged.judgement


@dataclass(frozen=True)
class Desk:
    """Looks proposals up."""

    office: Office

    def find(self, name: str) -> Found:
        """An open proposal. Raises `ProposalNotFound`, `ProposalClosed` where it was closed or merged."""
        tip = self._open(name)
        wanted = ProposalId(name)
        base = self.office.main
        change = change_of(self.office, base, tip, name)
        landed = self.landed(change, tip)
        if landed is not None:
            message = f"{name} was merged: commit {landed:.8}."
            raise ProposalClosed(message, subject=name, hint="gitreg log")
        return Found(wanted, tip, change, merged(self.office, base, change))

    def _open(self, name: str) -> CommitId:
        tip = open_proposals(self.office).get(_checked(name))
        if tip is not None:
            return tip
        if ProposalId(name) in closed_proposals(self.office):
            hint = f"Its commits are kept: git log refs/gitreg/closed/{name}"
            raise ProposalClosed(f"{name} was closed.", subject=name, hint=hint)
        entry = self.entry(name)
        if entry is not None:
            message = f"{name} was merged: commit {entry.place.commit:.8}."
            raise ProposalClosed(message, subject=name, hint="gitreg log")
        known = ", ".join(open_proposals(self.office)) or "none"
        raise ProposalNotFound(f"There is no proposal {name} (open are: {known}).", subject=name, hint=_LIST)

    def landed(self, change: Change, tip: CommitId) -> str | None:
        """The commit of main where the decision of a branch landed, in force or not."""
        folder = change.folders[0]
        judge = self.office.judge()
        position = judge.steps(folder).first.get(self.office.store.snapshot(tip).object_id(paths.decision(folder)))
        return None if position is None else judge.history.commits[position]

    def entry(self, name: str) -> LogEntry | None:
        """The log entry of the decision that an id means, if it landed."""
        judge = self.office.judge()
        for step, folder in stages.landings(judge):
            decision = judge.readable(folder, step.position)
            if decision is not None and is_called(decision, name):
                return stages.entry_of(judge, folder, step)
        return None

    def view(self, name: str) -> ProposalView:
        """A proposal in any state. Raises `ProposalNotFound`."""
        try:
            return self.show(self.find(name))
        except ProposalClosed:
            closed = closed_proposals(self.office).get(ProposalId(name))
            found = self._closed(ProposalId(name), closed) if closed is not None else self._merged(ProposalId(name))
            if found is None:
                raise
            return found

    def show(self, found: Found) -> ProposalView:
        """An open proposal as people see it."""
        judgement = _added(found.judgement, lateness(self.office, found))
        return ProposalView(
            id=found.name,
            state=_state(judgement),
            title=self._title(found.decision, self.office.judge()),
            decision=found.decision,
            digest=found.digest,
            tip=found.tip,
            judgement=judgement,
            evidence=_evidence(found.merged.tree, found.decision),
            statements=hear(found.merged.tree, found.change.folders[0], self._question(found)).heard,
        )

    def _question(self, found: Found) -> AskedOf:
        return AskedOf(found.decision, found.digest, Rulebook(self.office.snapshot()))

    def _title(self, decision: Decision, judge: Judge) -> str:
        return title_of(decision, {folder: in_force_move(judge, folder) for folder in folders_of(decision)})

    def _closed(self, name: ProposalId, tip: CommitId) -> ProposalView | None:
        found = change_of(self.office, self.office.main, tip, name)
        judgement = Judgement(found.folders[0], found.digest, "fail")
        tree = self.office.store.snapshot(tip)
        title = self._title(found.decision, self.office.judge())
        evidence = _evidence(tree, found.decision)
        return ProposalView(name, "closed", title, found.decision, found.digest, tip, judgement, evidence)

    def _merged(self, name: ProposalId) -> ProposalView | None:
        entry = self.entry(name)
        if entry is None or entry.decision is None:
            return None
        tip = CommitId(entry.place.commit)
        title = title_of(entry.decision, {entry.folder: entry.before})
        evidence = _evidence(self.office.store.snapshot(tip), entry.decision)
        return ProposalView(
            name, "merged", title, entry.decision, entry.digest, tip, entry.judgement, evidence, self._heard(entry)
        )

    def _heard(self, entry: LogEntry) -> tuple[Heard, ...]:
        """What people said about a decision that landed, by the rules of before."""
        judge = self.office.judge()
        landed = entry.judgement.landed or entry.place
        rules = judge.authority.rules_at(landed.position - 1)
        if entry.decision is None or rules is None:
            return ()
        question = AskedOf(entry.decision, entry.digest, Rulebook(judge.tree(rules)))
        return hear(judge.tree((entry.judgement.completed or landed).position), entry.folder, question).heard

    def all(self, *, with_closed: bool = False) -> list[ProposalView]:
        """Open proposals, oldest first; those that were closed too, where asked for."""
        names = [*open_proposals(self.office), *(closed_proposals(self.office) if with_closed else ())]
        views = [view for name in dict.fromkeys(names) if (view := self._viewed(name))]
        wanted = [view for view in views if with_closed or view.state not in ("merged", "closed")]
        return sorted(wanted, key=lambda view: (view.decision.proposed_at, view.id))

    def _viewed(self, name: ProposalId) -> ProposalView | None:
        """None for a branch among proposals that holds none."""
        try:
            return self.view(name)
        except (ProposalNotFound, Conflict, InvalidValue):
            return None


def _checked(name: str) -> ProposalId:
    try:
        return ProposalId(name)
    except InvalidValue:
        raise ProposalNotFound(f"There is no proposal {name!r:.80}.", subject=name[:80], hint=_LIST) from None


def _evidence(tree: Tree, decision: Decision) -> dict[str, Evidence]:
    found = {folder: read_document(tree, paths.evidence(folder), Evidence) for folder in folders_of(decision)}
    return {folder: evidence for folder, evidence in found.items() if evidence is not None}


def _state(judgement: Judgement) -> State:
    rules = {finding.rule for finding in judgement.findings if finding.severity == "block"}
    if "stale" in rules:
        return "stale"
    if "expired" in rules:
        return "expired"
    if "rejected" in rules:
        return "rejected"
    return "approved" if judgement.is_in_force else "open"


def lateness(office: Office, found: Found) -> tuple[Finding, ...]:
    """What the clock says against a proposal that has not landed."""
    question = AskedOf(found.decision, found.digest, office.judge().rulebook)
    folder = found.change.folders[0]
    return tuple(late(found.merged.tree, folder, question, office.now))


def _added(judgement: Judgement, findings: tuple[Finding, ...]) -> Judgement:
    fields = {name: getattr(judgement, name) for name in Judgement.__dataclass_fields__}
    everything = (*judgement.findings, *findings)
    return Judgement(**{**fields, "outcome": outcome_of(everything), "findings": everything})
