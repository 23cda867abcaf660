"""GitLab pipelines, run without GitLab: gitlab-ci-local (`make env`), bash as the executor. It needs Debian's rsync."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.ci_node import HERE, NODE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GITLAB_CI_LOCAL = HERE / "node_modules/gitlab-ci-local/dist/index.js"
_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_ENDED = re.compile(r"^ (?P<how>PASS|WARN|FAIL)\s++(?!downstream pipeline is)(?P<name>.+?)\s*$", re.MULTILINE)
_JUST_ENDED = re.compile(r"^(?P<name>\S+)\s+finished in .*?(?P<how>FAIL) (?P<code>\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Pipeline:
    """What a pipeline came to: each job that ran, and what they printed."""

    code: int
    log: str
    """Both streams, a line of a job as `name > line`."""
    jobs: dict[str, str] = field(default_factory=dict)
    """PASS, WARN or FAIL; a child's job as `[deploy] -> name`."""

    def said_by(self, job: str) -> str:
        """The lines that one job printed."""
        marks = re.compile(rf"^\s*(?:\[[^]]+\] -> )?{re.escape(job)}\s+> ?(.*)$")
        found = (marks.match(line) for line in self.log.splitlines())
        return "\n".join(match[1] for match in found if match)

    def exit_code_of(self, job: str) -> int:
        """With what a job failed; 0 where it did not."""
        found = [int(match["code"]) for match in _JUST_ENDED.finditer(self.log) if match["name"] == job]
        return found[0] if found else 0


def run_pipeline(
    clone: Path, variables: Mapping[str, str], *options: str, files: Mapping[str, Path] | None = None
) -> Pipeline:
    """Run the pipeline of `.gitlab-ci.yml` in a clone as the runner left it, with these variables of GitLab's."""
    answer = _call(clone, variables, "--force-shell-executor", "--shell-isolation", *options, files=files or {})
    log = _COLOURS.sub("", answer.stdout + answer.stderr)
    jobs = {match["name"]: match["how"] for match in _ENDED.finditer(log)}
    return Pipeline(answer.returncode, log, jobs)


def jobs_of(clone: Path, variables: Mapping[str, str], *options: str) -> list[str]:
    """The jobs that would run, by their rules."""
    answer = _call(clone, variables, "--list-json", *options, files={})
    if answer.returncode != 0:
        raise AssertionError(answer.stdout + answer.stderr)
    listed: list[dict[str, Any]] = json.loads(answer.stdout)
    return sorted(job["name"] for job in listed if job["when"] != "never")


def _call(
    clone: Path, variables: Mapping[str, str], *options: str, files: Mapping[str, Path]
) -> subprocess.CompletedProcess[str]:
    home = clone.parent / f"home-{clone.name}"
    home.mkdir(exist_ok=True)
    given = [f"--variable={name}={value}" for name, value in variables.items()]
    command = [str(NODE), str(GITLAB_CI_LOCAL), f"--home={home}", *given, *options]
    env = {"PATH": variables.get("PATH", "/usr/bin:/bin"), "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
    env["GCL_IGNORE_PREDEFINED_VARS"] = ",".join(variables)
    if files:
        (home / ".gitlab-ci-local").mkdir(exist_ok=True)
        said = {"global": {name: {"type": "file", "values": {"*": path.read_text()}} for name, path in files.items()}}
        (home / ".gitlab-ci-local/variables.yml").write_text(json.dumps(said))
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=env, cwd=clone)
