"""A decision is judged where it landed."""

from __future__ import annotations

from gitreg.decisions.creation import creation_edits, default_settings
from gitreg.decisions.drafting import Target
from gitreg.decisions.governing import add_person, remove_person
from gitreg.decisions.judging import Judge
from gitreg.documents import paths
from tests.decisions.world import (
    FOLDER,
    GOVERNANCE,
    REGISTRY,
    TARGET,
    Kept,
    Signed,
    World,
    candidate,
    key,
    mail,
    proposed,
    protected,
    rules_of,
    unprotected,
    version,
)


def test_on_an_unprotected_stage_a_promotion_lands_at_once_and_is_unreviewed_for_ever() -> None:
    world = unprotected()
    world.land(world.promote(1))
    assert world.verdict().is_in_force
    assert world.verdict().is_unreviewed
    assert sorted(path for path, _ in world.tree.walk(FOLDER)) == [f"{FOLDER}/decision.json", f"{FOLDER}/version.json"]


def test_an_approved_promotion_is_in_force() -> None:
    world = protected()
    world.promoted(1)
    assert world.verdict().outcome == "pass", world.verdict().findings
    assert not world.verdict().is_unreviewed
    assert world.verdict().people.have == ("ben@example.org",)


def test_an_unapproved_landing_is_inert_until_approved() -> None:
    world = protected()
    draft = world.promote(1)
    landed = world.land(draft, proposed())
    assert world.verdict().outcome == "fail"
    assert world.verdict().is_pending
    assert rules_of(world.verdict()) == {"approvals"}
    completed = world.commit(world.signed(draft.decision, "ben"))
    found = world.verdict()
    assert found.is_in_force
    assert (found.landed and found.landed.position, found.completed and found.completed.position) == (landed, completed)


def test_the_next_landing_over_an_inert_one_replaces_what_stands_and_compares_with_what_was_in_force() -> None:
    world = protected()
    world.promoted(1)
    world.land(world.promote(2), proposed())
    draft = world.promote(3)
    world.land(draft, proposed(), "ben")
    assert world.number() == 3
    baseline = draft.evidence[FOLDER].baseline
    assert baseline is not None
    assert baseline.number == 1


def test_while_a_decision_is_inert_the_last_one_in_force_stays_so() -> None:
    world = protected()
    world.promoted(1)
    world.land(world.promote(2))
    assert world.number() == 1


def test_unrelated_landings_do_not_stale_a_proposal() -> None:
    world = protected()
    draft = world.promote(1)
    world.land(world.promote(1, stage="staging"))
    world.commit({"notes.md": b"a person's own file\n"})
    world.land(draft, proposed(), "ben")
    assert world.number() == 1


def test_a_rollback_needs_one_signature_of_the_stages_group_and_lands_with_a_hold() -> None:
    world = protected()
    world.promoted(1)
    world.promoted(2)
    world.land(world.rolled_back(by="cara"), proposed("cara"))
    assert world.verdict().outcome == "pass", world.verdict().findings
    assert world.number() == 1
    assert world.tree.read(paths.hold("fraud", version(2).digest)) is not None


def test_a_withdrawn_stage_keeps_its_folder() -> None:
    world = protected()
    world.promoted(1)
    draft = world.drafter().withdraw(TARGET, world.wish())
    world.land(draft, proposed())
    judge = world.judge()
    found = judge.in_force(FOLDER)
    assert found is not None
    assert judge.move(found).version is None
    assert judge.version(found) is None
    assert world.tree.read(f"{FOLDER}/decision.json") is not None
    world.promoted(1)
    assert world.number() == 1


def test_a_hold_and_its_lift_move_nothing_and_need_the_stages_quorum() -> None:
    world = protected()
    world.promoted(1)
    hold = world.drafter().hold(TARGET, version(2).digest, world.wish())
    world.land(hold, proposed())
    assert rules_of(world.verdict()) == {"approvals"}
    world.commit(world.signed(hold.decision, "ben"))
    assert world.verdict().is_in_force
    assert world.number() == 1
    lift = world.drafter().lift(TARGET, version(2).digest, world.wish())
    world.land(lift, proposed(), "ben")
    assert world.verdict().outcome == "pass", world.verdict().findings
    assert world.tree.read(paths.hold("fraud", version(2).digest)) is None


