"""What the evidence of a landing claims, so that somebody who can see more than main can look again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.decisions.evidence import Inputs
from gitreg.decisions.moves import move_of
from gitreg.decisions.rulebook import Rulebook, read_document
from gitreg.decisions.validation import decisions_in
from gitreg.documents import Evidence, Version, paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.decisions.judging import Judge


@dataclass(frozen=True)
class Claim:
    """Written evidence, and what it was to be gathered from."""

    path: str
    evidence: Evidence
    inputs: Inputs


def claims_at(judge: Judge, position: int) -> Iterator[Claim]:
    """The evidence with observations that came to stand at a position of the line.

    Raises what reading documents raises.
    """
    before, after = judge.tree(position - 1), judge.tree(position)
    for folder in decisions_in(before, after):
        decision = judge.decision(folder, position)
        move = move_of(decision, folder)
        evidence = read_document(after, paths.evidence(folder), Evidence)
        if decision is None or move is None or evidence is None or not evidence.observations:
            continue
        version = read_document(after, paths.stage_version(folder), Version)
        baseline = judge.past(folder, position - 1, decision.action).baseline_for(move.version)
        inputs = Inputs(decision.action, move, version, baseline, Rulebook(before), evidence.observations)
        yield Claim(paths.evidence(folder), evidence, inputs)
