"""What `gitreg init --ci gitea` installs, run by the same runner as GitHub's workflow, since the syntax is GitHub's
(tests/ci_node). It uses no actions; the container is nothing, the environment's Python is on PATH.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ci_node import Happening, Job, run_workflow
from tests.e2e.clerk import file_at, paths_of
from tests.template_hubs import copy_of, made_with
from tests.test_ci_template_runs import (
    REPOSITORY,
    TOKEN,
    Hub,
    a_version_removed,
    pushed_by_hand,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WORKFLOW = ".gitea/workflows/gitreg.yml"


def happens(hub: Hub, event: str, payload: dict[str, Any], **secrets: str) -> dict[str, Job]:
    """Run the workflow that stands on main; its jobs."""
    number = len(list(hub.root.glob("runner-*")))
    workflow = hub.root / f"workflow-{number}.yml"
    workflow.write_bytes(file_at(hub.ada.at(hub.origin), WORKFLOW))
    github = {"server_url": f"http://{hub.server.host}", "repository": REPOSITORY, "ref": "refs/heads/main"}
    branch = {"base_ref": "main"} if "pull_request" in payload else {}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    env = {"PATH": path, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_CONFIG_NOSYSTEM": "1"}
    nowhere = {"GITREG_FORGE": "gitea", "GITREG_FORGE_URL": "http://forge.invalid", "GITEA_ACTIONS": "true"}
    happening = Happening(event, payload, {**github, **branch, "sha": hub.tip()}, {}, secrets, {**env, **nowhere})
    jobs = run_workflow(workflow, happening, hub.root / f"runner-{number}")
    assert jobs is not None, "the workflow was not triggered"
    return {job.id: job for job in jobs}


def pull_request(hub: Hub, branch: str) -> Job:
    head = hub.tip(branch)
    hub.ada.git("update-ref", "refs/pull/7/head", head, cwd=hub.origin)
    request = {"number": 7, "head": {"sha": head, "ref": branch}, "base": {"sha": hub.tip(), "ref": "main"}}
    return happens(hub, "pull_request_target", {"action": "synchronize", "pull_request": request})["validate"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_with("gitea", tmp_path_factory.mktemp("gitea"))


@pytest.fixture
def hub(made: Path, tmp_path: Path) -> Iterator[Hub]:
    with copy_of(made, tmp_path / "hub", {"x-access-token": TOKEN}, Hub) as hub:
        yield hub


def test_a_proposal_fails_with_what_is_missing_and_passes_once_it_is_approved(hub: Hub) -> None:
    proposal = hub.proposed(2)
    before = pull_request(hub, f"proposals/{proposal}")
    hub.ben.does("approve", proposal, "--key", hub.ben.key)
    after = pull_request(hub, f"proposals/{proposal}")
    assert (before.result, before.steps[-1].exit_code, after.result) == ("failure", 1, "success"), (
        before.log + after.log
    )
    assert "Needs 1 approval" in before.log


def test_a_landing_is_deployed_and_anchored(hub: Hub) -> None:
    before = hub.tip()
    hub.landed(hub.proposed(2))
    secrets = {"GITREG_CHECKPOINT_KEY": hub.ada.key.read_text(), "GITREG_PUSH_TOKEN": TOKEN}
    jobs = happens(hub, "push", {"before": before, "after": hub.tip()}, **secrets)
    ended = {name: job.result for name, job in jobs.items() if job.result != "skipped"}
    assert ended == dict.fromkeys(("facts", "checkpoint", "deploy"), "success"), "\n".join(
        job.log for job in jobs.values()
    )
    assert jobs["deploy"].log.splitlines()[-1] == "fraud would go to production: replace this line."
    assert len(paths_of(hub.ada.at(hub.origin), "checkpoints")) == 1


def test_facts_fail_on_a_rewritten_ledger_and_no_key_is_no_failure(hub: Hub) -> None:
    pushed_by_hand(hub, "ledger", a_version_removed(hub))
    jobs = happens(hub, "push", {"before": hub.tip(), "after": hub.tip()})
    assert (jobs["facts"].result, jobs["checkpoint"].result) == ("failure", "success"), jobs["checkpoint"].log
    assert "GITREG_CHECKPOINT_KEY is not set" in jobs["checkpoint"].log
