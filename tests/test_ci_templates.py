"""The CI templates: clean by every linter there is, and asking for no more than they need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import gitreg
from tests.ci_node import lint
from tests.e2e.clerk import Clerk
from tests.e2e.test_sets import registered

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / "ci-templates/github/gitreg.yml"
BELL = ROOT / "ci-templates/github/gitreg-reviews.yml"
PRE_RECEIVE = ROOT / "ci-templates/bare/pre-receive"
MAY_READ = {"contents": "read"}


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    parsed = YAML(typ="safe").load(GITHUB)
    assert isinstance(parsed, dict)
    return parsed


def steps_of(job: dict[str, Any]) -> list[dict[str, Any]]:
    steps = job["steps"]
    assert isinstance(steps, list)
    return steps


def tool(*arguments: str | Path) -> str:
    """What a linter of the environment says; it must find nothing."""
    program, *rest = arguments
    beside_python = Path(sys.executable).parent / program
    answer = subprocess.run([beside_python, *rest], capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_actionlint_finds_nothing() -> None:
    assert lint(GITHUB) == []
    assert lint(BELL) == []


def test_zizmor_finds_nothing_but_the_two_exceptions_that_give_their_reasons() -> None:
    tool("zizmor", "--offline", "--no-config", GITHUB)
    tool("zizmor", "--offline", "--no-config", BELL)
    assert re.findall(r"zizmor: ignore\[([^]]*)\] \w+", GITHUB.read_text()) == ["dangerous-triggers"] * 2


def test_the_bell_of_reviews_may_do_nothing_since_whoever_proposes_can_change_it(workflow: dict[str, Any]) -> None:
    bell = YAML(typ="safe").load(BELL)
    assert bell["on"] == {"pull_request_review": {"types": ["submitted", "edited", "dismissed"]}}
    assert bell["permissions"] == {}
    (job,) = bell["jobs"].values()
    assert "permissions" not in job
    assert [list(step) for step in job["steps"]] == [["name", "run"]]
    assert "${{" not in BELL.read_text()
    assert workflow["on"]["workflow_run"] == {"workflows": [bell["name"]], "types": ["completed"]}
    assert "github.event.workflow_run" not in GITHUB.read_text()


def test_it_is_a_workflow_by_githubs_published_schema() -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", GITHUB, BELL)


def test_the_shell_scripts_are_clean() -> None:
    tool(
        "shellcheck",
        "--enable=all",
        "--exclude=SC2250,SC2310",
        PRE_RECEIVE,
        ROOT / ".ci/run",
        ROOT / "scripts/debian_packages.sh",
    )


def test_each_trigger_is_about_main_and_the_proposals_own_workflow_never_runs(workflow: dict[str, Any]) -> None:
    triggers = workflow["on"]
    others = {"merge_group", "push", "schedule", "workflow_dispatch", "workflow_run"}
    assert triggers.keys() == {"pull_request_target", *others}
    assert triggers["pull_request_target"] == {"branches": ["main"]}
    assert triggers["push"] == {"branches": ["main"]}


def test_a_job_may_write_only_what_it_is_there_for(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {}
    writing = {
        "report": {**MAY_READ, "checks": "write", "pull-requests": "write"},
        "attest": {"contents": "write", "pull-requests": "read"},
        "checkpoint": {"contents": "write"},
    }
    asked = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    assert asked == {**dict.fromkeys(workflow["jobs"], MAY_READ), **writing}


def test_no_job_that_may_write_the_repository_sees_a_proposal(workflow: dict[str, Any]) -> None:
    jobs = [job for job in workflow["jobs"].values() if job["permissions"]["contents"] == "write"]
    assert [job["if"] for job in jobs] == [
        "github.event_name == 'workflow_run' || github.event_name == 'workflow_dispatch'",
        "github.event_name == 'push'",
    ]
    assert all("github.event." not in str(job) for job in jobs)


def test_each_key_is_a_secret_of_the_environment_that_main_alone_deploys_to(workflow: dict[str, Any]) -> None:
    holding = {name: job.get("environment") for name, job in workflow["jobs"].items() if "secrets." in str(job)}
    assert holding == {"attest": "gitreg", "checkpoint": "gitreg"}


def test_every_checkout_is_main_whole_and_keeps_no_token(workflow: dict[str, Any]) -> None:
    checkouts = [
        step["with"]
        for job in workflow["jobs"].values()
        for step in steps_of(job)
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert len(checkouts) == len(workflow["jobs"])
    assert all(each == {"ref": "main", "fetch-depth": 0, "persist-credentials": False} for each in checkouts)


def test_actions_are_pinned_to_a_commit_and_gitreg_to_this_version(workflow: dict[str, Any]) -> None:
    uses = [step["uses"] for job in workflow["jobs"].values() for step in steps_of(job) if "uses" in step]
    assert all(re.fullmatch(r"actions/(checkout|setup-python)@[0-9a-f]{40}", each) for each in uses)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert workflow["env"]["GITREG"] == f"gitreg=={version}"


def test_no_script_is_written_by_an_expression(workflow: dict[str, Any]) -> None:
    """Values of the event reach a script as environment variables, where they are data."""
    scripts = [step["run"] for job in workflow["jobs"].values() for step in steps_of(job) if "run" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script] == []


def test_tokens_and_keys_are_given_to_the_steps_that_use_them_alone(workflow: dict[str, Any]) -> None:
    holders = [
        step["name"]
        for job in workflow["jobs"].values()
        for step in steps_of(job)
        if any("token" in str(value) or "secrets" in str(value) for value in step.get("env", {}).values())
    ]
    fetch = "Fetch the proposal as objects, and the approvals"
    telling = ["Keep the comment and the check up to date", "Set the check in the merge queue"]
    attesting = ["Take the key", "Attest the reviews of open proposals"]
    assert holders == [fetch, fetch, *telling, *attesting, "Take the key", "Sign a checkpoint"]


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A bare repository with the hook, and a clone beside it with one commit."""
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "server"], check=True)
    shutil.copy(PRE_RECEIVE, tmp_path / "server/hooks/pre-receive")
    return tmp_path / "server"


