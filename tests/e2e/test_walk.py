"""A model's whole way through a registry of three people and CI, over a bare server with its hook, and cheats."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import gitreg
from gitreg.documents import Digest, Evidence, Policy
from tests.e2e.clerk import Clerk, Told, assert_told, commit_by_hand, file_at, paths_of
from tests.e2e.conftest import Office
from tests.e2e.test_comparisons import REGION, ROWS, RULE, TRUTH, scores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FOLDER = "models/fraud/stages/production"
ADDRESS = "models:/fraud@production"
POLICY = "policies/production.json"
ASKED: list[Any] = [
    {"rule": "lead", "kind": "approvals", "count": 1, "group": "leads"},
    {"rule": "risk", "kind": "approvals", "count": 1, "group": "risk"},
    {"rule": "integration", "kind": "check", "name": "integration", "group": "ci"},
    RULE,
]
CLAUSES: dict[str, Any] = {
    "rollback": {"count": 1, "group": "leads"},
    "override": {"count": 1, "group": "leads", "hours": 24},
}
pytestmark = pytest.mark.timeout(300)  # the first test tells the whole story
Files = dict[str, bytes | None]
MAIN = "origin/main"


@dataclass
class Walk:
    """Everybody at a clone of her own, and what is known of the versions and of the checkpoint."""

    office: Office
    versions: dict[str, int] = field(default_factory=dict)
    waiting: str = ""

    @property
    def origin(self) -> Path:
        return self.office.root / "origin.git"

    @property
    def note(self) -> Path:
        """The checkpoint, kept where nobody of the registry can reach it."""
        return self.office.root / "elsewhere.note"

    def at_clone(self, name: str) -> Clerk:
        person = self.office.clerk(name)
        return person.at(self.office.registry if name == "ada" else self.office.root / f"clone-{name}")

    @property
    def ada(self) -> Clerk:
        """Trains and proposes."""
        return self.at_clone("ada")

    @property
    def ben(self) -> Clerk:
        """Leads."""
        return self.at_clone("ben")

    @property
    def cara(self) -> Clerk:
        """Of risk."""
        return self.at_clone("cara")

    @property
    def eve(self) -> Clerk:
        """A stranger who can write to the server's disk."""
        return self.at_clone("eve")

    @property
    def ci(self) -> Clerk:
        """A machine with a key."""
        return self.at_clone("ci")

    @property
    def branch(self) -> str:
        """The proposal that waits, as whoever fetched has it."""
        return f"origin/proposals/{self.waiting}"

    def trained(self, name: str, noise: float) -> None:
        """A version, the better the less noise."""
        said = scores(noise)
        folder = self.office.root / "model"
        folder.mkdir(exist_ok=True)
        (folder / "weights.bin").write_bytes(repr(said).encode())
        with gitreg.open(self.office.registry) as registry:
            with registry.start_run("churn", strict=True) as run:
                run.log_dataset("holdout", b"holdout", role="test")
                run.log_evaluation("holdout", said, TRUTH, slices={"region": REGION[:ROWS]})
                run.log_model(folder)
            self.versions[name] = registry.register(f"runs:/{run.run_id}/model", "fraud").number or 0
        self.ada.does("sync")

    def proposed(self, by: Clerk, *words: str) -> str:
        """What somebody decides that needs others; the proposal's id."""
        told = by.reads(*words, "-m", "why", "--key", by.key)
        assert not told["landed"], told
        return str(told["proposal"]["id"])

    def promoted(self, name: str) -> str:
        return self.proposed(self.ada, "promote", "fraud", str(self.versions[name]), "--to", "production")

    def checked(self, proposal: str) -> None:
        report = self.office.root / "junit.xml"
        report.write_text("<testsuite tests='1'/>")
        self.ci.does("sync")
        words = ("--name", "integration", "--status", "pass", "--report", report, "--key", self.ci.key)
        self.ci.does("checks", "add", proposal, *words)

    def approved(self, proposal: str, *people: Clerk) -> None:
        for person in people:
            person.does("sync")
            person.does("approve", proposal, "--key", person.key)

    def agreed(self, proposal: str, *people: Clerk) -> None:
        """Checked, approved and merged."""
        self.checked(proposal)
        self.approved(proposal, *people)
        self.ada.does("sync")
        self.ada.does("merge", proposal)

    def number(self) -> int:
        """What somebody who has only just cloned gets."""
        self.cara.does("sync")
        return int(self.cara.reads("resolve", ADDRESS)["version"])


