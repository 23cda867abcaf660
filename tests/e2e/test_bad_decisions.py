"""Promotions, approvals and merges that may not be: refused by rule, with nothing changed, whoever tries."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import pytest

from gitreg.documents import part
from gitreg.signing import NAMESPACE, sign
from tests.e2e.clerk import Clerk, commit_by_hand, file_at, paths_of, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Office

STAGE = "models/fraud/stages/production"
DECISION = f"{STAGE}/decision.json"
PROMOTE = ["promote", "fraud", "2", "--to", "production", "-m", "why"]


def _canonical(document: object) -> bytes:
    return (json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def _statement_of(clerk: Clerk, proposal: str, key: str) -> dict[str, bytes]:
    """What a key said about a proposal: the statement and its signature, by file name."""
    ref = f"refs/gitreg/approvals/{proposal}/{key}"
    return {name: file_at(clerk, name, ref) for name in (f"{key}.json", f"{key}.json.sig")}


def _said(clerk: Clerk, proposal: str) -> list[str]:
    """The keys that said something about a proposal."""
    prefix = f"refs/gitreg/approvals/{proposal}/"
    return clerk.git("for-each-ref", "--format=%(refname:lstrip=4)", prefix).split()


def _put_statement(clerk: Clerk, proposal: str, key: str, files: dict[str, bytes]) -> None:
    """Publish a statement under a proposal by plain git."""
    rows = ""
    for name, data in files.items():
        blob = clerk.git("hash-object", "-w", "--stdin", stdin=data).strip()
        rows += f"100644 blob {blob}\t{name}\n"
    commit = clerk.git("commit-tree", clerk.git("mktree", stdin=rows).strip(), "-m", "statement").strip()
    clerk.git("update-ref", f"refs/gitreg/approvals/{proposal}/{key}", commit)


def _in(days: int) -> type[datetime]:
    """A clock that is ahead."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=days)

    return Later


# --- promote ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["promote", "fraud", "9", "--to", "production", "-m", "x"], 3, ["no version 9", "gitreg versions fraud"]),
        (["promote", "fraud", "~0000", "--to", "production", "-m", "x"], 3, ["0000"]),
        (["promote", "nobody", "1", "--to", "production", "-m", "x"], 3, ["nobody", "fraud"]),
        (["promote", "fraud", "2", "--to", "nowhere", "-m", "x"], 3, ["nowhere", "staging"]),
        (["promote", "fraud", "1", "--to", "production", "-m", "x"], 4, ["already version 1"]),
        (["promote", "fraud", "2", "--to", "production"], 2, ["--message"]),
        (["rollback", "fraud", "--stage", "production", "-m", "x"], 3, ["never had another version"]),
        (["rollback", "fraud", "--stage", "production", "--to", "2", "-m", "x"], 3, ["never had version 2"]),
        (["rollback", "fraud", "--stage", "nowhere", "-m", "x"], 3, ["nowhere"]),
        (["withdraw", "fraud", "--stage", "staging", "-m", "x"], 3, ["no version that could be withdrawn"]),
        (["holds", "lift", "fraud", "1", "--stage", "production", "-m", "x"], 3, ["not held"]),
        (["holds", "add", "fraud", "9", "--stage", "production", "-m", "x"], 3, ["no version 9"]),
        (["merge", "fraud-9-production-0000"], 3, ["fraud-9-production-0000"]),
        (["merge", "../../heads/main"], 3, ["no proposal"]),
        (["proposals", "show", "x" * 300], 3, ["no proposal"]),
    ],
)
def test_what_cannot_be_decided(protected: Office, command: list[str], code: int, words: list[str]) -> None:
    refused(protected.ada, command, code, *words, hint=False)


def test_a_held_version_stays_out_until_the_hold_is_lifted(alone: Office) -> None:
    alone.ada.does("holds", "add", "fraud", "2", "--stage", "production", "-m", "it leaks")
    refused(alone.ada, PROMOTE, 6, "held out of production: it leaks", "gitreg holds lift fraud 2")
    refused(
        alone.ada, ["holds", "add", "fraud", "2", "--stage", "production", "-m", "x"], 4, "already held", hint=False
    )
    alone.ada.does("holds", "lift", "fraud", "2", "--stage", "production", "-m", "mended")
    alone.ada.does(*PROMOTE)


