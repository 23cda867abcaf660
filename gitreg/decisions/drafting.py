"""From what a person wants to the decision and the files that would land. Pure: nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gitreg.decisions.evidence import Inputs, build_evidence
from gitreg.decisions.moves import Past, override_clause, removed_by
from gitreg.decisions.rulebook import Rulebook
from gitreg.documents import (
    Action,
    Actor,
    Decision,
    Digest,
    Edits,
    Evidence,
    Hold,
    Move,
    Version,
    paths,
)
from gitreg.errors import AlreadyExists, Conflict, NotFound, Refused, StageNotFound, VersionHeld, VersionNotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitreg.decisions.evidence import Observe
    from gitreg.decisions.judging import Judge

EXPIRES_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Wish:
    """Who wants it, why, and when she said so (by her own clock); and why not a version that did better."""

    actor: Actor
    reason: str
    at: datetime
    because: str | None = None
    set: str | None = None
    """The set that it is about."""


@dataclass(frozen=True)
class Candidate:
    """A registered version and the number it is known by; nobody can decide about one that has none."""

    version: Version
    number: int
    because: str | None = None
    """Why this one, where others did better on the same data."""


@dataclass(frozen=True)
class Target:
    """A stage of a model."""

    model: str
    stage: str

    @property
    def folder(self) -> str:
        """Where its decision stands."""
        return paths.stage_folder(self.model, self.stage)

    def __str__(self) -> str:
        return f"{self.model}@{self.stage}"


@dataclass(frozen=True)
class Choice:
    """What one stage is to get: a version with its number, or nothing."""

    target: Target
    version: Version | None
    number: int | None


@dataclass(frozen=True)
class Draft:
    """A decision and everything that lands with it."""

    decision: Decision
    edits: Edits = field(repr=False)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    """By folder; protected stages only."""

    @property
    def is_protected(self) -> bool:
        """Whether some stage of it is."""
        return self.decision.expires_at is not None


class Drafter:
    """Makes decisions that fit the tip of a line."""

    def __init__(self, judge: Judge, observe: Observe = lambda _: ()) -> None:
        """`judge` is of the line that the decision is to land on."""
        self._judge = judge
        self._observe = observe
        self._tree = judge.tree()
        self._rulebook = Rulebook(self._tree)

    def promote(self, candidate: Candidate, stages: Iterable[str], wish: Wish) -> Draft:
        """Put a version into one stage or more. Raises `StageNotFound`, `VersionHeld`, `AlreadyExists`."""
        choices = [
            Choice(Target(candidate.version.model, stage), candidate.version, candidate.number) for stage in stages
        ]
        return self.promote_set(choices, replace(wish, because=candidate.because))

    def promote_set(self, choices: Iterable[Choice], wish: Wish) -> Draft:
        """Several stages' moves in one decision."""
        wanted = tuple(choices)
        for choice in wanted:
            self._check_free(choice)
        standing = {self._tree.read(paths.decision(choice.target.folder)) for choice in wanted}
        is_apart = wish.set is not None and len(standing) > 1  # bringing them under one decision is a change, too
        if not is_apart and all(self._is_there(choice) for choice in wanted):
            there = ", ".join(f"{choice.target} is already version {choice.number}" for choice in wanted)
            raise AlreadyExists(f"{there}.", subject=str(wanted[0].target), hint=_look_at(wanted[0].target))
        return self._draft("promote", wanted, {}, wish)

    def override(self, candidate: Candidate, stage: str, wish: Wish) -> Draft:
        """Put a version into a stage in spite of its policy's rules, for as long as the policy's clause allows.

        Raises `Refused` where there is no such clause, `StageNotFound`, `VersionHeld`, `AlreadyExists`.
        """
        choice = Choice(Target(candidate.version.model, stage), candidate.version, candidate.number)
        self._check_free(choice)
        clause = override_clause(self._rulebook, stage)
        if clause is None:
            raise self._no_override(choice)
        past = self._past(choice.target)
        if past.is_settled and past.in_force is not None and past.in_force.version == candidate.version.digest:
            message = f"{choice.target} is already version {choice.number}."
            raise AlreadyExists(message, subject=str(choice.target), hint=_look_at(choice.target))
        return self._draft("override", [choice], {}, wish, timedelta(hours=clause.hours))

    def _no_override(self, choice: Choice) -> Refused:
        target = choice.target
        if not self._rulebook.is_protected(target.stage):
            message = f"{target.stage} is not protected, so there is nothing to override."
            hint = f"gitreg promote {target.model} {choice.number} --to {target.stage} -m WHY"
            return Refused(message, subject=str(target), hint=hint)
        path = paths.policy(self._rulebook.settings.stages[target.stage].policy or target.stage)
        message = f"The policy of {target.stage} allows no override."
        hint = f'To allow one, add "override": {{"count": 1, "hours": 72}} to {path}, and then: gitreg govern -m WHY'
        return Refused(message, subject=str(target), hint=hint)

    def withdraw(self, target: Target, wish: Wish) -> Draft:
        """Take a stage's version away, and put none in its place."""
        past = self._past(target)
        if past.standing is None or (past.is_settled and past.baseline is None):
            message = f"{target} has no version that could be withdrawn."
            raise StageNotFound(message, subject=str(target), hint=f"gitreg log {target.model} --stage {target.stage}")
        return self._draft("withdraw", [Choice(target, None, None)], {}, wish)

    def rollback(self, target: Target, wish: Wish, to: int | None = None) -> Draft:
        """Back to a version that was in force there, with a hold on the one it removes."""
        choice, holds = self._back(target, wish, to)
        return self._draft("rollback", [choice], holds, wish)

    def rollback_set(self, targets: Iterable[Target], wish: Wish) -> Draft:
        """Several stages back at once, each to what was in force there before, with a hold on what it removes."""
        choices: list[Choice] = []
        holds: dict[str, bytes | None] = {}
        for target in targets:
            choice, held = self._back(target, wish)
            choices.append(choice)
            holds |= held
        return self._draft("rollback", choices, holds, wish)

    def _back(self, target: Target, wish: Wish, to: int | None = None) -> tuple[Choice, dict[str, bytes | None]]:
        removed = removed_by(self._past(target), target.folder)
        choice = self._earlier(target, removed, to)
        self._check_free(choice)
        if removed is None or self._rulebook.is_held(target.model, removed, target.stage) is not None:
            return choice, {}
        return choice, self._held(target, removed, wish.reason)

    def hold(self, target: Target, version: Digest, wish: Wish) -> Draft:
        """Say that a version may not go to a stage again."""
        if self._rulebook.is_held(target.model, version, target.stage):
            raise AlreadyExists(f"{target.model}'s version {version.short} is already held.", subject=str(target))
        return self._draft("hold", [self._kept(target)], self._held(target, version, wish.reason), wish)

    def lift(self, target: Target, version: Digest, wish: Wish) -> Draft:
        """Take a hold away for a stage."""
        hold = self._rulebook.is_held(target.model, version, target.stage)
        if hold is None:
            raise NotFound(f"{target.model}'s version {version.short} is not held out of {target.stage}.")
        rest = tuple(sorted((set(hold.stages) or set(self._rulebook.settings.stages)) - {target.stage}))
        data = replace_hold(hold, rest).to_bytes() if rest else None
        return self._draft("lift", [self._kept(target)], {paths.hold(target.model, version): data}, wish)

    # The pieces

    def _past(self, target: Target, action: Action = "promote") -> Past:
        self._check_stage(target)
        return self._judge.past(target.folder, self._judge.tip, action)

    def _check_stage(self, target: Target) -> None:
        if self._rulebook.stage(target.stage) is None:
            there = ", ".join(sorted(self._rulebook.settings.stages))
            message = f"There is no stage {target.stage} (there are {there})."
            raise StageNotFound(message, subject=target.stage, hint="Stages are settings in gitreg.json.")

    def _check_free(self, choice: Choice) -> None:
        self._check_stage(choice.target)
        target = choice.target
        hold = self._rulebook.is_held(target.model, choice.version.digest, target.stage) if choice.version else None
        if hold is not None:
            message = f"Version {choice.number} of {target.model} is held out of {target.stage}: {hold.reason}"
            hint = f"gitreg holds lift {target.model} {choice.number} --stage {target.stage} -m WHY"
            raise VersionHeld(message, subject=str(target), hint=hint)

    def _is_there(self, choice: Choice) -> bool:
        past = self._past(choice.target)
        if past.override is not None:  # promoting what an override brought is how it is regularised
            return False
        is_same = (
            past.in_force is not None
            and choice.version is not None
            and (past.in_force.version == choice.version.digest)
        )
        return past.is_settled and is_same

    def _earlier(self, target: Target, removed: Digest | None, to: int | None) -> Choice:
        """The version a rollback goes to: the newest in force there before that is neither present nor held."""
        self._check_stage(target)
        found = self._judge.earlier(target.folder)
        numbers = {version: self._judge.move(judgement).number for version, judgement in found.items()}
        for version, judgement in found.items():
            is_free = version != removed and self._rulebook.is_held(target.model, version, target.stage) is None
            if numbers[version] == to if to is not None else is_free:
                return Choice(target, self._judge.version(judgement), numbers[version])
        known = ", ".join(str(number) for number in numbers.values()) or "none"
        wanted = f"version {to}" if to is not None else "another version"
        message = f"{target} never had {wanted} in force that it could go back to (it had {known})."
        hint = f"gitreg withdraw {target.model} --stage {target.stage} -m WHY leaves the stage empty."
        raise VersionNotFound(message, subject=str(target), hint=hint)

    def _kept(self, target: Target) -> Choice:
        past = self._past(target)
        if not past.is_settled:
            message = f"What stands in {target} is not in force, so no hold can keep it."
            raise Conflict(message, subject=str(target), hint=f"gitreg rollback {target.model} --stage {target.stage}")
        in_force = self._judge.in_force(target.folder)
        number = past.in_force.number if past.in_force else None
        return Choice(target, self._judge.version(in_force) if in_force else None, number)

    def _held(self, target: Target, version: Digest, reason: str) -> dict[str, bytes | None]:
        """The hold with this stage added."""
        old = self._rulebook.hold(target.model, version)
        stages = tuple(sorted({*(old.stages if old else ()), target.stage}))
        return {paths.hold(target.model, version): Hold(version=version, stages=stages, reason=reason).to_bytes()}

    def _draft(
        self,
        action: Action,
        choices: Iterable[Choice],
        holds: Edits,
        wish: Wish,
        within: timedelta | None = None,
    ) -> Draft:
        """`within` is how long an override may wait to be regularised."""
        wanted = tuple(choices)
        moves = {choice.target.folder: self._move(choice) for choice in wanted}
        evidence = {
            choice.target.folder: self._evidence(action, moves[choice.target.folder], choice.version)
            for choice in wanted
            if self._rulebook.is_protected(choice.target.stage)
        }
        files: dict[str, bytes | None] = dict(holds)
        for choice in wanted:
            files.update(self._folder_files(choice, evidence.get(choice.target.folder)))
        decision = Decision(
            registry=self._rulebook.settings.registry,
            action=action,
            moves=tuple(moves[folder] for folder in sorted(moves)),
            files={path: None if data is None else Digest.of(data) for path, data in sorted(files.items())},
            reason=wish.reason,
            because=wish.because,
            set=wish.set,
            proposer=wish.actor,
            proposed_at=wish.at,
            expires_at=wish.at + EXPIRES_AFTER if evidence else None,
            regularise_by=wish.at + within if within is not None else None,
        )
        return Draft(decision, self._edits(decision, files), evidence)

    def _move(self, choice: Choice) -> Move:
        standing = self._tree.read(paths.decision(choice.target.folder))
        return Move(
            model=choice.target.model,
            stage=choice.target.stage,
            number=choice.number,
            version=choice.version.digest if choice.version else None,
            replaces=None if standing is None else Digest.of(standing),
        )

    def _evidence(self, action: Action, move: Move, version: Version | None) -> Evidence:
        past = self._judge.past(paths.stage_folder(move.model, move.stage), self._judge.tip)
        inputs = Inputs(action, move, version, past.baseline_for(move.version), self._rulebook)
        return build_evidence(replace(inputs, observations=self._observe(inputs)))

    def _folder_files(self, choice: Choice, evidence: Evidence | None) -> dict[str, bytes | None]:
        folder = choice.target.folder
        files: dict[str, bytes | None] = {
            paths.stage_version(folder): choice.version.to_bytes() if choice.version else None
        }
        if evidence is not None or self._tree.read(paths.evidence(folder)) is not None:
            files[paths.evidence(folder)] = evidence.to_bytes() if evidence else None
        return files

    def _edits(self, decision: Decision, files: Edits) -> Edits:
        """The folders whole: what lay in them and is not named goes."""
        folders = [paths.stage_folder(move.model, move.stage) for move in decision.moves]
        gone: dict[str, bytes | None] = {path: None for folder in folders for path, _ in self._tree.walk(folder)}
        return {**gone, **files, **{paths.decision(folder): decision.to_bytes() for folder in folders}}


def _look_at(target: Target) -> str:
    return f"Look at it: gitreg resolve models:/{target}"


def replace_hold(hold: Hold, stages: tuple[str, ...]) -> Hold:
    """The hold for other stages."""
    return Hold(version=hold.version, stages=stages, reason=hold.reason)
