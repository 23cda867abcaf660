"""What CI and a server's hook say about changes to main."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gitreg.decisions import check_line, check_step
from gitreg.documents import Approver, Approvers, ModelCard, paths
from gitreg.policy import default_policy
from gitreg.signing import render_allowed_signers
from tests.decisions.test_attacks import ATTACKS
from tests.decisions.world import (
    FOLDER,
    TARGET,
    TEAM,
    World,
    key,
    mail,
    people,
    proposed,
    protected,
    settings,
    unprotected,
)


def rules(world: World, start: int | None = None) -> set[str]:
    """The blocking rules found in the last commit, or in all after `start`."""
    judge = world.judge()
    found = check_line(judge, judge.tip - 1 if start is None else start, world.now)
    return {finding.rule for finding in found if finding.severity == "block"}


@pytest.mark.parametrize("name", sorted(set(ATTACKS) - {"a registry is squashed into one commit"}))
def test_a_push_that_holds_an_attack_is_refused(name: str) -> None:
    """From the first commit on: whichever commit of the attack shows it."""
    _, made = ATTACKS[name]
    world, _ = made()
    assert rules(world, 0)


def test_good_history_has_no_findings() -> None:
    world = protected()
    world.promoted(1)
    world.promoted(2)
    world.land(world.rolled_back(), proposed())
    world.land(world.drafter().withdraw(TARGET, world.wish()), proposed())
    world.land(world.govern({"policies/other.json": default_policy().to_bytes()}), proposed(), "ben")
    world.commit({"README.md": b"our own words\n"})
    assert rules(world, -1) == set()


def test_solo_history_has_no_findings() -> None:
    world = unprotected()
    world.land(world.promote(1))
    world.land(world.promote(2))
    world.land(world.rolled_back())
    card = ModelCard(name="fraud", use="refuse stolen cards")
    world.commit({paths.model_card("fraud"): card.to_bytes()})
    assert rules(world, -1) == set()


@pytest.mark.parametrize(
    "path",
    [
        "gitreg.json",
        "policies/production.json",
        "approvers.json",
        "models/fraud/model.json",
        "Jenkinsfile",
        "sets/a.json",
    ],
)
def test_a_governed_file_changes_only_by_a_decision(path: str) -> None:
    world = protected()
    content = {
        "gitreg.json": settings(staging=False, production=False).to_bytes(),
        "policies/production.json": None,
        "approvers.json": people(ada=()).to_bytes(),
        "models/fraud/model.json": ModelCard(name="fraud").to_bytes(),
    }
    world.commit({path: content.get(path, b"{}\n")})
    assert "owned-path" in rules(world)


def test_where_nothing_is_protected_governed_files_only_have_to_be_right() -> None:
    world = unprotected()
    world.commit({"approvers.json": TEAM.to_bytes()})
    assert rules(world) == {"allowed-signers"}
    world.commit({"allowed_signers": render_allowed_signers(TEAM)})
    assert rules(world) == set()
    world.commit({"policies/x.json": b"{ }\n"})
    assert rules(world) == {"schema"}
    world.commit({"gitreg.json": settings(production=True).to_bytes()})
    assert rules(world) == {"governed"}


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (f"{FOLDER}/version.json", "owned-path"),
        (f"{FOLDER}/approvals/{'0' * 64}.json", "owned-path"),
        (f"{FOLDER}/notes.txt", "unknown-path"),
        ("models/fraud/holds/0123456789abcdef.json", "owned-path"),
        ("governance/notes.txt", "unknown-path"),
        ("policies/README.md", "unknown-path"),
    ],
)
def test_nothing_changes_beside_a_landing(path: str, rule: str) -> None:
    world = protected()
    world.promoted(1)
    world.commit({path: b"{}\n"})
    assert rule in rules(world)


def test_a_pointer_is_never_deleted() -> None:
    world = protected()
    world.promoted(1)
    world.commit({path: None for path, _ in world.tree.walk(FOLDER)})
    assert "pointer" in rules(world)


def test_an_approval_may_come_after_the_landing_and_only_before_it_is_in_force() -> None:
    world = protected()
    draft = world.promote(1)
    start = world.land(draft, proposed())
    assert rules(world) == {"approvals"}
    world.commit(world.signed(draft.decision, "ben"))
    assert rules(world) == set()
    assert rules(world, start - 1) == set()
    world.commit(world.signed(draft.decision, "cara"))
    assert rules(world) == {"owned-path"}


def test_an_expired_proposal_does_not_land_by_the_validators_clock() -> None:
    world = protected()
    draft = world.promote(1)
    world.land(draft, proposed(), "ben")
    judge = world.judge()
    late = draft.decision.expires_at
    assert {finding.rule for finding in check_step(judge, judge.tip, late)} == {"expired"}


def test_a_broken_registry_cannot_tell() -> None:
    world = protected()
    draft = world.promote(1)
    world.commit({"gitreg.json": b"{"})
    assert rules(world) == {"owned-path", "schema"}
    world.land(draft, proposed(), "ben")
    assert world.verdict().outcome == "cannot tell"
    assert "unreadable" in rules(world)


def test_findings_say_path_message_and_what_to_do() -> None:
    world = protected()
    world.promoted(1)
    old = world.tree
    world.promoted(2)
    world.commit({path: old.read(path) for path in {*dict(old.walk(FOLDER)), *dict(world.tree.walk(FOLDER))}})
    judge = world.judge()
    (found,) = check_step(judge, judge.tip)
    assert found.path == f"{FOLDER}/decision.json"
    assert found.message == "This decision stood here before; putting its bytes back decides nothing."
    assert found.hint == "To go back to a version: gitreg rollback"


def test_a_key_that_expired_before_the_landing_counts_for_no_validator() -> None:
    """Its owner could have set back the clock; who comes after the landing cannot tell, and does not ask."""
    world = protected()
    until = world.now + timedelta(days=1)
    team = Approvers(people={**TEAM.people, mail("ben"): Approver(keys=(key("ben", valid_before=until),))})
    world = protected(team)
    world.land(world.promote(1), proposed(), "ben")
    judge = world.judge()
    assert list(check_step(judge, judge.tip, world.now)) == []
    assert {finding.rule for finding in check_step(judge, judge.tip, until)} == {"key-expired"}
    assert world.verdict().is_in_force
