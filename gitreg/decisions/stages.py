"""Reading what was decided: what a stage holds, what landed when, and what changed between two commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.decisions.drafting import Target
from gitreg.decisions.history import PathChange, Place
from gitreg.decisions.moves import move_of
from gitreg.decisions.rulebook import Rulebook
from gitreg.documents import Decision, Digest, Move, Principal, Tree, Version, part, paths
from gitreg.errors import CannotTell, GitregError, InvalidDocument, NotInForce, StageNotFound, UnsafeRepository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitreg.decisions.judgement import Judgement
    from gitreg.decisions.judging import Judge


@dataclass(frozen=True)
class Standing:
    """A decision in force in a stage, and what it put there."""

    target: Target
    decision: Decision
    move: Move
    version: Version | None
    """None where the decision is a withdrawal."""
    judgement: Judgement

    @property
    def digest(self) -> Digest:
        """The decision's digest."""
        return self.judgement.digest

    @property
    def since(self) -> Place | None:
        """Where it came into force."""
        return self.judgement.completed

    @property
    def is_unreviewed(self) -> bool:
        """Nobody had to approve it."""
        return self.judgement.is_unreviewed

    @property
    def approved_by(self) -> tuple[Principal, ...]:
        """Whose approvals counted."""
        return self.judgement.people.have


@dataclass(frozen=True)
class LogEntry:
    """One decision that came to stand in one folder, and the verdict on it. `decision` None: it cannot be read."""

    folder: str
    target: Target | None
    """None for governance."""
    place: Place
    digest: Digest
    decision: Decision | None
    move: Move | None
    before: Move | None
    """What was in force just before."""
    judgement: Judgement


@dataclass(frozen=True)
class StageChange:
    """A stage in which another version is in force than before; None where there is none."""

    target: Target
    before: Move | None
    after: Move | None


def stages_of(judge: Judge, model: str | None = None) -> list[Target]:
    """Every stage (of one model) that anything was ever decided about, as of the tip."""
    found = [target for folder in folders_of_stages(judge, model) if (target := _target_of(judge, folder))]
    return [target for target in found if model in (None, target.model)]


def folders_of_stages(judge: Judge, model: str | None = None, stage: str | None = None) -> list[str]:
    """The folders of stages (of a model, of a name), without a look at what stands in them."""
    if judge.tip < 0:
        return []
    tree = judge.tree()
    models = [entry.name for entry in tree.entries("models")] if model is None else [part(model)]
    folders = [f"models/{name}/stages/{each.name}" for name in models for each in tree.entries(f"models/{name}/stages")]
    ending = paths.stage_folder("x", stage).rpartition("/")[2] if stage is not None else ""
    return [folder for folder in folders if not ending or folder.endswith(f"/{ending}")]


def _target_of(judge: Judge, folder: str) -> Target | None:
    """Model and stage by their names: a folder's path may carry only a slug of them."""
    for step in judge.steps(folder).upto(judge.tip):
        move = move_of(judge.readable(folder, step.position), folder)
        if move is not None:
            return Target(move.model, move.stage)
    return None


def in_force(judge: Judge, target: Target, upto: int | None = None) -> Standing | None:
    """The last decision that was in force in a stage, even where something else stands there now."""
    found = judge.in_force(target.folder, upto)
    return standing_of(judge, target, found) if found is not None else None


def standing_of(judge: Judge, target: Target, judgement: Judgement) -> Standing:
    """A verdict with what it is about. Raises `InvalidDocument` where the files cannot be read."""
    position = (judgement.completed or judgement.landed or Place(judge.tip, "")).position
    decision = judge.decision(target.folder, position)
    move = move_of(decision, target.folder)
    if decision is None or move is None:
        raise InvalidDocument(f"{target.folder} holds no decision about {target}.", subject=target.folder)
    return Standing(target, decision, move, judge.version(judgement), judgement)


def resolve(judge: Judge, target: Target) -> Standing:
    """What a stage holds: the standing decision, if it is in force and its files are as it names them.

    Raises `StageNotFound` where nothing was ever decided or the version was withdrawn, `NotInForce` with the last
    decision that was, and `CannotTell`.
    """
    _check_stage(judge, target)
    step = judge.standing(target.folder)
    if step is None and judge.in_force(target.folder) is None:
        raise StageNotFound(f"Nothing was ever decided for {target}.", subject=str(target), hint=_how_to(target))
    if step is None:
        raise _not_in_force(judge, target, "its folder was removed")
    verdict = judge.verdict(target.folder, step)
    if not verdict.is_in_force:
        raise _refusal(judge, target, verdict)
    found = standing_of(judge, target, verdict)
    if (found.move.model, found.move.stage) != (target.model, target.stage):  # two names that have one path
        raise StageNotFound(f"Nothing was ever decided for {target}.", subject=str(target), hint=_how_to(target))
    _check_untouched(judge, found)
    if found.version is None:
        message = f"{target} was withdrawn: {found.decision.reason}"
        raise StageNotFound(message, subject=str(target), hint=_how_to(target))
    return found


