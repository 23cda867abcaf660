"""Names and paths that people and programs give: refused where nothing good could come of them, harmless elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clerk import (
    Clerk,
    assert_clean,
    assert_told,
    assert_told_as_json,
    commit_by_hand,
    file_at,
    paths_of,
    picture,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Office

# What no name may be, whatever it names.
NEVER = {
    "empty": "",
    "dots": "..",
    "NUL": "a\0b",
    "newline": "a\nb",
    "terminal": "a\x1b[31m",
    "delete": "a\x7f",
    "C1": "a\x9b31m",
    "300 characters": "x" * 300,
    "space in front": " a",
    "right to left": "a\u202egnp",
    "line separator": "a\u2028b",
    "zero width": "fraud\u200b",
    "joiner": "fraud\u200d",
    "tag characters": "fraud\U000e0041",
    "hangul filler": "\u3164",
}
# What would not survive an address or a command line: of models, stages and aliases.
NOT_IN_ADDRESSES = {
    "above": "../x",
    "absolute": "/etc/passwd",
    "folder": "a/b",
    "backslash": "a\\b",
    "colon": "a:b",
    "at": "a@b",
    "tilde": "~a",
    "option": "-x",
}
# Names like any other, however they look: what lies on disk is made safe.
GOOD = {
    "emoji": "🦊",
    "family": "👩\u200d🔬",
    "keycap": "1\ufe0f\u20e3",
    "device": "con",
    "device with an ending": "NUL.txt",
    "capitals": "FRAUD",
    "looks like a slug with its hash": "fraud-12345678",
    "digits": "17",
    "spaces": "my model",
    "quotes": "a'b\"c`d$(e)",
    "lock": "x.lock",
    "git": ".git",
}


def _names(*tables: dict[str, str]) -> list[object]:
    return [pytest.param(name, id=what) for table in tables for what, name in table.items()]


@pytest.fixture
def run(alone: Office) -> str:
    return str(alone.ada.reads("runs", "list")[0]["run_id"])


@pytest.mark.parametrize("name", _names(NEVER, NOT_IN_ADDRESSES))
def test_a_model_or_alias_of_no_good_name_is_refused(alone: Office, run: str, name: str) -> None:
    refused(alone.ada, ["register", f"runs:/{run}/model", f"--name={name}"], 2, hint=False)
    refused(alone.ada, ["alias", "fraud", "--", name, "1"], 2, hint=False)


@pytest.mark.parametrize("name", _names(NEVER, NOT_IN_ADDRESSES))
def test_what_cannot_be_is_not_found_either(alone: Office, name: str) -> None:
    for command in (["promote", "fraud", "1", f"--to={name}", "-m", "why"], ["resolve", f"models:/fraud@{name}"]):
        told = alone.ada.run(*command)
        assert told.code in (2, 3), told
        assert_told(told, told.code, hint=False)


@pytest.mark.parametrize("name", _names(NEVER, NOT_IN_ADDRESSES))
def test_a_stage_of_no_good_name_is_refused(tmp_path: Path, name: str) -> None:
    clerk = Clerk.of("ada", tmp_path, tmp_path)
    told = clerk.run("init", "registry", f"--protect={name}")
    assert_told(told, 2, "stage's name", hint=False)
    assert not (tmp_path / "registry").exists()


@pytest.mark.parametrize("name", _names(NEVER))
def test_an_experiment_run_or_tag_of_no_good_name_is_refused(alone: Office, run: str, name: str) -> None:
    commands = [["runs", "start", f"--experiment={name}"], ["runs", "start", f"--name={name}"]]
    commands += [["runs", "tag", run, f"{name}=x"], ["tag", "fraud", f"{name}=x"], ["runs", "start", f"--tag={name}=x"]]
    for command in commands:
        before = picture(alone.registry)
        told = alone.ada.run(*command)
        if command[0:2] == ["runs", "start"] and "--experiment=" not in command[2] and name == "":
            continue
        assert_told(told, 2, hint=False)
        assert picture(alone.registry) == before


@pytest.mark.parametrize("name", _names(GOOD))
def test_any_other_name_works_everywhere_and_is_harmless_on_disk(alone: Office, run: str, name: str) -> None:
    ada = alone.ada
    ada.does("register", f"runs:/{run}/model", "--name", name)
    ada.does("promote", name, "1", "--to", "production", "-m", "why")
    ada.does("tag", name, f"{name}=x")
    ada.does("runs", "finish", ada.does("runs", "start", "-e", name).split()[0])
    if not name.isdigit():
        ada.does("alias", name, name, "1")
        assert ada.reads("resolve", f"models:/{name}@{name}")["model"] == name
    assert ada.reads("resolve", f"models:/{name}@production")["model"] == name
    ada.does("pull", f"models:/{name}@production", "-o", ada.desk.home / "out")
    assert_clean(ada.does("log") + ada.does("models", "list") + ada.does("models", "show", name))
    paths = [*paths_of(ada, "models", "main"), *paths_of(ada, "versions"), *paths_of(ada, "experiments")]
    assert [path for path in paths if not re.fullmatch(r"[a-z0-9._/-]{1,180}", path)] == []
    assert [path for path in paths if re.search(r"(^|/)(\.|con[./]|nul[./]|[^/]*\.lock/)", path)] == []


def test_what_a_shell_evaluates_is_quoted(alone: Office, run: str) -> None:
    name = "a'b\"c`touch pwned`$(touch pwned)"
    alone.ada.does("register", f"runs:/{run}/model", "--name", name)
    said = alone.ada.does("resolve", f"models:/{name}/1", "--env")
    script = alone.ada.desk.home / "script"
    script.write_text(said + 'printf %s "$GITREG_MODEL"\n')
    assert alone.ada.desk.shell("sh", str(script)).stdout == name
    assert not list(alone.root.rglob("pwned"))


# --- artifacts -------------------------------------------------------------------------------------------------------


@pytest.fixture
def started(alone: Office) -> str:
    return alone.ada.does("runs", "start").split()[0]


@pytest.mark.parametrize(
    "path",
    ["../x", "/etc", "a/../../x", "con", "a\x1bb", "C:x", "a\\b", "..", "x" * 300, "a\u202eb", "a\0b", "a\nb"],
)
def test_a_path_that_no_folder_should_hold_is_not_recorded(alone: Office, started: str, path: str) -> None:
    source = alone.ada.desk.home / "report.html"
    source.write_text("fine")
    command = ["runs", "record", started, "--artifact", f"{source}={path}/report.html"]
    before = picture(alone.registry)
    told = alone.ada.run(*command)
    assert told.code in (2, 6), told
    assert_told(told, told.code, hint=False)
    assert_told_as_json(alone.ada.run(*command, "--json"), told.code)
    assert picture(alone.registry) == before
    assert alone.ada.reads("artifacts", "list", started) == []


def _link_outside(folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")


def _link_inside(folder: Path) -> None:
    (folder / "link").symlink_to("weights.bin")


def _folder_link(folder: Path) -> None:
    (folder / "link").symlink_to("/etc")


def _device_name(folder: Path) -> None:
    (folder / "nul.txt").write_text("x")


def _control(folder: Path) -> None:
    (folder / "a\x1b[2Jb").write_text("x")


def _case_twins(folder: Path) -> None:
    (folder / "Weights.bin").write_text("x")


@pytest.mark.parametrize("spoil", [_link_outside, _link_inside, _folder_link, _device_name, _control, _case_twins])
def test_a_model_folder_that_could_not_be_written_everywhere_is_refused(
    alone: Office, started: str, spoil: Callable[[Path], None]
) -> None:
    folder = alone.ada.desk.home / "folder"
    folder.mkdir()
    (folder / "weights.bin").write_text("weights")
    spoil(folder)
    before = picture(alone.registry)
    told = alone.ada.run("runs", "record", started, "--model", f"{folder}=model")
    assert told.code in (2, 6), told
    assert_told(told, told.code, hint=False)
    assert picture(alone.registry).refs == before.refs


@pytest.mark.parametrize(
    "path", ["../model", "/etc/passwd", "model/../../x", "a\nb", "x" * 2000, "a\0b", "con", "C:x", ".."]
)
def test_a_path_that_no_folder_should_hold_is_not_fetched(alone: Office, run: str, path: str) -> None:
    refused(alone.ada, ["artifacts", "get", run, path, "-o", "out"], 3, hint=False)
    told = alone.ada.run("resolve", f"runs:/{run}/{path}")
    assert told.code in (2, 3, 6), told
    assert_told(told, told.code, hint=False)
    assert not (alone.registry / "out").exists()


# --- manifests -------------------------------------------------------------------------------------------------------


def _canonical(document: object) -> bytes:
    return (json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def _version_by_hand(office: Office, path: str) -> None:
    """Version 3, with all digests right, whose one file says that it belongs at this path."""
    ada = office.ada
    blobs = next(folder for folder in office.root.rglob("sha256") if folder.is_dir())
    (second,) = [found for found in paths_of(ada, "versions/fraud") if "/2-" in found]
    version = json.loads(file_at(ada, second, "ledger"))
    (good,) = blobs.rglob(version["artifacts"]["digest"].removeprefix("sha256:"))
    manifest = _canonical(json.loads(good.read_text().replace('"weights.bin"', json.dumps(path))))
    digest = hashlib.sha256(manifest).hexdigest()
    place = blobs / digest[:2] / digest
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(manifest)
    version["artifacts"] |= {"digest": f"sha256:{digest}", "size": len(manifest)}
    data = _canonical(version)
    name = f"versions/fraud/3-{hashlib.sha256(data).hexdigest()[:16]}.json"
    commit_by_hand(ada, {name: data}, "refs/heads/ledger")


@pytest.mark.parametrize("path", ["../escaped", "/escaped", "a/../../escaped", "con", "a\\b", ".git/../../escaped"])
def test_a_manifest_that_escapes_its_folder_writes_nothing(alone: Office, path: str) -> None:
    _version_by_hand(alone, path)
    command = ["pull", "models:/fraud/3", "-o", "out"]
    told = alone.ada.run(*command)
    assert told.code in (2, 5, 6), told
    refused(alone.ada, command, told.code, hint=False)
    assert not (alone.registry / "out").exists()
    assert not list(alone.root.rglob("escaped"))
    refused(alone.ada, ["promote", "fraud", "3", "--to", "production", "-m", "why"], told.code, hint=False)
    found = alone.ada.run("fsck", "--json")
    assert found.code == 1
    assert any("versions/fraud/3-" in each["subject"] for each in found.json["findings"]), found.json


def test_the_manifest_of_these_tests_is_a_good_one_where_its_path_is(alone: Office) -> None:
    _version_by_hand(alone, "elsewhere/weights.bin")
    alone.ada.does("pull", "models:/fraud/3", "-o", "out")
    assert (alone.registry / "out/elsewhere/weights.bin").read_bytes() == b"two"
