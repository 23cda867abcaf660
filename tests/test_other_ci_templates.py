"""The CI templates for GitLab, Gitea with Forgejo, and Jenkins: clean by the linters there are, and thin.

What each is checked against stands in docs/forges.md. GitLab's also runs (test_gitlab_template_runs.py), and so does
Gitea's, whose syntax is GitHub's (test_gitea_template_runs.py); Jenkins' is compiled (test_jenkinsfile.py).
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.ci_node import lint
from tests.ci_node.gitlab import jobs_of
from tests.test_ci_templates import MAY_READ, ROOT, steps_of, tool

TEMPLATES = ROOT / "ci-templates"
GITLAB, DEPLOY = TEMPLATES / "gitlab/gitreg.gitlab-ci.yml", TEMPLATES / "gitlab/gitreg-deploy.yml"
GITEA, JENKINS = TEMPLATES / "gitea/gitreg.yml", TEMPLATES / "jenkins/Jenkinsfile"
EVERY = (GITLAB, DEPLOY, GITEA, JENKINS)
KEYWORDS = {"stages", "variables", "default"}
_SH = re.compile(r"sh '''(.*?)'''", re.DOTALL)


def parsed(path: Path) -> dict[str, Any]:
    found = YAML(typ="safe").load(path)
    assert isinstance(found, dict)
    return found


def gitlab_scripts() -> dict[str, str]:
    """Each job's lines as the one script that the runner makes of them."""
    scripts: dict[str, str] = {}
    for path in (GITLAB, DEPLOY):
        for name, job in parsed(path).items():
            lines = (
                [*job.get("before_script", []), *job.get("script", [])] if name not in KEYWORDS - {"default"} else []
            )
            if lines:
                scripts[f"gitlab {name}"] = "\n".join(lines)
    return scripts


def gitea_scripts() -> dict[str, str]:
    jobs = parsed(GITEA)["jobs"]
    return {f"gitea {name} {step['name']}": step["run"] for name, job in jobs.items() for step in steps_of(job)}


def jenkins_scripts() -> dict[str, str]:
    """The scripts as Groovy reads them: a doubled backslash is one."""
    found = _SH.findall(JENKINS.read_text())
    return {f"jenkins {number}": script.replace("\\\\", "\\") for number, script in enumerate(found)}


SCRIPTS = {**gitlab_scripts(), **gitea_scripts(), **jenkins_scripts()}


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_clean(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(SCRIPTS[name])
    tool("shellcheck", "--shell=bash", "--enable=all", "--exclude=SC2154,SC2250,SC2292,SC2310,SC2312", script)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_gitreg_is_pinned_to_this_version(path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    installed = re.findall(r'-I -m pip install --quiet "gitreg(?:\[forges\])?==([^"]+)"', path.read_text())
    assert set(installed) == {version}


# --- GitLab ----------------------------------------------------------------------------------------------------------


def test_gitlabs_published_schema_takes_both_files() -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", GITLAB, DEPLOY)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gitlab") / "clone"
    for command in (
        ["init", "-b", "main", str(folder)],
        ["-C", str(folder), "remote", "add", "origin", "https://a.test/b/c.git"],
    ):
        subprocess.run(["git", *command], check=True, capture_output=True)
    (folder / ".gitlab-ci.yml").write_bytes(GITLAB.read_bytes())
    return folder


OF_A_PROPOSAL = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_PROJECT_ID": "7",
    "CI_PROJECT_ID": "7",
    "CI_COMMIT_BRANCH": "",
}
OF_MAIN = {"CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "schedule"}


@pytest.mark.parametrize(
    ("about", "jobs"),
    [
        (OF_A_PROPOSAL, ["validate"]),
        ({**OF_A_PROPOSAL, "CI_PROJECT_ID": "8"}, []),  # in a fork's own project
        ({**OF_MAIN, "CI_PIPELINE_SOURCE": "push"}, ["changes", "checkpoint", "deploy", "facts", "report"]),
        (OF_MAIN, ["facts", "report"]),
        ({**OF_MAIN, "CI_COMMIT_BRANCH": "proposals/x"}, []),
    ],
)
def test_gitlabs_jobs_run_when_they_should(clone: Path, about: dict[str, str], jobs: list[str]) -> None:
    assert jobs_of(clone, about) == jobs


def test_no_job_of_a_merge_request_asks_for_a_secret() -> None:
    """They are protected variables, which GitLab does not give it; the file should not even name them there."""
    jobs = parsed(GITLAB)
    holders = {
        name: set(re.findall(r"GITREG_(?:FORGE|PUSH)_TOKEN|GITREG_CHECKPOINT_KEY", str(jobs[name]))) for name in jobs
    }
    assert {name: names for name, names in holders.items() if names} == {
        "report": {"GITREG_FORGE_TOKEN"},
        "checkpoint": {"GITREG_CHECKPOINT_KEY", "GITREG_PUSH_TOKEN"},
    }


def test_no_file_of_a_merge_request_is_checked_out() -> None:
    for path in (GITLAB, DEPLOY):
        assert parsed(path)["variables"] == {"GIT_STRATEGY": "clone", "GIT_DEPTH": "0", "GIT_CHECKOUT": "false"}


# --- Gitea and Forgejo -----------------------------------------------------------------------------------------------


def test_giteas_workflow_is_clean_by_what_reads_githubs() -> None:
    assert lint(GITEA) == []
    tool("zizmor", "--offline", "--no-config", GITEA)
    assert re.findall(r"zizmor: ignore\[([^]]*)\] \w+", GITEA.read_text()) == ["dangerous-triggers"]
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", GITEA)


def test_giteas_workflow_uses_no_action_and_no_matrix_that_gitea_would_not_know() -> None:
    jobs = parsed(GITEA)["jobs"].values()
    assert [job for job in jobs if "strategy" in job or any("uses" in step for step in steps_of(job))] == []


def test_giteas_jobs_ask_for_reading_alone_but_the_report() -> None:
    workflow = parsed(GITEA)
    assert workflow["permissions"] == {}
    asked = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    report = {**MAY_READ, "issues": "write", "pull-requests": "write", "statuses": "write"}
    assert asked == {**dict.fromkeys(workflow["jobs"], MAY_READ), "report": report}


def test_no_script_of_gitea_is_written_by_an_expression_and_secrets_go_to_the_checkpoint_alone() -> None:
    assert [script for script in gitea_scripts().values() if "${{" in script] == []
    jobs = parsed(GITEA)["jobs"]
    assert [name for name, job in jobs.items() if "secrets." in str(job)] == ["checkpoint"]


# --- Jenkins ---------------------------------------------------------------------------------------------------------


def test_jenkins_scripts_are_bash_strict_and_data_reaches_them_as_variables() -> None:
    scripts = list(jenkins_scripts().values())
    assert len(scripts) == JENKINS.read_text().count("sh '''")
    assert all(script.startswith("#!/usr/bin/env bash\n") and "set -euo pipefail" in script for script in scripts)
    # Only ''' strings, in which Groovy puts no values.
    assert re.search(r"\bsh\s*\(|\bsh\s+\"", JENKINS.read_text()) is None
