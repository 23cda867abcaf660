"""Documents that are none, committed by plain git: named with path and problem, and the rest stays readable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitreg.store import packs
from tests.e2e.clerk import assert_clean, commit_by_hand, file_at, paths_of, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.clerk import Clerk, Told
    from tests.e2e.conftest import Office

STAGE = "models/fraud/stages/production"
DECISION = f"{STAGE}/decision.json"


def _canonical(document: Any) -> bytes:  # noqa: ANN401 - JSON
    return (json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def _with(good: bytes, **fields: object) -> bytes:
    return _canonical({**json.loads(good), **fields})


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "syntax error": (lambda good: good[: len(good) // 2], "Not JSON"),
    "empty": (lambda _: b"", "Not JSON"),
    "not an object": (lambda _: b"[]\n", "not a JSON object"),
    "unknown field": (lambda good: _with(good, surprise=1), "surprise"),
    "wrong type": (lambda good: _with(good, schema=5), "schema"),
    "another document": (lambda good: _with(good, schema="gitreg/hold/v1"), "gitreg/hold/v1"),
    "later version": (lambda good: good.replace(b'/v1"', b'/v2"', 1), "later gitreg"),
    "duplicate key": (lambda good: good.replace(b"{\n", b'{\n  "schema": "a",\n', 1), "stands twice"),
    "past the limit of a document": (lambda _: b'"' + b"x" * 9_000_000 + b'"', "bytes"),
    "past the limit of an object": (lambda _: b'"' + b"x" * 13_000_000 + b'"', "bytes"),
    "10,000 levels": (lambda _: b"[" * 10_000 + b"]" * 10_000, "nested deeper"),
    "a thousand objects deep": (lambda _: b'{"a":' * 1_000 + b"1" + b"}" * 1_000, "nested deeper"),
    "not UTF-8": (lambda good: good.replace(b"schema", b"sch\xff\xfema", 1), "UTF-8"),
    "byte-order mark": (lambda good: b"\xef\xbb\xbf" + good, "byte-order mark"),
    "UTF-16": (lambda good: good.decode().encode("utf-16"), "byte-order mark"),
    "not canonical": (lambda good: json.dumps(json.loads(good)).encode(), "canonical"),
    "no newline at the end": (lambda good: good[:-1], "canonical"),
    "line ends of Windows": (lambda good: good.replace(b"\n", b"\r\n"), "canonical"),
    "NaN": (lambda good: good.replace(b"{\n", b'{\n  "a": NaN,\n', 1), "NaN"),
    "a huge number": (lambda good: good.replace(b"{\n", b'{\n  "a": ' + b"9" * 100_000 + b",\n", 1), "64 bits"),
    "a terminal's commands": (lambda _: b'{"\\u001b]0;pwned\\u0007": "\\u202e"}\n', "schema"),
    "a lone surrogate": (lambda good: good.replace(b"{\n", b'{\n  "\\ud800": 1,\n', 1), ""),
}
SOME = ["syntax error", "unknown field", "later version", "past the limit of an object", "not canonical"]


@pytest.fixture(autouse=True)
def _smaller_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that a test reaches quickly; the real one has a test of its own below."""
    monkeypatch.setattr(packs, "MAX_OBJECT_BYTES", 12_000_000)


def _says(told: Told, code: int, *words: str) -> None:
    shown = f"exit {told.code}\n{told.out}{told.err}"
    assert told.code == code, shown
    for word in words:
        assert word in told.out + told.err, f"{word!r} is not in:\n{shown}"
    assert_clean(told.out + told.err)


def _damage(clerk: Clerk, path: str, name: str, ref: str = "main") -> str:
    """Commit the damage; the words that tell it."""
    spoil, words = DAMAGE[name]
    commit_by_hand(clerk, {path: spoil(file_at(clerk, path, ref))}, f"refs/heads/{ref}")
    return words


@pytest.mark.parametrize("name", DAMAGE)
def test_a_pointer_that_is_no_document_resolves_to_nothing_and_says_why(alone: Office, name: str) -> None:
    words = _damage(alone.ada, DECISION, name)
    refused(alone.ada, ["resolve", "models:/fraud@production"], 6, DECISION, words)
    refused(alone.ada, ["pull", "models:/fraud@production", "-o", "out"], 6, DECISION, words)


