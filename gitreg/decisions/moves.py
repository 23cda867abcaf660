"""What holds for each move of a decision: the version, the holds, the evidence, and what its files may be."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gitreg.decisions.asking import untold_trainers
from gitreg.decisions.evidence import Inputs, build_evidence, differences
from gitreg.decisions.findings import Finding
from gitreg.decisions.landing import HOLDING, Case
from gitreg.decisions.rulebook import Rulebook, read_document
from gitreg.documents import Decision, Digest, Evidence, Hold, Move, OverrideClause, Subject, Version, paths
from gitreg.policy import rules_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import RuleResult

_PROPOSE_ANEW = "Make a new proposal from what stands now."
_SEE_POLICY = "What the rule {rule!r} asks for stands in policies/; what there is: gitreg models show {model}"
_WAYS = {
    "comparison": "More rows narrow the interval, and other versions may do better: gitreg versions {model}; "
    "predictions are added by gitreg evaluations add models:/{model}/VERSION --dataset NAME --predictions FILE",
    "source": "Train from a commit with nothing uncommitted, and register that run: "
    "gitreg register runs:/RUN/OUTPUT --name {model}",
    "datasets": "Record the data in the run that trains: run.log_dataset(NAME, DATA, role=ROLE, row_hashes=True)",
    "files": "Log the model without what may not be in it, and register that: "
    "gitreg register runs:/RUN/OUTPUT --name {model}",
}


@dataclass(frozen=True)
class Past:
    """What the line says about a stage just before the landing."""

    standing: Decision | None
    """The decision that stood there, in force or not."""
    in_force: Move | None
    """The move of the last decision in force."""
    baseline: Subject | None
    """The version of the last decision in force, None where withdrawn or never set."""
    is_settled: bool
    """Whether what stood was in force (or nothing stood)."""
    earlier: dict[Digest, int | None] = field(default_factory=dict)
    """Every version that was in force there before, but by an override alone, with its number."""
    override: Decision | None = None
    """The override by which the version in force came, until a promotion regularises it."""
    approved: Subject | None = None
    """What the override went over."""

    def baseline_for(self, version: Digest | None) -> Subject | None:
        """What a version is compared with: one that came by an override with what that went over, not with itself."""
        is_regularised = self.override is not None and self.baseline is not None and self.baseline.version == version
        return self.approved if is_regularised else self.baseline


@dataclass(frozen=True)
class Question:
    """One move in its case."""

    case: Case
    folder: str
    move: Move
    past: Past

    @property
    def rulebook(self) -> Rulebook:
        """The rules of before."""
        return self.case.rulebook


def move_of(decision: Decision | None, folder: str) -> Move | None:
    """The move that a decision makes in this folder."""
    moves = decision.moves if decision else ()
    return next((move for move in moves if paths.stage_folder(move.model, move.stage) == folder), None)


def check_move(question: Question) -> Iterator[Finding]:
    """Everything about one move but its approvals. Raises what reading before's documents raises."""
    where = paths.decision(question.folder)
    if question.rulebook.stage(question.move.stage) is None:
        yield Finding("stage", where, f"There is no stage {question.move.stage} in gitreg.json.")
        return
    yield from _namesake(question, where)
    yield from _version(question)
    yield from _target(question, where)
    yield from _files(question)
    yield from _holds(question)
    yield from _evidence(question)


def _namesake(question: Question, where: str) -> Iterator[Finding]:
    """A path may carry a hash of the names, and two names can be found that have one path."""
    move, standing = question.move, move_of(question.past.standing, question.folder)
    if standing is not None and (standing.model, standing.stage) != (move.model, move.stage):
        message = f"The folder is that of {standing.model}@{standing.stage}, whose name has the same path."
        yield Finding("namesake", where, message, "Register the model by another name.")


def _version(question: Question) -> Iterator[Finding]:
    move, path = question.move, paths.stage_version(question.folder)
    named = question.case.decision.files.get(path)
    if named != move.version:
        yield Finding("version", path, "The move and the decision's files name different versions.", _PROPOSE_ANEW)
    if (move.version is None) != (move.number is None):
        yield Finding("version", path, "A version has a number, and a withdrawal has none.", _PROPOSE_ANEW)
    version = read_document(question.case.after, path, Version)
    if version is not None and version.model != move.model:
        yield Finding("version", path, f"The version is of the model {version.model}, not of {move.model}.")


