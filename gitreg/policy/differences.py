"""What a change of a policy makes looser or tighter, rule by rule, in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gitreg.documents import Policy, Requirement, plain

Direction: TypeAlias = Literal["looser", "tighter", "other"]
_NAMES = frozenset(["rule", "message", "reference"])
"""What changes nothing but the words."""


@dataclass(frozen=True)
class PolicyChange:
    """One field of one rule: which way it went, and how."""

    rule: str
    direction: Direction
    text: str


def policy_changes(old: Policy | None, new: Policy | None) -> list[PolicyChange]:
    """Everything that differs between two policies; None is a policy that asks for nothing."""
    before, after = _rules(old), _rules(new)
    found = [change for name in dict.fromkeys([*before, *after]) for change in _of_rule(name, before, after)]
    for clause in ("rollback", "override"):
        was, now = (plain(getattr(each, clause)) if each is not None else None for each in (old, new))
        found += _of_clause(clause, was, now)
    return found


def _rules(policy: Policy | None) -> dict[str, Requirement]:
    return {rule.rule: rule for rule in policy.requirements} if policy is not None else {}


def _of_rule(name: str, before: Mapping[str, Requirement], after: Mapping[str, Requirement]) -> Iterator[PolicyChange]:
    old, new = before.get(name), after.get(name)
    if new is None:
        yield PolicyChange(name, "looser", "The rule is gone.")
    elif old is None:
        blocks = new.severity == "block"
        yield PolicyChange(name, "tighter" if blocks else "other", "The rule is new." if blocks else "It warns, newly.")
    elif type(old) is not type(new):
        yield PolicyChange(name, "other", "The rule is of another kind now.")
    else:
        yield from _fields(name, plain(old), plain(new))


def _of_clause(name: str, was: dict[str, object] | None, now: dict[str, object] | None) -> Iterator[PolicyChange]:
    """Without a rollback clause one signature of the stage's people does; without an override clause there is none."""
    if was is None and now is not None:
        yield PolicyChange(name, "looser" if name == "override" else "other", f"There is an {name} clause now.")
    elif was is not None and now is None:
        yield PolicyChange(name, "tighter" if name == "override" else "other", f"The {name} clause is gone.")
    elif was is not None and now is not None:
        yield from _fields(name, was, now)


def _fields(rule: str, was: Mapping[str, object], now: Mapping[str, object]) -> Iterator[PolicyChange]:
    for key in was:
        if key not in _NAMES and was[key] != now[key]:
            weigh = _WEIGHTS.get(key)
            direction = weigh(was[key], now[key]) if weigh is not None else "other"
            yield PolicyChange(rule, direction, f"{key}: {_told(was[key])} -> {_told(now[key])}.")


def _told(value: object) -> str:
    if value is None:
        return "not asked"
    if isinstance(value, list):
        return ", ".join(_told(each) for each in value) or "none"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_told(each)}" for key, each in value.items()) + "}"
    return str(value)


def _rising(missing: float) -> Callable[[object, object], Direction]:
    """More is tighter; `missing` is how much no value is."""

    def weigh(was: object, now: object) -> Direction:
        one, other = (missing if each is None else float(each) for each in (was, now))  # type: ignore[arg-type]
        return "tighter" if other > one else "looser"

    return weigh


def _falling(missing: float) -> Callable[[object, object], Direction]:
    """Less is tighter."""
    rising = _rising(-missing)
    return lambda was, now: rising(_negative(was), _negative(now))


def _negative(value: object) -> float | None:
    return None if value is None else -float(value)  # type: ignore[arg-type]


def _more_members(was: object, now: object) -> Direction:
    """A list of what is asked for: with more in it it asks for more."""
    one, other = _members(was), _members(now)
    return "tighter" if one < other else "looser" if other < one else "other"


def _fewer_members(was: object, now: object) -> Direction:
    """A list of what is allowed, where an empty one asks for nothing."""
    one, other = _members(was), _members(now)
    if not one or not other:
        return "tighter" if other else "looser"
    return "tighter" if other < one else "looser" if one < other else "other"


def _members(value: object) -> set[str]:
    return {str(each) for each in value} if isinstance(value, Iterable) else set()


def _severity(was: object, now: object) -> Direction:
    del was
    return "tighter" if now == "block" else "looser"


_WEIGHTS: dict[str, Callable[[object, object], Direction]] = {
    "at_least": _rising(-math.inf),
    "better_by": _rising(-math.inf),
    "confidence": _rising(0),
    "count": _rising(0),
    "clean": _rising(0),
    "lock": _rising(0),
    "disjoint": _rising(0),
    "picked": _rising(0),
    "not_trainer": _rising(0),
    "at_most": _falling(math.inf),
    "hours": _falling(math.inf),
    "max_age_days": _falling(math.inf),
    "max_bytes": _falling(math.inf),
    "max_shared": _falling(math.inf),
    "not_worse_by": _falling(math.inf),
    "slices_not_worse_by": _falling(math.inf),
    "forbidden": _more_members,
    "groups": _more_members,
    "required": _more_members,
    "roles": _more_members,
    "slices": _more_members,
    "windows": _more_members,
    "licences": _fewer_members,
    "severity": _severity,
}
