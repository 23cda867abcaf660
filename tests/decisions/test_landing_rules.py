"""Rules about the landing: people, ages, freezes, checks and overrides; and attacks on each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitreg.decisions.bounds import Milestone
from gitreg.decisions.drafting import Candidate, Draft, Drafter
from gitreg.decisions.statements import AskedOf
from gitreg.decisions.timing import late
from gitreg.decisions.validation import check_step
from gitreg.documents import (
    ApprovalsRequirement,
    Approver,
    Approvers,
    CheckReport,
    CheckRequirement,
    Decision,
    Digest,
    EvidenceAgeRequirement,
    FreezeRequirement,
    Observation,
    OverrideClause,
    Policy,
    Requirement,
    RolesApartRequirement,
    RunId,
    Statement,
    ThresholdRequirement,
    Trained,
    Unknown,
    Window,
    paths,
)
from gitreg.errors import AlreadyExists, Refused, VersionHeld, VersionNotFound
from gitreg.signing import NAMESPACE, sign
from tests.decisions.world import (
    FOLDER,
    GOVERNANCE,
    START,
    TARGET,
    TEAM,
    Files,
    Kept,
    Signed,
    World,
    actor,
    candidate,
    changed,
    key,
    mail,
    people,
    private_key,
    proposed,
    protected,
    public_key,
    redone,
    rules_of,
    version,
)

if TYPE_CHECKING:
    from gitreg.decisions.findings import Finding

RUN = RunId("0199c0de5a4b7c3d8e9fa0b1c2d3e4f5")
OTHER_RUN = RunId("0199c0de5a4b7c3d8e9fa0b1c2d3e4f6")
TRAINED = Candidate(changed(version(1), run=RUN), 1)
Attack = Callable[[], tuple[World, str]]
ATTACKS: dict[str, tuple[str, Attack]] = {}


def attack(rule: str) -> Callable[[Attack], Attack]:
    """The attack, and the rule that has to find it in the folder it answers."""

    def keep(made: Attack) -> Attack:
        ATTACKS[made.__name__.replace("_", " ")] = (rule, made)
        return made

    return keep


def asks(count: int = 1, group: str | None = None, **more: object) -> ApprovalsRequirement:
    fields = {"kind": "approvals", "rule": f"reviewed by {group or 'anybody'}", "count": count, "group": group, **more}
    return ApprovalsRequirement.model_validate(fields)


def policy(*rules: Requirement, **more: object) -> Policy:
    return Policy.model_validate({"requirements": rules, **more})


def world_of(*rules: Requirement, approvers: Approvers = TEAM, **more: object) -> World:
    return protected(approvers, policy(*rules, **more))


FLOOR = ThresholdRequirement(kind="threshold", rule="floor", metric="auc", at_least=0.95)
INTEGRATION = CheckRequirement(kind="check", rule="tests", name="integration", group="ci")
WITH_CI = Approvers(people={**TEAM.people, mail("ci"): Approver(groups=("ci",), keys=(key("ci"),))})


def checked(decision: Decision, *reports: CheckReport, by: str = "ci", of: Digest | None = None) -> Files:
    """A statement of checks, in the decision's folder."""
    statement = Statement(
        decision=of or decision.digest, verdict="check", checks=reports, actor=actor(by), signed_at=decision.proposed_at
    )
    data, path = statement.to_bytes(), paths.statement(FOLDER, public_key(by).fingerprint)
    return {path: data, f"{path}.sig": sign(private_key(by), data, NAMESPACE)}


def passing(name: str = "integration") -> CheckReport:
    return CheckReport(name=name, status="pass")


def failing(name: str = "integration") -> CheckReport:
    return CheckReport(name=name, status="fail")


def lateness(world: World, draft: Draft, now: datetime) -> set[str]:
    """What a validator's clock says."""
    question = AskedOf(draft.decision, draft.decision.digest, world.judge().rulebook)
    return {each.rule for each in late(world.tree, FOLDER, question, now) if each.severity == "block"}