# --- approve ---------------------------------------------------------------------------------------------------------


def test_the_authors_approval_does_not_count(protected: Office) -> None:
    proposal = protected.promoted(2)
    said = protected.ada.does("approve", proposal, "--key", protected.ada.key)
    assert "not an approval" in said
    refused(protected.ada, ["merge", proposal], 6, "1 approval")


def test_a_stranger_another_persons_key_and_no_key_at_all(protected: Office) -> None:
    proposal = protected.promoted(2)
    ada, ben, eve = protected.ada, protected.ben, protected.eve
    refused(eve, ["approve", proposal, "--key", eve.key], 6, "belongs to nobody", "gitreg approvers list")
    refused(eve, ["approve", proposal, "--key", ben.key], 6, "ben@example.org", "eve@example.org")
    refused(ben, ["approve", proposal, "--key", ada.key], 6, "ada@example.org")
    refused(ben, ["approve", proposal], 6, "no key")
    refused(ben, ["approve", proposal, "--key", "/nonexistent"], 2, "/nonexistent")
    refused(ben, ["approve", proposal, "--key", protected.registry / "gitreg.json"], 2, "gitreg.json", hint=False)
    refused(eve, ["reject", proposal, "--key", eve.key, "-m", "no"], 6, "belongs to nobody")
    refused(ben, ["approve", proposal, "--decision", "0" * 64, "--key", ben.key], 6, "it changed")


def test_an_approval_of_a_decision_that_was_changed_meanwhile_counts_for_nothing(protected: Office) -> None:
    proposal, ada = protected.promoted(2), protected.ada
    protected.ben.does("approve", proposal, "--key", protected.ben.key)
    ref = f"refs/heads/proposals/{proposal}"
    changed = {**json.loads(file_at(ada, DECISION, ref)), "reason": "something else"}
    for path in paths_of(ada, f"{STAGE}/approvals", ref):
        commit_by_hand(ada, {path: None}, ref)
    commit_by_hand(ada, {DECISION: _canonical(changed)}, ref)
    refused(ada, ["merge", proposal], 6)
    assert ada.reads("proposals", "show", proposal)["state"] == "open"


def test_an_approval_is_not_replayed_for_another_proposal(protected: Office) -> None:
    ada, ben = protected.ada, protected.ben
    first = protected.promoted(2)
    ben.does("approve", first, "--key", ben.key)
    (key,) = _said(ada, first)
    second = str(ada.reads(*PROMOTE, "--key", ada.key)["proposal"]["id"])
    assert second != first
    _put_statement(ada, second, key, _statement_of(ada, first, key))
    refused(ada, ["merge", second], 6)


def test_an_approval_by_a_key_is_not_taken_for_another_keys(protected: Office) -> None:
    """Eve signs herself and publishes it under the name of Ben's key."""
    ada, ben = protected.ada, protected.ben
    proposal = protected.promoted(2)
    ben.does("approve", proposal, "--key", ben.key)
    (key,) = _said(ada, proposal)
    good = _statement_of(ada, proposal, key)
    signature = sign(protected.eve.key, good[f"{key}.json"], NAMESPACE)
    _put_statement(ada, proposal, key, {**good, f"{key}.json.sig": signature})
    refused(ada, ["merge", proposal], 6)


def test_a_signature_made_for_another_purpose_does_not_count(protected: Office) -> None:
    """What Ben signed as a git commit, a file or a mail is no approval."""
    ada, ben = protected.ada, protected.ben
    proposal = protected.promoted(2)
    ben.does("approve", proposal, "--key", ben.key)
    (key,) = _said(ada, proposal)
    good = _statement_of(ada, proposal, key)
    for_git = sign(ben.key, good[f"{key}.json"], "git")
    _put_statement(ada, proposal, key, {**good, f"{key}.json.sig": for_git})
    refused(ada, ["merge", proposal], 6)


