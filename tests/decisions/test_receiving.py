"""What a server's hook takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitreg.decisions import Office, Receiver, receiver_of, refuse
from gitreg.documents import paths
from gitreg.errors import RemoteRefused
from gitreg.store import CommitId, RefUpdate, Snapshot
from tests.decisions.clones import Person, Town, protected_files
from tests.decisions.world import TARGET, candidate, version

if TYPE_CHECKING:
    from pathlib import Path

MAIN = "refs/heads/main"
LEDGER = "refs/heads/ledger"


@pytest.fixture
def ada(tmp_path: Path) -> Person:
    town = Town(tmp_path)
    town.create(protected_files())
    return town.person("ada")


def rules(person: Person, ref: str, new: CommitId | None, old: CommitId | None = None) -> set[str]:
    found = Receiver(Office(person.store)).check([RefUpdate(ref, new, old)])
    return {finding.rule for finding in found}


def commit(person: Person, parent: CommitId, edits: dict[str, bytes | None]) -> CommitId:
    store = person.store
    return store.write_commit((parent,), store.snapshot(parent), edits, person.office.text("x\n"))


def test_main_is_judged_commit_by_commit(ada: Person) -> None:
    main = ada.office.main
    good = commit(ada, main, {"README.md": b"mine\n"})
    bad = commit(ada, good, {"gitreg.json": b"{}\n"})
    assert rules(ada, MAIN, good, main) == set()
    assert "owned-path" in rules(ada, MAIN, bad, main)
    assert rules(ada, MAIN, None, main) == {"line"}


def test_the_first_push_of_main_is_judged_whole(ada: Person) -> None:
    assert rules(ada, MAIN, ada.office.main) == set()
    bad = commit(ada, ada.office.main, {f"{TARGET.folder}/version.json": version(1).to_bytes()})
    assert rules(ada, MAIN, bad) == {"owned-path"}


def test_the_old_tip_stays_on_the_first_parent_line(ada: Person) -> None:
    base = ada.office.main
    main, branch = commit(ada, base, {"a": b"1"}), commit(ada, base, {"b": b"1"})
    store = ada.store
    merged = store.write_commit((branch, main), store.snapshot(main), {"b": b"1"}, ada.office.text("merged main in\n"))
    assert rules(ada, MAIN, merged, main) == {"line"}
    right = store.write_commit((main, branch), store.snapshot(main), {"b": b"1"}, ada.office.text("merged\n"))
    assert rules(ada, MAIN, right, main) == set()


def test_the_ledger_grows_on_what_is_there(ada: Person) -> None:
    store = ada.store
    path = paths.version("fraud", 1, version(1).digest)
    first = store.write_commit((), Snapshot.empty(), {path: version(1).to_bytes()}, ada.office.text("one\n"))
    other = store.write_commit((), Snapshot.empty(), {path: version(1).to_bytes()}, ada.office.text("two\n"))
    removed = commit(ada, first, {path: None})
    assert rules(ada, LEDGER, first) == set()
    assert rules(ada, LEDGER, other, first) == {"append-only"}
    assert rules(ada, LEDGER, removed, first) == {"append-only"}
    assert rules(ada, LEDGER, None, first) == {"append-only"}


def test_a_statements_ref_holds_what_its_key_signed(ada: Person) -> None:
    proposal = ada.promote(candidate(1), signed=False).proposal
    assert proposal is not None
    ada.proposals.approve(proposal.id, ada.signer)
    ((ref, tip),) = ada.store.refs("refs/gitreg/approvals/").items()
    assert rules(ada, ref, tip) == set()
    assert rules(ada, ref, None, tip) == set()
    assert rules(ada, ref[:-4] + "0000", tip) == {"approval-invalid"}
    assert rules(ada, ref[:-64] + "nobody", tip) == {"approval-invalid"}
    assert rules(ada, ref, commit(ada, tip, {"more": b"1"})) == {"approval-invalid"}
    name = f"{ref[-64:]}.json"
    text = ada.store.snapshot(tip).read(name) or b""
    forged = ada.store.snapshot(tip).with_edits({name: text.replace(b"propose", b"approve")})
    assert rules(ada, ref, ada.store.write_commit((), forged, {}, ada.office.text("x\n"))) == {"approval-invalid"}


def test_what_was_closed_is_kept(ada: Person) -> None:
    closed, tip = "refs/gitreg/closed/fraud-1-production-0000", ada.office.main
    assert rules(ada, closed, tip) == set()
    assert rules(ada, closed, None, tip) == {"closed"}
    assert rules(ada, "refs/heads/mine", tip) == set()


def test_a_refusal_names_path_and_rule(ada: Person) -> None:
    main = ada.office.main
    bad = commit(ada, main, {"Jenkinsfile": b"deploy\n"})
    check = receiver_of(Office)
    with pytest.raises(RemoteRefused, match="Jenkinsfile: This file changed without a decision"):
        check([RefUpdate(MAIN, bad, main)], ada.store)
    check([RefUpdate(MAIN, main, main)], ada.store)
    refuse([], "here")
