"""Who may write what by path: the rules, what they keep from whom, and that they only ever take away."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitreg.decisions import Writers
from gitreg.decisions.drafting import Draft
from gitreg.decisions.governing import draft_govern
from gitreg.decisions.granting import add_rights, remove_rights
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.validation import check_line
from gitreg.documents import Json, MemoryTree, Policy, Rights, RightsRule, fits, paths, plain
from gitreg.errors import AlreadyExists, Conflict, InvalidDocument, NotFound
from tests.decisions.test_attacks import RISK
from tests.decisions.world import (
    GOVERNANCE,
    TARGET,
    TEAM,
    left_to,
    mail,
    people,
    proposed,
    protected,
    rules_of,
    unprotected,
    version,
    with_rights,
)

NAMES = ("ada", "ben", "cara", "mallory")


# What a rule covers


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("models/fraud/**", "models/fraud/model.json", True),
        ("models/fraud/**", "models/fraud/stages/production/decision.json", True),
        ("models/fraud/**", "models/fraudulent/model.json", False),
        ("models/*/model.json", "models/fraud/model.json", True),
        ("models/*", "models/fraud/model.json", False),
        ("models/**/decision.json", "models/fraud/stages/production/decision.json", True),
        ("runs/**/x.json", "runs/x.json", True),
        ("**", "a\nb/c", True),
        ("versions/?-*.json", "versions/1-ab.json", True),
        ("versions/?-*.json", "versions//-ab.json", False),
        ("README.md", "readme.md", False),
        ("README.md", "README.md\n", False),
        ("a.b+[c] (d)", "a.b+[c] (d)", True),
        ("a.b", "axb", False),
    ],
)
def test_a_pattern_means_what_people_know(pattern: str, path: str, covered: int) -> None:
    assert fits(pattern, path) == covered


def _fits(pattern: str, path: str) -> bool:
    """The same by its definition, slowly."""

    @cache
    def at(here: int, there: int) -> bool:
        rest, ends = pattern[here:], range(there, len(path) + 1)
        if rest.startswith("**/"):
            return at(here + 3, there) or any(path[there:end].endswith("/") and at(here + 3, end) for end in ends)
        if rest.startswith("**"):
            return any(at(here + 2, end) for end in ends)
        if rest.startswith("*"):
            return any("/" not in path[there:end] and at(here + 1, end) for end in ends)
        if not rest or there == len(path):
            return not rest and there == len(path)
        return (path[there] == rest[0] or (rest[0] == "?" and path[there] != "/")) and at(here + 1, there + 1)

    return at(0, 0)


@given(st.text("ab/*?", min_size=1, max_size=9), st.text("ab/", max_size=9))
def test_a_pattern_is_searched_for_as_it_is_defined(pattern: str, path: str) -> None:
    assert fits(pattern, path) is _fits(pattern, path)


@pytest.mark.parametrize("pattern", ["*a" * 90, "**/" * 59 + "a", "?" * 180, "**a" * 60, "é" * 180])
def test_no_pattern_takes_long(pattern: str) -> None:
    assert fits(pattern, "a/" * 50_000) in (True, False)


@pytest.mark.parametrize(
    "pattern", ["", "/models", "models/", "a//b", "../x", "a/./b", "a\x00b", "a\u202eb", "x" * 181]
)
def test_what_names_no_path_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidDocument, match="rules"):
        _read({"paths": [pattern]})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"people": []}, "names nobody"),
        ({"paths": []}, "at least 1"),
        ({"branch": "proposals"}, "main"),
        ({"people": ["Ada"]}, "people"),
        ({"writers": []}, "writers"),
    ],
)
def test_a_rule_says_which_paths_are_left_to_whom(changes: dict[str, Json], said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        _read(changes)


def test_two_rules_have_two_names() -> None:
    rule = left_to("one", "a", by=("ada",))
    with pytest.raises(InvalidDocument, match="two rules"):
        Rights.from_json({"schema": "gitreg/rights/v1", "rules": [_plain(rule), _plain(rule)]})


def _plain(rule: RightsRule) -> dict[str, Json]:
    return {**plain(rule)}


def _read(changes: dict[str, Json]) -> Rights:
    rule = {**_plain(left_to("one", "a", by=("ada",))), **changes}
    return Rights.from_json({"schema": "gitreg/rights/v1", "rules": [rule]})


# Who may


def _writers(*rules: RightsRule) -> Writers:
    files = {paths.RIGHTS: Rights(rules=rules).to_bytes(), paths.APPROVERS: TEAM.to_bytes()}
    return Writers(Rulebook(MemoryTree().with_edits(files)))


def test_a_path_that_no_rule_covers_is_everybodys() -> None:
    writers = _writers(RISK)
    assert writers.forbidden("main", ["README.md"], None) == {}
    assert writers.forbidden("ledger", ["models/fraud/model.json"], None) == {}


def test_one_of_the_rules_about_a_path_has_to_allow_it() -> None:
    writers = _writers(RISK, left_to("cards", "models/*/model.json", by=("ada",)))
    assert writers.forbidden("main", ["models/fraud/model.json"], mail("ada")) == {}
    assert writers.forbidden("main", ["models/fraud/model.json"], mail("cara")) == {}
    assert writers.forbidden("main", ["models/churn/model.json"], mail("cara")) != {}
    assert writers.forbidden("main", ["models/fraud/model.json"], mail("mallory")) != {}
    assert writers.forbidden("main", ["models/fraud/model.json"], None) != {}


rules_lists = st.lists(
    st.builds(
        left_to,
        st.uuids().map(str),
        st.sampled_from(["**", "models/fraud/**", "models/**", "README.md", "*.json", "policies/*", "governance/**"]),
        groups=st.sampled_from([(), ("risk",), ("leads",), ("risk", "leads")]),
        by=st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple),
        branch=st.sampled_from(["main", "ledger"]),
    ),
    max_size=4,
)


@given(rules_lists, rules_lists, st.sampled_from(NAMES), st.sampled_from(["README.md", "models/fraud/model.json", "x"]))
def test_a_rule_only_ever_adds_people_to_what_it_covers_with_others(
    some: list[RightsRule], more: list[RightsRule], name: str, path: str
) -> None:
    """What one rule allows no other takes away, and what none covers nobody is refused."""
    alone, together = _writers(*some), _writers(*some, *more)
    if alone.rules("main", path) and not alone.forbidden("main", [path], mail(name)):
        assert not together.forbidden("main", [path], mail(name))
    if together.forbidden("main", [path], mail(name)):
        assert together.rules("main", path)


@settings(max_examples=60, deadline=None)
@given(
    rules_lists,
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(NAMES), unique=True),
    st.sampled_from(["promote", "govern", "hold"]),
)
def test_rights_never_make_good_what_was_refused_without_them(
    rules: list[RightsRule], proposer: str, approvers: list[str], action: str
) -> None:
    with_them, without = _decided(rules, proposer, approvers, action), _decided([], proposer, approvers, action)
    assert without >= with_them
    covering = [rule for rule in rules if rule.branch == "main"]
    if action != "govern" and without and all(mail(proposer) in rule.people for rule in covering):
        assert with_them


def _decided(rules: list[RightsRule], proposer: str, approvers: list[str], action: str) -> bool:
    """Whether a decision comes into force where these rules have stood since the beginning."""
    world = protected()
    if rules:
        world.trees[-1] = world.tree.with_edits({paths.RIGHTS: Rights(rules=tuple(rules)).to_bytes()})
    if action == "promote":
        draft, folder = world.promote(1, by=proposer), TARGET.folder
    elif action == "hold":
        draft, folder = world.drafter().hold(TARGET, version(2).digest, world.wish(proposer)), TARGET.folder
    else:
        draft, folder = world.govern({"policies/extra.json": Policy(requirements=()).to_bytes()}, proposer), GOVERNANCE
    world.land(draft, proposed(proposer), *[name for name in approvers if name != proposer])
    return world.verdict(folder).is_in_force


# On main


def test_who_may_write_the_model_promotes_it_and_anybody_may_approve() -> None:
    world = with_rights(RISK)
    world.land(world.promote(1, by="cara"), proposed("cara"), "ada")
    assert world.number() == 1


def test_a_finding_names_path_person_rule_and_who_may() -> None:
    world = with_rights(RightsRule(name="fraud", branch="main", paths=("models/fraud/**",), groups=("risk",)))
    world.land(world.promote(1), proposed(), "ben")
    (finding,) = [each for each in world.verdict().findings if each.rule == "rights"]
    assert finding.path == f"{TARGET.folder}/decision.json"
    for word in ("ada@example.org", "'fraud'", "ben@example.org, cara@example.org", "the group risk", "2 more"):
        assert word in finding.message
    assert finding.hint == f"Who may: gitreg rights show {finding.path}"


def test_a_rules_message_is_told() -> None:
    world = with_rights(RISK.model_copy(update={"message": "Ask the desk."}))
    world.land(world.promote(1), proposed(), "ben")
    assert any("Ask the desk." in each.message for each in world.verdict().findings)


def test_what_landed_stays_in_force_when_its_proposer_loses_the_right() -> None:
    world = with_rights(left_to("fraud", "models/fraud/**", by=("ada",)))
    world.promoted(1)
    world.land(world.govern({paths.RIGHTS: Rights(rules=(RISK,)).to_bytes()}), proposed(), "ben")
    assert world.number() == 1
    world.land(world.promote(2), proposed(), "ben")
    assert rules_of(world.verdict()) == {"rights"}
    assert world.number() == 1


def test_the_right_comes_with_the_landing_after_the_one_that_gives_it() -> None:
    world = with_rights(RISK)
    world.land(world.govern({paths.RIGHTS: None}, "cara"), proposed("cara"), "ben")
    world.promoted(1)
    assert world.number() == 1


def test_a_decision_that_waits_ends_when_rights_change() -> None:
    world = with_rights(RISK)
    draft = world.promote(1, by="cara")
    world.land(draft, proposed("cara"))
    world.commit({paths.RIGHTS: None})
    world.commit(world.signed(draft.decision, "ben"))
    assert "stale" in rules_of(world.verdict())


def test_where_nothing_is_protected_the_claimed_proposer_is_asked_for() -> None:
    world = unprotected()
    world.commit({paths.APPROVERS: TEAM.to_bytes(), paths.RIGHTS: Rights(rules=(RISK,)).to_bytes()})
    world.land(world.promote(1, by="ada"))
    assert rules_of(world.verdict()) == {"rights"}
    world.land(world.promote(2, by="cara"))
    assert world.number() == 2


def test_holds_of_a_model_are_written_by_who_may_write_it() -> None:
    world = with_rights(left_to("holds", "models/*/holds/*", groups=("risk",)))
    world.land(world.drafter().hold(TARGET, version(2).digest, world.wish("ada")), proposed("ada"), "ben")
    (finding,) = [each for each in world.verdict().findings if each.rule == "rights"]
    assert finding.path == paths.hold("fraud", version(2).digest)


def test_rights_that_cannot_be_read_never_come_into_force() -> None:
    world = unprotected()
    world.commit({paths.RIGHTS: b"{}\n"})
    assert "schema" in {each.rule for each in check_line(world.judge(), 0)}
    world.land(world.promote(1))
    assert "usurped" in rules_of(world.verdict())
    world.commit({paths.RIGHTS: None})
    world.land(world.promote(2))
    assert world.number() == 2


def test_by_hand_rights_are_changed_where_nothing_is_protected_alone() -> None:
    rights = Rights(rules=(left_to("fraud", "models/fraud/**", by=("ada",)),)).to_bytes()
    free, held = unprotected(), protected()
    free.commit({paths.RIGHTS: rights})
    held.commit({paths.RIGHTS: rights})
    assert check_line(free.judge(), 0) == []
    assert {each.rule for each in check_line(held.judge(), 0)} == {"owned-path"}


def test_a_group_of_nobody_is_refused_where_nothing_is_protected_too() -> None:
    world = unprotected()
    world.commit({paths.RIGHTS: Rights(rules=(RISK,)).to_bytes()})
    assert {each.rule for each in check_line(world.judge(), 0)} == {"unmeetable"}


def test_the_last_of_a_group_does_not_leave_while_paths_are_left_to_it() -> None:
    team = people(ada=("leads",), ben=("leads",), cara=("risk",))
    world = with_rights(RISK, world=protected(team))
    rest = people(ada=("leads",), ben=("leads",))
    draft = world.govern({paths.APPROVERS: rest.to_bytes()})
    world.land(draft, proposed(), "ben")
    assert "unmeetable" in rules_of(world.verdict(GOVERNANCE))


def test_a_machine_without_a_key_may_write_facts_and_peoples_files() -> None:
    facts = left_to("facts", "versions/**", by=("ci",), branch="ledger")
    with_rights(facts, left_to("docs", "docs/**", by=("ci",)))


# Made by commands


def test_a_rule_gets_more_paths_and_people() -> None:
    world = unprotected()
    first: dict[str, Json] = {"name": "x", "branch": "ledger", "paths": ["a"], "groups": ["risk"], "people": []}
    first["message"] = "Ask."
    world.commit({paths.APPROVERS: TEAM.to_bytes(), **add_rights(world.tree, first)})
    more: dict[str, Json] = {**first, "paths": ["b", "a"], "groups": [], "people": ["ci@example.org"], "message": None}
    world.commit(add_rights(world.tree, more))
    rights = Rulebook(world.tree).rights
    assert rights is not None
    (rule,) = rights.rules
    assert (rule.paths, rule.groups, rule.people, rule.message) == (("a", "b"), ("risk",), (mail("ci"),), "Ask.")
    with pytest.raises(AlreadyExists):
        add_rights(world.tree, more)
    with pytest.raises(Conflict):
        add_rights(world.tree, {**more, "branch": "main"})
    with pytest.raises(NotFound, match="x"):
        remove_rights(world.tree, "y")
    assert remove_rights(world.tree, "x") == {paths.RIGHTS: None}
    wanted = draft_govern(world.judge(), remove_rights(world.tree, "x"), world.wish())
    assert not isinstance(wanted, Draft)
    assert wanted[paths.RIGHTS] is None


def test_a_rule_that_is_none_is_told() -> None:
    tree = unprotected().tree
    with pytest.raises(InvalidDocument, match="names nobody"):
        add_rights(tree, {"name": "x", "branch": "main", "paths": ["a"], "groups": [], "people": [], "message": None})
