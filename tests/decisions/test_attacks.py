"""Everything somebody with push rights to main might try. Each must be found, and named by its rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gitreg.decisions.drafting import Choice, Draft, Target
from gitreg.decisions.governing import add_person, remove_person
from gitreg.documents import (
    ApprovalsRequirement,
    Approver,
    Approvers,
    Digest,
    Evidence,
    Hold,
    MetadataRequirement,
    ModelCard,
    Policy,
    RegistryId,
    Rights,
    RollbackClause,
    ThresholdRequirement,
    paths,
)
from gitreg.signing import render_allowed_signers
from tests.decisions.world import (
    FOLDER,
    GOVERNANCE,
    START,
    TARGET,
    TEAM,
    Files,
    Signed,
    World,
    actor,
    candidate,
    changed,
    key,
    left_to,
    mail,
    people,
    proposed,
    protected,
    public_key,
    redone,
    rules_of,
    settings,
    unprotected,
    version,
    with_rights,
)

Attack = Callable[[], tuple[World, str]]
ATTACKS: dict[str, tuple[str, Attack]] = {}

LAX = Policy(requirements=())
FLOOR = Policy(
    requirements=(
        ApprovalsRequirement(kind="approvals", rule="reviewed", count=1),
        ThresholdRequirement(kind="threshold", rule="floor", metric="auc", at_least=0.8),
    )
)
RISKY = Policy(requirements=(ApprovalsRequirement(kind="approvals", rule="risk", count=1, group="risk"),))
TWO = Policy(requirements=(ApprovalsRequirement(kind="approvals", rule="two", count=2),))


def attack(rule: str) -> Callable[[Attack], Attack]:
    """The attack, and the rule that has to find it in the folder it answers."""

    def keep(made: Attack) -> Attack:
        ATTACKS[made.__name__.replace("_", " ")] = (rule, made)
        return made

    return keep


def landed(*who: Signed | str, world: World | None = None, also: Files | None = None) -> tuple[World, str]:
    world = world or protected()
    world.land(world.promote(1), *who, also=also)
    return world, FOLDER


# People and keys


@attack("approvals")
def the_author_approves_herself() -> tuple[World, str]:
    """With a second key of hers: the first one carries her proposal."""
    team = Approvers(people={**TEAM.people, mail("ada"): Approver(keys=(key("ada"), key("ada2")))})
    return landed(proposed(), Signed("ada", seed="ada2"), world=protected(team))


@attack("unsigned")
def the_proposer_did_not_sign() -> tuple[World, str]:
    return landed("ben")


@attack("approvals")
def a_stranger_approves() -> tuple[World, str]:
    return landed(proposed(), "mallory")


@attack("approvals")
def an_approver_is_added_by_the_landing_itself() -> tuple[World, str]:
    mallory = people(ada=("leads",), ben=("leads", "risk"), cara=("risk",), mallory=())
    files: Files = {
        paths.APPROVERS: mallory.to_bytes(),
        paths.ALLOWED_SIGNERS: render_allowed_signers(mallory),
    }
    world, folder = landed(proposed(), "mallory", also=files)
    assert "extra-path" in rules_of(world.verdict())
    world = protected()
    draft = world.promote(1)
    world.land(draft, proposed(), "mallory")
    return world, folder


@attack("approval-invalid")
def an_approval_is_signed_by_another_key_than_its_name_says() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    name = paths.statement(FOLDER, public_key("ben").fingerprint)
    by_mallory = list(world.signed(draft.decision, Signed("ben", seed="mallory")).values())
    world.land(draft, proposed(), also={name: by_mallory[0], f"{name}.sig": by_mallory[1]})
    return world, FOLDER


@attack("approvals")
def an_approver_signs_in_anothers_name() -> tuple[World, str]:
    return landed(proposed(), Signed("cara", seed="ben"), world=protected(people(ada=(), ben=())))


@attack("approval-invalid")
def an_approval_is_moved_from_another_decision() -> tuple[World, str]:
    world = protected()
    first = world.promote(1)
    statements = world.signed(first.decision, "ben")
    world.land(world.promote(2), proposed(), also=statements)
    return world, FOLDER


@attack("approval-invalid")
def a_verdict_is_edited_after_signing() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    said = world.signed(draft.decision, Signed("ben", "reject"))
    said = {path: data.replace(b'"reject"', b'"approve"') if data else data for path, data in said.items()}
    world.land(draft, proposed(), also=said)
    return world, FOLDER


@attack("approval-invalid")
def a_statement_comes_without_its_signature() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    said = {path: data for path, data in world.signed(draft.decision, "ben").items() if path.endswith(".json")}
    world.land(draft, proposed(), also=said)
    return world, FOLDER


@attack("approvals")
def a_key_had_expired() -> tuple[World, str]:
    team = Approvers(people={**TEAM.people, mail("ben"): Approver(keys=(key("ben", valid_before=START),))})
    return landed(proposed(), "ben", world=protected(team))


@attack("approvals")
def an_expired_key_signs_with_the_clock_set_back() -> tuple[World, str]:
    team = Approvers(people={**TEAM.people, mail("ben"): Approver(keys=(key("ben", valid_before=START),))})
    return landed(proposed(), Signed("ben", at=START - timedelta(days=9)), world=protected(team))


@attack("approvals")
def a_key_is_not_yet_valid() -> tuple[World, str]:
    later = START + timedelta(days=1)
    team = Approvers(people={**TEAM.people, mail("ben"): Approver(keys=(key("ben", valid_after=later),))})
    return landed(proposed(), "ben", world=protected(team))


@attack("approvals")
def an_approval_comes_after_the_proposal_expired() -> tuple[World, str]:
    return landed(proposed(), Signed("ben", at=START + timedelta(days=31)))


@attack("approvals")
def one_person_approves_with_two_keys() -> tuple[World, str]:
    team = Approvers(people={**TEAM.people, mail("ben"): Approver(keys=(key("ben"), key("ben2")))})
    return landed(proposed(), "ben", Signed("ben", seed="ben2"), world=protected(team, TWO))


@attack("unreadable")
def one_key_has_two_owners() -> tuple[World, str]:
    team = Approvers(people={**TEAM.people, mail("dora"): Approver(keys=(key("ben"),))})
    return landed(proposed(), "ben", world=protected(team))


@attack("rejected")
def a_rejection_is_outvoted() -> tuple[World, str]:
    return landed(proposed(), "ben", Signed("cara", "reject"))


@attack("rejected")
def somebody_rejects_with_one_key_and_approves_with_another() -> tuple[World, str]:
    team = Approvers(people={**TEAM.people, mail("ben"): Approver(keys=(key("ben"), key("ben2")))})
    return landed(proposed(), "cara", Signed("ben", "reject"), Signed("ben", seed="ben2"), world=protected(team))


@attack("touched")
def a_sealed_rejection_is_removed() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    world.land(draft, proposed(), Signed("ben", "reject"))
    world.commit(dict.fromkeys(world.signed(draft.decision, "ben")))
    world.commit(world.signed(draft.decision, "cara"))
    return world, FOLDER


@attack("touched")
def a_rejection_is_replaced_by_an_older_approval() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    world.land(draft, proposed(), Signed("ben", "reject"))
    world.commit(world.signed(draft.decision, Signed("ben", at=START - timedelta(hours=1))))
    return world, FOLDER


# What a landing changes


@attack("extra-path")
def the_policy_is_weakened_in_the_same_landing() -> tuple[World, str]:
    return landed(proposed(), "ben", also={"policies/production.json": LAX.to_bytes()})


@attack("extra-path")
def the_stage_is_unprotected_in_the_same_landing() -> tuple[World, str]:
    return landed(proposed(), also={"gitreg.json": settings(staging=False, production=False).to_bytes()})


@attack("extra-path")
def a_workflow_rides_along() -> tuple[World, str]:
    return landed(proposed(), "ben", also={".github/workflows/deploy.yml": b"on: push\n"})


@attack("extra-path")
def a_file_that_is_nobodys_business_rides_along() -> tuple[World, str]:
    return landed(proposed(), "ben", also={"scoring.py": b"threshold = 0.1\n"})


@attack("extra-path")
def another_models_stage_rides_along() -> tuple[World, str]:
    world = protected()
    other = world.promote(1, model="churn")
    return landed(proposed(), "ben", world=world, also=dict(other.edits))


@attack("extra-path")
def a_file_of_the_decision_before_stays_in_the_folder() -> tuple[World, str]:
    return landed(proposed(), "ben", also={f"{FOLDER}/notes.json": b"{}\n"})


@attack("approval-invalid")
def an_approval_of_the_decision_before_stays_in_the_folder() -> tuple[World, str]:
    world = protected()
    first = world.promoted(1)
    draft = world.promote(2)
    world.land(draft, proposed(), also=world.signed(first.decision, "cara"))
    return world, FOLDER


@attack("files")
def the_decision_names_a_governed_path() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    files = {**draft.decision.files, "policies/production.json": LAX.digest}
    world.land(redone(draft, files=files), proposed(), also={"policies/production.json": LAX.to_bytes()})
    return world, FOLDER


@attack("named-path")
def the_version_is_swapped_after_approval() -> tuple[World, str]:
    return landed(proposed(), "ben", also={f"{FOLDER}/version.json": version(9).to_bytes()})


@attack("version")
def the_decision_and_its_files_name_different_versions() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    files = {**draft.decision.files, f"{FOLDER}/version.json": version(9).digest}
    world.land(redone(draft, files=files), proposed(), also={f"{FOLDER}/version.json": version(9).to_bytes()})
    return world, FOLDER


@attack("version")
def a_version_of_another_model_is_promoted() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    other = version(1, "churn")
    move = changed(draft.decision.moves[0], version=other.digest)
    files = {**draft.decision.files, f"{FOLDER}/version.json": other.digest}
    world.land(redone(draft, moves=(move,), files=files), proposed(), also={f"{FOLDER}/version.json": other.to_bytes()})
    return world, FOLDER


# Evidence and policy


def with_evidence(draft: Draft, evidence: Evidence) -> Draft:
    path = f"{FOLDER}/evidence.json"
    other = redone(draft, files={**draft.decision.files, path: evidence.digest})
    return Draft(other.decision, {**other.edits, path: evidence.to_bytes()}, draft.evidence)


@attack("named-path")
def evidence_is_edited_after_approval() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    lie = changed(draft.evidence[FOLDER], baseline=draft.evidence[FOLDER].candidate)
    world.land(draft, proposed(), "ben", also={f"{FOLDER}/evidence.json": lie.to_bytes()})
    return world, FOLDER


@attack("evidence")
def evidence_is_written_better_than_it_is() -> tuple[World, str]:
    world = protected(policy=FLOOR)
    draft = world.drafter().promote(candidate(1, auc=0.7), ["production"], world.wish())
    honest = draft.evidence[FOLDER]
    rules = tuple(changed(rule, outcome="pass", observed=0.9) for rule in honest.rules)
    world.land(with_evidence(draft, changed(honest, rules=rules, verdict="pass")), proposed(), "ben")
    return world, FOLDER


@attack("policy:floor")
def everybody_approves_what_the_policy_refuses() -> tuple[World, str]:
    world = protected(policy=FLOOR)
    draft = world.drafter().promote(candidate(1, auc=0.7), ["production"], world.wish())
    world.land(draft, proposed(), "ben", "cara")
    return world, FOLDER


@attack("policy:floor")
def a_metric_is_not_a_number() -> tuple[World, str]:
    world = protected(policy=FLOOR)
    draft = world.drafter().promote(candidate(1, auc=float("nan")), ["production"], world.wish())
    world.land(draft, proposed(), "ben")
    return world, FOLDER


@attack("evidence")
def the_evidence_is_left_out() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    path = f"{FOLDER}/evidence.json"
    files = {name: digest for name, digest in draft.decision.files.items() if name != path}
    world.land(redone(draft, files=files), proposed(), "ben", also={path: None})
    return world, FOLDER


@attack("stale")
def the_policy_changed_while_the_proposal_was_open() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    world.land(world.govern({"policies/production.json": TWO.to_bytes()}), proposed(), "ben")
    assert world.verdict(GOVERNANCE).is_in_force
    world.land(draft, proposed(), "ben", "cara")
    return world, FOLDER


@attack("unreadable")
def the_stages_policy_was_deleted_by_hand_before() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    world.commit({"policies/production.json": None})
    world.land(draft, proposed(), "ben")
    return world, FOLDER


# What it replaces, and where


@attack("stale")
def the_second_of_two_proposals_is_merged() -> tuple[World, str]:
    world = protected()
    one, two = world.promote(1), world.promote(2)
    world.land(one, proposed(), "ben")
    world.land(two, proposed(), "ben")
    return world, FOLDER


@attack("replay")
def aba_an_earlier_decision_is_put_back() -> tuple[World, str]:
    world = protected()
    first = world.promoted(1)
    world.promoted(2)
    world.land(first, proposed(), "ben")
    return world, FOLDER


@attack("replay")
def aba_the_second_of_three_comes_back_over_the_first() -> tuple[World, str]:
    world = protected()
    first = world.promoted(1)
    second = world.promoted(2)
    world.promoted(3)
    world.land(first, proposed(), "ben")
    world.land(second, proposed(), "ben")
    return world, FOLDER


@attack("replay")
def a_landing_is_reverted_with_git() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    old = world.tree
    world.promoted(2)
    world.commit({path: old.read(path) for path in {*dict(old.walk(FOLDER)), *dict(world.tree.walk(FOLDER))}})
    return world, FOLDER


@attack("stale")
def the_folder_is_deleted_and_begun_anew() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    world.commit({path: None for path, _ in world.tree.walk(FOLDER)})
    world.land(world.promote(2), proposed(), "ben")
    return world, FOLDER


@attack("registry")
def a_decision_of_another_registry_lands_here() -> tuple[World, str]:
    world = protected()
    draft = redone(world.promote(1), registry=RegistryId("f" * 32))
    world.land(draft, proposed(), "ben")
    return world, FOLDER


@attack("folder")
def a_decision_about_staging_is_put_into_production() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1, stage="staging")
    world.commit({f"{FOLDER}/{path.rpartition('/')[2]}": data for path, data in draft.edits.items()})
    return world, FOLDER


@attack("unreadable")
def a_pointer_is_edited_by_hand() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    data = world.tree.read(f"{FOLDER}/decision.json") or b""
    world.commit({f"{FOLDER}/decision.json": data.replace(b'"number": 1', b'"number":2')})
    return world, FOLDER


@attack("stale")
def a_pointer_is_edited_by_hand_in_canonical_form() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    data = world.tree.read(f"{FOLDER}/decision.json") or b""
    world.commit({f"{FOLDER}/decision.json": data.replace(b'"number": 1', b'"number": 2')})
    return world, FOLDER


@attack("root")
def a_registry_is_squashed_into_one_commit() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    squashed = World()
    squashed.commit({path: world.tree.read(path) for path, _ in world.tree.walk()})
    return squashed, FOLDER


@attack("stage")
def a_stage_is_decided_that_settings_do_not_have() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    move = changed(draft.decision.moves[0], stage="shadow")
    folder = Target("fraud", "shadow").folder
    files = {f"{folder}/version.json": version(1).digest}
    decision = changed(draft.decision, moves=(move,), files=files)
    world.commit({f"{folder}/version.json": version(1).to_bytes(), f"{folder}/decision.json": decision.to_bytes()})
    return world, folder


@attack("set")
def a_member_of_a_set_is_dropped() -> tuple[World, str]:
    world = protected(staging=True, production=True)
    draft = world.drafter().promote(candidate(1), ["staging", "production"], world.wish())
    staging = Target("fraud", "staging").folder
    edits = {path: data for path, data in draft.edits.items() if not path.startswith(staging)}
    statements = {p: d for p, d in world.signed(draft.decision, proposed(), "ben").items() if not p.startswith(staging)}
    world.commit({**edits, **statements})
    return world, FOLDER


@attack("extra-path")
def a_merge_commit_drops_another_landing() -> tuple[World, str]:
    world = protected()
    mine = world.promote(1)
    other = world.promote(1, stage="staging")
    world.land(other)
    world.land(mine, proposed(), "ben", also=dict.fromkeys(other.edits))
    return world, FOLDER


@attack("stale")
def governance_changes_before_the_approval_comes() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    world.land(draft, proposed())
    mallory = dict(add_person(world.tree, mail("mallory"), key("mallory"), ()))
    world.land(world.govern(mallory), proposed(), "ben")
    world.commit(world.signed(draft.decision, "mallory"))
    return world, FOLDER


@attack("touched")
def the_folder_is_edited_before_the_approval_comes() -> tuple[World, str]:
    world = protected()
    draft = world.promote(1)
    world.land(draft, proposed())
    good = world.tree.read(f"{FOLDER}/evidence.json")
    world.commit({f"{FOLDER}/evidence.json": b"{}\n"})
    world.commit({f"{FOLDER}/evidence.json": good, **world.signed(draft.decision, "ben")})
    return world, FOLDER


@attack("extra-path")
def two_decisions_land_in_one_step() -> tuple[World, str]:
    world = protected(staging=True, production=True)
    one, two = world.promote(1), world.promote(1, stage="staging")
    world.land(one, proposed(), "ben", also={**two.edits, **world.signed(two.decision, proposed(), "ben")})
    return world, FOLDER


# Holds and rollbacks


@attack("held")
def a_held_version_is_promoted() -> tuple[World, str]:
    world = protected()
    draft = world.promote(2)
    world.promoted(1)
    world.land(world.drafter().hold(TARGET, version(2).digest, world.wish()), proposed(), "ben")
    standing = Digest.of(world.tree.read(f"{FOLDER}/decision.json") or b"")
    world.land(redone(draft, moves=(changed(draft.decision.moves[0], replaces=standing),)), proposed(), "ben")
    return world, FOLDER


@attack("hold")
def a_rollback_drops_its_hold() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    world.promoted(2)
    draft = world.rolled_back()
    hold = paths.hold("fraud", version(2).digest)
    files = {path: digest for path, digest in draft.decision.files.items() if path != hold}
    world.land(redone(draft, files=files), proposed(), also={hold: None})
    return world, FOLDER


@attack("rollback")
def a_rollback_goes_to_a_version_that_was_never_approved() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    draft = world.promote(2)
    world.land(redone(draft, action="rollback"), proposed())
    return world, FOLDER


@attack("rollback")
def a_rollback_goes_to_a_version_that_was_only_forced_in() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    world.land(world.promote(2))
    world.promoted(3)
    draft = world.promote(2)
    world.land(redone(draft, action="rollback"), proposed())
    return world, FOLDER


@attack("hold")
def a_hold_brings_an_unapproved_version_into_force() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    world.land(world.promote(2))
    draft = world.promote(2)
    hold = Hold(version=version(3).digest, stages=("production",), reason="because")
    path = paths.hold("fraud", hold.version)
    files = {**draft.decision.files, path: hold.digest}
    world.land(redone(draft, action="hold", files=files), proposed(), "ben", also={path: hold.to_bytes()})
    return world, FOLDER


@attack("hold")
def a_weak_stages_decision_lifts_the_hold_of_a_strong_one() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    world.land(world.drafter().hold(TARGET, version(2).digest, world.wish()), proposed(), "ben")
    staging = Target("fraud", "staging")
    draft = world.drafter().hold(staging, version(3).digest, world.wish())
    path = paths.hold("fraud", version(2).digest)
    world.land(redone(draft, action="lift", files={**draft.decision.files, path: None}), also={path: None})
    return world, staging.folder


@attack("files")
def a_promotion_lifts_a_hold_on_the_way() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    world.land(world.drafter().hold(TARGET, version(2).digest, world.wish()), proposed(), "ben")
    draft = world.promote(3)
    path = paths.hold("fraud", version(2).digest)
    world.land(redone(draft, files={**draft.decision.files, path: None}), proposed(), "ben", also={path: None})
    return world, FOLDER


@attack("approvals")
def a_rollback_by_somebody_outside_the_stages_group() -> tuple[World, str]:
    policy = Policy(requirements=(ApprovalsRequirement(kind="approvals", rule="risk", count=1, group="risk"),))
    world = protected(policy=policy)
    world.promoted(1, approver="cara")
    world.promoted(2, approver="cara")
    world.land(world.rolled_back(by="ada"), proposed("ada"))
    return world, FOLDER


@attack("approvals")
def a_rollback_with_fewer_than_its_clause_asks() -> tuple[World, str]:
    policy = Policy(
        requirements=(ApprovalsRequirement(kind="approvals", rule="one", count=1),), rollback=RollbackClause(count=2)
    )
    world = protected(policy=policy)
    world.promoted(1)
    world.promoted(2)
    world.land(world.rolled_back(), proposed())
    return world, FOLDER


# Governance


@attack("unmeetable")
def a_governance_change_after_which_nobody_could_approve() -> tuple[World, str]:
    world = protected()
    nobody = Policy(requirements=(ApprovalsRequirement(kind="approvals", rule="board", count=1, group="board"),))
    world.land(world.govern({"policies/production.json": nobody.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@attack("approvals")
def governance_is_decided_by_its_author_alone() -> tuple[World, str]:
    world = protected()
    world.land(world.govern(dict(add_person(world.tree, mail("mallory"), key("mallory"), ()))), proposed())
    return world, GOVERNANCE


@attack("approvals")
def governance_is_decided_by_fewer_than_the_strictest_stage_asks() -> tuple[World, str]:
    world = protected(policy=TWO)
    world.land(world.govern({"policies/production.json": LAX.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@attack("files")
def governance_moves_a_version_on_the_way() -> tuple[World, str]:
    world = protected()
    promotion = world.promote(1, stage="staging")
    draft = world.govern({"policies/extra.json": LAX.to_bytes()})
    extra = {path: Digest.of(data) for path, data in promotion.edits.items() if data is not None}
    world.land(redone(draft, files={**draft.decision.files, **extra}), proposed(), "ben", also=dict(promotion.edits))
    return world, GOVERNANCE


@attack("allowed-signers")
def allowed_signers_names_somebody_whom_approvers_does_not() -> tuple[World, str]:
    world = protected()
    mallory = people(ada=(), ben=(), mallory=())
    draft = world.govern(dict(remove_person(world.tree, mail("cara"))))
    data = render_allowed_signers(mallory)
    files = {**draft.decision.files, paths.ALLOWED_SIGNERS: Digest.of(data)}
    world.land(redone(draft, files=files), proposed(), "ben", also={paths.ALLOWED_SIGNERS: data})
    return world, GOVERNANCE


@attack("governed")
def governance_gives_one_key_to_two_people() -> tuple[World, str]:
    world = protected()
    team = Approvers(people={**TEAM.people, mail("dora"): Approver(keys=(key("ben"),))})
    world.land(world.govern({paths.APPROVERS: team.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@attack("registry")
def governance_changes_the_registrys_id() -> tuple[World, str]:
    world = protected()
    other = changed(settings(staging=False, production=True), registry=RegistryId("f" * 32))
    world.land(world.govern({paths.SETTINGS: other.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@attack("stale")
def the_second_of_two_governance_proposals_is_merged() -> tuple[World, str]:
    world = protected()
    one = world.govern({"policies/one.json": LAX.to_bytes()})
    two = world.govern({"policies/two.json": LAX.to_bytes()})
    world.land(one, proposed(), "ben")
    world.land(two, proposed(), "ben")
    return world, GOVERNANCE


@attack("extra-path")
def governance_changes_more_than_it_names() -> tuple[World, str]:
    world = protected()
    draft = world.govern({"policies/one.json": LAX.to_bytes()})
    world.land(draft, proposed(), "ben", also={".gitlab-ci.yml": b"deploy: now\n"})
    return world, GOVERNANCE


@attack("approvals")
def founding_does_not_lapse_when_people_leave() -> tuple[World, str]:
    """Protection by hand, then everybody removed by hand: still nobody decides alone."""
    world = protected(people(ada=(), ben=()))
    alone = people(ada=())
    world.commit({paths.APPROVERS: alone.to_bytes(), paths.ALLOWED_SIGNERS: render_allowed_signers(alone)})
    world.land(world.govern(dict(add_person(world.tree, mail("mallory"), key("mallory"), ()))), proposed())
    return world, GOVERNANCE


# Rules that were changed earlier, by nobody who may


@attack("usurped")
def the_policy_is_weakened_by_hand_in_an_earlier_commit() -> tuple[World, str]:
    world = protected()
    world.commit({"policies/production.json": LAX.to_bytes()})
    world.land(world.promote(1), proposed())
    return world, FOLDER


@attack("usurped")
def the_stage_is_unprotected_by_hand_in_an_earlier_commit() -> tuple[World, str]:
    world = protected()
    world.commit({"gitreg.json": settings(staging=False, production=False).to_bytes()})
    world.commit({"policies/production.json": LAX.to_bytes()})  # free, if the forged settings were believed
    world.land(world.promote(1))
    return world, FOLDER


@attack("usurped")
def a_key_is_added_by_a_decision_that_nobody_approved() -> tuple[World, str]:
    world = protected()
    world.land(world.govern(dict(add_person(world.tree, mail("mallory"), key("mallory"), ()))), proposed())
    world.land(world.promote(1), proposed(), "mallory")
    return world, FOLDER


@attack("usurped")
def an_unapproved_governance_change_rides_on_an_approved_one() -> tuple[World, str]:
    world = protected()
    world.land(world.govern(dict(add_person(world.tree, mail("mallory"), key("mallory"), ()))), proposed())
    world.land(world.govern({"policies/other.json": LAX.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@attack("approvals")
def governance_is_approved_by_people_whom_nobody_approved() -> tuple[World, str]:
    world = protected()
    world.land(world.govern(dict(add_person(world.tree, mail("mallory"), key("mallory"), ()))), proposed())
    files: Files = {path: world.tree.read(path) for path in (paths.APPROVERS, paths.ALLOWED_SIGNERS)}
    draft = world.govern({"policies/other.json": LAX.to_bytes()})
    named = {**draft.decision.files, **{path: Digest.of(data or b"") for path, data in files.items()}}
    world.land(redone(draft, files=named), proposed(), "mallory")
    return world, GOVERNANCE


@attack("usurped")
def a_hold_is_taken_away_by_hand() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    world.land(world.drafter().hold(TARGET, version(2).digest, world.wish()), proposed(), "ben")
    world.commit({paths.hold("fraud", version(2).digest): None})
    world.land(world.promote(2), proposed(), "ben")
    return world, FOLDER


@attack("usurped")
def a_hold_is_lifted_by_a_decision_that_nobody_approved() -> tuple[World, str]:
    world = protected()
    world.promoted(1)
    world.land(world.drafter().hold(TARGET, version(2).digest, world.wish()), proposed(), "ben")
    world.land(world.drafter().lift(TARGET, version(2).digest, world.wish()), proposed())
    world.land(world.promote(2), proposed(), "ben")
    return world, FOLDER


@attack("usurped")
def the_model_card_that_a_policy_asks_for_is_written_by_hand() -> tuple[World, str]:
    card = MetadataRequirement.model_validate(
        {"kind": "metadata", "rule": "owned", "subject": "model", "schema": {"required": ["owner"]}}
    )
    reviewed = ApprovalsRequirement(kind="approvals", rule="reviewed", count=1)
    world = protected(policy=Policy(requirements=(card, reviewed)))
    world.commit({paths.model_card("fraud"): ModelCard(name="fraud", owner=mail("ada")).to_bytes()})
    world.land(world.promote(1), proposed(), "ben")
    return world, FOLDER


@attack("evidence")
def evidence_that_nobody_checked_on_an_unprotected_stage() -> tuple[World, str]:
    shown = protected()
    draft = shown.promote(1)
    world = unprotected()
    open_draft = world.promote(1)
    path = f"{FOLDER}/evidence.json"
    data = draft.evidence[FOLDER].to_bytes()
    files = {**open_draft.decision.files, path: Digest.of(data)}
    world.land(redone(open_draft, files=files), also={path: data})
    return world, FOLDER


# Rights

RISK = left_to("fraud", "models/fraud/**", groups=("risk",))


@attack("rights")
def a_promotion_by_somebody_who_may_not_write_the_model() -> tuple[World, str]:
    return landed(proposed(), "ben", world=with_rights(RISK))


@attack("rights")
def the_right_is_given_in_the_same_landing() -> tuple[World, str]:
    everybody = Rights(rules=(left_to("fraud", "models/fraud/**", by=("ada",)),))
    return landed(proposed(), "ben", world=with_rights(RISK), also={paths.RIGHTS: everybody.to_bytes()})


@attack("usurped")
def the_right_is_taken_by_hand_before() -> tuple[World, str]:
    world = with_rights(RISK)
    world.commit({paths.RIGHTS: None})
    return landed(proposed(), "ben", world=world)


@attack("usurped")
def the_right_is_given_by_a_decision_that_nobody_approved() -> tuple[World, str]:
    world = with_rights(RISK)
    world.land(world.govern({paths.RIGHTS: None}), proposed())
    return landed(proposed(), "ben", world=world)


@attack("unsigned")
def the_proposer_is_said_to_be_somebody_who_may() -> tuple[World, str]:
    world = with_rights(RISK)
    draft = redone(world.promote(1), proposer=actor("cara"))
    world.land(draft, Signed("cara", "propose", seed="ada"), "ben")
    return world, FOLDER


@attack("rights")
def a_rollback_by_somebody_who_may_not_write_the_model() -> tuple[World, str]:
    world = with_rights(RISK)
    world.promoted(1, by="cara")
    world.promoted(2, by="cara")
    world.land(world.rolled_back(by="ada"), proposed(), "ben")
    return world, FOLDER


@attack("rights")
def a_set_of_which_the_proposer_may_write_one_member() -> tuple[World, str]:
    world = with_rights(left_to("churn", "models/churn/**", groups=("risk",)))
    both = [Choice(Target(model, "production"), version(1, model), 1) for model in ("fraud", "churn")]
    draft = world.drafter().promote_set(both, world.wish())
    world.land(draft, proposed(), "ben")
    return world, FOLDER


@attack("rights")
def governance_gives_its_author_the_right_that_it_takes() -> tuple[World, str]:
    world = with_rights(left_to("rules", "policies/**", groups=("risk",)))
    mine = Rights(rules=(left_to("rules", "policies/**", by=("ada",)),)).to_bytes()
    world.land(world.govern({paths.RIGHTS: mine, "policies/production.json": LAX.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@attack("unmeetable")
def a_model_is_left_to_a_group_of_nobody() -> tuple[World, str]:
    world = protected()
    rights = Rights(rules=(left_to("fraud", "models/fraud/**", groups=("board",)),))
    world.land(world.govern({paths.RIGHTS: rights.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@attack("unmeetable")
def a_model_is_left_to_somebody_without_a_key() -> tuple[World, str]:
    world = protected()
    rights = Rights(rules=(left_to("fraud", "models/fraud/**", by=("mallory",)),))
    world.land(world.govern({paths.RIGHTS: rights.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@attack("unmeetable")
def rights_that_nobody_could_give_back() -> tuple[World, str]:
    world = protected(people(ada=(), ben=("risk",)), policy=RISKY)
    rights = Rights(rules=(left_to("rights", paths.RIGHTS, groups=("risk",)),))
    world.land(world.govern({paths.RIGHTS: rights.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_an_attack_is_found(name: str) -> None:
    rule, made = ATTACKS[name]
    world, folder = made()
    found = world.verdict(folder)
    assert found.outcome != "pass"
    assert rule in rules_of(found), found.findings


def test_there_are_many_attacks() -> None:
    assert len(ATTACKS) >= 30
