"""The shape of a landing: which folders a decision stands in, and that exactly what it names has changed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from gitreg.decisions.findings import Finding
from gitreg.decisions.history import differing
from gitreg.decisions.rulebook import Rulebook, read_document
from gitreg.documents import Action, Decision, Digest, ModelSet, Move, Tree, paths

if TYPE_CHECKING:
    from collections.abc import Iterator

STAGE_ACTIONS: frozenset[Action] = frozenset(["promote", "rollback", "withdraw", "override", "hold", "lift"])
HOLDING: frozenset[Action] = frozenset(["hold", "lift"])
_BESIDE = re.compile(r"models/[^/]+/(?:stages|holds)/.*|governance/.*")
_STATEMENT = re.compile(r"approvals/[0-9a-f]{64}\.json(?:\.sig)?")
_PROPOSE_ANEW = "Make a new proposal from what stands now."


@dataclass(frozen=True)
class Case:
    """A decision at the commit where it might have landed, with the trees on both sides of it."""

    decision: Decision
    digest: Digest
    before: Tree = field(repr=False)
    after: Tree = field(repr=False)
    rules: Tree = field(repr=False)
    """The tree whose rules were in force before: `before` itself, unless somebody changed rules without a decision."""

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rules it is judged by: those of before, never its own."""
        return Rulebook(self.rules if self.is_governance else self.before)

    @property
    def folders(self) -> tuple[str, ...]:
        """Where the decision has to stand."""
        return folders_of(self.decision)

    @property
    def is_governance(self) -> bool:
        """Whether it changes the rules themselves."""
        return self.decision.action == "govern"

    def moves(self) -> Iterator[tuple[str, Move]]:
        """Each move with its folder."""
        return ((paths.stage_folder(move.model, move.stage), move) for move in self.decision.moves)


def folders_of(decision: Decision) -> tuple[str, ...]:
    """The folders that carry a copy of the decision."""
    if decision.action == "govern":
        return (paths.GOVERNANCE,)
    return tuple(paths.stage_folder(move.model, move.stage) for move in decision.moves)


def is_governed(path: str) -> bool:
    """Whether a path of main changes only by governance: owned, and neither a stage's, a hold nor governance itself."""
    return paths.is_owned(path) and _BESIDE.fullmatch(path) is None


def frame(case: Case, folder: str) -> Iterator[Finding]:
    """Whether this is a decision of this registry about this folder at all."""
    decision, where = case.decision, paths.decision(folder)
    if decision.registry != case.rulebook.settings.registry:
        yield Finding("registry", where, "The decision was made for another registry.", _PROPOSE_ANEW)
    if decision.action not in STAGE_ACTIONS | {"govern"}:
        yield Finding("action", where, f"This gitreg knows no rule for the action {decision.action}.")
    if case.is_governance and decision.moves:
        yield Finding("action", where, "A governance decision moves no version: it lands alone.")
    if decision.action != "override" and decision.regularise_by is not None:
        yield Finding("action", where, "Only an override has to be regularised.")
    if not case.is_governance and decision.replaces is not None:
        yield Finding("action", where, "What a move replaces stands in the move.")
    if len(set(case.folders)) != len(case.folders):
        yield Finding("action", where, "The decision moves one stage twice.")
    yield from _members(case, where)
    if folder not in case.folders:
        yield Finding("folder", where, f"The decision is not about {folder}.", _PROPOSE_ANEW)


def _members(case: Case, where: str) -> Iterator[Finding]:
    """A decision about a set moves one stage of each of its models, as the set was before."""
    decision = case.decision
    if decision.set is None:
        return
    found = read_document(case.before, paths.model_set(decision.set), ModelSet)
    if found is None or found.name != decision.set:
        yield Finding("set", where, f"There is no set {decision.set}.", _PROPOSE_ANEW)
        return
    moved, stages = [move.model for move in decision.moves], {move.stage for move in decision.moves}
    if sorted(moved) != sorted(found.models) or len(stages) != 1:
        message = f"A decision about the set {decision.set} moves one stage of each of its {len(found.models)} models."
        yield Finding("set", where, message, _PROPOSE_ANEW)


def exact_paths(case: Case) -> Iterator[Finding]:
    """A landing changes exactly the decision, what it names, and its approvals."""
    named = {*case.decision.files, *(paths.decision(folder) for folder in case.folders)}
    for path in differing(case.before, case.after):
        if path not in named and not _is_statement(path, case.folders):
            message = "This path changed with the landing, but the decision does not name it."
            yield Finding("extra-path", path, message, "Take it out of the change, or govern it on its own.")
    for path, digest in case.decision.files.items():
        found = case.after.read(path)
        if (None if found is None else Digest.of(found)) != digest:
            what = "is there, but the decision removes it" if digest is None else "is not what the decision names"
            yield Finding("named-path", path, f"The file {what}.", _PROPOSE_ANEW)
    for folder in case.folders:
        yield from _folder_is_whole(case, folder)


def _is_statement(path: str, folders: tuple[str, ...]) -> bool:
    return any(
        path.startswith(f"{folder}/") and _STATEMENT.fullmatch(path.removeprefix(f"{folder}/")) for folder in folders
    )


def _folder_is_whole(case: Case, folder: str) -> Iterator[Finding]:
    """The folder is replaced whole: nothing of the decision before stays in it."""
    data = case.after.read(paths.decision(folder))
    if data is None or Digest.of(data) != case.digest:
        message = "The decision does not stand here, but it moves this stage too."
        yield Finding("set", paths.decision(folder), message, _PROPOSE_ANEW)
    for path, _ in case.after.walk(folder):
        if path not in case.decision.files and path != paths.decision(folder) and not _is_statement(path, (folder,)):
            yield Finding("extra-path", path, "This file is in the folder, but the decision does not name it.")


def replaces(case: Case, folder: str, expected: Digest | None, *, ever_stood: bool) -> Iterator[Finding]:
    """Whether what stood in the folder is what the decision was made to replace."""
    data = case.before.read(paths.decision(folder))
    standing = None if data is None else Digest.of(data)
    if standing == expected and (standing is not None or not ever_stood):
        return
    if standing is None and expected is None:
        message = "The decision says that nothing ever stood here, but something did and was removed."
    else:
        message = f"The decision was made to replace {_named(expected)}, but {_named(standing)} stood there."
    yield Finding("stale", paths.decision(folder), message, _PROPOSE_ANEW)


def _named(digest: Digest | None) -> str:
    return "nothing" if digest is None else f"decision {digest.short}"