def _target(question: Question, where: str) -> Iterator[Finding]:
    action, move, past = question.case.decision.action, question.move, question.past
    if action in ("promote", "override") and move.version is None:
        yield Finding("version", where, f"A {action} names a version; taking one away is a withdrawal.")
    if action == "override":
        yield from _override(question, where)
    if action == "withdraw" and move.version is not None:
        yield Finding("version", where, "A withdrawal names no version.")
    if action == "rollback":
        if move.version is None or move.version not in past.earlier:
            yield Finding("rollback", where, "A rollback goes to a version that was in force in this stage before.")
        elif past.earlier[move.version] != move.number:
            yield Finding("rollback", where, f"That version's number was {past.earlier[move.version]} before.")
    if action in HOLDING:
        yield from _keeps(question, where)


def _override(question: Question, where: str) -> Iterator[Finding]:
    """An override is what the policy allows as one, and for no longer."""
    decision, stage = question.case.decision, question.move.stage
    clause = override_clause(question.rulebook, stage)
    if clause is None:
        yield Finding("override", where, f"The policy of {stage} has no clause that allows an override.")
        return
    until, last = decision.regularise_by, decision.proposed_at + timedelta(hours=clause.hours)
    if until is None or not decision.proposed_at < until <= last:
        message = f"An override of {stage} has to be regularised within {clause.hours} hours of being proposed."
        yield Finding("override", where, message, _PROPOSE_ANEW)


def override_clause(rulebook: Rulebook, stage: str) -> OverrideClause | None:
    """What an override of a stage takes; None where there is none. Raises `InvalidDocument`."""
    return rulebook.policy(stage).override if rulebook.is_protected(stage) else None


def _keeps(question: Question, where: str) -> Iterator[Finding]:
    """A hold or a lift moves nothing. It must not carry what was never approved into force, either."""
    move, past = question.move, question.past
    if not past.is_settled:
        yield Finding("hold", where, "What stands here is not in force; settle that first.")
    kept = (past.in_force.version, past.in_force.number) if past.in_force else (None, None)
    if (move.version, move.number) != kept:
        yield Finding("hold", where, "A hold and a lift keep the version that stands.")


def _files(question: Question) -> Iterator[Finding]:
    """What a decision about stages may name: its own folders' files, and holds."""
    allowed = {
        name for folder in question.case.folders for name in (f"{folder}/version.json", f"{folder}/evidence.json")
    }
    if question.case.decision.action in HOLDING | {"rollback"}:
        allowed |= {path for path in question.case.decision.files if _hold_model(path) is not None}
    for path in question.case.decision.files:
        if path not in allowed:
            yield Finding("files", path, f"A {question.case.decision.action} may not change this path.")


def _hold_model(path: str) -> str | None:
    kind = paths.classify_main(path)
    return kind.pieces["model"] if kind is not None and kind.kind == "hold" else None


def _holds(question: Question) -> Iterator[Finding]:
    case, move = question.case, question.move
    hold = question.rulebook.is_held(move.model, move.version, move.stage) if move.version else None
    if hold is not None and case.decision.action not in HOLDING:
        where = paths.hold(move.model, hold.version)
        yield Finding("held", where, f"The version is held out of {move.stage}: {hold.reason}")
    for path in case.decision.files:
        if _hold_model(path) is not None:
            yield from _hold_change(case, path)
    if case.decision.action == "rollback":
        yield from _rollback_holds(question)


def removed_by(past: Past, folder: str) -> Digest | None:
    """The version that a rollback takes away: what stands, whether or not it is in force."""
    standing = move_of(past.standing, folder)
    return standing.version if standing else None


def _rollback_holds(question: Question) -> Iterator[Finding]:
    """A rollback lands with a hold on the version it removes."""
    removed, move = removed_by(question.past, question.folder), question.move
    if removed is None or removed == move.version:
        return
    if Rulebook(question.case.after).is_held(move.model, removed, move.stage) is None:
        path = paths.hold(move.model, removed)
        yield Finding("hold", path, "A rollback lands with a hold on the version it removes.", _PROPOSE_ANEW)


