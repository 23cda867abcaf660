"""What `gitreg init --ci` installs, run: the workflow of main step by step against a bare origin over smart HTTP, and
the hook of a bare repository behind the same server.

The workflow is parsed and evaluated by GitHub's own libraries and its steps run by bash (tests/ci_node). Three things
stand in for what only GitHub has: actions/checkout is the git commands that it runs, actions/setup-python is nothing
(the environment's Python is on PATH), and pip is asked without an index, so that "Install gitreg" finds the version
that is there or fails.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gitreg.testing.forges import GitHubStandIn
from tests.ci_node import Happening, Job, run_workflow
from tests.e2e.clerk import Clerk, commit_by_hand, file_at, paths_of, picture
from tests.e2e.desk import Desk
from tests.forges.serving import Checked, github_description, serving
from tests.support.http_server import GitServer, git_server

REPOSITORY = "team/models"
WORKFLOW = ".github/workflows/gitreg.yml"
STAGE = "models/fraud/stages/production"
TOKEN = "token-of-the-run"  # noqa: S105 - the one that the runner gives to each workflow
NOTHING = "0" * 40

# What actions/checkout does with these inputs. `fetch-depth: 0` is every branch with its history.
CHECKOUT = """
authorization="AUTHORIZATION: basic $(printf 'x-access-token:%s' TOKEN | base64 --wrap=0)"
url="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"
git init --quiet .
git remote add origin "$url"
if [ "$INPUT_FETCH_DEPTH" = 0 ]; then
    what='+refs/heads/*:refs/remotes/origin/*'; deep=
else
    what="+refs/heads/$INPUT_REF:refs/remotes/origin/$INPUT_REF"; deep="--depth=${INPUT_FETCH_DEPTH:-1}"
