"""Rules about a landing: checks that were signed, and times.

A verdict asks no clock: it knows times by what people signed. What the clock of a validator says is said at validation
alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gitreg.decisions.asking import check_words, landing_rules, stage_quorum
from gitreg.decisions.findings import CHECKS, Finding
from gitreg.decisions.statements import AskedOf, Hearing, hear
from gitreg.decisions.titles import id_of
from gitreg.decisions.voices import voices
from gitreg.documents import (
    Action,
    ApprovalsRequirement,
    CheckRequirement,
    EvidenceAgeRequirement,
    FreezeRequirement,
    Requirement,
    Tree,
    format_time,
    paths,
)
from gitreg.policy import Reading, read_check, read_freeze, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


FROZEN: frozenset[Action] = frozenset(["promote", "hold", "lift"])
"""What waits for the end of a freeze; a rollback, a withdrawal and an override do not."""
_AHEAD = timedelta(hours=1)
"""How far a clock may be ahead of the validator's, where ages matter."""
_CHECKED: frozenset[Action] = frozenset(["promote"])
"""What rests on checks and on how young its evidence is."""


def landing_findings(question: AskedOf, hearing: Hearing, folder: str) -> Iterator[Finding]:
    """What rules about the landing say to what was signed. Raises what reading policies raises."""
    decision = question.decision
    if decision.action not in _CHECKED:
        return
    latest = hearing.latest(decision)
    for rule, _ in landing_rules(decision, question.rulebook):
        if isinstance(rule, CheckRequirement):
            yield from _checked(rule, question, hearing, folder)
        elif isinstance(rule, EvidenceAgeRequirement):
            yield from _evidence_age(rule, question, folder, latest)


def missing_checks(question: AskedOf, hearing: Hearing) -> tuple[str, ...]:
    """The checks that a decision waits for, in words."""
    if question.decision.action not in _CHECKED:
        return ()
    rules = (rule for rule, _ in landing_rules(question.decision, question.rulebook))
    waited = [rule for rule in rules if isinstance(rule, CheckRequirement) and rule.severity == "block"]
    return tuple(
        dict.fromkeys(check_words(rule) for rule in waited if _read(rule, question, hearing).outcome == "cannot tell")
    )


def _read(rule: CheckRequirement, question: AskedOf, hearing: Hearing) -> Reading:
    return read_check(rule, hearing.reports(), question.rulebook.approvers)


def _checked(rule: CheckRequirement, question: AskedOf, hearing: Hearing, folder: str) -> Iterator[Finding]:
    reading, where = _read(rule, question, hearing), f"{folder}/approvals"
    if reading.outcome == "fail":
        hint = f"What it said: gitreg checks list {id_of(question.decision)}"
        yield Finding(f"policy:{rule.rule}", where, told(rule, reading), hint, severity=rule.severity)
    elif reading.outcome == "cannot tell":
        hint = f"gitreg checks add {id_of(question.decision)} --name {rule.name} --status pass"
        yield Finding(CHECKS, where, told(rule, reading), hint, severity=rule.severity, outcome="cannot tell")


def _evidence_age(rule: EvidenceAgeRequirement, question: AskedOf, folder: str, at: datetime) -> Iterator[Finding]:
    decision, days = question.decision, rule.max_age_days
    if at > decision.proposed_at + timedelta(days=days):
        text = (
            f"The evidence is of {format_time(decision.proposed_at)}, more than {days} day{'s' if days > 1 else ''} "
            "before the landing."
        )
        yield _by_rule(rule, Reading("fail", text, "evidence-age/1"), paths.decision(folder), "Make a new proposal.")


def _by_rule(rule: Requirement, reading: Reading, where: str, hint: str) -> Finding:
    name, words = f"policy:{rule.rule}", told(rule, reading)
    return Finding(name, where, words, hint, severity=rule.severity, outcome=reading.outcome)


# --- by a validator's clock ---------------------------------------------------------------------------------------


def late(tree: Tree, folder: str, question: AskedOf, now: datetime) -> Iterator[Finding]:
    """What the clock of a validator says about a decision that is about to land; a verdict never asks it.

    A key that has expired could have signed with its clock set back. Raises what reading policies raises.
    """
    decision = question.decision
    yield from outdated(tree, folder, question, now)
    yield from _ahead(hear(tree, folder, question), question, now, folder)
    for rule, _ in landing_rules(decision, question.rulebook):
        if isinstance(rule, FreezeRequirement) and decision.action in FROZEN:
            reading = read_freeze(rule, now)
            if reading.outcome != "pass":
                yield _by_rule(rule, reading, paths.decision(folder), "Merge it after that time.")


def outdated(tree: Tree, folder: str, question: AskedOf, at: datetime) -> Iterator[Finding]:
    """What is too old in a decision that at some moment has not landed yet: it, its evidence, approvals and keys.

    Raises what reading policies raises.
    """
    hearing, decision = hear(tree, folder, question), question.decision
    if decision.expires_at is not None and decision.expires_at <= at:
        message = f"The proposal expired at {format_time(decision.expires_at)}."
        yield Finding("expired", paths.decision(folder), message, "Make a new proposal.")
    yield from _expired_keys(hearing, question, at, folder)
    yield from _grown_old(tree, hearing, question, at, folder)
    for rule, _ in landing_rules(decision, question.rulebook) if decision.action in _CHECKED else ():
        if isinstance(rule, EvidenceAgeRequirement):
            yield from _evidence_age(rule, question, folder, at)


def _ahead(hearing: Hearing, question: AskedOf, now: datetime, folder: str) -> Iterator[Finding]:
    """A date in the future would keep approvals, evidence and an override young for as long as somebody likes."""
    decision, latest = question.decision, hearing.latest(question.decision)
    is_timed = decision.action == "override" or any(
        isinstance(rule, EvidenceAgeRequirement)
        or (isinstance(rule, ApprovalsRequirement) and rule.max_age_days is not None)
        for rule, _ in landing_rules(decision, question.rulebook)
    )
    if is_timed and latest > now + _AHEAD:
        message = f"It is dated {format_time(latest)}, which is still to come: its age cannot be told."
        hint = "Sign it again with a clock that is right."
        yield Finding("future", paths.decision(folder), message, hint, outcome="cannot tell")


def _expired_keys(hearing: Hearing, question: AskedOf, now: datetime, folder: str) -> Iterator[Finding]:
    for each in hearing.heard:
        owner = question.rulebook.owners.get(each.key)
        until = owner.key.valid_before if owner else None
        if each.counts and until is not None and until <= now:
            message = f"{each.person}'s key expired at {format_time(until)}, before the decision landed."
            hint = "Sign again with a key that is valid."
            yield Finding("key-expired", f"{folder}/approvals/{each.key}.json", message, hint)


def _grown_old(tree: Tree, hearing: Hearing, question: AskedOf, now: datetime, folder: str) -> Iterator[Finding]:
    """Approvals that were young enough beside the latest word, and are not by the clock."""
    decision = question.decision
    quorum = stage_quorum(decision, question.rulebook, tree)
    if quorum is None or all(need.max_age_days is None for need in quorum.needs):
        return
    heard = voices(quorum, hearing, question)
    then, today = (heard.judged(at).missing for at in (hearing.latest(decision), now))
    for need in today:
        if need not in then:
            hint = f"Sign again: gitreg approve {id_of(decision)}"
            yield Finding("approvals", f"{folder}/approvals", f"Needs {need}: what was signed is too old.", hint)
