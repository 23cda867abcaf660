"""Commands one by one, where a story would hide what is special about them."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gitreg.documents import RegistryId, RunId
from gitreg.tracking.frames import FILE_MAGIC
from gitreg.tracking.journal import journal_name
from gitreg.tracking.records import encode_record
from tests.cli.conftest import make_key, note_of_git
from tests.cli.test_stories import Team, found
from tests.tracking.spooling import header

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg

INSIDE = (
    "import gitreg, sys; run = gitreg.start_run(); run.log_metric('auc', 0.9); run.finish(); sys.exit(int(sys.argv[1]))"
)


@pytest.mark.parametrize(("code", "status"), [(0, "finished"), (7, "failed")])
def test_a_wrapped_command_is_a_run_and_ends_with_its_own_code(
    gitreg: Gitreg, ask: Ask, registry: Path, code: int, status: str
) -> None:
    words = (sys.executable, "-c", INSIDE, str(code))
    told = gitreg("run", "-e", "churn", "--name", "wrapped", "--tag", "a=b", "-m", "a try", "--", *words, at=registry)
    assert told.code == code
    assert told.out == ""
    assert f"wrapped {status}" in told.err
    run = ask("runs", "show", "wrapped", at=registry)
    assert (run["status"], run["note"]) == (status, "a try")
    assert run["metrics"][0]["value"] == 0.9
    assert run["tags"]["a"] == "b"


def test_a_run_of_a_machine_that_is_gone_is_given_up_under_ones_own_name(
    gitreg: Gitreg, ask: Ask, registry: Path
) -> None:
    id_ = RegistryId(json.loads((registry / "gitreg.json").read_text())["registry"])
    gone = header(1, registry=id_, run_id=RunId.keyed(id_, "sweep", "1"), started_at_us=10**15)
    folder = registry / ".git/gitreg/journals"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / journal_name(gone)).write_bytes(FILE_MAGIC + encode_record(gone))
    assert "silent since" in gitreg("runs", "list", at=registry).out

    told = gitreg("runs", "abandon", "task-1", "-m", "The node burnt.", at=registry)

    assert told.code == 0, told.err
    run = ask("runs", "show", "task-1", at=registry)
    assert (run["status"], run["abandoned"]["reason"]) == ("killed", "The node burnt.")
    assert "Given up by" in gitreg("runs", "show", "task-1", at=registry).out


def test_a_run_that_is_open_here_is_not_given_up(gitreg: Gitreg, registry: Path) -> None:
    gitreg("runs", "start", "--name", "mine", at=registry)
    refused = gitreg("runs", "abandon", "mine", "-m", "why", at=registry)
    assert refused.code == 6
    assert "gitreg runs finish" in refused.err


def test_a_command_that_is_not_there_is_a_failed_run(gitreg: Gitreg, registry: Path) -> None:
    assert gitreg("run", "--", "no-such-program", at=registry).code == 127


def test_without_a_registry_a_run_goes_to_the_personal_one(gitreg: Gitreg, ask: Ask, tmp_path: Path) -> None:
    told = gitreg("runs", "start", "--name", "mine", at=tmp_path)
    assert told.code == 0
    assert "personal" in told.err
    personal = tmp_path / "home/.local/share/gitreg/personal"
    assert ask("runs", "show", "mine", at=personal)["run_id"] == told.out.strip()


def test_the_default_registry_is_used_where_nothing_else_is(
    gitreg: Gitreg, ask: Ask, registry: Path, tmp_path: Path
) -> None:
    assert gitreg("use", registry, "--default", at=tmp_path).code == 0
    assert ask("status", at=tmp_path)["registry"]["path"] == str(registry)
    assert ask("status", at=tmp_path, env={"GITREG_REPO": str(registry)})["registry"]["why"] == "GITREG_REPO"


def test_bytes_may_be_kept_elsewhere(gitreg: Gitreg, ask: Ask, registry: Path, tmp_path: Path) -> None:
    place = tmp_path / "bytes"
    place.mkdir()
    told = gitreg("use", "--blobs", place, at=registry)
    assert told.code == 0, told.err
    assert str(place) in ask("status", at=registry)["registry"]["blobs"]


def test_a_killed_run_is_recovered(gitreg: Gitreg, ask: Ask, registry: Path) -> None:
    killed = "import gitreg, os; run = gitreg.start_run('churn'); run.log_metric('auc', 0.9); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", killed], cwd=registry, check=False)
    assert ask("status", at=registry)["live"][0]["state"] == "lost"
    told = gitreg("runs", "recover", at=registry)
    assert "killed" in told.out
    assert ask("runs", "list", at=registry)[0]["status"] == "killed"


def test_what_a_command_writes_is_picked_up(gitreg: Gitreg, ask: Ask, registry: Path) -> None:
    work = """echo '{"step": 1, "auc": 0.5}' > m.jsonl; echo '{"step": 2, "auc": 0.9}' >> m.jsonl
        mkdir out; echo report > out/report.txt"""
    picked = ("--metrics", "m.jsonl", "--metrics", "none.json", "--artifacts", "out")
    told = gitreg("run", "-e", "churn", "--name", "shell", *picked, "--", "sh", "-c", work, at=registry)
    assert told.code == 0, told.err
    assert "There is no file none.json" in told.err
    assert [(each["step"], each["value"]) for each in ask("runs", "series", "shell", "auc", at=registry)] == [
        (1, 0.5),
        (2, 0.9),
    ]
    assert [each["path"] for each in ask("artifacts", "list", "shell", at=registry)] == ["report.txt"]


def test_a_file_of_metrics_is_recorded_whole_or_not_at_all(gitreg: Gitreg, ask: Ask, registry: Path) -> None:
    run = gitreg("runs", "start", "-e", "churn", at=registry).out.strip()
    (registry / "good.csv").write_text("step,auc,phase\n1,0.5,warm\n2,0.6,hot\n")
    (registry / "bad.jsonl").write_text('{"auc": 1}\nauc=1\n')
    wrong = gitreg("runs", "record", run, "--metrics-file", "good.csv", "--metrics-file", "bad.jsonl", at=registry)
    assert (wrong.code, "bad.jsonl:2 is no JSON" in wrong.err) == (2, True)
    assert ask("runs", "show", run, at=registry)["metrics"] == []
    told = gitreg("runs", "record", run, "--metrics-file", "good.csv", at=registry)
    assert "Recorded 2 metrics" in told.out
    assert "Passed over what is no number: phase." in told.err


def test_lists_that_are_empty_say_what_to_do(gitreg: Gitreg, registry: Path) -> None:
    assert "gitreg run" in gitreg("runs", "list", at=registry).out
    assert "gitreg register" in gitreg("models", "list", at=registry).out
    assert "gitreg approvers add" in gitreg("approvers", "list", at=registry).out
    assert "No open proposals" in gitreg("proposals", "list", at=registry).out
    assert "No version is held" in gitreg("holds", "list", at=registry).out
    assert "Nothing was decided" in gitreg("log", at=registry).out
    assert "No stage holds" in gitreg("changes", "HEAD..HEAD", at=registry).out
    assert "Nothing to recover" in gitreg("runs", "recover", at=registry).out


def test_a_description_and_a_bookmark_can_be_taken_away(
    gitreg: Gitreg, ask: Ask, registry: Path, trained: Callable[..., str]
) -> None:
    trained("first")
    gitreg("register", "runs:/first/model", "--name", "fraud", at=registry)
    assert "is this very output already" in gitreg("register", "runs:/first/model", "--name", "fraud", at=registry).out
    gitreg("describe", "fraud/1", "-m", "text", at=registry)
    assert ask("versions", "fraud", at=registry)[0]["description"] == "text"
    assert "no description" in gitreg("describe", "fraud/1", at=registry).out
    gitreg("alias", "fraud", "champion", "1", at=registry)
    assert ask("alias", "fraud", "champion", "--remove", at=registry)["version"] is None
    assert ask("models", "show", "fraud", at=registry)["aliases"] == {}


def test_what_resolves_can_be_evaluated_by_a_shell(gitreg: Gitreg, registry: Path, trained: Callable[..., str]) -> None:
    trained("first")
    gitreg("register", "runs:/first/model", "--name", "it's; a $(model)", at=registry)
    told = gitreg("resolve", "models:/it's; a $(model)/1", "--env", at=registry)
    shell = f'{told.out}\nprintf \'%s %s\' "$GITREG_MODEL" "$GITREG_VERSION"'
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert done.stdout == "it's; a $(model) 1"


def test_what_was_never_published_is_said(gitreg: Gitreg, tmp_path: Path, model_folder: Path) -> None:
    team = Team(gitreg, tmp_path)
    found(team, gitreg, model_folder)
    (tmp_path / "origin.git").rename(tmp_path / "away.git")
    told = gitreg("tag", "fraud/1", "a=b", at=tmp_path / "ada")
    assert told.code == 0
    assert "Only on this machine so far" in told.out
    (tmp_path / "away.git").rename(tmp_path / "origin.git")
    assert "Pushed" in gitreg("sync", at=tmp_path / "ada").out or "In step" in gitreg("sync", at=tmp_path / "ada").out


def test_a_judgement_has_three_forms(gitreg: Gitreg, registry: Path, trained: Callable[..., str]) -> None:
    trained("first")
    gitreg("register", "runs:/first/model", "--name", "fraud", at=registry)
    gitreg("promote", "fraud", "1", "--to", "production", "-m", "why", at=registry)
    assert gitreg("validate", "--base", "HEAD~1", "--push", at=registry).out == "pass\n"
    folder = registry / "models/fraud/stages/production"
    (folder / "version.json").write_text("{}", encoding="utf-8")
    subprocess.run(["git", "-C", registry, "commit", "-qam", "by hand"], check=True)
    before = note_of_git(registry)
    text = gitreg("validate", "--base", "HEAD~1", "--push", at=registry)
    assert (text.code, "version.json" in text.out) == (1, True)
    shown = gitreg("validate", "--base", "HEAD~1", "--push", "--format", "json", at=registry)
    assert (shown.code, json.loads(shown.out)[0]["severity"]) == (1, "block")
    github = gitreg("validate", "--base", "HEAD~1", "--push", "--format", "github", at=registry)
    assert github.code == 1
    assert github.out.startswith("::error file=models/fraud/stages/production/version.json,title=")
    assert note_of_git(registry) == before


def test_facts_are_judged_too(gitreg: Gitreg, registry: Path, trained: Callable[..., str]) -> None:
    trained("first")
    first = subprocess.run(
        ["git", "-C", registry, "rev-list", "--max-parents=0", "ledger"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert gitreg("validate", "--facts", f"{first}..ledger", at=registry).code == 0
    assert gitreg("validate", "--facts", f"ledger..{first}", at=registry).code in (0, 1)


def test_an_id_of_zeros_is_before_everything(
    gitreg: Gitreg, ask: Ask, registry: Path, trained: Callable[..., str]
) -> None:
    trained("first")
    gitreg("register", "runs:/first/model", "--name", "fraud", at=registry)
    gitreg("promote", "fraud", "1", "--to", "production", "-m", "why", at=registry)
    zeros = "0" * 40
    assert gitreg("validate", "--facts", f"{zeros}..ledger", at=registry).out == "pass\n"
    assert ask("validate", "--base", zeros, at=registry) == []
    (change,) = ask("changes", f"{zeros}..HEAD", at=registry)
    assert (change["before"], change["after"]) == (None, 1)


def test_a_decision_that_is_not_in_force_stands_out_in_the_log(
    gitreg: Gitreg, ask: Ask, registry: Path, trained: Callable[..., str]
) -> None:
    trained("first")
    trained("second")
    for number, name in enumerate(("first", "second"), start=1):
        gitreg("register", f"runs:/{name}/model", "--name", "fraud", at=registry)
        gitreg("promote", "fraud", str(number), "--to", "production", "-m", "why", at=registry)
    subprocess.run(["git", "-C", registry, "revert", "--no-edit", "HEAD"], capture_output=True, check=True)
    assert "NOT IN FORCE" in gitreg("log", "fraud", at=registry).out
    assert ask("log", "fraud", at=registry)[0]["in_force"] is False
    assert "something else stands there" in gitreg("models", "show", "fraud", at=registry).out


def test_a_proposal_is_a_pull_request_in_markdown(gitreg: Gitreg, ask: Ask, tmp_path: Path, model_folder: Path) -> None:
    team = Team(gitreg, tmp_path)
    found(team, gitreg, model_folder)
    ada = tmp_path / "ada"
    name = ask("promote", "fraud", "1", "--to", "production", "-m", "why", at=ada)["proposal"]["id"]
    shown = gitreg("proposals", "show", name, "--format", "markdown", at=ada).out
    assert shown.startswith("### fraud: production -\\> 1\n")
    page = tmp_path / "page.html"
    assert gitreg("proposals", "show", name, "--format", "html", "-o", page, at=ada).out == f"Written to {page}.\n"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>\n")
    again = gitreg("promote", "fraud", "1", "--to", "production", "-m", "x", "--dry-run", at=ada)
    assert "It needs 1 approval from any approver; these could: ada@example.org and ben@example.org." in again.out


def test_a_schema_is_printed_whole(gitreg: Gitreg, tmp_path: Path) -> None:
    assert json.loads(gitreg("schema", "decision", at=tmp_path).out)["$id"].startswith("gitreg/decision/")
    assert json.loads(gitreg("schema", "cli/runs", at=tmp_path).out)["type"] == "array"
    assert gitreg("schema", "nope", at=tmp_path).code == 3


def test_the_module_is_the_program(registry: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gitreg", "status"], cwd=registry, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_one_key_of_a_person_is_removed_and_the_last_one_goes_only_with_the_person(
    gitreg: Gitreg, ask: Ask, registry: Path, tmp_path: Path
) -> None:
    for name in ("old", "new"):
        gitreg("approvers", "add", "ada@example.org", "--key", make_key(tmp_path, name).public, at=registry)
    old, new = (ssh_fingerprint(tmp_path / f"{name}.pub") for name in ("old", "new"))
    assert set(ask("approvers", "list", at=registry)[0]["keys"]) == {old, new}
    assert gitreg("approvers", "remove", "ada@example.org", "--key", tmp_path / "old.pub", at=registry).code == 0
    assert ask("approvers", "list", at=registry)[0]["keys"] == [new]
    assert len((registry / "allowed_signers").read_text(encoding="utf-8").splitlines()) == 1
    told = gitreg("approvers", "remove", "ada@example.org", "--key", new[:12], at=registry)
    assert (told.code, "gitreg approvers remove ada@example.org" in told.err) == (6, True)


def test_a_key_is_removed_by_the_beginning_of_its_fingerprint(
    gitreg: Gitreg, ask: Ask, registry: Path, tmp_path: Path
) -> None:
    for name in ("old", "new"):
        gitreg("approvers", "add", "ada@example.org", "--key", make_key(tmp_path, name).public, at=registry)
    old, new = (ssh_fingerprint(tmp_path / f"{name}.pub") for name in ("old", "new"))
    assert gitreg("approvers", "remove", "ada@example.org", "--key", old[:16], at=registry).code == 0
    assert ask("approvers", "list", at=registry)[0]["keys"] == [new]
    assert gitreg("approvers", "remove", "ada@example.org", "--key", old[:16], at=registry).code == 3


def test_whatever_meets_the_remote_is_seen_in_status(
    gitreg: Gitreg, ask: Ask, tmp_path: Path, model_folder: Path
) -> None:
    team = Team(gitreg, tmp_path)
    ada = tmp_path / "ada"
    assert ask("status", at=ada)["remote_seen"] is None
    found(team, gitreg, model_folder)
    first = ask("status", at=ada)["remote_seen"]
    team.run("ada", "promote fraud 1 --to staging -m 'The first.'")
    assert first < ask("status", at=ada)["remote_seen"]


def test_a_missing_approval_is_told_with_a_command_that_can_be_typed(
    gitreg: Gitreg, ask: Ask, tmp_path: Path, model_folder: Path
) -> None:
    team = Team(gitreg, tmp_path)
    found(team, gitreg, model_folder)
    team.run("ada", "promote fraud 1 --to production -m 'The first.' --key ../ada.key")
    (view,) = ask("proposals", "list", at=tmp_path / "ada")
    (hint,) = [each["hint"] for each in view["findings"] if each["rule"] == "approvals"]
    command = hint.partition(": gitreg ")[2].split()
    assert command == ["approve", view["id"]]
    team.run("ben", "sync")
    assert gitreg(*command, "--key", "../ben.key", at=tmp_path / "ben").code == 0


def test_the_key_of_somebody_else_counts_for_nobody(
    gitreg: Gitreg, ask: Ask, tmp_path: Path, model_folder: Path
) -> None:
    team = Team(gitreg, tmp_path)
    found(team, gitreg, model_folder)
    told = gitreg(
        "promote", "fraud", "1", "--to", "production", "-m", "why", "--key", "../ben.key", at=tmp_path / "ada"
    )
    assert "its key is ben@example.org's, not ada@example.org's" in told.out
    (view,) = ask("proposals", "list", at=tmp_path / "ada")
    assert (view["people"]["signed_by_proposer"], view["people"]["approved_by"]) == (False, [])
    refused = gitreg("approve", view["id"], "--key", "../ben.key", at=tmp_path / "ada")
    assert refused.code == 6
    assert "This key is ben@example.org's, and you are ada@example.org" in refused.err


def test_two_versions_that_claimed_one_number_trouble_fsck_only_until_each_has_its_own(
    gitreg: Gitreg, ask: Ask, tmp_path: Path, trained: Callable[..., str]
) -> None:
    team = Team(gitreg, tmp_path)
    url = tmp_path / "origin.git"
    for who in ("ada", "ben"):
        subprocess.run(["git", "-C", tmp_path / who, "remote", "remove", "origin"], check=True)
        trained("mine", at=tmp_path / who)
        team.run(who, "register runs:/mine/model --name fraud")
        subprocess.run(["git", "-C", tmp_path / who, "remote", "add", "origin", url], check=True)
    for who in ("ada", "ben"):
        gitreg("sync", at=tmp_path / who)  # stops once: the bytes are only here
        team.run(who, "sync")
    assert {each["version"] for each in ask("versions", "fraud", at=tmp_path / "ben")} == {2, 3}
    kinds = {each["kind"] for each in ask("fsck", at=tmp_path / "ben")["findings"]}
    assert "number" not in kinds


def test_files_that_differ_only_by_case_are_refused_whenever_they_come(
    gitreg: Gitreg, ask: Ask, registry: Path, tmp_path: Path
) -> None:
    for folder, name in (("a", "Report.txt"), ("b", "report.txt")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(folder, encoding="utf-8")
    gitreg("runs", "start", "--name", "first", at=registry)
    assert gitreg("runs", "record", "first", "--artifact", "../a/Report.txt", at=registry).code == 0
    told = gitreg("runs", "record", "first", "--artifact", "../b/report.txt", at=registry)
    assert told.code != 0
    assert "one file where case does not count" in told.err
    assert gitreg("runs", "record", "first", "--artifact", "../a/Report.txt", at=registry).code == 0
    assert [each["path"] for each in ask("artifacts", "list", "first", at=registry)] == ["Report.txt"]


def test_a_long_log_is_shown_a_page_at_a_time(
    gitreg: Gitreg, ask: Ask, registry: Path, trained: Callable[..., str]
) -> None:
    for number in (1, 2, 3):
        trained(f"run-{number}", auc=0.9 + number / 100)
        gitreg("register", f"runs:/run-{number}/model", "--name", "fraud", at=registry)
        gitreg("promote", "fraud", str(number), "--to", "staging", "-m", f"The {number}.", at=registry)
    whole = ask("log", "fraud", "--all", at=registry)
    assert [each["version"] for each in whole] == [3, 2, 1]
    assert ask("log", "fraud", "--limit", "2", at=registry) == whole[:2]
    assert ask("log", "--limit", "2", at=registry) == whole[:2]
    page = gitreg("log", "fraud", "--limit", "2", at=registry)
    assert "The 1." not in page.out
    assert "1 older landing not shown" in page.err
    assert gitreg("log", "fraud", "--limit", "3", at=registry).err == ""


def ssh_fingerprint(public: Path) -> str:
    """The sha256 of a key's blob, in hex."""
    return hashlib.sha256(base64.b64decode(public.read_text(encoding="utf-8").split()[1])).hexdigest()