fi
git -c http.extraheader="$authorization" fetch --quiet --no-tags $deep origin "$what"
git checkout --quiet --force -B "$INPUT_REF" "refs/remotes/origin/$INPUT_REF"
[ "$INPUT_PERSIST_CREDENTIALS" = false ] || git config http.extraheader "$authorization"
""".replace("TOKEN", TOKEN)
ACTIONS = {"actions/checkout": CHECKOUT, "actions/setup-python": "true"}


@dataclass(frozen=True)
class Hub:
    """A server with one repository, and Ada's and Ben's clone of it."""

    server: GitServer
    root: Path

    @property
    def origin(self) -> Path:
        return self.server.root / REPOSITORY

    def clerk(self, name: str) -> Clerk:
        home = self.root / f"home-{name}"
        return Clerk(Desk(name, home, self.root) if home.exists() else Desk.of(name, self.root), self.root / name)

    @property
    def ada(self) -> Clerk:
        return self.clerk("ada")

    @property
    def ben(self) -> Clerk:
        return self.clerk("ben")

    def tip(self, branch: str = "main") -> str:
        return self.ada.git("rev-parse", f"refs/heads/{branch}", cwd=self.origin).strip()

    def proposed(self, number: int) -> str:
        """Ada's signed proposal for production; its id."""
        command = ("promote", "fraud", str(number), "--to", "production", "-m", "why", "--key", self.ada.key)
        return str(self.ada.reads(*command)["proposal"]["id"])

    def landed(self, proposal: str) -> None:
        self.ben.does("approve", proposal, "--key", self.ben.key)
        self.ada.does("merge", proposal)

    # --- what GitHub does ---

    def runs(self, happening: Happening) -> dict[str, list[Job]]:
        """Run the workflow that stands on main; each job's rows."""
        workflow = self.root / f"workflow-{self.tip()}.yml"
        workflow.write_bytes(file_at(self.ada.at(self.origin), WORKFLOW))
        runner = self.root / f"runner-{len(list(self.root.glob('runner-*')))}"
        jobs = run_workflow(workflow, happening, runner)
        assert jobs is not None, "the workflow was not triggered"
        return {name: [job for job in jobs if job.id == name] for name in {job.id for job in jobs}}

    def refs(self) -> dict[str, str]:
        """Where every ref of the origin is."""
        lines = self.ada.git("for-each-ref", "--format=%(refname) %(objectname)", cwd=self.origin).splitlines()
        return dict(line.split() for line in lines)

    def key(self, name: str) -> dict[str, str]:
        """Somebody's private key as a secret of the repository."""
        return {name: self.ci.key.read_text()}

    @property
    def ci(self) -> Clerk:
        return self.clerk("ci")

    def dispatched(self, forge: str, **secrets: str) -> Job:
        """Somebody pressed the button of the workflow, or the bell of reviews rang; what `attest` says."""
        happening = self._happens("workflow_dispatch", {}, sha=self.tip())
        at = {"GITREG_FORGE": "github", "GITREG_FORGE_URL": forge}
        jobs = self.runs(replace(happening, env={**happening.env, **at}, secrets=secrets))
        return jobs["attest"][0]

    def queued(self, branch: str, forge: str) -> dict[str, list[Job]]:
        """GitHub put a pull request alone into the merge queue."""
        base, ref = self.tip(), f"refs/heads/gh-readonly-queue/main/pr-7-{self.tip()}"
        self.ada.git("update-ref", ref, self.tip(branch), cwd=self.origin)
        group = {"head_sha": self.tip(branch), "head_ref": ref, "base_sha": base, "base_ref": "refs/heads/main"}
        happening = self._happens("merge_group", {"action": "checks_requested", "merge_group": group}, sha=base)
        at = {"GITREG_FORGE": "github", "GITREG_FORGE_URL": forge}
        return self.runs(replace(happening, env={**happening.env, **at}))

    def _happens(self, event: str, payload: dict[str, Any], **github: str) -> Happening:
        where = {"server_url": f"http://{self.server.host}", "repository": REPOSITORY, "ref": "refs/heads/main"}
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        env = {"PATH": path, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_CONFIG_NOSYSTEM": "1"}
        return Happening(event, payload, {**where, **github}, ACTIONS, env=env)

    def pull_request(self, branch: str) -> list[Job]:
        """Somebody opened a pull request from a branch; what `validate` says."""
        return self.pull_request_jobs(branch)["validate"]

    def pull_request_jobs(self, branch: str, number: int = 7, forge: str = "") -> dict[str, list[Job]]:
        """The same with every job; `forge` is where the API lives, beside the git server."""
        head = self.tip(branch)
        self.ada.git("update-ref", f"refs/pull/{number}/head", head, cwd=self.origin)
        request = {"number": number, "head": {"sha": head, "ref": branch}, "base": {"sha": self.tip(), "ref": "main"}}
        event = {"action": "synchronize", "pull_request": request}
        happening = self._happens("pull_request_target", event, base_ref="main", sha=self.tip())
        # Without a forge the report ends at once: nothing listens there.
        at = {"GITREG_FORGE": "github", "GITREG_FORGE_URL": forge or "http://forge.invalid"}
        return self.runs(replace(happening, env={**happening.env, **at}))

    def pushed(self, before: str, **secrets: str) -> dict[str, list[Job]]:
        """Main moved."""
        after = self.tip()
        return self.runs(replace(self._happens("push", {"before": before, "after": after}, sha=after), secrets=secrets))

    def daily(self) -> Job:
        """A night passed; what `facts` says."""
        (job,) = self.runs(self._happens("schedule", {"schedule": "17 3 * * *"}, sha=self.tip()))["facts"]
        return job


def _people_and_versions(hub: Hub) -> None:
    for person in (hub.ada, hub.ben):
        command = ("approvers", "add", person.email, "--key", person.public_key, "--group", "leads", "-m", "team")
        hub.ada.does(*command)
    for content, auc in ((b"one", 0.93), (b"two", 0.95)):
        hub.ada.registers(content, auc)


def _as_on_github(hub: Hub) -> None:
    """As docs/team.md says it: a registry with the workflow, pushed to a server."""
    ada = hub.ada.at(hub.root)
    ada.git("init", "--quiet", "--bare", "--initial-branch=main", str(hub.origin))
    ada.does("init", "ada", "--protect", "production", "--ci", "github")
    hub.ada.git("remote", "add", "origin", str(hub.origin))
    hub.ada.does("sync")
    _people_and_versions(hub)
    hub.ben.at(hub.root).git("clone", "--quiet", str(hub.origin), "ben")
    hub.landed(hub.proposed(1))


def _with_a_hook(hub: Hub) -> None:
    """A repository that `gitreg init --bare --ci bare` made; people clone it and push to it over HTTP only."""
    (hub.root / "bytes").mkdir()
    hub.ada.at(hub.root).does("init", str(hub.origin), "--bare", "--ci", "bare", "--protect", "production")
    for name in ("ada", "ben"):
        hub.clerk(name).at(hub.root).git("clone", "--quiet", hub.server.url(REPOSITORY), name)
        hub.clerk(name).does("use", "--blobs", str(hub.root / "bytes"))
    _people_and_versions(hub)
    hub.ada.does("sync")
    hub.landed(hub.proposed(1))


@contextmanager
def _served(root: Path, users: dict[str, str]) -> Iterator[Hub]:
    (root / "served/team").mkdir(parents=True, exist_ok=True)
    with git_server(root / "served", users) as server:
        yield Hub(server, root)


Make = Callable[[Hub], None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Make], Path]:
    """What a function made, made once for all tests of a process."""
    folders: dict[Make, Path] = {}

    def folder(make: Make) -> Path:
        if make not in folders:
            folders[make] = tmp_path_factory.mktemp("hub")
            with _served(folders[make], {}) as hub:
                make(hub)
        return folders[make]

    return folder


