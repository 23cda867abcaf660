"""What a policy would say to a version now, rule by rule, without proposing anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitreg.decisions.asking import check_words
from gitreg.decisions.drafting import Target
from gitreg.decisions.evidence import Inputs, build_evidence
from gitreg.decisions.moves import how_to_pass
from gitreg.decisions.rulebook import Rulebook
from gitreg.documents import CheckRequirement, Evidence, ModelCard, Move, Principal, Version
from gitreg.errors import StageNotFound
from gitreg.policy import Quorum, quorum_of, rules_for

if TYPE_CHECKING:
    from gitreg.decisions.drafting import Candidate
    from gitreg.decisions.evidence import Observe
    from gitreg.decisions.office import Office


@dataclass(frozen=True)
class PolicyCheck:
    """The answer of every rule, what would make those pass that do not, and who could approve."""

    target: Target
    number: int
    evidence: Evidence
    ways: dict[str, str]
    """What would make a rule pass, by the rule's name."""
    needed: tuple[str, ...]
    able: tuple[Principal, ...]
    """Everyone whose approval would count, were it not her own proposal."""
    version: Version
    card: ModelCard | None
    held: str = ""
    """Why the version is held out of the stage, where it is."""


def check_policy(office: Office, candidate: Candidate, stage: str, observe: Observe) -> PolicyCheck:
    """Ask a protected stage's policy about a version. Raises `StageNotFound` for a stage that asks nobody."""
    target = Target(candidate.version.model, stage)
    judge = office.judge()
    rulebook = Rulebook(judge.tree())
    if not rulebook.is_protected(stage):
        known = ", ".join(rulebook.protected) or "none"
        raise StageNotFound(f"{stage} is no protected stage, so no policy is asked (protected are: {known}).")
    past = judge.past(target.folder, judge.tip)
    version = candidate.version
    move = Move(model=version.model, stage=stage, number=candidate.number, version=version.digest, replaces=None)
    inputs = Inputs("promote", move, version, past.baseline_for(version.digest), rulebook)
    evidence = build_evidence(replace(inputs, observations=observe(inputs)))
    quorum = quorum_of(rulebook.policy(stage), "promote", version.model, evidence.observations)
    hold = rulebook.is_held(version.model, version.digest, stage)
    ways = {rule.rule: how_to_pass(rule, version.model) for rule in evidence.rules if rule.outcome != "pass"}
    rules = rules_for(rulebook.policy(stage), version.model)
    checks = (check_words(rule) for rule in rules if isinstance(rule, CheckRequirement) and rule.severity == "block")
    words = (*quorum.words, *dict.fromkeys(checks))
    return PolicyCheck(
        target,
        candidate.number,
        evidence,
        ways,
        words,
        _able(quorum, rulebook),
        version,
        rulebook.card(version.model),
        hold.reason if hold else "",
    )


def _able(quorum: Quorum, rulebook: Rulebook) -> tuple[Principal, ...]:
    people = rulebook.approvers.people
    return tuple(
        person
        for person in sorted(people)
        if people[person].keys and any(quorum.may_meet(need, person, people[person]) for need in quorum.needs)
    )