# The chapters


def people_join(walk: Walk) -> None:
    walk.ada.git("fetch", "--quiet")
    for name, group in (("cara", "risk"), ("ci", "ci")):
        person = walk.office.clerk(name)
        words = ("approvers", "add", person.email, "--key", person.public_key, "--group", group, "-m", "team")
        told = walk.ada.reads(*words, "--sign", walk.ada.key)
        walk.office.ben.does("approve", told["proposal"]["id"], "--key", walk.office.ben.key)
        walk.ada.does("merge", told["proposal"]["id"])
    for person in (walk.ben, walk.cara, walk.ci, walk.eve):
        person.at(walk.office.root).git("clone", "--quiet", str(walk.origin), str(person.folder))


def the_first_is_measured_and_the_rules_are_agreed(walk: Walk) -> None:
    walk.trained("first", 0.9)
    first = walk.promoted("first")
    walk.approved(first, walk.ben)
    walk.ada.does("merge", first)
    wanted = Policy.from_json({**json.loads(file_at(walk.ada, POLICY)), "requirements": ASKED, **CLAUSES})
    (walk.office.registry / POLICY).write_bytes(wanted.to_bytes())
    governed = walk.proposed(walk.ada, "govern", POLICY)
    walk.approved(governed, walk.ben)
    walk.ada.does("merge", governed)


def refused_with_the_numbers(walk: Walk) -> None:
    walk.trained("worse", 1.5)
    told = walk.ada.run("promote", "fraud", str(walk.versions["worse"]), "--to", "production", "-m", "why")
    assert told.code == 6
    assert "auc on holdout is worse by" in told.err