def test_a_decision_of_another_registry_is_not_approved_here(protected: Office) -> None:
    """The same people, the same model: what they approved over there lands nowhere else."""
    ada, ben = protected.ada, protected.ben
    proposal = protected.promoted(2)
    other = {**json.loads(file_at(ada, DECISION, f"refs/heads/proposals/{proposal}")), "registry": "0" * 32}
    commit_by_hand(ada, {DECISION: _canonical(other)}, f"refs/heads/proposals/{proposal}")
    ben.run("approve", proposal, "--key", ben.key)
    told = refused(ada, ["merge", proposal], 6, "registry", hint=False)
    assert proposal in told.err


def test_an_expired_proposal_is_neither_approved_nor_merged(protected: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = protected.promoted(2), protected.promoted(2)
    protected.ben.does("approve", first, "--key", protected.ben.key)
    monkeypatch.setattr("gitreg.surroundings.datetime", _in(31))
    refused(protected.ben, ["approve", second, "--key", protected.ben.key], 6, "expired")
    refused(protected.ada, ["merge", first], 6, "expired")


# --- merge -----------------------------------------------------------------------------------------------------------


def _stale(office: Office) -> str:
    first, second = office.promoted(2), office.promoted(2)
    for proposal in (first, second):
        office.ben.does("approve", proposal, "--key", office.ben.key)
    office.ada.does("merge", first)
    return second


def _rejected(office: Office) -> str:
    proposal = office.promoted(2)
    office.ben.does("reject", proposal, "-m", "it leaks", "--key", office.ben.key)
    return proposal


def _closed(office: Office) -> str:
    proposal = office.promoted(2)
    office.ben.does("approve", proposal, "--key", office.ben.key)
    office.ada.does("close", proposal)
    return proposal


def _unapproved(office: Office) -> str:
    return office.promoted(2)


def _merged(office: Office) -> str:
    proposal = office.promoted(2)
    office.ben.does("approve", proposal, "--key", office.ben.key)
    office.ada.does("merge", proposal)
    return proposal


def _unsigned(office: Office) -> str:
    proposal = str(office.ada.reads(*PROMOTE)["proposal"]["id"])
    office.ben.does("approve", proposal, "--key", office.ben.key)
    return proposal


def _smuggling(office: Office) -> str:
    """A good proposal that changes a policy on the side."""
    proposal = office.promoted(2)
    office.ben.does("approve", proposal, "--key", office.ben.key)
    weaker = file_at(office.ada, "policies/production.json").replace(b'"count": 1', b'"count": 0')
    commit_by_hand(office.ada, {"policies/production.json": weaker}, f"refs/heads/proposals/{proposal}")
    return proposal


def _garbage(office: Office) -> str:
    proposal = office.promoted(2)
    commit_by_hand(office.ada, {DECISION: b"{"}, f"refs/heads/proposals/{proposal}")
    return proposal


@pytest.mark.parametrize(
    ("arrange", "code", "words"),
    [
        (_stale, 4, "made to replace"),
        (_rejected, 6, "Rejected by ben@example.org"),
        (_closed, 4, "was closed"),
        (_unapproved, 6, "1 approval"),
        (_merged, 4, "was merged"),
        (_unsigned, 6, "ada@example.org"),
        (_smuggling, 6, "does not name it"),
        (_garbage, 3, "Not JSON"),
    ],
)
def test_what_may_not_be_merged(protected: Office, arrange: Callable[[Office], str], code: int, words: str) -> None:
    proposal = arrange(protected)
    before = protected.ada.reads("resolve", "models:/fraud@production")["version"]
    refused(protected.ada, ["merge", proposal], code, words, hint=False)
    assert protected.ada.reads("resolve", "models:/fraud@production")["version"] == before


# --- governance ------------------------------------------------------------------------------------------------------


def _edited(office: Office, path: str, change: Callable[[dict[str, object]], None]) -> None:
    document = json.loads((office.registry / path).read_text())
    change(document)
    (office.registry / path).write_text(json.dumps(document))


def _two_owners(office: Office) -> None:
    def change(document: dict[str, object]) -> None:
        people = document["people"]
        assert isinstance(people, dict)
        people["eve@example.org"] = people["ben@example.org"]

    _edited(office, "approvers.json", change)


def _too_many(office: Office) -> None:
    path = office.registry / "policies/production.json"
    path.write_text(path.read_text().replace('"count": 1', '"count": 9'))


def _an_empty_group(office: Office) -> None:
    path = office.registry / "policies/production.json"
    path.write_text(path.read_text().replace('"group": null', '"group": "nobody"'))


def _another_registry(office: Office) -> None:
    _edited(office, "gitreg.json", lambda document: document.update(registry="0" * 32))


def _no_such_policy(office: Office) -> None:
    stages = {"production": {"protected": True, "policy": "nowhere"}}
    _edited(office, "gitreg.json", lambda document: document.update(stages=stages))


def _a_folder_for_everyones_bytes(office: Office) -> None:
    _edited(office, "gitreg.json", lambda document: document.update(blobs="file:///etc"))


def _a_stage_that_no_address_can_name(office: Office) -> None:
    stages = {"../production": {"protected": False, "policy": None}}
    _edited(office, "gitreg.json", lambda document: document.update(stages=stages))


def _syntax(office: Office) -> None:
    (office.registry / "approvers.json").write_text("{")


def _link(office: Office) -> None:
    (office.registry / "approvers.json").unlink()
    (office.registry / "approvers.json").symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("arrange", "code", "words"),
    [
        (_two_owners, 6, "One key belongs to both"),
        (_too_many, 6, "nobody could ever approve"),
        (_an_empty_group, 6, "nobody could ever approve"),
        (_another_registry, 6, "never changes"),
        (_no_such_policy, 6, "nowhere"),
        (_a_folder_for_everyones_bytes, 6, "gitreg.json"),
        (_a_stage_that_no_address_can_name, 2, "belong to addresses"),
        (_syntax, 2, "approvers.json"),
        (_link, 2, "link"),
    ],
)
def test_what_may_not_be_governed(protected: Office, arrange: Callable[[Office], None], code: int, words: str) -> None:
    arrange(protected)
    refused(protected.ada, ["govern", "-m", "why", "--key", protected.ada.key], code, words, hint=False)