@pytest.fixture
def hub(made: Callable[[Make], Path], tmp_path: Path) -> Iterator[Hub]:
    """On GitHub, as it were: version 1 of fraud in production, version 2 registered."""
    shutil.copytree(made(_as_on_github), tmp_path / "hub", symlinks=True)
    with _served(tmp_path / "hub", {"x-access-token": TOKEN}) as hub:
        for clerk in (hub.ada, hub.ben):
            clerk.git("remote", "set-url", "origin", str(hub.origin))
        yield hub


@pytest.fixture
def bare(made: Callable[[Make], Path], tmp_path: Path) -> Iterator[Hub]:
    """The same on a server of one's own, with the hook."""
    shutil.copytree(made(_with_a_hook), tmp_path / "hub", symlinks=True)
    with _served(tmp_path / "hub", {}) as hub:
        for clerk in (hub.ada, hub.ben):
            clerk.git("remote", "set-url", "origin", hub.server.url(REPOSITORY))
        yield hub


def pushed_by_hand(hub: Hub, branch: str, files: dict[str, bytes | None]) -> str:
    """A branch with files changed by plain git, pushed to an origin that has no hook."""
    ref = f"refs/heads/{branch}"
    if not hub.ada.git("branch", "--list", branch):
        hub.ada.git("update-ref", ref, hub.tip())
    commit_by_hand(hub.ada, files, ref)
    hub.ada.git("push", "--quiet", "origin", branch)
    return branch


def commands_of(job: Job) -> list[str]:
    """The lines that GitHub would obey."""
    return [line for line in job.log.splitlines() if line.startswith("::")]


def files_named(root: Path, name: str) -> list[Path]:
    return [path for path in root.rglob(name) if path.is_file()]


# --- a proposal ------------------------------------------------------------------------------------------------------


def test_a_good_proposal_passes_and_every_step_ran(hub: Hub) -> None:
    proposal = hub.proposed(2)
    hub.ben.does("approve", proposal, "--key", hub.ben.key)
    (job,) = hub.pull_request(f"proposals/{proposal}")
    assert job.result == "success", job.log
    assert [step.outcome for step in job.steps] == ["success"] * 5
    assert job.steps[-1].output.splitlines()[-1] == "pass"
    assert not [line for line in commands_of(job) if line.startswith("::error")]


def test_a_pointer_edited_by_hand_fails_with_an_annotation_at_the_file(hub: Hub) -> None:
    (second,) = [path for path in paths_of(hub.ada, "versions/fraud") if "/2-" in path]
    branch = pushed_by_hand(hub, "proposals/mine", {f"{STAGE}/version.json": file_at(hub.ada, second, "ledger")})
    (job,) = hub.pull_request(branch)
    assert job.result == "failure"
    assert job.steps[-1].exit_code == 1, job.log
    (told, *_) = commands_of(job)
    assert told.startswith(f"::error file={STAGE}/version.json,title="), job.log


