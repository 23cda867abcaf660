"""What keeps an application's gitreg.lock up to date, run: the GitHub workflow step by step against a bare origin over
smart HTTP and a forge that answers as GitHub's own description says; the script of the GitLab job against an origin
that takes push options.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import gitreg
from gitreg.testing.forges import GitHubStandIn
from tests.ci_node import Happening, Job, lint, run_workflow
from tests.e2e.clerk import Clerk
from tests.e2e.test_sets import registered
from tests.forges.serving import Checked, github_description, serving
from tests.support.http_server import GitServer, git_server
from tests.test_ci_template_runs import ACTIONS, TOKEN
from tests.test_ci_templates import ROOT, tool

WORKFLOW = ROOT / "ci-templates/github/update-lock.yml"
COMPONENT = ROOT / "ci-templates/gitlab/update-lock.yml"
APP = "team/app"


@dataclass
class Place:
    """A registry with fraud 1 in production, and an application that has it locked, on a server."""

    root: Path
    server: GitServer

    @property
    def ada(self) -> Clerk:
        return Clerk(self.desk, self.root / "registry")

    def __post_init__(self) -> None:
        self.desk = Clerk.of("ada", self.root, self.root).desk
        self.ada.at(self.root).does("init", "registry")
        self.another("1")
        origin = self.server.root / APP
        at = self.ada.at(self.root)
        at.git("init", "--quiet", "--bare", "--initial-branch=main", str(origin))
        (origin.parent / "app.git").symlink_to("app")
        at.git("-C", str(origin), "config", "receive.advertisePushOptions", "true")
        at.git("init", "--quiet", "--initial-branch=main", "app")
        self.ada.does("lock", "models:/fraud@production", "--file", self.root / "app/gitreg.lock")
        for words in (("add", "."), ("commit", "--quiet", "-m", "locked"), ("push", "--quiet", str(origin), "main")):
            at.git(*words, cwd=self.root / "app")

    def another(self, content: str) -> None:
        with gitreg.open(self.root / "registry") as made:
            registered(made, self.root, ["fraud"], content)
            made.promote("fraud/latest", "production", "Newer.")

    def locked(self, branch: str) -> str:
        return self.ada.git("show", f"{branch}:gitreg.lock", cwd=self.server.root / APP)

    def tip(self, branch: str) -> str:
        return self.ada.git("rev-parse", branch, cwd=self.server.root / APP).strip()

    def environ(self) -> dict[str, str]:
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        return {"PATH": path, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "served/team").mkdir(parents=True)
    with git_server(tmp_path / "served", {"x-access-token": TOKEN, "gitreg": TOKEN}) as server:
        yield Place(tmp_path, server)


@contextmanager
def forge(place: Place) -> Iterator[tuple[GitHubStandIn, Checked, str]]:
    app = GitHubStandIn()
    app.add_project(APP, place.server.root / APP)
    app.add_token(TOKEN, "github-actions[bot]", is_app=True, may=frozenset({"contents=write", "pull_requests=write"}))
    checked = Checked(app, github_description())
    with serving(checked) as address:
        yield app, checked, address


def a_day(place: Place, forge: str) -> Job:
    """The schedule came round."""
    text = WORKFLOW.read_text().replace("https://git.example.org/ml/registry.git", str(place.root / "registry"))
    number = len(list(place.root.glob("runner-*")))
    workflow = place.root / f"workflow-{number}.yml"
    workflow.write_text(text)
    where = {"server_url": f"http://{place.server.host}", "repository": APP, "ref": "refs/heads/main"}
    env = {**place.environ(), "GITHUB_API_URL": f"{forge}/api/v3"}
    happening = Happening("schedule", {"schedule": "41 5 * * *"}, where, ACTIONS, env=env)
    jobs = run_workflow(workflow, happening, place.root / f"runner-{number}")
    assert jobs is not None
    return jobs[0]


def test_the_workflow_is_clean_by_every_linter() -> None:
    assert lint(WORKFLOW) == []
    tool("zizmor", "--offline", "--no-config", WORKFLOW)
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW)
    job = YAML(typ="safe").load(WORKFLOW)["jobs"]["update"]
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    assert not any("${{" in script for script in scripts)
    assert job["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]) for step in job["steps"] if "uses" in step)


@pytest.mark.slow
def test_on_github_one_pull_request_follows_what_is_in_force(place: Place) -> None:
    with forge(place) as (app, checked, address):
        pulls = app.projects[APP].pulls
        quiet = a_day(place, address)
        assert (quiet.result, pulls) == ("success", {}), quiet.log
        place.another("2")
        first = a_day(place, address)
        assert first.result == "success", first.log
        tip = place.tip("gitreg-lock")
        again = a_day(place, address)
        assert (again.result, place.tip("gitreg-lock")) == ("success", tip), again.log
        place.another("3")
        later = a_day(place, address)
        assert later.result == "success", later.log
    (pull,) = pulls.values()
    assert (pull.head, pull.base, pull.title) == ("gitreg-lock", "main", "gitreg.lock: what is in force now")
    assert "models:/fraud@production" in (pull.body or "")
    assert '"number": 3' in place.locked("gitreg-lock")
    assert '"number": 1' in place.locked("main")
    assert (checked.asked_wrongly, checked.answered_wrongly) == ([], [])
    assert TOKEN not in first.log + again.log + later.log


def test_what_was_withdrawn_with_nothing_in_its_place_is_left_to_people(place: Place) -> None:
    place.ada.does("withdraw", "fraud", "--stage", "production", "-m", "It was wrong.")
    with forge(place) as (app, _, address):
        job = a_day(place, address)
        assert (job.result, app.projects[APP].pulls) == ("failure", {})
    assert "was withdrawn: It was wrong." in job.log


# --- GitLab ----------------------------------------------------------------------------------------------------------

PUSHED = """#!/bin/sh
for at in $(seq 0 $((GIT_PUSH_OPTION_COUNT - 1))); do eval "echo \\"\\$GIT_PUSH_OPTION_$at\\""; done >> pushed.txt
"""


def a_night(place: Place) -> int:
    """What the job of a scheduled pipeline comes to, in a clone that has main checked out and no branch."""
    _, job = YAML(typ="safe").load_all(COMPONENT)
    script = "\n".join(each for each in (*job["gitreg lock"]["before_script"], *job["gitreg lock"]["script"]))
    number = len(list(place.root.glob("clone-*")))
    clone = place.root / f"clone-{number}"
    place.ada.at(place.root).git("clone", "--quiet", "--branch=main", str(place.server.root / APP), str(clone))
    place.ada.git("checkout", "--quiet", "--detach", cwd=clone)
    (place.root / f"builds-{number}").mkdir()
    url = f"http://{place.server.host}"
    variables = {
        "REGISTRY": str(place.root / "registry"),
        "LOCK": "gitreg.lock",
        "GITREG": "gitreg",
        "CI_BUILDS_DIR": str(place.root / f"builds-{number}"),
        "CI_SERVER_URL": url,
        "CI_SERVER_HOST": "127.0.0.1",
        "CI_PROJECT_URL": f"{url}/{APP}",
        "CI_DEFAULT_BRANCH": "main",
        "GITREG_LOCK_TOKEN": TOKEN,
    }
    environ = {**place.desk.environment, **place.environ(), **variables}
    return subprocess.run(["bash", "-e", "-c", script], cwd=clone, env=environ, check=False, timeout=120).returncode


def test_on_gitlab_a_push_asks_for_one_merge_request(place: Place) -> None:
    hook = place.server.root / APP / "hooks/post-receive"
    hook.write_text(PUSHED)
    hook.chmod(0o755)
    asked = place.server.root / APP / "pushed.txt"
    assert a_night(place) == 0
    assert not asked.exists()
    place.another("2")
    assert a_night(place) == 0
    assert a_night(place) == 0, "what is proposed already is not pushed again"
    assert asked.read_text().splitlines() == [
        "merge_request.create",
        "merge_request.target=main",
        "merge_request.remove_source_branch",
        "merge_request.title=gitreg.lock: what is in force now",
    ]
    assert '"number": 2' in place.locked("gitreg-lock")
    place.ada.does("withdraw", "fraud", "--stage", "production", "-m", "It was wrong.")
    assert a_night(place) != 0


def test_the_component_puts_no_input_into_a_script() -> None:
    _, job = YAML(typ="safe").load_all(COMPONENT)
    found = job["gitreg lock"]
    assert not any("$[[" in script for script in (*found["before_script"], *found["script"]))