def _hold_change(case: Case, path: str) -> Iterator[Finding]:
    """A hold changes only for the stages that the decision is about."""
    old, new = read_document(case.before, path, Hold), read_document(case.after, path, Hold)
    versions = {hold.version for hold in (old, new) if hold is not None}
    models = {move.model for move in case.decision.moves if any(paths.hold(move.model, v) == path for v in versions)}
    if len(versions) != 1 or not models:
        yield Finding("hold", path, "The hold is not on a version of a model that the decision is about.")
        return
    moved = {move.stage for move in case.decision.moves if move.model in models}
    everywhere = set(case.rulebook.settings.stages)
    changed = _held_stages(old, everywhere) ^ _held_stages(new, everywhere)
    if changed - moved or (_is_open(old) != _is_open(new) and not everywhere <= moved):
        stages = ", ".join(sorted(changed - moved)) or "stages to come"
        yield Finding("hold", path, f"The decision does not move {stages}, but changes the hold there.")


def _held_stages(hold: Hold | None, everywhere: set[str]) -> set[str]:
    return set() if hold is None else set(hold.stages) or everywhere


def _is_open(hold: Hold | None) -> bool:
    """Whether it holds for all stages, those to come too."""
    return hold is not None and not hold.stages


def _evidence(question: Question) -> Iterator[Finding]:
    path, move = paths.evidence(question.folder), question.move
    found = read_document(question.case.after, path, Evidence)
    if not question.rulebook.is_protected(move.stage):
        if found is not None:
            yield Finding("evidence", path, f"{move.stage} is not protected, so nobody checked this evidence.")
        return
    if found is None or question.case.decision.files.get(path) is None:
        yield Finding("evidence", path, f"{move.stage} is protected, so the decision needs evidence.", _PROPOSE_ANEW)
        return
    version = read_document(question.case.after, paths.stage_version(question.folder), Version)
    action = question.case.decision.action
    baseline = question.past.baseline_for(move.version)
    inputs = Inputs(action, move, version, baseline, question.rulebook, found.observations)
    expected = build_evidence(inputs)
    asked = {rule.rule for rule in question.rulebook.policy(move.stage).requirements}
    for rule in sorted({each.rule for each in found.observations} - asked):
        message = f"The evidence observes something for {rule!r}, which is no rule of the policy."
        yield Finding("evidence", path, message, _PROPOSE_ANEW)
    for finding in _compare(found, expected, path, move.model):
        # An override lands in spite of rules; what they say stands in its evidence and in every report.
        is_told = action == "override" and finding.rule.startswith("policy:")
        yield replace(finding, severity="warn") if is_told else finding
    if action == "promote":
        yield from _trainers(question, found, path)


def _trainers(question: Question, evidence: Evidence, path: str) -> Iterator[Finding]:
    """Nobody is left out of approving whom the evidence does not name."""
    rules = rules_for(question.rulebook.policy(question.move.stage), question.move.model)
    for rule, why in untold_trainers(rules, evidence):
        message = f"Nobody can tell who trained the version, whose approval would not count: {why}"
        hint = f"Register the run that trained it: gitreg register runs:/RUN/OUTPUT --name {question.move.model}"
        yield Finding(f"policy:{rule.rule}", path, message, hint, severity=rule.severity, outcome="cannot tell")


def _compare(found: Evidence, expected: Evidence, path: str, model: str) -> Iterator[Finding]:
    if found.policy_digest != expected.policy_digest:
        message = "The policy is not the one this proposal was made under."
        yield Finding("stale", path, message, _PROPOSE_ANEW)
    for words in differences(found, expected):
        yield Finding("evidence", path, f"The evidence does not hold: {words}.", _PROPOSE_ANEW)
    for result in expected.rules:
        if result.outcome != "pass":
            rule = f"policy:{result.rule}"
            hint = how_to_pass(result, model)
            yield Finding(rule, path, result.text, hint, severity=result.severity, outcome=result.outcome)


def how_to_pass(result: RuleResult, model: str) -> str:
    """What would make a rule pass, with the next command."""
    if result.kind != "threshold":
        return _WAYS.get(result.kind, _SEE_POLICY).format(model=model, rule=result.rule)
    if result.observed is None or not math.isfinite(result.observed):
        return f"Log the metric in a run, and register that: gitreg register runs:/RUN/OUTPUT --name {model}"
    low, high, value = result.at_least, result.at_most, result.observed
    if low is not None and value < low:
        what = f"{low - value:.3g} more than {value:g}, to reach {low:g}"
    else:
        what = f"{value - (high or 0.0):.3g} less than {value:g}, to come down to {high:g}"
    return f"It takes {what}. Other versions and their metrics: gitreg versions {model}"
