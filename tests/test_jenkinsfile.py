"""The Jenkinsfile, compiled by the Groovy that Jenkins has, with each section where Declarative Pipeline allows it; and
its scripts, run by bash as an agent would.

What stands in for Jenkins: the checkout is the git commands for it, and the environment's gitreg lies where the first
stage would install it. Not checked: Jenkins itself, its plugins' steps and their parameters, credentials.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ci_jenkins import Call, sections_of
from tests.e2e.clerk import file_at, paths_of
from tests.template_hubs import copy_of, made_with
from tests.test_ci_template_runs import (
    NOTHING,
    REPOSITORY,
    STAGE,
    Hub,
    a_version_removed,
    pushed_by_hand,
)
from tests.test_other_ci_templates import JENKINS, jenkins_scripts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Of jenkins.io/doc/book/pipeline/syntax: what may stand in what, as far as this file uses it; None is anything, a step.
PLACES: dict[str, set[str] | None] = {
    "pipeline": {"agent", "environment", "libraries", "options", "parameters", "post", "stages", "tools", "triggers"},
    "options": {"buildDiscarder", "disableConcurrentBuilds", "skipDefaultCheckout", "timeout", "timestamps"},
    "triggers": {"cron", "pollSCM", "upstream"},
    "stages": {"stage"},
    "stage": {"agent", "environment", "input", "options", "post", "stages", "steps", "tools", "when"},
    "when": {"allOf", "anyOf", "branch", "changeRequest", "expression", "not", "triggeredBy"},
    "allOf": {"branch", "changeRequest", "expression", "not", "triggeredBy"},
    "not": {"branch", "changeRequest", "triggeredBy"},
    "steps": None,
}


@pytest.fixture(scope="module")
def pipeline() -> Call:
    (found,) = sections_of(JENKINS)
    return found


def misplaced(call: Call) -> list[str]:
    allowed = PLACES.get(call.name, set())
    if allowed is None:
        return []
    wrong = [f"{each.name} in {call.name}" for each in call.inside if each.name not in allowed]
    return [*wrong, *(found for each in call.inside for found in misplaced(each))]


def test_groovy_takes_it_and_every_section_stands_where_it_may(pipeline: Call) -> None:
    assert pipeline.name == "pipeline"
    assert {each.name for each in pipeline.inside} >= {"agent", "stages"}
    assert misplaced(pipeline) == []
    stages = [(stage.arguments, sorted(each.name for each in stage.inside)) for stage in pipeline.all("stage")]
    assert stages[0] == (("main",), ["steps"])
    names = ["validate", "report", "facts", "checkpoint", "deploy"]
    assert stages[1:] == [((name,), ["steps", "when"]) for name in names]


def test_a_file_that_groovy_refuses_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "Jenkinsfile"
    broken.write_text(JENKINS.read_text().replace("stages {", "stages (", 1))
    with pytest.raises(AssertionError, match="Jenkinsfile: "):
        sections_of(broken)


def test_the_scripts_that_are_linted_are_those_that_groovy_reads(pipeline: Call) -> None:
    read = {step.arguments[0] for stage in pipeline.all("steps") for step in stage.inside if step.name == "sh"}
    assert len(read) == 4  # the others stand in `script` blocks
    assert read <= set(jenkins_scripts().values())


# --- run --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Agent:
    """A workspace with main, as the first stage leaves it."""

    hub: Hub
    folder: Path

    def runs(self, stage: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The script of a stage."""
        (script,) = [text for text in jenkins_scripts().values() if stage in text]
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        home = {"HOME": str(self.folder.parent), "WORKSPACE_TMP": str(self.folder.parent / "tmp")}
        env = {"PATH": path, "GIT_CONFIG_NOSYSTEM": "1", **home, **variables}
        command = ["bash", "-c", script]
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=False, timeout=120
        )

    def fetch(self) -> None:
        """Main as it is now."""
        at = self.hub.ada.at(self.folder)
        at.git(
            "fetch",
            "--quiet",
            "--prune",
            "origin",
            "+refs/heads/*:refs/remotes/origin/*",
            "+refs/gitreg/*:refs/gitreg/*",
        )
        at.git("checkout", "--quiet", "--force", "-B", "main", "refs/remotes/origin/main")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_with("jenkins", tmp_path_factory.mktemp("jenkins"))


@pytest.fixture
def agent(made: Path, tmp_path: Path) -> Iterator[Agent]:
    programs = tmp_path / "tmp/gitreg/bin"
    programs.mkdir(parents=True)
    for program in ("gitreg", "python"):
        (programs / program).symlink_to(Path(sys.executable).parent / program)
    with copy_of(made, tmp_path / "hub", {"bot": "secret"}, Hub) as hub:
        hub.ada.at(tmp_path).git("clone", "--quiet", str(hub.origin), "workspace")
        agent = Agent(hub, tmp_path / "workspace")
        agent.fetch()
        yield agent


def test_a_proposal_is_judged_and_one_in_a_fork_is_not(agent: Agent) -> None:
    proposal = agent.hub.proposed(2)
    agent.fetch()
    branch = {"CHANGE_BRANCH": f"proposals/{proposal}", "CHANGE_ID": "7"}
    before = agent.runs(" validate --base", **branch)
    agent.hub.ben.does("approve", proposal, "--key", agent.hub.ben.key)
    agent.fetch()
    after = agent.runs(" validate --base", **branch)
    forked = agent.runs(" validate --base", **branch, CHANGE_FORK="eve")
    assert (before.returncode, after.returncode, forked.returncode) == (1, 0, 1), before.stdout + after.stderr
    assert "Needs 1 approval" in before.stdout
    assert "gitreg proposals adopt 7" in forked.stderr


def test_facts_fail_on_a_rewritten_ledger(agent: Agent) -> None:
    assert agent.runs("validate --facts").returncode == 0
    pushed_by_hand(agent.hub, "ledger", a_version_removed(agent.hub))
    agent.fetch()
    assert agent.runs("validate --facts").returncode == 1


def test_a_landing_is_deployed_and_anchored_and_what_was_forced_in_is_not_deployed(agent: Agent) -> None:
    hub, before = agent.hub, agent.hub.tip()
    hub.landed(hub.proposed(2))
    agent.fetch()
    deployed = agent.runs("changes", GITREG_BEFORE=NOTHING, GITREG_AFTER=hub.tip())
    assert deployed.returncode == 0, deployed.stderr
    assert deployed.stdout.splitlines()[-1] == "fraud would go to production: replace this line."
    agent.hub.ada.git("remote", "set-url", "origin", hub.server.url(REPOSITORY), cwd=agent.folder)
    login = {"GITREG_USERNAME": "bot", "GITREG_TOKEN": "secret", "GITREG_CHECKPOINT_KEY": str(hub.ada.key)}
    anchored = agent.runs("audit checkpoint", **login)
    assert anchored.returncode == 0, anchored.stderr
    assert len(paths_of(hub.ada.at(hub.origin), "checkpoints")) == 1
    (first,) = [path for path in paths_of(hub.ada, "versions/fraud") if "/1-" in path]
    pushed_by_hand(hub, "main", {f"{STAGE}/version.json": file_at(hub.ada, first, "ledger")})
    agent.hub.ada.git("remote", "set-url", "origin", str(hub.origin), cwd=agent.folder)
    agent.fetch()
    forced = agent.runs("changes", GITREG_BEFORE=before, GITREG_AFTER=hub.tip())
    assert "would go to production" not in forced.stdout