def the_evidence_is_changed_after_approval(walk: Walk) -> None:
    """The approvals are of what was read and count for nothing else, neither for gitreg nor for the hook."""
    walk.trained("better", 0.7)
    proposal = walk.promoted("better")
    assert walk.ada.run("merge", proposal).code == 6
    walk.checked(proposal)
    walk.approved(proposal, walk.ben, walk.cara)
    branch = f"refs/heads/proposals/{proposal}"
    evidence = json.loads(file_at(walk.ada, f"{FOLDER}/evidence.json", branch))
    next(each for each in evidence["observations"] if each["kind"] == "compared")["candidate_value"] = 0.999
    data = Evidence.from_json(evidence).to_bytes()
    decision = json.loads(file_at(walk.ada, f"{FOLDER}/decision.json", branch))
    decision["files"][f"{FOLDER}/evidence.json"] = str(Digest.of(data))
    text = json.dumps(decision, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    files: Files = {f"{FOLDER}/evidence.json": data, f"{FOLDER}/decision.json": text.encode()}
    commit_by_hand(walk.ada, files, branch)
    walk.ada.git("push", "--quiet", "origin", f"+{branch}:{branch}")
    walk.ada.does("sync")
    assert_told(walk.ada.run("merge", proposal), 6, "The statement is about the decision")
    assert_refused_by_the_hook(walk, "ada", landing(walk.ada, branch, spoken(walk, proposal)), "(approvals)")
    walk.ada.does("close", proposal, "-m", "the evidence is not what was read")


def spoken(walk: Walk, proposal: str) -> Files:
    """What people signed about a proposal, as files of its folder."""
    refs = walk.ada.git("for-each-ref", "--format=%(refname)", f"refs/gitreg/approvals/{proposal}", cwd=walk.origin)
    at_origin = walk.ada.at(walk.origin)
    return {
        f"{FOLDER}/approvals/{path}": file_at(at_origin, path, ref)
        for ref in refs.split()
        for path in paths_at(at_origin, ref)
    }


def landing(person: Clerk, branch: str, said: Files) -> Files:
    """What a proposal's branch would change on main, with what was said; nothing stays of the decision before it."""
    gone: Files = dict.fromkeys(paths_of(person, FOLDER, MAIN))
    return {**gone, **said, **{path: file_at(person, path, branch) for path in paths_of(person, FOLDER, branch)}}


def paths_at(clerk: Clerk, revision: str) -> list[str]:
    return clerk.git("ls-tree", "-r", "--name-only", revision).split()


def assert_refused_by_the_hook(walk: Walk, name: str, files: Files, *words: str) -> None:
    """Committed by plain git on a branch of one's own and pushed to main: the server says no."""
    person = walk.at_clone(name)
    person.git("branch", "--quiet", "--force", "by-hand", "origin/main")
    commit_by_hand(person, files, "refs/heads/by-hand")
    told = pushed(person, "by-hand")
    assert told.code != 0, told
    assert "gitreg refuses" in told.err, told
    for word in words:
        assert word in told.err, told


def pushed(person: Clerk, branch: str) -> Told:
    done = person.desk.shell("git", "push", "origin", f"+{branch}:main", cwd=person.folder)
    return Told(done.returncode, done.stdout, done.stderr)


def landed_again(walk: Walk) -> None:
    walk.agreed(walk.promoted("better"), walk.ben, walk.cara)
    assert walk.number() == walk.versions["better"]
    why = walk.cara.reads("why", ADDRESS)
    assert why["compared"][0]["difference"] > 0


def deployed(walk: Walk) -> None:
    """By CI, which fails once; what is live follows what was decided from there on only when it says so."""
    walk.ci.does("sync")
    for words in (("--status", "failed", "--detail", "out of memory"), ()):
        told = walk.ci.reads("deployments", "add", ADDRESS, "--target", "eu-cluster", *words)
        assert (told["version"], told["warnings"]) == (walk.versions["better"], [])
    walk.cara.does("sync")
    (live,) = walk.cara.reads("why", ADDRESS)["live"]
    assert (live["version"], live["by"], live["drift"]) == (walk.versions["better"], walk.ci.email, None)


def rolled_back_held_and_lifted(walk: Walk) -> None:
    better, worse = (str(walk.versions[name]) for name in ("better", "worse"))
    walk.ben.does("sync")
    told = walk.ben.reads("rollback", "fraud", "--stage", "production", "-m", "alarms", "--key", walk.ben.key)
    assert told["landed"]
    assert walk.number() == walk.versions["first"]
    (live,) = walk.cara.reads("why", ADDRESS)["live"]
    there, wanted = (walk.versions[name] for name in ("better", "first"))
    assert live["drift"] == f"eu-cluster runs version {there}, approved is version {wanted}."
    walk.ada.does("sync")
    assert walk.ada.run("promote", "fraud", better, "--to", "production", "-m", "why").code != 0
    walk.agreed(walk.proposed(walk.ada, "holds", "add", "fraud", worse, "--stage", "production"), walk.ben, walk.cara)
    walk.agreed(walk.proposed(walk.ada, "holds", "lift", "fraud", better, "--stage", "production"), walk.ben, walk.cara)


def overridden_and_regularised(walk: Walk) -> None:
    better = str(walk.versions["better"])
    told = walk.ada.reads(
        "override", "fraud", better, "--to", "production", "-m", "fraud is at it", "--key", walk.ada.key
    )
    assert told["landed"]
    assert walk.number() == walk.versions["better"]
    assert len(walk.cara.reads("status")["overrides"]) == 1
    walk.agreed(walk.promoted("better"), walk.ben, walk.cara)
    walk.cara.does("sync")
    assert walk.cara.reads("status")["overrides"] == []


def audited_and_anchored(walk: Walk) -> None:
    found = walk.cara.reads("audit", "verify")
    assert (found["outcome"], found["objections"]) == ("pass", [])
    walk.ci.does("sync")
    walk.ci.does("audit", "checkpoint", "--key", walk.ci.key, "-o", walk.note)
    walk.cara.does("sync")
    assert walk.cara.reads("audit", "verify", "--against", walk.note)["anchor"]["tail"] == 0


def another_waits(walk: Walk) -> None:
    """Checked by CI, approved by nobody yet: what cheats would land."""
    walk.trained("next", 0.3)
    walk.waiting = walk.promoted("next")
    walk.checked(walk.waiting)
    walk.eve.git("fetch", "--quiet")


CHAPTERS: Sequence[Callable[[Walk], None]] = (
    people_join,
    the_first_is_measured_and_the_rules_are_agreed,
    refused_with_the_numbers,
    the_evidence_is_changed_after_approval,
    landed_again,
    deployed,
    rolled_back_held_and_lifted,
    overridden_and_regularised,
    audited_and_anchored,
    another_waits,
)


@pytest.fixture(scope="module")
def walked(templates: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Walk:
    office = Office(tmp_path_factory.mktemp("walk") / "office")
    shutil.copytree(templates("with origin"), office.root, symlinks=True)
    walk = Walk(office)
    walk.ada.git("remote", "set-url", "origin", str(walk.origin))
    for chapter in CHAPTERS:
        chapter(walk)
    return walk


def test_the_log_tells_the_story_from_any_clone(walked: Walk) -> None:
    titles = [
        line.partition("Z  ")[2] for line in walked.cara.does("log", "fraud").splitlines() if "Z  fraud: " in line
    ]
    assert [re.sub("~[0-9a-f]{8}", "~", title) for title in reversed(titles)] == [
        "fraud: production -> 1",
        "fraud: production 1 -> 3",
        "fraud: production 3 -> 5",
        "fraud: production 5 -> 3 (rollback)",
        "fraud: production holds ~",
        "fraud: production lifts ~",
        "fraud: production 3 -> 5 (override)",
        "fraud: production 5 -> 5",
    ]


def test_the_past_and_the_present_can_be_asked(walked: Walk) -> None:
    found = walked.cara.reads("as-of", "2100-01-01T00:00:00Z", ADDRESS)
    assert found["approved"]["version"] == walked.versions["better"], found
    assert [(each["target"], each["drift"]) for each in found["live"]] == [("eu-cluster", None)]
    assert walked.cara.reads("lineage", ADDRESS)["versions"][0]["targets"] == ["eu-cluster"]
    assert len(walked.cara.reads("holds", "list")) == 1


# What a cheat would do to main; the rule that finds it, and where


def edited_evidence(walk: Walk) -> Files:
    path = f"{FOLDER}/evidence.json"
    return {path: file_at(walk.eve, path, MAIN).replace(b'"verdict": "pass"', b'"verdict": "fail"')}


def swapped_version(walk: Walk) -> Files:
    """The version of the proposal that waits, in place of the one that was approved."""
    path = f"{FOLDER}/version.json"
    return {path: file_at(walk.eve, path, walk.branch)}


def moved_approvals(walk: Walk) -> Files:
    """The waiting decision with what people signed about the last one."""
    said = {path: file_at(walk.eve, path, MAIN) for path in paths_of(walk.eve, f"{FOLDER}/approvals", MAIN)}
    return landing(walk.eve, walk.branch, {**said, **spoken(walk, walk.waiting)})


def own_key_added(walk: Walk) -> Files:
    kind, mine, *_ = walk.eve.public_key.read_text().split()
    path = "approvers.json"
    known = json.loads(file_at(walk.eve, path, MAIN))
    known["people"][walk.eve.email] = {"groups": ["leads"], "keys": [{"key": mine, "type": kind}]}
    return {path: json.dumps(known, sort_keys=True, indent=2).encode() + b"\n"}


def weakened_policy(walk: Walk) -> Files:
    """It asks for nobody, and comes with what would need two."""
    policy = json.loads(file_at(walk.eve, POLICY, MAIN))
    weak = Policy.from_json({**policy, "requirements": [RULE]}).to_bytes()
    return {**landing(walk.eve, walk.branch, spoken(walk, walk.waiting)), POLICY: weak}


def dropped_hold(walk: Walk) -> Files:
    return dict.fromkeys(paths_of(walk.eve, "models/fraud/holds", MAIN))


TAMPERS: dict[str, tuple[Callable[[Walk], Files], str, str]] = {
    "evidence edited": (edited_evidence, "owned-path", f"{FOLDER}/evidence.json"),
    "version swapped": (swapped_version, "owned-path", f"{FOLDER}/version.json"),
    "approvals moved to another decision": (moved_approvals, "approvals", FOLDER),
    "a key of one's own added": (own_key_added, "owned-path", "approvers.json"),
    "policy weakened in the same landing": (weakened_policy, "extra-path", POLICY),
    "hold dropped": (dropped_hold, "owned-path", "models/fraud/holds/"),
}


@pytest.fixture
def forced(walked: Walk) -> Iterator[Callable[[], str]]:
    """Put what lies on `by-hand` into the bare repository, past its hook; afterwards it was never there."""
    old = walked.eve.git("rev-parse", MAIN).strip()

    def force() -> str:
        walked.eve.git("fetch", "--quiet", str(walked.eve.folder), "+by-hand:main", cwd=walked.origin)
        return walked.eve.git("rev-parse", "by-hand").strip()

    yield force
    walked.eve.git("update-ref", "refs/heads/main", old, cwd=walked.origin)


def audited(walk: Walk, folder: Path) -> Told:
    """By Cara in a clone that she has only just made, with the checkpoint that she kept."""
    fresh = walk.cara.at(folder)
    fresh.git("clone", "--quiet", str(walk.origin), "fresh")
    return fresh.at(folder / "fresh").run("audit", "verify", "--against", walk.note, "--json")


@pytest.mark.parametrize("name", TAMPERS)
def test_what_is_forced_past_the_hook_is_named(
    walked: Walk, forced: Callable[[], str], tmp_path: Path, name: str
) -> None:
    tamper, rule, path = TAMPERS[name]
    assert_refused_by_the_hook(walked, "eve", tamper(walked), f"({rule})")
    commit = forced()
    told = audited(walked, tmp_path)
    assert told.code == 1
    found = [each for each in told.json["objections"] if each["rule"] == rule and each["path"].startswith(path)]
    assert {(each["commit"], each["author"]) for each in found} == {(commit, f"Eve <{walked.eve.email}>")}


def test_a_rewritten_tail_is_named_by_the_checkpoint_kept_elsewhere(
    walked: Walk, forced: Callable[[], str], tmp_path: Path
) -> None:
    """The regularising promotion never was; a harmless commit takes its place."""
    walked.eve.git("branch", "--quiet", "--force", "by-hand", f"{MAIN}~1")
    commit_by_hand(walked.eve, {"README.md": b"nothing happened\n"}, "refs/heads/by-hand")
    assert "gitreg refuses" in pushed(walked.eve, "by-hand").err
    forced()
    told = audited(walked, tmp_path)
    assert told.code == 1
    kept, on_ledger = told.json["objections"]
    assert (kept["rule"], kept["path"]) == ("checkpoint", "the checkpoint that was brought along")
    assert (on_ledger["rule"], on_ledger["author"]) == ("checkpoint", f"Ci <{walked.ci.email}>")