def push(server: Path, path: str) -> subprocess.CompletedProcess[str]:
    clone = server.parent / "clone"
    identity = {f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {"PATH": path, "HOME": str(server.parent), "GIT_CONFIG_NOSYSTEM": "1", **identity}
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", clone], check=True, env=env)
    subprocess.run(["git", "-C", clone, "commit", "--quiet", "--allow-empty", "-m", "first"], check=True, env=env)
    return subprocess.run(
        ["git", "-C", clone, "push", "--quiet", server, "main"], env=env, capture_output=True, text=True, check=False
    )


def path_without_gitreg() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not os.access(Path(folder) / "gitreg", os.X_OK))


def test_the_hook_fails_closed_when_gitreg_is_not_there(server: Path) -> None:
    answer = push(server, path_without_gitreg())
    assert answer.returncode != 0
    assert "gitreg is not on the server, so the push cannot be checked" in answer.stderr
    assert not list((server / "refs/heads").iterdir())


def test_the_hook_names_the_program_in_one_line_that_init_replaces() -> None:
    assert PRE_RECEIVE.read_text().splitlines().count("gitreg=gitreg") == 1
    assert os.access(PRE_RECEIVE, os.X_OK)


# --- resolve: what an application's pipeline fetches by ---------------------------------------------------------------

RESOLVE = ROOT / "ci-templates/github/resolve/action.yml"
COMPONENT = ROOT / "ci-templates/gitlab/resolve.yml"


def scripts_of_resolve() -> dict[str, list[str]]:
    """What each template runs, in order."""
    action = YAML(typ="safe").load(RESOLVE)
    _, job = YAML(typ="safe").load_all(COMPONENT)
    found = job["gitreg resolve"]
    return {
        "github": [step["run"] for step in action["runs"]["steps"]],
        "gitlab": [*found["before_script"], *found["script"]],
    }


def test_the_action_resolve_is_clean_and_puts_no_input_into_a_script() -> None:
    tool("zizmor", "--offline", "--no-config", RESOLVE)
    tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", RESOLVE)
    assert not any("${{" in script or "$[[" in script for each in scripts_of_resolve().values() for script in each)


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_resolve_fetches_what_is_locked_and_stops_at_what_was_taken_back(tmp_path: Path, system: str) -> None:
    ada = Clerk.of("ada", tmp_path, tmp_path)
    ada.does("init", "registry")
    with gitreg.open(tmp_path / "registry") as made:
        registered(made, tmp_path, ["fraud"], "1")
        made.promote("fraud/1", "production", "First.")
    ada.at(tmp_path / "registry").does("lock", "models:/fraud@production", "--file", tmp_path / "gitreg.lock")

    def ran(name: str) -> int:
        (tmp_path / name).mkdir()
        variables = {
            "REGISTRY": str(tmp_path / "registry"),
            "LOCK": "gitreg.lock",
            "OUTPUT": f"models-{name}",
            "RUNNER_TEMP": str(tmp_path / name),
            "CI_BUILDS_DIR": str(tmp_path / name),
            "GITHUB_OUTPUT": str(tmp_path / name / "output"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        script = "\n".join(each for each in scripts_of_resolve()[system] if "pip install" not in each)
        environ = {**ada.desk.environment, **variables}
        return subprocess.run(
            ["bash", "-e", "-c", script], cwd=tmp_path, env=environ, check=False, timeout=120
        ).returncode

    assert ran("first") == 0
    assert (tmp_path / "models-first/fraud/weights").read_text() == "fraud 1"
    ada.at(tmp_path / "registry").does("withdraw", "fraud", "--stage", "production", "-m", "It was wrong.")
    assert ran("second") != 0
    assert not (tmp_path / "models-second").exists()