def _how_to(target: Target) -> str:
    return f"gitreg promote {target.model} NUMBER --to {target.stage} -m WHY"


def _check_stage(judge: Judge, target: Target) -> None:
    stages = Rulebook(judge.tree()).settings.stages if judge.tip >= 0 else {}
    if target.stage not in stages:
        there = ", ".join(sorted(stages))
        raise StageNotFound(f"There is no stage {target.stage} (there are {there}).", subject=target.stage)


def _check_untouched(judge: Judge, found: Standing) -> None:
    """Files that were changed by hand after the decision came into force are not what anybody approved."""
    folder, tree = found.target.folder, judge.tree()
    for path, digest in found.decision.files.items():
        if path.startswith(f"{folder}/") and not _is_as_named(tree, path, digest):
            raise _not_in_force(judge, found.target, f"{path} was changed after it landed")


def _is_as_named(tree: Tree, path: str, digest: Digest | None) -> bool:
    try:
        data = tree.read(path)
    except UnsafeRepository:  # past every limit, or a link: no document that a decision names
        return False
    return (None if data is None else Digest.of(data)) == digest


def _refusal(judge: Judge, target: Target, verdict: Judgement) -> GitregError:
    blocking = [finding for finding in verdict.findings if finding.severity == "block"]
    words = " ".join(finding.message for finding in blocking) or "it is not approved"
    if verdict.outcome == "cannot tell":
        hint = next((finding.hint for finding in blocking if finding.hint), f"Decide anew: {_how_to(target)}")
        return CannotTell(f"Nobody can tell what {target} holds: {words}", subject=str(target), hint=hint)
    return _not_in_force(judge, target, words.rstrip("."))


def _not_in_force(judge: Judge, target: Target, why: str) -> NotInForce:
    last = in_force(judge, target)
    if last is None:
        hint = "Nothing was ever in force there."
    elif last.move.version is None:
        hint = "In force last was a withdrawal."
    else:
        hint = f"In force last was version {last.move.number}: models:/{target.model}/{last.move.number}"
    return NotInForce(f"What stands in {target} is not in force: {why}.", subject=str(target), hint=hint)


def log(judge: Judge, folders: Sequence[str] | None = None, limit: int | None = None) -> list[LogEntry]:
    """Every decision that came to stand in these folders (all stages and governance), newest first."""
    return [entry_of(judge, folder, step) for step, folder in landings(judge, folders)[:limit]]


def landings(judge: Judge, folders: Sequence[str] | None = None) -> list[tuple[PathChange, str]]:
    """Which decisions came to stand in which of these folders (all stages and governance), newest first.

    None of them is read or judged for it.
    """
    wanted = [*folders_of_stages(judge), paths.GOVERNANCE] if folders is None else folders
    steps = [(step, folder) for folder in wanted for step in judge.steps(folder).all if step.object_id is not None]
    return sorted(steps, key=lambda each: (-each[0].position, each[1]))


def count_landings(judge: Judge, model: str | None = None, stage: str | None = None) -> int:
    """How many entries the log of a model, a stage, or all of main has. Nothing is judged for it."""
    is_all = model is None and stage is None
    return len(landings(judge, None if is_all else folders_of_stages(judge, model, stage)))


def entry_of(judge: Judge, folder: str, step: PathChange) -> LogEntry:
    """One step of a folder, with the verdict on it."""
    before = judge.in_force(folder, step.position - 1)
    verdict = judge.verdict(folder, step)
    decision = judge.judged(folder, step, verdict)
    move = move_of(decision, folder)
    return LogEntry(
        folder,
        Target(move.model, move.stage) if move else None,
        Place(step.position, judge.history.commits[step.position]),
        verdict.digest,
        decision,
        move,
        judge.move(before) if before and folder != paths.GOVERNANCE else None,
        verdict,
    )


def changes(base: Judge, head: Judge) -> list[StageChange]:
    """What a deployment has to do to go from one commit to another: by what is in force, not by what stands."""
    targets = {target.folder: target for judge in (base, head) for target in stages_of(judge)}
    found = [
        StageChange(target, _effective(base, target), _effective(head, target)) for _, target in sorted(targets.items())
    ]
    return [change for change in found if _version_of(change.before) != _version_of(change.after)]


def _effective(judge: Judge, target: Target) -> Move | None:
    found = judge.in_force(target.folder) if judge.tip >= 0 else None
    move = judge.move(found) if found is not None else None
    return move if move is not None and move.version is not None else None


def _version_of(move: Move | None) -> Digest | None:
    return move.version if move else None