def test_a_proposal_that_only_waits_for_people_is_not_red_and_says_what_is_missing(hub: Hub) -> None:
    """The check `gitreg` holds its merge."""
    proposal = hub.proposed(2)
    (before,) = hub.pull_request(f"proposals/{proposal}")
    assert ("1 approval" in before.log, before.result) == (True, "success"), before.log
    hub.ben.does("approve", proposal, "--key", hub.ben.key)
    (after,) = hub.pull_request(f"proposals/{proposal}")
    assert (after.result, "1 approval" in after.log) == ("success", False), after.log


EVIL_WORKFLOW = b"on: pull_request_target\njobs: {x: {runs-on: ubuntu-latest, steps: [{run: touch ../../pwned}]}}\n"
HOSTILE: dict[str, dict[str, bytes | None]] = {
    "a workflow of its own": {WORKFLOW: EVIL_WORKFLOW},
    "no workflow": {WORKFLOW: None},
    "another workflow": {".github/workflows/more.yml": EVIL_WORKFLOW},
    "code where Python or git would find it": {
        "gitreg.py": b"open('pwned', 'w')\n",
        "sitecustomize.py": b"open('pwned', 'w')\n",
        "pip/__main__.py": b"open('pwned', 'w')\n",
        ".gitattributes": b"* filter=evil\n",
        ".gitmodules": b'[submodule "x"]\n\tpath = x\n\turl = ext::touch pwned\n',
    },
    "a name that a shell would run": {"models/$(touch pwned)/stages/production/version.json": b"{}\n"},
    "a document that speaks to GitHub": {
        f"{STAGE}/decision.json": b"::stop-commands::x\n::error file=x::y\n##[error]z\n",
        "approvers.json": b'{"\\n::add-mask::x": "`touch pwned` $(touch pwned)"}\n',
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_of_a_hostile_proposal_is_run_or_obeyed(hub: Hub, name: str) -> None:
    (job,) = hub.pull_request(pushed_by_hand(hub, "proposals/mine", HOSTILE[name]))
    assert job.result == "failure", job.log
    assert job.steps[-1].exit_code in (1, 6), job.log  # 6: it cannot even be told
    assert files_named(hub.root, "pwned") == []
    assert commands_of(job), job.log
    assert all(line.startswith("::error file=") for line in commands_of(job)), job.log
    assert "##[" not in "".join(line for line in job.log.splitlines() if not line.startswith("::error"))


def test_a_file_name_with_a_line_of_its_own_stays_in_its_annotation(hub: Hub) -> None:
    """Through git's own plumbing, which takes names that our builders refuse."""
    origin = hub.ada.at(hub.origin)
    blob = origin.git("hash-object", "-w", "--stdin", stdin=b"{}\n").strip()
    name = "README\n::set-env name=PATH::x\n.md"
    rows = origin.git("ls-tree", "-z", "main") + f"100644 blob {blob}\t{name}\0"
    tree = origin.git("mktree", "-z", stdin=rows).strip()
    commit = origin.git("commit-tree", tree, "-p", "main", "-m", "by hand").strip()
    origin.git("update-ref", "refs/heads/proposals/mine", commit)
    (job,) = hub.pull_request("proposals/mine")
    assert [line for line in job.log.splitlines() if "set-env" in line and not line.startswith("::error file=")] == []


# --- what the pull request is told ------------------------------------------------------------------------------------


def test_the_report_is_one_comment_and_one_check_by_a_token_that_may_write_nothing_else(hub: Hub) -> None:
    proposal = hub.proposed(2)
    app = GitHubStandIn()
    project = app.add_project(REPOSITORY, hub.origin)
    app.add_token("adas", "ada")
    app.add_token(TOKEN, "github-actions[bot]", is_app=True, may=frozenset({"checks=write", "pull_requests=write"}))
    checked = Checked(app, github_description())
    with serving(checked) as address:
        made = httpx.post(
            f"{address}/api/v3/repos/{REPOSITORY}/pulls",
            json={"head": f"proposals/{proposal}", "base": "main", "title": "x"},
            headers={"Authorization": "Bearer adas"},
            timeout=30,
        )
        number = made.json()["number"]
        (first,) = hub.pull_request_jobs(f"proposals/{proposal}", number, address)["report"]
        hub.ben.does("approve", proposal, "--key", hub.ben.key)
        (second,) = hub.pull_request_jobs(f"proposals/{proposal}", number, address)["report"]
    assert (first.result, second.result) == ("success", "success"), first.log + second.log
    (comment,) = project.comments.values()
    assert (comment.author.login, "fraud: production 1" in comment.body) == ("github-actions[bot]", True)
    said = [(check.name, check.status, check.conclusion) for check in project.checks.values()]
    assert said == [("gitreg", "in_progress", None), ("gitreg", "completed", "success")]
    assert TOKEN not in first.log + second.log
    assert (checked.asked_wrongly, checked.answered_wrongly) == ([], [])


def test_in_a_merge_queue_nothing_is_left_to_wait_for(hub: Hub) -> None:
    proposal = hub.proposed(2)
    app = GitHubStandIn()
    project = app.add_project(REPOSITORY, hub.origin)
    app.add_token(TOKEN, "github-actions[bot]", is_app=True, may=frozenset({"checks=write"}))
    with serving(app) as address:
        before = hub.queued(f"proposals/{proposal}", address)
        hub.ben.does("approve", proposal, "--key", hub.ben.key)
        after = hub.queued(f"proposals/{proposal}", address)
    assert (before["validate"][0].result, before["report"][0].result) == ("failure", "failure")
    assert (after["validate"][0].result, after["report"][0].result) == ("success", "success"), after["report"][0].log
    assert [check.conclusion for check in project.checks.values()] == ["failure", "success"]


# --- reviews ---------------------------------------------------------------------------------------------------------


def test_reviews_are_attested_with_the_key_in_the_secret_and_pushed_as_one_ref(hub: Hub) -> None:
    _reviews_count(hub)
    proposal = hub.proposed(2)
    app = GitHubStandIn()
    app.add_project(REPOSITORY, hub.origin)
    for name in ("ada", "ben"):
        app.add_token(f"{name}s", name)
    app.add_token(TOKEN, "github-actions[bot]", is_app=True, may=frozenset())
    checked = Checked(app, github_description())
    with serving(checked) as address:
        url = f"{address}/api/v3/repos/{REPOSITORY}/pulls"
        fields = {"head": f"proposals/{proposal}", "base": "main", "title": "x"}
        number = httpx.post(url, json=fields, headers={"Authorization": "Bearer adas"}, timeout=30).json()["number"]
        review = {"event": "APPROVE", "body": "Seen."}
        httpx.post(f"{url}/{number}/reviews", json=review, headers={"Authorization": "Bearer bens"}, timeout=30)
        refs = hub.refs()
        without = hub.dispatched(address)
        assert hub.refs() == refs
        job = hub.dispatched(address, **hub.key("GITREG_ATTESTOR_KEY"))
    assert (without.result, "attested by nobody" in without.log) == ("success", True), without.log
    assert job.result == "success", job.log
    assert f"approve by {hub.ben.email}" in job.log
    (moved,) = set(hub.refs()) - set(refs)
    assert moved.rpartition("/")[0] == f"refs/gitreg/approvals/{proposal}"
    assert {ref: tip for ref, tip in hub.refs().items() if ref != moved} == refs
    assert "PRIVATE KEY" not in job.log
    assert files_named(hub.root, "gitreg-key") == []
    hub.ada.does("merge", proposal)
    assert hub.ada.reads("resolve", "models:/fraud@production")["approved_by"] == [hub.ben.email]
    assert (checked.asked_wrongly, checked.answered_wrongly) == ([], [])


def _reviews_count(hub: Hub) -> None:
    file = hub.ada.folder / "policies/production.json"
    file.write_text(file.read_text().replace('"forge_reviews": false', '"forge_reviews": true'))
    for command in (
        ("govern", "policies/production.json", "-m", "Reviews will do.", "--key"),
        ("approvers", "add", hub.ben.email, "--forge", "github:ben", "-m", "his account", "--sign"),
        ("approvers", "add", hub.ci.email, "--key", hub.ci.public_key, "--attests", "-m", "CI", "--sign"),
    ):
        told = hub.ada.reads(*command, hub.ada.key)
        hub.ben.does("approve", told["proposal"]["id"], "--key", hub.ben.key)
        hub.ada.does("merge", told["proposal"]["id"])


# --- a checkpoint ----------------------------------------------------------------------------------------------------


def test_each_push_to_main_is_signed_into_the_ledger_and_nothing_else_moves(hub: Hub) -> None:
    before = hub.tip()
    hub.landed(hub.proposed(2))
    told = hub.ada.reads(
        "approvers", "add", hub.ci.email, "--key", hub.ci.public_key, "-m", "CI", "--sign", hub.ada.key
    )
    hub.landed(told["proposal"]["id"])
    refs = hub.refs()
    (job,) = hub.pushed(before, **hub.key("GITREG_CHECKPOINT_KEY"))["checkpoint"]
    assert job.result == "success", job.log
    after = hub.refs()
    assert {ref for ref in after if refs.get(ref) != after[ref]} == {"refs/heads/ledger"}
    hub.ada.does("sync")
    (note,) = [path for path in paths_of(hub.ada, "checkpoints") if path.endswith(".note")]
    assert hub.ci.email in file_at(hub.ada, note, "ledger").decode()
    assert "PRIVATE KEY" not in job.log
    assert files_named(hub.root, "gitreg-key") == []


def test_without_its_secret_no_checkpoint_is_signed_and_the_job_says_so(hub: Hub) -> None:
    refs = hub.refs()
    (job,) = hub.pushed(NOTHING)["checkpoint"]
    assert (job.result, "no checkpoint is signed" in job.log) == ("success", True), job.log
    assert [step.outcome for step in job.steps] == ["success", *["skipped"] * 4, "success"]
    assert hub.refs() == refs


# --- the ledger ------------------------------------------------------------------------------------------------------


def test_facts_pass_after_a_good_push_and_every_night(hub: Hub) -> None:
    (job,) = hub.pushed(NOTHING)["facts"]
    assert job.result == "success", job.log
    assert job.steps[-1].output.splitlines()[-1] == "pass"
    assert hub.daily().result == "success"


def a_version_removed(hub: Hub) -> dict[str, bytes | None]:
    return dict.fromkeys(paths_of(hub.ada, "versions/fraud")[:1])


def a_version_changed(hub: Hub) -> dict[str, bytes | None]:
    path = paths_of(hub.ada, "versions/fraud")[0]
    document = json.loads(file_at(hub.ada, path, "ledger"))
    changed = {**document, "artifacts": {**document["artifacts"], "digest": f"sha256:{'0' * 64}"}}
    return {path: (json.dumps(changed, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()}


def a_document_that_is_none(hub: Hub) -> dict[str, bytes | None]:
    return {paths_of(hub.ada, "runs")[0]: b"{}\n"}


@pytest.mark.parametrize("rewritten", [a_version_removed, a_version_changed, a_document_that_is_none])
def test_facts_fail_on_a_rewritten_ledger(hub: Hub, rewritten: Any) -> None:  # noqa: ANN401 - one of the three above
    files = rewritten(hub)
    pushed_by_hand(hub, "ledger", files)
    job = hub.daily()
    assert job.result == "failure"
    assert job.steps[-1].exit_code == 1, job.log
    assert any(line.startswith(f"::error file={next(iter(files))}") for line in commands_of(job)), job.log


def test_facts_have_nothing_to_say_where_nothing_was_published(hub: Hub) -> None:
    hub.ada.git("update-ref", "-d", "refs/heads/ledger", cwd=hub.origin)
    job = hub.daily()
    assert (job.result, job.steps[-1].output) == ("success", "There is no ledger yet: nothing was published.\n")


# --- a deployment ----------------------------------------------------------------------------------------------------


def test_a_landed_promotion_is_deployed_by_what_is_in_force(hub: Hub) -> None:
    before = hub.tip()
    hub.landed(hub.proposed(2))
    jobs = hub.pushed(before)
    (changes,) = jobs["changes"]
    (deploy,) = jobs["deploy"]
    (change,) = json.loads(changes.outputs["changes"])
    assert (change["model"], change["stage"], change["before"], change["after"]) == ("fraud", "production", 1, 2)
    assert deploy.result == "success", deploy.log
    assert deploy.matrix == {"change": change}
    resolved, told = (step.output for step in deploy.steps[-2:])
    assert json.loads(resolved)["version"] == 2
    assert told == "fraud would go to production: replace this step.\n"


def test_a_push_that_moves_no_stage_deploys_nothing(hub: Hub) -> None:
    before = hub.tip()
    pushed_by_hand(hub, "main", {"README.md": b"our own words\n"})
    jobs = hub.pushed(before)
    assert [job.result for job in (*jobs["changes"], *jobs["deploy"])] == ["success", "skipped"]


def test_a_pointer_that_was_forced_in_is_not_deployed(hub: Hub) -> None:
    before = hub.tip()
    (second,) = [path for path in paths_of(hub.ada, "versions/fraud") if "/2-" in path]
    pushed_by_hand(hub, "main", {f"{STAGE}/version.json": file_at(hub.ada, second, "ledger")})
    jobs = hub.pushed(before)
    assert [job.result for job in jobs["changes"]] == ["success"], jobs["changes"][0].log
    deployed = [step.output for job in jobs["deploy"] for step in job.steps if step.name == "Deploy"]
    assert deployed in ([], [""]), deployed


# --- the hook of a bare repository -----------------------------------------------------------------------------------


def test_a_good_push_over_http_is_taken(bare: Hub) -> None:
    before = bare.tip()
    bare.landed(bare.proposed(2))
    bare.ben.does("sync")
    assert bare.ben.reads("resolve", "models:/fraud@production")["version"] == 2
    assert bare.tip() != before
    assert bare.tip() == bare.ada.git("rev-parse", "main").strip()
    assert any(line.startswith("POST") and "git-receive-pack" in line for line in bare.server.requests)


def _by_hand(hub: Hub, branch: str, files: dict[str, bytes | None]) -> list[str]:
    commit_by_hand(hub.ada, files, f"refs/heads/{branch}")
    return [branch]


def _edited_pointer(hub: Hub) -> list[str]:
    (second,) = [path for path in paths_of(hub.ada, "versions/fraud") if "/2-" in path]
    return _by_hand(hub, "main", {f"{STAGE}/version.json": file_at(hub.ada, second, "ledger")})


def _unapproved_merge(hub: Hub) -> list[str]:
    """The decision as it stands on its branch, merged by plain git as any pull request would be."""
    proposal = hub.proposed(2)
    hub.ada.git("fetch", "--quiet", "origin")
    hub.ada.git("merge", "--quiet", "--no-ff", "-m", "merged by hand", f"refs/heads/proposals/{proposal}")
    return ["main"]


def _version_removed(hub: Hub) -> list[str]:
    return _by_hand(hub, "ledger", a_version_removed(hub))


def _version_changed(hub: Hub) -> list[str]:
    return _by_hand(hub, "ledger", a_version_changed(hub))


def _ledger_deleted(_: Hub) -> list[str]:
    return [":ledger"]


def _ledger_replaced(_: Hub) -> list[str]:
    return ["+main:ledger"]


def _main_forced_back(_: Hub) -> list[str]:
    return ["+main~1:main"]


@pytest.mark.parametrize(
    ("arrange", "words"),
    [
        (_edited_pointer, f"gitreg refuses {STAGE}/version.json"),
        (_unapproved_merge, "1 approval"),
        (_version_removed, "versions/fraud/"),
        (_version_changed, "versions/fraud/"),
        (_ledger_deleted, "never deleted"),
        (_ledger_replaced, "does not build on the ledger"),
        (_main_forced_back, "landings would drop off"),
    ],
)
def test_a_bad_push_over_http_is_refused_and_whoever_pushes_reads_why(bare: Hub, arrange: Any, words: str) -> None:  # noqa: ANN401 - one of those above
    refs = arrange(bare)
    before = picture(bare.origin)
    done = bare.ada.desk.shell("git", "push", "--quiet", "origin", *refs, cwd=bare.ada.folder)
    assert done.returncode == 1, done.stderr
    assert "pre-receive hook declined" in done.stderr
    told = [line.removeprefix("remote: ") for line in done.stderr.splitlines() if line.startswith("remote: ")]
    assert any(words in line for line in told), done.stderr
    assert picture(bare.origin).refs == before.refs
