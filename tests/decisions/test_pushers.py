"""What a server's hook and `validate --facts` hold of rights: whoever pushes, and whom the pushed files name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitreg.decisions import NOBODY, Finding, Office, Pusher, Receiver, pusher_of
from gitreg.documents import Alias, Rights, RightsRule, WriterId, paths
from gitreg.store import CommitId, CommitText, RefUpdate, Snapshot
from gitreg.store import Person as Author
from tests.decisions.clones import Person, Town, protected_files
from tests.decisions.world import START, actor, candidate, left_to, mail, version

if TYPE_CHECKING:
    from pathlib import Path

MAIN, LEDGER = "refs/heads/main", "refs/heads/ledger"
RULES = (
    left_to("docs", "docs/**", by=("ben",)),
    left_to("fraud", "models/fraud/**", groups=("risk",)),
    left_to("facts", "versions/fraud/**", "aliases/fraud/*", groups=("risk",), branch="ledger"),
)
ADA, BEN, CARA = (Pusher(mail(name)) for name in ("ada", "ben", "cara"))
PATH = paths.version("fraud", 1, version(1).digest)
Files = dict[str, bytes | None]


def town(folder: Path, *rules: RightsRule) -> Town:
    made = Town(folder)
    files = protected_files()
    made.create({**files, paths.RIGHTS: Rights(rules=rules).to_bytes()} if rules else files)
    return made


@pytest.fixture
def ada(tmp_path: Path) -> Person:
    """At a clone of a registry in which paths are left to people from the beginning."""
    return town(tmp_path, *RULES).person("ada")


def commit(person: Person, parent: CommitId | None, files: Files, by: str = "ada") -> CommitId:
    store, who = person.store, Author(by.title(), f"{by}@example.org")
    before = store.snapshot(parent) if parent else Snapshot.empty()
    text = CommitText("x\n", who, who, START)
    return store.write_commit((parent,) if parent else (), before, files, text)


def found(person: Person, ref: str, span: tuple[CommitId | None, CommitId], pusher: Pusher) -> list[Finding]:
    return Receiver(Office(person.store), pusher).check([RefUpdate(ref, span[1], span[0])])


def rules(person: Person, ref: str, span: tuple[CommitId | None, CommitId], pusher: Pusher) -> set[str]:
    return {each.rule for each in found(person, ref, span, pusher)}


def alias(by: str) -> Files:
    document = Alias(
        rev=1,
        writer=WriterId("0" * 32),
        model="fraud",
        alias="champion",
        version=version(1).digest,
        actor=actor(by),
        at=START,
    )
    return {paths.alias("fraud", "champion"): document.to_bytes()}


# Who it is


def test_a_pusher_is_whom_the_server_let_in() -> None:
    assert pusher_of({"REMOTE_USER": "Ada@Example.org "}) == ADA
    assert pusher_of({}) == pusher_of({"REMOTE_USER": ""}) == NOBODY
    unclear = pusher_of({"REMOTE_USER": "ada"})
    assert unclear.principal is None
    assert "'ada', which is no e-mail address" in str(unclear)


# Main


def test_a_file_by_hand_is_pushed_by_who_may_write_it(ada: Person) -> None:
    main = ada.office.main
    step = (main, commit(ada, main, {"docs/plan.md": b"a plan\n"}, by="ben"))
    assert rules(ada, MAIN, step, BEN) == set()
    (finding,) = found(ada, MAIN, step, ADA)
    assert (finding.rule, finding.path, finding.severity) == ("rights", "docs/plan.md", "block")
    assert finding.message.startswith("ada@example.org may not write this path: the rule 'docs' leaves it to ben@")


def test_where_nobody_is_known_nobody_may_and_is_told_what_it_takes(ada: Person) -> None:
    main = ada.office.main
    (finding,) = found(ada, MAIN, (main, commit(ada, main, {"docs/plan.md": b"x"}, by="ben")), NOBODY)
    assert finding.message.startswith("Nobody says who pushes this, so whoever does may not write this path")
    assert "says who you are" in finding.hint
    assert rules(ada, MAIN, (main, commit(ada, main, {"README.md": b"mine\n"})), NOBODY) == set()


def test_taking_a_file_away_is_writing_it(ada: Person) -> None:
    main = ada.office.main
    there = commit(ada, main, {"docs/plan.md": b"a plan\n", "docs/other.md": b"x"}, by="ben")
    (finding,) = found(ada, MAIN, (there, commit(ada, there, {"docs/plan.md": None, "docs/other.md": None})), ADA)
    assert finding.path == "docs/other.md"
    assert "and 1 more" in finding.message


def test_each_commit_of_a_push_is_judged_by_the_rights_before_it(tmp_path: Path) -> None:
    ada = town(tmp_path, left_to("rights", "rights.json", "gitreg.json", by=("cara",))).person("ada")
    main = ada.office.main
    gone = commit(ada, main, {paths.RIGHTS: None})
    assert {"rights", "owned-path"} <= rules(ada, MAIN, (main, gone), ADA)
    written = commit(ada, gone, {"gitreg.json": ada.store.snapshot(main).read("gitreg.json")})
    assert "rights" in rules(ada, MAIN, (main, written), ADA)


def test_what_a_signed_decision_lands_its_proposer_answers_for_whoever_pushes(tmp_path: Path) -> None:
    there = town(tmp_path, *RULES)
    cara, ben = there.person("cara"), there.person("ben")
    before = cara.office.main
    proposal = cara.promote(candidate(1)).proposal
    assert proposal is not None
    ben.proposals.approve(proposal.id, ben.signer)
    ben.proposals.merge(proposal.id)
    for pusher in (ADA, CARA, NOBODY):
        assert rules(ben, MAIN, (before, ben.office.main), pusher) == set()


def test_where_nobody_signs_the_proposer_pushes_herself(tmp_path: Path) -> None:
    cara = town(tmp_path, *RULES).person("cara")
    before = cara.office.main
    cara.promote(candidate(1), "staging")
    landed = (before, cara.office.main)
    assert rules(cara, MAIN, landed, CARA) == set()
    (finding,) = found(cara, MAIN, landed, BEN)
    assert finding.message.startswith("ben@example.org pushes a decision of cara@example.org")
    assert rules(cara, MAIN, landed, ADA) == {"rights"}
    assert rules(cara, MAIN, landed, NOBODY) == {"rights"}


def test_the_push_that_brings_a_registry_is_free(ada: Person) -> None:
    main = ada.office.main
    written = commit(ada, main, {"docs/plan.md": b"a plan\n"})
    assert rules(ada, MAIN, (None, written), NOBODY) == set()


def test_without_rights_nobody_is_asked_for(tmp_path: Path) -> None:
    ada = town(tmp_path).person("ada")
    main = ada.office.main
    fact = commit(ada, None, {PATH: version(1).to_bytes()})
    assert rules(ada, MAIN, (main, commit(ada, main, {"docs/plan.md": b"x"})), NOBODY) == set()
    assert rules(ada, LEDGER, (None, fact), NOBODY) == set()


# The ledger


def test_a_fact_is_pushed_by_who_may_write_it(ada: Person) -> None:
    fact = (None, commit(ada, None, {PATH: version(1).to_bytes()}, by="cara"))
    assert rules(ada, LEDGER, fact, CARA) == set()
    (finding,) = found(ada, LEDGER, fact, ADA)
    assert (finding.rule, finding.path) == ("rights", PATH)
    (finding,) = found(ada, LEDGER, fact, NOBODY)
    assert "says who you are" in finding.hint


def test_a_fact_that_nothing_covers_is_everybodys(ada: Person) -> None:
    other = version(1, "churn")
    path = paths.version("churn", 1, other.digest)
    assert rules(ada, LEDGER, (None, commit(ada, None, {path: other.to_bytes()})), NOBODY) == set()


def test_a_document_that_claims_another_writer_is_refused(ada: Person) -> None:
    first = commit(ada, None, {PATH: version(1).to_bytes()}, by="cara")
    honest = (first, commit(ada, first, alias("cara"), by="cara"))
    assert rules(ada, LEDGER, honest, CARA) == set()
    (finding,) = found(ada, LEDGER, (first, commit(ada, first, alias("ben"), by="cara")), CARA)
    assert finding.path == paths.alias("fraud", "champion")
    assert finding.message == "cara@example.org pushes what ben@example.org wrote, by its own words."


def test_a_fact_without_a_name_is_its_commits_authors(ada: Person) -> None:
    fact = (None, commit(ada, None, {PATH: version(1).to_bytes()}, by="ben"))
    assert rules(ada, LEDGER, fact, CARA) == {"rights"}


def test_rights_on_the_ledger_are_those_in_force_on_main(ada: Person) -> None:
    """Taken away by hand they stay in force."""
    store = ada.store
    fact = (None, commit(ada, None, {PATH: version(1).to_bytes()}))
    assert rules(ada, LEDGER, fact, ADA) == {"rights"}
    main = ada.office.main
    store.set_ref(MAIN, commit(ada, main, {paths.RIGHTS: None}), main)
    assert rules(ada, LEDGER, fact, ADA) == {"rights"}


def test_validation_asks_whom_the_facts_name(ada: Person) -> None:
    first = commit(ada, None, {paths.version("churn", 1, version(1, "churn").digest): version(1, "churn").to_bytes()})
    by_ada = commit(ada, first, {PATH: version(1).to_bytes(), **alias("cara")}, by="ada")
    by_cara = commit(ada, first, {PATH: version(1).to_bytes(), **alias("cara")}, by="cara")
    (finding,) = ada.record.check_facts(first, by_ada)
    assert (finding.rule, finding.path, finding.severity) == ("rights", PATH, "block")
    assert ada.record.check_facts(first, by_cara) == []


def test_without_a_beginning_validation_warns_since_facts_may_be_older_than_rights(ada: Person) -> None:
    (finding,) = ada.record.check_facts("0" * 40, commit(ada, None, {PATH: version(1).to_bytes()}))
    assert (finding.rule, finding.severity) == ("rights", "warn")


def test_a_fact_of_a_merged_ledger_is_its_own_commits(ada: Person) -> None:
    """A commit that only joins two ledgers wrote nothing."""
    store = ada.store
    one = commit(ada, None, {PATH: version(1).to_bytes()}, by="cara")
    two = commit(ada, None, {paths.version("churn", 1, version(1, "churn").digest): version(1, "churn").to_bytes()})
    text = CommitText("x\n", Author("Ada", mail("ada")), Author("Ada", mail("ada")), START)
    joined = store.write_commit((two, one), store.snapshot(two), {PATH: version(1).to_bytes()}, text)
    assert ada.record.check_facts(two, joined) == []


# Never looser


@pytest.mark.parametrize("pusher", [ADA, BEN, CARA, NOBODY])
def test_a_rule_more_never_lets_a_push_in_that_none_kept_out(tmp_path: Path, pusher: Pusher) -> None:
    """Of what is no document of anybody's: a broken fact stays refused whoever pushes it."""
    ada = town(tmp_path, *RULES).person("ada")
    broken = commit(ada, None, {PATH: b"{}\n"}, by="cara")
    assert "schema" in rules(ada, LEDGER, (None, broken), pusher)