@pytest.mark.parametrize("name", DAMAGE)
def test_the_checks_name_the_path_and_the_problem(alone: Office, name: str) -> None:
    words = _damage(alone.ada, DECISION, name)
    told = alone.ada.run("validate", "--base", "main~1", "--head", "main", "--push")
    assert told.code in (1, 6)
    _says(told, told.code, DECISION, words)
    _says(alone.ada.run("validate", "--base", "main~1", "--head", "main", "--format", "github"), 6, DECISION, "::error")
    _says(alone.ada.run("fsck"), 1, DECISION, words)


@pytest.mark.parametrize("name", SOME)
def test_everything_else_stays_readable(alone: Office, name: str) -> None:
    alone.ada.does("promote", "fraud", "2", "--to", "staging", "-m", "try")
    words = _damage(alone.ada, DECISION, name)
    assert alone.ada.reads("resolve", "models:/fraud@staging")["version"] == 2
    assert [each["model"] for each in alone.ada.reads("models", "list")] == ["fraud"]
    stages = {each["stage"]: each for each in alone.ada.reads("models", "show", "fraud")["stages"]}
    assert (stages["staging"]["standing_in_force"], stages["production"]["standing_in_force"]) == (True, False)
    assert len(alone.ada.reads("runs", "list")) == 2
    assert len(alone.ada.reads("versions", "fraud")) == 2
    _says(alone.ada.run("log"), 0, DECISION, words)
    alone.ada.does("status")
    alone.ada.does("withdraw", "fraud", "--stage", "staging", "-m", "other stages can be decided about")


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("number", ["1", "2"])
def test_a_spoilt_pointer_is_mended_by_a_new_decision(protected: Office, name: str, number: str) -> None:
    """The version that was there, or another. Bringing the old bytes back by git revert decides nothing."""
    _damage(protected.ada, DECISION, name)
    if name == "past the limit of an object":
        refused(protected.ada, ["promote", "fraud", number, "--to", "production", "-m", "x"], 6, DECISION, hint=False)
        protected.ada.git("revert", "--no-edit", "HEAD")
        refused(protected.ada, ["resolve", "models:/fraud@production"], 6, "stood here before", "models:/fraud/1")
    protected.landed(int(number))
    assert protected.ada.reads("resolve", "models:/fraud@production")["version"] == int(number)


@pytest.mark.parametrize("name", SOME)
def test_a_spoilt_pointer_is_withdrawn_or_rolled_back(alone: Office, name: str) -> None:
    ada = alone.ada
    ada.does("promote", "fraud", "2", "--to", "production", "-m", "second")
    _damage(ada, DECISION, name if name != "past the limit of an object" else "empty")
    ada.does("rollback", "fraud", "--stage", "production", "--to", "1", "-m", "a spoilt pointer")
    assert ada.reads("resolve", "models:/fraud@production")["version"] == 1


@pytest.mark.parametrize("name", SOME)
def test_settings_that_are_no_document_stop_everything_by_name(alone: Office, name: str) -> None:
    words = _damage(alone.ada, "gitreg.json", name)
    code = 6 if name == "past the limit of an object" else 2
    for command in (["status"], ["resolve", "models:/fraud@production"], ["fsck"]):
        refused(alone.ada, command, code, "gitreg.json", words, hint=False)


@pytest.mark.parametrize("path", ["approvers.json", "policies/production.json"])
@pytest.mark.parametrize("name", SOME)
def test_governance_that_is_no_document_decides_nothing_and_changes_no_verdict(
    protected: Office, path: str, name: str
) -> None:
    ada = protected.ada
    words = _damage(ada, path, name)
    assert ada.reads("resolve", "models:/fraud@production")["version"] == 1
    told = ada.run("validate", "--base", "main~1", "--head", "main", "--push")
    assert told.code in (1, 6)
    _says(told, told.code, path, words)
    _says(ada.run("fsck"), 1, path, words)
    before = ada.git("for-each-ref")
    told = ada.run("promote", "fraud", "2", "--to", "production", "-m", "why", "--key", ada.key)
    assert told.code in (2, 6)
    assert told.err.startswith("error: ")
    assert ada.git("for-each-ref") == before


