"""Evidence gathered again: whether what somebody wrote is what anybody sees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gitreg.decisions import TOLERANCE, Finding
from gitreg.documents import Reached, Unknown, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitreg.decisions import Claim, Inputs
    from gitreg.documents import Json, Observation

_ANEW = "Make a new proposal: gitreg promote gathers the evidence anew."


def differences_of(claim: Claim, observe: Callable[[Inputs], tuple[Observation, ...]]) -> Iterator[Finding]:
    """Where the observations in written evidence are not what is seen here; what cannot be seen here is told, too."""
    written = _by_rule(claim.evidence.observations)
    seen = _by_rule(observe(claim.inputs))
    for rule in sorted(written.keys() | seen.keys()):
        yield from _of_rule(claim, rule, written.get(rule, []), seen.get(rule, []))


def _by_rule(observations: tuple[Observation, ...]) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for each in observations:
        found.setdefault(each.rule, []).append(each)
    return found


def _of_rule(claim: Claim, rule: str, written: list[Observation], seen: list[Observation]) -> Iterator[Finding]:
    unknown = next((each for each in seen if isinstance(each, Unknown)), None)
    if any(isinstance(each, Unknown) for each in written):
        return  # the rule cannot tell already, whatever is seen here
    if unknown is not None:
        message = f"What the evidence says for {rule!r} cannot be checked here: {unknown.text}"
        # Somebody else's code is not where the registry is checked; its bytes and its ledger are.
        is_code = all(isinstance(each, Reached) for each in written)
        yield Finding(
            "evidence-unseen", claim.path, message, severity="warn" if is_code else "block", outcome="cannot tell"
        )
    elif not _alike([_comparable(each) for each in written], [_comparable(each) for each in seen]):
        yield Finding("evidence-differs", claim.path, f"What the evidence says for {rule!r} is not so.", _ANEW)


def _comparable(observation: Observation) -> Json:
    """Without what may have changed since and proves nothing: where a branch was."""
    left_out = {"tip"} if isinstance(observation, Reached) else set()
    return {name: value for name, value in plain(observation).items() if name not in left_out}


def _alike(one: object, other: object) -> bool:
    """Equal, where numbers may differ by 1e-9 of their size."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return one == other
