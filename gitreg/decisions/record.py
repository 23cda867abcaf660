"""The record: reading what was decided, and checking what others want to add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions import stages
from gitreg.decisions.drafting import Target
from gitreg.decisions.judging import Judge
from gitreg.decisions.moves import move_of
from gitreg.decisions.repository import line_of
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.titles import title_of
from gitreg.decisions.views import HoldView, Landing, OverrideView
from gitreg.documents import Hold, paths
from gitreg.errors import NotFound
from gitreg.store import CommitId

if TYPE_CHECKING:
    from datetime import datetime

    from gitreg.decisions.findings import Finding
    from gitreg.decisions.looking import Look
    from gitreg.decisions.office import Office
    from gitreg.decisions.stages import LogEntry, StageChange, Standing


class Record:
    """Everything that can be read from main. Local refs alone are looked at."""

    def __init__(self, office: Office) -> None:
        """Of one clone."""
        self.office = office

    def in_force(self, model: str, stage: str) -> Standing | None:
        """The last decision that was in force in a stage."""
        return stages.in_force(self.office.judge(), Target(model, stage))

    def resolve(self, model: str, stage: str) -> Standing:
        """What a stage holds. Raises `StageNotFound`, `NotInForce`, `CannotTell`."""
        return stages.resolve(self.office.judge(), Target(model, stage))

    def stages(self) -> list[Target]:
        """Every stage that anything was ever decided about."""
        return stages.stages_of(self.office.judge())

    def log(self, model: str | None = None, stage: str | None = None, *, limit: int | None = None) -> list[Landing]:
        """What landed, newest first; with governance where neither model nor stage is named."""
        return landings(self.office, model, stage, limit)

    def holds(self, model: str | None = None) -> list[HoldView]:
        """Every hold that stands, by model."""
        judge = self.office.judge()
        tree = judge.tree()
        names = {paths.stage_folder(each.model, "x").split("/")[1]: each.model for each in stages.stages_of(judge)}
        return [
            view
            for folder in tree.entries("models")
            for view in _holds(judge, folder.name, names.get(folder.name, folder.name))
            if model in (None, view.model)
        ]

    def overrides(self) -> list[OverrideView]:
        """Every override that still has to be regularised, by model and stage; overdue or not by this clone's clock."""
        judge, now = self.office.judge(), self.office.now
        found = (open_override(judge, target, now) for target in stages.stages_of(judge))
        return [each for each in found if each is not None]

    def changes(self, base: str, head: str) -> list[StageChange]:
        """What a deployment has to do to go from one commit to another."""
        before, after = self._commit_or_nothing(base), self.office.commit_at(head)
        judge = self.office.judge(before) if before else Judge(line_of(self.office.store, None))
        return stages.changes(judge, self.office.judge(after))

    def people(self) -> Rulebook:
        """Settings, people and policies as they stand on main."""
        return Rulebook(self.office.snapshot())

    def check_facts(self, before: str, after: str) -> list[Finding]:
        """Whether the ledger went from one commit to another by its rules, with every commit between them.

        Who may write a fact is asked by the rights in force on main, of whom the fact names as its writer.
        """
        from gitreg.decisions.facts import check_ledger  # noqa: PLC0415 - whoever only reads waits for none of it
        from gitreg.decisions.pushers import Span, check_facts_claimed, writers_of  # noqa: PLC0415 - as above

        store = self.office.store
        first, last = self._commit_or_nothing(before), store.resolve(after)
        found = [finding for finding, _ in check_ledger(store, first, last)]
        writers = writers_of(self.office)
        claimed = check_facts_claimed(store, Span(first, last), writers) if writers else ()
        return list(dict.fromkeys([*found, *claimed]))

    def look(self, base: str, head: str, *, is_push: bool = False) -> Look:
        """A look at whether `head` is good for main: what it would be, and everything that can be asked of that.

        As a proposal: as if it were merged into `base` now, with every approval that can be seen. As a push: commit by
        commit from `base`, main's old tip.
        """
        from gitreg.decisions.looking import Look  # noqa: PLC0415 - see `check_facts`

        before, after = self._commit_or_nothing(base), self.office.commit_at(head)
        return Look(self.office, before, after, is_push=is_push or before is None)

    def validate(self, base: str, head: str, *, is_push: bool = False) -> list[Finding]:
        """Whether `head` is good for main; see `look`."""
        return self.look(base, head, is_push=is_push).findings()

    def _commit_or_nothing(self, text: str) -> CommitId | None:
        """A commit, or None for the id of zeros by which git and forges say: there was none before."""
        return None if text and not text.strip("0") else self.office.commit_at(text)


def landings(
    office: Office, model: str | None = None, stage: str | None = None, limit: int | None = None
) -> list[Landing]:
    """What landed, newest first, each with what its commit says."""
    judge = office.judge()
    is_all = model is None and stage is None
    wanted = None if is_all else stages.folders_of_stages(judge, model, stage)
    return [_landing(office, entry) for entry in stages.log(judge, wanted, limit)]


def landing_of(office: Office, folder: str, commit: str | None) -> Landing:
    """What landed in a folder at a commit of main. Raises `NotFound`."""
    judge = office.judge()
    for step in judge.steps(folder).upto(judge.tip):
        if judge.history.commits[step.position] == commit:
            return _landing(office, stages.entry_of(judge, folder, step))
    raise NotFound(f"Nothing landed in {folder} at {commit}.", subject=folder)


def _landing(office: Office, entry: LogEntry) -> Landing:
    commit = office.store.commit(CommitId(entry.place.commit))
    before = {entry.folder: entry.before}
    is_unreviewed = entry.judgement.is_in_force and entry.judgement.is_unreviewed
    title = title_of(entry.decision, before, is_unreviewed=is_unreviewed) if entry.decision else commit.subject
    return Landing(entry, title, commit.committed_at, _override(office, entry))


def _override(office: Office, entry: LogEntry) -> OverrideView | None:
    """An override that stands and is not regularised."""
    decision, target = entry.decision, entry.target
    if decision is None or target is None or decision.action != "override" or not entry.judgement.is_in_force:
        return None
    found = open_override(office.judge(), target, office.now)
    return found if found is not None and found.decision == entry.digest else None


def open_override(judge: Judge, target: Target, now: datetime) -> OverrideView | None:
    """The override by which a stage has its version, until a promotion regularises it."""
    decision = judge.overridden(target.folder)
    move = move_of(decision, target.folder)
    if decision is None or move is None or decision.regularise_by is None:
        return None
    until = decision.regularise_by
    return OverrideView(target.model, target.stage, move.number, decision.digest, until, until <= now)


def _holds(judge: Judge, folder: str, model: str) -> list[HoldView]:
    tree = judge.tree()
    found: list[HoldView] = []
    for entry in tree.entries(f"models/{folder}/holds"):
        path = f"models/{folder}/holds/{entry.name}"
        hold = Hold.from_bytes(tree.read(path) or b"", path)
        found.append(HoldView(model, hold.version, _number(judge, model, hold), hold.stages, hold.reason))
    return found


def _number(judge: Judge, model: str, hold: Hold) -> int | None:
    """The number by which a stage of the model knew the version."""
    for target in stages.stages_of(judge):
        found = judge.earlier(target.folder, with_overrides=True).get(hold.version) if target.model == model else None
        if found is not None:
            return judge.move(found).number
    return None