@pytest.mark.parametrize("file", ["version.json", "evidence.json"])
@pytest.mark.parametrize("name", SOME)
def test_what_a_decision_names_is_not_resolved_once_it_is_changed(protected: Office, file: str, name: str) -> None:
    _damage(protected.ada, f"{STAGE}/{file}", name)
    refused(protected.ada, ["resolve", "models:/fraud@production"], 6, f"{STAGE}/{file}", "models:/fraud/1")


@pytest.mark.parametrize("folder", ["runs", "versions/fraud", "experiments"])
@pytest.mark.parametrize("name", SOME)
def test_a_fact_that_is_no_document_hides_no_other(alone: Office, folder: str, name: str) -> None:
    ada = alone.ada
    path = paths_of(ada, folder)[0]
    words = _damage(ada, path, name, "ledger")
    lost = folder.partition("/")[0]
    assert len(ada.reads("runs", "list")) == (1 if lost == "runs" else 2)
    assert len(ada.reads("versions", "fraud")) == (1 if lost == "versions" else 2)
    assert ada.reads("resolve", "models:/fraud@production")["version"] == 1
    for command in (["status"], ["models", "list"], ["runs", "show", "@last"], ["doctor"]):
        told = ada.run(*command)
        assert told.code == 0, told.err
    _says(ada.run("validate", "--facts", "ledger~1..ledger"), 1, path, words)
    _says(ada.run("fsck"), 1, path, words)


@pytest.mark.parametrize("folder", ["runs", "versions/fraud", "experiments"])
@pytest.mark.parametrize("name", SOME)
def test_a_fact_that_is_no_document_stops_no_recording(alone: Office, folder: str, name: str) -> None:
    ada = alone.ada
    _damage(ada, paths_of(ada, folder)[0], name, "ledger")
    assert ada.registers(b"three") == 3
    ada.does("promote", "fraud", "3", "--to", "production", "-m", "goes on")


@pytest.mark.parametrize("name", SOME)
def test_an_alias_note_or_hold_that_is_no_document_is_found(alone: Office, name: str) -> None:
    ada = alone.ada
    ada.does("alias", "fraud", "champion", "1")
    ada.does("describe", "fraud", "cards")
    ada.does("holds", "add", "fraud", "2", "--stage", "production", "-m", "leaks")
    hold = paths_of(ada, "models/fraud/holds", "main")[0]
    told = {hold: _damage(ada, hold, name if name != "another document" else "empty")}
    for path in (paths_of(ada, "aliases")[0], paths_of(ada, "notes")[0]):
        told[path] = _damage(ada, path, name, "ledger")
    checked = ada.run("fsck")
    for path, words in told.items():
        _says(checked, 1, path, words)
    for command in (["models", "list"], ["models", "show", "fraud"], ["resolve", "models:/fraud/1"]):
        assert ada.run(*command).code == 0, command
    listed = ada.run("holds", "list")
    assert listed.code in (2, 6)
    _says(listed, listed.code, hold)
    before = ada.git("for-each-ref")
    refused_ = ada.run("promote", "fraud", "2", "--to", "production", "-m", "the hold cannot be read")
    assert refused_.code in (2, 6), refused_
    assert hold in refused_.err
    assert ada.git("for-each-ref") == before


def test_links_and_submodules_are_no_documents(alone: Office) -> None:
    ada = alone.ada
    target = ada.git("hash-object", "-w", "--stdin", stdin="/etc/passwd").strip()
    ada.git("update-index", "--cacheinfo", f"120000,{target},{DECISION}")
    ada.git("commit", "--quiet", "-m", "a link")
    refused(ada, ["resolve", "models:/fraud@production"], 6, DECISION, "symlink")
    _says(ada.run("fsck"), 1, DECISION)


@pytest.mark.slow
def test_a_hundred_megabytes_are_told_by_their_header(alone: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    commit_by_hand(alone.ada, {DECISION: b'"' + b"x" * 100_000_000 + b'"'})
    refused(alone.ada, ["resolve", "models:/fraud@production"], 6, DECISION, "declares 100000002 bytes")