def test_a_set_is_one_decision_in_every_members_folder() -> None:
    world = protected(staging=True, production=True)
    draft = world.drafter().promote(candidate(1), ["staging", "production"], world.wish())
    world.land(draft, proposed(), "ben")
    for stage in ("staging", "production"):
        folder = Target("fraud", stage).folder
        assert world.verdict(folder).outcome == "pass", world.verdict(folder).findings
        assert world.number(Target("fraud", stage)) == 1


def test_governance_is_judged_by_the_same_function() -> None:
    world = protected()
    edits: dict[str, bytes | None] = {"policies/risk.json": world.tree.read("policies/production.json")}
    draft = world.govern(edits)
    world.land(draft, proposed())
    assert rules_of(world.verdict(GOVERNANCE)) == {"approvals"}
    world.commit(world.signed(draft.decision, "ben"))
    assert world.verdict(GOVERNANCE).is_in_force


def test_a_verdict_does_not_change_when_the_people_change_later() -> None:
    world = protected()
    world.promoted(1)

    world.land(
        world.govern(dict(remove_person(world.tree, world.verdict().people.have[0])), by="ada"), proposed(), "cara"
    )
    assert world.verdict(GOVERNANCE).outcome == "pass", world.verdict(GOVERNANCE).findings
    assert world.verdict().is_in_force


def test_a_person_may_change_her_mind_before_the_decision_is_in_force() -> None:
    world = protected()
    draft = world.promote(1)
    world.land(draft, proposed(), Signed("ben", "reject"))
    assert "rejected" in rules_of(world.verdict())
    world.commit(world.signed(draft.decision, "ben"))
    assert world.verdict().outcome == "pass", world.verdict().findings


def test_a_cut_off_history_cannot_tell() -> None:
    world = protected()
    world.promoted(1)
    world.is_whole = False
    assert world.verdict().outcome == "cannot tell"


def test_verdicts_are_kept_by_commit_and_read_back() -> None:
    world = protected()
    world.promoted(1)
    world.promoted(2)
    kept = Kept()
    first = Judge(world.line, kept).in_force(FOLDER)
    assert len(kept) == 2
    assert Judge(world.line, kept).in_force(FOLDER) == first


def test_a_registry_founded_by_its_first_able_people_asks_them_from_then_on() -> None:

    world = World()
    world.commit(creation_edits(default_settings(REGISTRY, ["production"])))
    for name in ("ada", "ben"):
        world.land(world.govern(dict(add_person(world.tree, mail(name), key(name), ()))))
        assert world.verdict(GOVERNANCE).outcome == "pass", world.verdict(GOVERNANCE).findings
        assert world.verdict(GOVERNANCE).is_unreviewed
    world.land(world.govern(dict(add_person(world.tree, mail("cara"), key("cara"), ()))), proposed())
    assert rules_of(world.verdict(GOVERNANCE)) == {"approvals"}


def test_rules_that_were_forged_and_brought_back_hinder_nobody() -> None:
    world = protected()
    good = world.tree.read("policies/production.json")
    world.commit({"policies/production.json": b"{}\n"})
    world.commit({"policies/production.json": good})
    world.promoted(1)
    assert world.verdict().outcome == "pass", world.verdict().findings


def test_an_unapproved_governance_change_that_is_approved_later_is_in_force_from_then_on() -> None:
    world = protected()
    draft = world.govern(dict(add_person(world.tree, mail("dora"), key("dora"), ())))
    world.land(draft, proposed())
    world.commit(world.signed(draft.decision, "ben"))
    world.promoted(1, approver="dora")
    assert world.verdict().outcome == "pass", world.verdict().findings


def test_a_forged_rule_is_mended_by_a_decision_that_names_it() -> None:
    world = protected()
    good = world.tree.read("policies/production.json")
    world.commit({"policies/production.json": b"{}\n"})
    world.land(world.govern({"policies/production.json": good}), proposed(), "ben")
    assert world.verdict(GOVERNANCE).outcome == "pass", world.verdict(GOVERNANCE).findings
    world.promoted(1)
    assert world.number() == 1
