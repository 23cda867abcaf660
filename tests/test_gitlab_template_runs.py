"""What `gitreg init --ci gitlab` installs, run: the pipelines of main and of merge requests against a bare origin over
smart HTTP, by gitlab-ci-local with bash as the executor (tests/ci_node/gitlab.py).

Three things stand in for what only GitLab has. The runner's clone is the git commands that it runs for `GIT_STRATEGY:
clone`, `GIT_DEPTH: "0"`, `GIT_CHECKOUT: "false"`; the image is nothing (the environment's Python is on PATH); pip is
asked without an index, so that it finds the version that is there or fails. GitLab decides which file a pipeline
comes from: the one of the commit that it is about, which is what these tests give it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from gitreg.testing.forges import GitLabStandIn
from tests.ci_node.gitlab import Pipeline, run_pipeline
from tests.e2e.clerk import file_at, paths_of
from tests.forges.serving import serving
from tests.template_hubs import copy_of, made_with
from tests.test_ci_template_runs import (
    HOSTILE,
    NOTHING,
    REPOSITORY,
    STAGE,
    Hub,
    a_version_removed,
    files_named,
    pushed_by_hand,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

JOB_TOKEN, BOT = "token-of-the-job", "token-of-the-bot"
USERS = {"gitlab-ci-token": JOB_TOKEN, "gitreg": BOT}
OF_A_PROPOSAL = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}


class Lab(Hub):
    """The same hub as GitLab would have it."""

    def _machine(self) -> dict[str, str]:
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        return {
            "PATH": path,
            "HOME": str(self.root / "home-runner"),
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "CI_PROJECT_ID": "7",
            "GITLAB_USER_EMAIL": "ada@example.org",
        }

    def clone(self, commit: str, *refs: str) -> Path:
        """What the runner makes, with the CI files of the commit where GitLab would read them."""
        clone = self.root / f"runner-{len(list(self.root.glob('runner-*')))}"
        at = self.ada.at(self.root)
        at.git("init", "--quiet", "--initial-branch=main", str(clone))
        url = self.server.url(REPOSITORY, user="gitlab-ci-token") + ".git"
        at.git("remote", "add", "origin", url, cwd=clone)
        heads = "+refs/heads/*:refs/remotes/origin/*"
        at.git("fetch", "--quiet", "origin", heads, *(f"+{ref}:refs/pipelines/{ref}" for ref in refs), cwd=clone)
        for path in (".gitlab-ci.yml", ".gitlab/gitreg-deploy.yml"):
            target = clone / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(file_at(self.ada.at(self.origin), path, commit))
            at.git("add", path, cwd=clone)  # an include has to be tracked
        return clone

    def merge_request(self, branch: str, by: str = "") -> Pipeline:
        """A merge request was opened or pushed to; its pipeline takes its file from the proposal, or from elsewhere."""
        head, ref = self.tip(branch), "refs/merge-requests/7/head"
        self.ada.git("update-ref", ref, head, cwd=self.origin)
        about = {"CI_MERGE_REQUEST_PROJECT_ID": "7", "CI_COMMIT_SHA": head}
        return self.runs_for(by or head, {**OF_A_PROPOSAL, **about}, ref)

    def runs_for(self, by: str, about: dict[str, str], ref: str) -> Pipeline:
        """The pipeline of a merge request by the file of a commit."""
        clone = self.clone(by, ref)
        return run_pipeline(clone, {**self._machine(), **about}, "--unset-variable=CI_COMMIT_BRANCH")

    def of_main(
        self, source: str, before: str = NOTHING, key: Path | None = None, secrets: Mapping[str, str] | None = None
    ) -> Pipeline:
        """A pipeline of main: somebody pushed, or a schedule came round."""
        after = self.tip()
        about = {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": "main", "CI_COMMIT_SHA": after}
        variables = {**self._machine(), **about, "CI_COMMIT_BEFORE_SHA": before, **(secrets or {})}
        return run_pipeline(self.clone(after), variables, files={"GITREG_CHECKPOINT_KEY": key} if key else {})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_with("gitlab", tmp_path_factory.mktemp("gitlab"))


@pytest.fixture
def lab(made: Path, tmp_path: Path) -> Iterator[Lab]:
    with copy_of(made, tmp_path / "lab", USERS, Lab) as lab:
        (lab.root / "home-runner").mkdir()
        yield lab


# --- a proposal ------------------------------------------------------------------------------------------------------


def test_a_proposal_fails_with_what_is_missing_and_passes_once_it_is_approved(lab: Lab) -> None:
    proposal = lab.proposed(2)
    before = lab.merge_request(f"proposals/{proposal}")
    lab.ben.does("approve", proposal, "--key", lab.ben.key)
    after = lab.merge_request(f"proposals/{proposal}")
    assert (before.code, before.jobs, before.exit_code_of("validate")) == (1, {"validate": "FAIL"}, 1), before.log
    assert "Needs 1 approval" in before.said_by("validate")
    assert (after.code, after.jobs) == (0, {"validate": "PASS"}), after.log
    assert after.said_by("validate").splitlines()[-1] == "pass"


def test_in_a_merge_train_the_base_is_what_gitlab_would_merge_into(lab: Lab) -> None:
    proposal = lab.proposed(2)
    lab.ben.does("approve", proposal, "--key", lab.ben.key)
    lab.ada.git("fetch", "--quiet", "origin")
    base, head = lab.tip(), lab.tip(f"proposals/{proposal}")
    tree = lab.ada.git("merge-tree", "--write-tree", base, head).strip()
    merged = lab.ada.git("commit-tree", tree, "-p", base, "-p", head, "-m", "train").strip()
    lab.ada.git("push", "--quiet", "origin", f"{merged}:refs/merge-requests/7/train")
    about = {"CI_COMMIT_SHA": merged, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": base, "CI_MERGE_REQUEST_PROJECT_ID": "7"}
    done = lab.runs_for(merged, {**OF_A_PROPOSAL, **about}, "refs/merge-requests/7/train")
    assert done.jobs == {"validate": "PASS"}, done.log


@pytest.mark.parametrize("name", ["code where Python or git would find it", "a name that a shell would run"])
def test_nothing_of_a_hostile_proposal_is_run(lab: Lab, name: str) -> None:
    done = lab.merge_request(pushed_by_hand(lab, "proposals/mine", HOSTILE[name]))
    assert done.jobs == {"validate": "FAIL"}, done.log
    assert done.exit_code_of("validate") in (1, 6), done.log
    assert files_named(lab.root, "pwned") == []


EMPTIED = b"validate:\n  script: [echo all is well]\n"


def test_a_proposal_that_edits_the_file_is_judged_by_it_and_main_and_the_audit_say_so(lab: Lab) -> None:
    """What the header of the file warns of, and what answers it."""
    branch = pushed_by_hand(lab, "proposals/mine", {".gitlab-ci.yml": EMPTIED})
    assert lab.merge_request(branch).jobs == {"validate": "PASS"}
    # From elsewhere, as "CI/CD configuration file" has it: main's file over the same commits.
    done = lab.merge_request(branch, by=lab.tip())
    assert done.jobs == {"validate": "FAIL"}, done.log
    assert ".gitlab-ci.yml" in done.said_by("validate")
    # Merged all the same.
    lab.ada.git("push", "--quiet", "origin", f"{branch}:main")
    lab.ada.does("sync")
    told = lab.ada.run("audit", "verify")
    assert told.code == 1, told
    assert ".gitlab-ci.yml" in told.out


# --- what people are told --------------------------------------------------------------------------------------------


def test_each_open_merge_request_is_judged_from_main_by_a_token_that_it_never_sees(lab: Lab) -> None:
    proposal, other = lab.proposed(2), pushed_by_hand(lab, "proposals/mine", {".gitlab-ci.yml": EMPTIED})
    app = GitLabStandIn(REPOSITORY, lab.origin)
    app.add_token("adas", "ada")
    app.add_token(BOT, "bot")
    with serving(app) as address:
        number, second = (opened(address, branch) for branch in (f"proposals/{proposal}", other))
        lab.ada.git("update-ref", f"refs/merge-requests/{second}/head", lab.tip(other), cwd=lab.origin)
        forge = {"GITREG_FORGE": "gitlab", "GITREG_FORGE_URL": address, "CI_API_V4_URL": f"{address}/api/v4"}
        forge["GITREG_FORGE_TOKEN"] = BOT
        before = lab.of_main("schedule", secrets=forge)
        verdicts = sorted((status["name"], status["status"]) for status in app.statuses)
        lab.ben.does("approve", proposal, "--key", lab.ben.key)
        after = lab.of_main("schedule", secrets=forge)
    assert (before.jobs, after.jobs) == ({"facts": "PASS", "report": "PASS"},) * 2, before.log + after.log
    # The one waits for approval, the other has nothing to wait for.
    assert verdicts == [("gitreg", "failed"), ("gitreg", "pending")]
    assert sorted(status["status"] for status in app.statuses) == ["failed", "success"]
    (note,) = [note for note in app.notes[number] if "fraud: production 1" in note["body"]]
    assert note["author"]["username"] == "bot"
    assert any(".gitlab-ci.yml" in note["body"] for note in app.notes[second])
    assert BOT not in before.log + after.log


def opened(address: str, branch: str) -> int:
    """Ada opens a merge request; its number."""
    made = httpx.post(
        f"{address}/api/v4/projects/{REPOSITORY.replace('/', '%2F')}/merge_requests",
        json={"source_branch": branch, "target_branch": "main", "title": "x"},
        headers={"PRIVATE-TOKEN": "adas"},
        timeout=30,
    )
    number: int = made.json()["iid"]
    return number


# --- the ledger ------------------------------------------------------------------------------------------------------


def test_facts_fail_on_a_rewritten_ledger(lab: Lab) -> None:
    files = a_version_removed(lab)
    pushed_by_hand(lab, "ledger", files)
    done = lab.of_main("schedule")
    assert (done.code, done.jobs["facts"], done.exit_code_of("facts")) == (1, "FAIL", 1), done.log
    assert next(iter(files)) in done.said_by("facts")


def test_a_landing_leaves_a_checkpoint_on_the_ledger_and_deploys_what_is_in_force(lab: Lab) -> None:
    before = lab.tip()
    lab.landed(lab.proposed(2))
    done = lab.of_main("push", before, key=lab.ada.key, secrets={"GITREG_PUSH_TOKEN": BOT})
    assert done.code == 0, done.log
    assert all(how == "PASS" for how in done.jobs.values()), done.log
    deployed = [name for name in done.jobs if "deploy-" in name]
    assert len(deployed) == 1, done.jobs
    assert "fraud would go to production" in done.log
    (note,) = paths_of(lab.ada.at(lab.origin), "checkpoints")
    lab.ada.does("sync")
    kept = lab.root / "kept.note"
    kept.write_bytes(file_at(lab.ada, note, "ledger"))
    assert lab.ada.run("audit", "verify", "--against", kept).code == 0
    assert BOT not in done.log


def test_a_push_that_moves_no_stage_deploys_nothing_and_what_is_not_set_up_says_so(lab: Lab) -> None:
    before = lab.tip()
    pushed_by_hand(lab, "main", {"README.md": b"our own words\n"})
    done = lab.of_main("push", before)
    assert done.code == 0, done.log
    assert [name for name in done.jobs if "-> " in name] == ["[deploy] -> nothing-moved"], done.log
    assert "GITREG_FORGE_TOKEN is not set" in done.said_by("report")
    assert "GITREG_CHECKPOINT_KEY is not set" in done.said_by("checkpoint")


def test_a_pointer_that_was_forced_in_is_not_deployed(lab: Lab) -> None:
    before = lab.tip()
    (second,) = [path for path in paths_of(lab.ada, "versions/fraud") if "/2-" in path]
    pushed_by_hand(lab, "main", {f"{STAGE}/version.json": file_at(lab.ada, second, "ledger")})
    done = lab.of_main("push", before)
    assert "fraud would go to production" not in done.log
    assert [how for name, how in done.jobs.items() if "deploy-" in name] in ([], ["FAIL"]), done.log