def test_the_last_who_can_approve_is_not_removed_and_a_key_has_one_owner(protected: Office) -> None:
    ada, ben = protected.ada, protected.ben
    refused(ada, ["approvers", "remove", ben.email, "--sign", ada.key], 6, "nobody could ever approve")
    add: list[str | Path] = ["approvers", "add", "eve@example.org", "--key", ben.public_key, "--sign", ada.key]
    refused(ada, add, 4, "one owner", hint=False)
    refused(ada, ["approvers", "add", "eve@example.org", "--key", ada.key], 2, "private")
    refused(ada, ["approvers", "add", "no mail", "--key", protected.eve.public_key], 2, hint=False)


# --- names that share a folder ---------------------------------------------------------------------------------------


def _twins() -> tuple[str, str]:
    """Two names whose paths are one: eight hex digits of a hash are soon found twice."""
    seen: dict[str, str] = {}
    for number in range(1_000_000):
        name = "M" + "".join(chr(0x4E00 + int(digit)) for digit in str(number))
        other = seen.setdefault(part(name), name)
        if other != name:
            return other, name
    raise AssertionError


def test_a_model_never_resolves_to_what_was_decided_about_another(alone: Office) -> None:
    one, two = _twins()
    numbers = {one: alone.ada.registers(b"good", model=one), two: alone.ada.registers(b"evil", model=two)}
    for name, number in numbers.items():
        alone.ada.run("promote", name, str(number), "--to", "production", "-m", "why")
        for each, own in numbers.items():
            found = alone.ada.run("resolve", f"models:/{each}@production", "--json")
            if found.code == 0:
                assert (found.json["model"], found.json["version"]) == (each, own)
                assert alone.ada.reads("resolve", f"models:/{each}/{own}")["digest"] == found.json["digest"]
    refused(alone.ada, ["promote", two, str(numbers[two]), "--to", "production", "-m", "why"], 6, one, "another name")