# Per model


def test_a_rule_for_other_models_asks_nobody_here() -> None:
    world = world_of(asks(1), asks(2, "risk", models=("credit-*",)))
    world.promoted(1)
    assert world.number() == 1


@attack("approvals")
def governance_is_as_strict_as_a_rule_for_one_model() -> tuple[World, str]:
    world = world_of(asks(1), asks(2, "risk", models=("credit-*",)))
    world.land(world.govern({paths.policy("production"): policy().to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


# Who trained


def observing(*seen: Observation) -> Callable[[object], tuple[Observation, ...]]:
    return lambda _: seen


def trained(world: World, *seen: Observation) -> Draft:
    return Drafter(world.judge(), observing(*seen)).promote(TRAINED, ["production"], world.wish())


NOT_TRAINER = asks(1, "risk", not_trainer=True)
BY_BEN = Trained(rule=NOT_TRAINER.rule, run=RUN, people=(mail("ben"),))


@attack("approvals")
def who_trained_approves() -> tuple[World, str]:
    world = world_of(NOT_TRAINER)
    world.land(trained(world, BY_BEN), proposed(), "ben")
    return world, FOLDER


def test_somebody_else_than_who_trained_approves() -> None:
    world = world_of(NOT_TRAINER)
    world.land(trained(world, BY_BEN), proposed(), "ben", "cara")
    assert world.verdict().outcome == "pass"
    assert world.verdict().people.have == (mail("cara"),)


@pytest.mark.parametrize(
    "seen",
    [
        (),
        (Unknown(rule=NOT_TRAINER.rule, text="The ledger here does not hold the run."),),
        (Trained(rule=NOT_TRAINER.rule, run=OTHER_RUN, people=(mail("mallory"),)),),
        (Trained(rule=NOT_TRAINER.rule, run=RUN, people=()),),
    ],
)
def test_where_evidence_does_not_say_who_trained_nobody_can_tell(seen: tuple[Observation, ...]) -> None:
    world = world_of(NOT_TRAINER)
    world.land(trained(world, *seen), proposed(), "ben", "cara")
    found = world.verdict()
    assert found.outcome == "cannot tell"
    assert rules_of(found) == {f"policy:{NOT_TRAINER.rule}"}


def test_a_hold_asks_nobody_who_trained() -> None:
    world = world_of(NOT_TRAINER)
    world.land(trained(world, BY_BEN), proposed(), "cara")
    world.land(world.drafter().hold(TARGET, version(2).digest, world.wish()), proposed(), "ben")
    assert world.verdict().outcome == "pass"


# Roles apart

APART = RolesApartRequirement(kind="roles-apart", rule="four eyes", groups=("risk", "leads"))


@attack("approvals")
def one_person_approves_in_two_roles() -> tuple[World, str]:
    world = world_of(asks(1, "risk"), asks(1, "leads"), APART)
    world.land(world.promote(1), proposed(), "ben")
    return world, FOLDER


def test_two_people_fill_two_roles_whichever_of_them_could_fill_both() -> None:
    world = world_of(asks(1, "risk"), asks(1, "leads"), APART)
    world.land(world.promote(1), proposed(), "ben", "cara")
    assert world.verdict().outcome == "pass"


# Too old

FRESH = asks(1, "risk", max_age_days=7)


@attack("approvals")
def an_approval_is_older_than_the_policy_allows_beside_what_was_signed_last() -> tuple[World, str]:
    late_word = Signed("ben", at=START + timedelta(days=9))
    team = people(ada=("leads",), ben=("leads",), cara=("risk",))
    world = world_of(FRESH, asks(1, "leads"), approvers=team)
    draft = world.promote(1)
    world.land(draft, proposed(), Signed("cara"), late_word)
    return world, FOLDER


@attack("approvals")
def an_old_approval_is_dated_before_its_decision() -> tuple[World, str]:
    """As old as the decision it is about, and no older: the latest word is what makes it too old."""
    world = world_of(FRESH, approvers=people(ada=(), ben=(), cara=("risk",)))
    draft = world.promote(1)
    world.land(
        draft, Signed("ada", "propose", at=START + timedelta(days=20)), Signed("cara", at=START - timedelta(days=400))
    )
    return world, FOLDER


def test_an_approval_grows_too_old_by_the_validators_clock_alone_and_no_verdict_changes() -> None:
    world = world_of(FRESH)
    draft = world.promote(1)
    world.land(draft, proposed(), "ben")
    assert lateness(world, draft, START + timedelta(days=6)) == set()
    assert lateness(world, draft, START + timedelta(days=8)) == {"approvals"}
    assert world.verdict().outcome == "pass"


AGE = EvidenceAgeRequirement(kind="evidence-age", rule="fresh evidence", max_age_days=5)


@attack("policy:fresh evidence")
def evidence_is_older_than_the_policy_allows() -> tuple[World, str]:
    world = world_of(asks(1), AGE)
    world.land(world.promote(1), proposed(), Signed("ben", at=START + timedelta(days=6)))
    return world, FOLDER


def test_evidence_grows_too_old_by_the_validators_clock() -> None:
    world = world_of(asks(1), AGE)
    draft = world.promoted(1)
    assert lateness(world, draft, START + timedelta(days=4)) == set()
    assert lateness(world, draft, START + timedelta(days=6)) == {"policy:fresh evidence"}
    assert world.verdict().outcome == "pass"


@pytest.mark.parametrize("rule", [FRESH, AGE])
def test_a_date_in_the_future_keeps_nothing_young(rule: Requirement) -> None:
    world = world_of(asks(1), rule)
    draft = redone(world.promote(1), proposed_at=START + timedelta(days=365), expires_at=START + timedelta(days=400))
    world.land(draft, proposed(), "ben")
    assert lateness(world, draft, START + timedelta(days=300)) == {"future"}
    assert lateness(world, draft, START + timedelta(days=365)) == set()


def test_an_override_dated_in_the_future_waits_no_longer_for_it() -> None:
    world, draft = overridden(proposed_at=START + timedelta(days=9), regularise_by=START + timedelta(days=10))
    assert world.verdict().outcome == "pass"
    assert lateness(world, draft, START) == {"future"}


approvals = st.dictionaries(st.sampled_from(["ben", "cara", "dora"]), st.integers(0, 20), max_size=3)
reports = st.sampled_from([(), (passing(),), (failing(),), (passing(), failing()), (passing("unit"),)])


@settings(max_examples=40, deadline=None)
@given(approvals, reports)
def test_the_verdict_is_that_of_the_words_of_the_rules(said: dict[str, int], told: tuple[CheckReport, ...]) -> None:
    """Against the same once more, plainly: one of risk not a week older than the last word, two roles, a check."""
    team = people(ada=("leads",), ben=("leads", "risk"), cara=("risk",), dora=("leads",), ci=("ci",))
    world = world_of(FRESH, asks(1, "leads"), APART, INTEGRATION, approvers=team)
    draft = world.promote(1)
    at = draft.decision.proposed_at
    signed = [Signed(name, at=at + timedelta(days=days)) for name, days in said.items()]
    world.land(draft, proposed(), *signed, also=checked(draft.decision, *told) if told else None)
    last = max(said.values(), default=0)
    fresh = {name for name, days in said.items() if last - days <= 7} & {"ben", "cara"}
    leads = said.keys() & {"ben", "dora"}
    is_met = any(one != other for one in fresh for other in leads)
    is_checked = passing() in told and failing() not in told
    found = world.verdict()
    assert (found.outcome == "pass") == (is_met and is_checked)
    assert (found.outcome == "cannot tell") == (is_met and not {passing(), failing()} & {*told})
    world.cache = Kept()
    assert world.verdict() == world.verdict() == found


# Freezes


def freeze(start: str, end: str, zone: str = "Europe/Berlin") -> FreezeRequirement:
    return FreezeRequirement(kind="freeze", rule="holidays", windows=(Window(start=start, end=end, zone=zone),))


HOLIDAYS = freeze("2026-12-20T18:00", "2027-01-04T08:00")
IN_FREEZE, BEFORE_FREEZE = datetime(2026, 12, 24, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def without_expiry(draft: Draft) -> Draft:
    return redone(draft, expires_at=START + timedelta(days=300))


def test_a_promotion_is_frozen_and_a_rollback_a_withdrawal_and_an_override_are_not() -> None:
    world = world_of(asks(1), HOLIDAYS, override=OverrideClause())
    first = world.promoted(1)
    assert lateness(world, without_expiry(first), IN_FREEZE) == {"policy:holidays"}
    assert lateness(world, first, BEFORE_FREEZE) == set()
    world.promoted(2)
    for draft in (
        world.rolled_back(1),
        world.drafter().withdraw(TARGET, world.wish()),
        world.drafter().override(candidate(3), "production", world.wish()),
    ):
        assert lateness(world, without_expiry(draft), IN_FREEZE) == set()


def test_a_freeze_in_a_zone_that_nobody_knows_cannot_be_told_and_stops_the_landing() -> None:
    world = world_of(asks(1), freeze("2026-12-20T18:00", "2027-01-04T08:00", "Mars/Olympus"))
    draft = world.promoted(1)
    assert lateness(world, draft, BEFORE_FREEZE) == {"policy:holidays"}


@attack("extra-path")
def a_freeze_is_taken_away_in_the_same_landing() -> tuple[World, str]:
    world = world_of(asks(1), HOLIDAYS)
    world.land(world.promote(1), proposed(), "ben", also={paths.policy("production"): policy(asks(1)).to_bytes()})
    return world, FOLDER


def test_an_audit_warns_of_what_certainly_landed_in_a_freeze_and_of_nothing_else() -> None:
    week = freeze("2026-11-20T00:00", "2026-11-27T00:00", "UTC")
    world = world_of(asks(1), week)
    world.promoted(1)
    assert [*check_step(world.judge(), world.judge().tip)] == []  # nobody knows yet until when it may have landed
    world.promoted(2)
    judge = world.judge()
    (found,) = check_step(judge, judge.tip - 1)
    assert (found.rule, found.severity) == ("policy:holidays", "warn")
    assert "2026-11-21T09:0" in found.message


def seen(world: World, count: int, at: datetime) -> list[Finding]:
    """What an audit says of the second landing, where somebody signed that main had so many commits then."""
    judge = world.judge()
    return [*check_step(judge, 2, milestones=[Milestone(count, at, "cara@example.org")])]


def test_a_checkpoint_says_until_when_something_landed_where_nobody_else_does() -> None:
    world = world_of(asks(1), freeze("2026-11-20T00:00", "2026-11-27T00:00", "UTC"))
    world.promoted(1)
    world.promoted(2)
    assert seen(world, 2, START) == []
    (found,) = seen(world, 3, START + timedelta(days=1))
    assert (found.rule, found.severity) == ("policy:holidays", "warn")
    assert seen(world, 3, START + timedelta(days=30)) == []


def test_a_checkpoint_is_believed_before_clocks_that_contradict_it() -> None:
    """What was signed in the freeze was in force before the freeze began, by who saw it then; or came after it."""
    world = world_of(asks(1), freeze("2026-11-20T00:00", "2026-11-27T00:00", "UTC"))
    for number in (1, 2, 3):
        world.promoted(number)
    assert seen(world, 3, datetime(2026, 11, 1, tzinfo=UTC)) == []
    assert {each.rule for each in seen(world, 2, datetime(2026, 12, 24, tzinfo=UTC))} == {"expired"}


def test_what_was_too_old_when_it_landed_is_warned_of_where_a_checkpoint_tells() -> None:
    age = EvidenceAgeRequirement(kind="evidence-age", rule="fresh", max_age_days=7)
    world = world_of(asks(1), age)
    world.promoted(1)
    world.promoted(2)
    assert seen(world, 2, START + timedelta(days=5)) == []
    (found,) = seen(world, 2, START + timedelta(days=9))
    assert (found.rule, found.severity) == ("policy:fresh", "warn")
    assert "It was not in force yet at 2026-11-" in found.message
    assert "as cara@example.org signed." in found.message
    assert {each.rule for each in seen(world, 2, START + timedelta(days=99))} == {"policy:fresh", "expired"}
    assert seen(world, 3, START + timedelta(days=99)) == []


# Checks


def test_a_check_that_nobody_ran_cannot_be_told_and_comes_later() -> None:
    world = world_of(asks(1), INTEGRATION, approvers=WITH_CI)
    draft = world.promoted(1)
    found = world.verdict()
    assert (found.outcome, found.is_pending, found.is_doubtful) == ("cannot tell", True, False)
    assert found.people.missing == ("the check integration from ci",)
    world.commit(checked(draft.decision, passing()))
    assert world.verdict().outcome == "pass"
    assert world.number() == 1


def test_a_check_that_failed_may_pass_later_by_the_same_key() -> None:
    world = world_of(asks(1), INTEGRATION, approvers=WITH_CI)
    draft = world.promote(1)
    world.land(draft, proposed(), "ben", also=checked(draft.decision, failing()))
    assert rules_of(world.verdict()) == {"policy:tests"}
    later = changed(draft.decision, proposed_at=draft.decision.proposed_at + timedelta(hours=1))
    world.commit(checked(later, passing(), of=draft.decision.digest))
    assert world.verdict().outcome == "pass"


def with_check(files: Callable[[Decision], Files], *who: Signed | str) -> tuple[World, str]:
    world = world_of(asks(1), INTEGRATION, approvers=WITH_CI)
    draft = world.promote(1)
    world.land(draft, proposed(), *(who or ("ben",)), also=files(draft.decision))
    return world, FOLDER


@attack("checks")
def a_check_is_signed_by_a_stranger() -> tuple[World, str]:
    return with_check(lambda decision: checked(decision, passing(), by="mallory"))


@attack("checks")
def a_check_is_signed_by_somebody_of_another_group() -> tuple[World, str]:
    return with_check(lambda decision: checked(decision, passing(), by="cara"))


@attack("checks")
def another_check_passed() -> tuple[World, str]:
    return with_check(lambda decision: checked(decision, passing("unit")))


@attack("policy:tests")
def a_failed_check_stands_beside_a_passed_one() -> tuple[World, str]:
    return with_check(lambda decision: checked(decision, passing(), failing()))


@attack("approval-invalid")
def a_check_is_replayed_from_another_decision() -> tuple[World, str]:
    return with_check(lambda decision: checked(decision, passing(), of=Digest.of(b"another decision")))


@attack("approval-invalid")
def a_failed_check_is_edited_to_have_passed() -> tuple[World, str]:
    def edited(decision: Decision) -> Files:
        files = checked(decision, failing())
        return {path: data.replace(b'"fail"', b'"pass"') if data else data for path, data in files.items()}

    return with_check(edited)


@attack("checks")
def a_check_is_said_in_an_approval() -> tuple[World, str]:
    def approving(decision: Decision) -> Files:
        files = checked(decision, passing())
        path = next(iter(files))
        data = changed(Statement.from_bytes(files[path] or b""), verdict="approve").to_bytes()
        return {path: data, f"{path}.sig": sign(private_key("ci"), data, NAMESPACE)}

    return with_check(approving)


@attack("approvals")
def the_key_that_is_listed_for_checks_approves() -> tuple[World, str]:
    return with_check(lambda _: {}, "ci")


# Overrides

CLAUSE = OverrideClause(count=1, group="leads", hours=24)


def overridden(number: int = 1, by: str = "ada", **changes: object) -> tuple[World, Draft]:
    world = world_of(asks(2, "risk"), FLOOR, INTEGRATION, approvers=WITH_CI, override=CLAUSE)
    draft = world.drafter().override(candidate(number), "production", world.wish(by))
    draft = redone(draft, **changes) if changes else draft
    world.land(draft, proposed(by))
    return world, draft


def test_an_override_lands_in_spite_of_rules_whose_answers_stand_in_its_evidence() -> None:
    world, draft = overridden()
    found = world.verdict()
    assert found.outcome == "pass"
    assert world.number() == 1
    assert draft.decision.regularise_by == draft.decision.proposed_at + timedelta(hours=24)
    assert draft.evidence[FOLDER].verdict == "fail"
    assert [(each.rule, each.severity) for each in found.findings] == [("policy:floor", "warn")]
    assert world.judge().overridden(FOLDER) == draft.decision


@attack("approvals")
def an_override_by_somebody_outside_its_clauses_group() -> tuple[World, str]:
    return overridden(by="cara")[0], FOLDER


@attack("override")
def an_override_has_more_hours_than_its_clause() -> tuple[World, str]:
    return overridden(regularise_by=START + timedelta(days=3))[0], FOLDER


@attack("override")
def an_override_never_has_to_be_regularised() -> tuple[World, str]:
    return overridden(regularise_by=None)[0], FOLDER


@attack("override")
def an_override_had_to_be_regularised_before_it_was_made() -> tuple[World, str]:
    return overridden(regularise_by=START - timedelta(days=3))[0], FOLDER


@attack("override")
def an_override_without_a_clause() -> tuple[World, str]:
    _, draft = overridden()
    world = world_of(asks(2, "risk"), FLOOR)
    promoting = world.promote(1)
    evidence = changed(draft.evidence[FOLDER], policy_digest=promoting.evidence[FOLDER].policy_digest)
    path = paths.evidence(FOLDER)
    files = {**promoting.decision.files, path: Digest.of(evidence.to_bytes())}
    made = redone(promoting, action="override", files=files, regularise_by=START + timedelta(hours=30))
    world.land(made, proposed(), also={path: evidence.to_bytes()})
    return world, FOLDER


@attack("action")
def a_promotion_says_that_it_is_regularised_later() -> tuple[World, str]:
    world = world_of(asks(1))
    world.land(redone(world.promote(1), regularise_by=START + timedelta(hours=30)), proposed(), "ben")
    return world, FOLDER


@attack("evidence")
def an_overrides_evidence_hides_the_rule_that_failed() -> tuple[World, str]:
    world = world_of(asks(2, "risk"), FLOOR, override=CLAUSE)
    draft = world.drafter().override(candidate(1), "production", world.wish())
    path, told = paths.evidence(FOLDER), draft.evidence[FOLDER]
    better = tuple(changed(rule, outcome="pass", observed=0.99) for rule in told.rules)
    data = changed(told, rules=better, verdict="pass").to_bytes()
    made = redone(draft, files={**draft.decision.files, path: Digest.of(data)})
    world.land(made, proposed(), also={path: data})
    return world, FOLDER


@attack("held")
def a_held_version_is_overridden_in() -> tuple[World, str]:
    world = world_of(asks(1), override=CLAUSE)
    world.promoted(1)
    other = world_of(asks(1), override=CLAUSE)
    other.promoted(1)
    draft = other.drafter().override(candidate(2), "production", other.wish())
    world.land(world.drafter().hold(TARGET, version(2).digest, world.wish()), proposed(), "ben")
    standing = world.tree.read(paths.decision(FOLDER))
    move = changed(draft.decision.moves[0], replaces=Digest.of(standing or b""))
    world.land(redone(draft, moves=(move,)), proposed())
    return world, FOLDER


@attack("rollback")
def a_rollback_goes_to_what_only_an_override_brought() -> tuple[World, str]:
    world = world_of(asks(1), override=CLAUSE)
    world.promoted(1)
    draft = world.drafter().override(candidate(2), "production", world.wish())
    world.land(draft, proposed())
    world.promoted(3)
    made = world.rolled_back(1)
    move = changed(made.decision.moves[0], number=2, version=version(2).digest)
    path = paths.stage_version(FOLDER)
    files = {**made.decision.files, path: version(2).digest}
    world.land(redone(made, moves=(move,), files=files), proposed(), also={path: version(2).to_bytes()})
    return world, FOLDER


def test_an_override_where_no_clause_allows_one_is_refused_with_the_words_how_to_allow_it() -> None:
    world = world_of(asks(1))
    with pytest.raises(Refused, match="allows no override") as refused:
        world.drafter().override(candidate(1), "production", world.wish())
    assert '"override": {"count": 1, "hours": 72}' in refused.value.hint
    assert "policies/production.json" in refused.value.hint
    with pytest.raises(Refused, match="nothing to override"):
        world.drafter().override(candidate(1), "staging", world.wish())


def test_a_hold_refuses_an_override() -> None:
    world = world_of(asks(1), override=CLAUSE)
    world.promoted(1)
    world.land(world.drafter().hold(TARGET, version(2).digest, world.wish()), proposed(), "ben")
    with pytest.raises(VersionHeld):
        world.drafter().override(candidate(2), "production", world.wish())


def easy() -> World:
    """One of whose overrides the normal rules would let through, too."""
    world = world_of(asks(1), override=CLAUSE)
    world.promoted(1)
    world.land(world.drafter().override(candidate(2), "production", world.wish()), proposed())
    return world


def test_promoting_what_an_override_brought_regularises_it_and_is_compared_with_what_went_before() -> None:
    world = easy()
    draft = world.promote(2)
    baseline = draft.evidence[FOLDER].baseline
    assert baseline is not None
    assert baseline.number == 1
    world.land(draft, proposed(), "ben")
    assert world.verdict().outcome == "pass"
    assert world.judge().overridden(FOLDER) is None
    with pytest.raises(AlreadyExists):
        world.promote(2)


def test_a_hold_does_not_regularise_and_another_version_needs_no_regularising() -> None:
    world = easy()
    world.land(world.drafter().hold(TARGET, version(7).digest, world.wish()), proposed(), "ben")
    assert world.judge().overridden(FOLDER) is not None
    world.land(world.rolled_back(), proposed())
    assert world.number() == 1
    assert world.judge().overridden(FOLDER) is None
    world.promoted(3)
    with pytest.raises(VersionNotFound):
        world.rolled_back(2)


def test_the_same_override_again_is_there_already() -> None:
    world = easy()
    with pytest.raises(AlreadyExists):
        world.drafter().override(candidate(2), "production", world.wish())


@attack("unmeetable")
def governance_asks_for_an_override_by_a_group_of_nobody() -> tuple[World, str]:
    world = world_of(asks(1))
    clause = policy(asks(1), override=OverrideClause(group="night"))
    world.land(world.govern({paths.policy("production"): clause.to_bytes()}), proposed(), "ben")
    return world, GOVERNANCE


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_an_attack_is_found(name: str) -> None:
    rule, made = ATTACKS[name]
    world, folder = made()
    found = world.verdict(folder)
    assert found.outcome != "pass"
    assert rule in rules_of(found), found.findings


def test_a_statement_of_a_check_is_nothing_but_that() -> None:
    world = world_of(asks(1), approvers=WITH_CI)
    draft = world.promote(1)
    world.land(draft, proposed(), also=checked(draft.decision, passing(), by="ben"))
    assert not world.verdict().people.have
    assert world.verdict().people.missing == ("1 approval from any approver",)
