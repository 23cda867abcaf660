"""A candidate has to be better than what is in production, on the same rows, and anybody can look again."""

from __future__ import annotations

import json
import random
import subprocess
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import gitreg
from gitreg.documents import Digest, Evidence, Policy
from tests.e2e.clerk import commit_by_hand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.e2e.conftest import Office

ROWS = 400
DRAWN = random.Random(7)  # noqa: S311 - an example
TRUTH = [DRAWN.randrange(2) for _ in range(ROWS)]
REGION = ["EU" if row % 2 else "US" for row in range(ROWS)]


def scores(noise: float, *, blind: str = "") -> list[float]:
    """Good scores, the better the less noise; guesses in a region that the model is blind in."""
    drawn = random.Random(noise)  # noqa: S311 - an example
    return [
        drawn.random() if where == blind else min(1.0, max(0.0, 0.25 + 0.5 * truth + noise * (drawn.random() - 0.5)))
        for truth, where in zip(TRUTH, REGION, strict=True)
    ]


RULE: dict[str, Any] = {
    "rule": "better",
    "kind": "comparison",
    "metric": "auc",
    "dataset": "holdout",
    "better_by": 0.0,
    "resamples": 200,
}


class Stage:
    """Production, with a policy that compares."""

    def __init__(self, office: Office, tmp_path: Path) -> None:
        self.office = office
        self.folder = tmp_path

    def asks(self, *rules: dict[str, Any]) -> None:
        path = self.office.registry / "policies/production.json"
        policy = json.loads(path.read_text())
        approvals = [rule for rule in policy["requirements"] if rule["kind"] == "approvals"]
        wanted = Policy.from_json({**policy, "requirements": [*approvals, *rules]})
        path.write_bytes(wanted.to_bytes())
        ada, ben = self.office.ada, self.office.ben
        proposal = ada.reads("govern", "-m", "compare", "--key", ada.key, "policies/production.json")["proposal"]["id"]
        ben.does("approve", proposal, "--key", ben.key)
        ada.does("merge", proposal)

    def trained(self, said: Sequence[float], *, data: bytes = b"holdout", rows: int = ROWS, **more: Any) -> int:  # noqa: ANN401 - what some tests need
        """A registered version that was evaluated; its number. `ages` it was trained on, `tags` are its run's."""
        folder = self.folder / "model"
        folder.mkdir(exist_ok=True)
        (folder / "weights.bin").write_bytes(repr(said).encode())
        with gitreg.open(self.office.registry) as registry:
            with registry.start_run("churn", strict=True) as run:
                run.log_dataset("holdout", data, role="test")
                run.set_tags(more.get("tags", {}))
                if "ages" in more:
                    run.log_dataset("customers", pd.DataFrame({"age": more["ages"]}), profile=True)
                run.log_evaluation("holdout", said[:rows], TRUTH[:rows], slices={"region": REGION[:rows]})
                run.log_model(folder)
            return registry.register(f"runs:/{run.run_id}/model", "fraud").number or 0

    def lands(self, number: int) -> None:
        proposal = self.office.promoted(number)
        self.office.ben.does("approve", proposal, "--key", self.office.ben.key)
        self.office.ada.does("merge", proposal)

    def check(self, number: int) -> dict[str, Any]:
        told = self.office.ada.run("policy", "check", f"models:/fraud/{number}", "--for", "production", "--json")
        assert told.code == {"pass": 0, "fail": 1, "cannot tell": 6}[json.loads(told.out)["verdict"]], told
        return dict(told.json)


@pytest.fixture
def stage(protected: Office, tmp_path: Path) -> Stage:
    return Stage(protected, tmp_path)


def test_a_better_version_lands_and_a_worse_one_is_refused_with_numbers(stage: Stage) -> None:
    stage.lands(stage.trained(scores(0.9)))
    stage.asks(RULE)
    better, worse = stage.trained(scores(0.3)), stage.trained(scores(1.5))
    assert stage.check(worse)["verdict"] == "fail"
    told = stage.office.ada.run("promote", "fraud", str(worse), "--to", "production", "-m", "why")
    assert told.code == 6
    assert "auc on holdout is worse by" in told.err
    tried = stage.office.ada.run(
        "promote", "fraud", str(worse), "--to", "production", "-m", "why", "--dry-run", "--json"
    )
    assert tried.code == 6
    assert tried.json["policy"]["verdict"] == "fail"
    assert set(tried.json["policy"]["ways"]) == {"better"}
    assert tried.json["policy"]["able"] == ["ada@example.org", "ben@example.org"]
    assert stage.check(better)["verdict"] == "pass"
    stage.lands(better)
    assert stage.office.ada.reads("resolve", "models:/fraud@production")["version"] == better
    assert stage.office.ada.run("audit", "verify").code == 0


def test_no_region_gets_worse_in_silence(stage: Stage) -> None:
    stage.lands(stage.trained(scores(0.8)))
    stage.asks({**RULE, "better_by": None, "not_worse_by": 0.5, "slices": ["region"], "slices_not_worse_by": 0.05})
    found = stage.check(stage.trained(scores(0.3, blind="EU")))
    assert found["verdict"] == "fail"
    assert "where region=EU is worse by" in found["rules"][0]["text"]
    seen = {each["slice"]: each["rows"] for each in found["observations"] if each["kind"] == "compared"}
    assert seen == {"": 400, "region=EU": 200, "region=US": 200}


def test_other_data_cannot_tell_and_says_what_to_do(stage: Stage) -> None:
    stage.lands(stage.trained(scores(0.9)))
    stage.asks(RULE)
    found = stage.check(stage.trained(scores(0.3), data=b"another holdout"))
    assert found["verdict"] == "cannot tell"
    assert "was not evaluated on the content of holdout" in found["rules"][0]["text"]
    assert "gitreg evaluations add" in found["rules"][0]["text"]


def test_a_version_is_evaluated_afterwards_from_a_file(stage: Stage, tmp_path: Path) -> None:
    old = stage.trained(scores(0.9))
    stage.lands(old)
    new = stage.office.ada.registers(b"unmeasured")
    stage.asks(RULE)
    assert stage.check(new)["verdict"] == "cannot tell"
    lines = ["target,score,region", *(f"{t},{s!r},{r}" for t, s, r in zip(TRUTH, scores(0.3), REGION, strict=True))]
    (tmp_path / "scores.csv").write_text("\n".join(lines) + "\n")
    given = ("--dataset", "holdout", "--predictions", tmp_path / "scores.csv", "--slice", "region")
    made = stage.office.ada.reads("evaluations", "add", f"models:/fraud/{new}", *given)
    assert (made["task"], made["rows"], len(made["slices"])) == ("binary", ROWS, 2)
    assert stage.check(new)["verdict"] == "pass"
    listed = stage.office.ada.reads("evaluations", "list", f"models:/fraud/{new}")
    assert [each["digest"] for each in listed] == [made["digest"]]
    again = stage.office.ada.reads("evaluations", "add", f"models:/fraud/{new}", *given)
    assert again["digest"] == made["digest"]


def edited(stage: Stage, proposal: str, edit: Callable[[dict[str, Any]], None]) -> None:
    """The proposal's branch with its evidence edited, and a decision that names it: what a cheat would make."""
    path = "models/fraud/stages/production"
    evidence = json.loads(stage.office.ada.git("show", f"proposals/{proposal}:{path}/evidence.json"))
    edit(evidence)
    data = Evidence.from_json(evidence).to_bytes()
    decision = json.loads(stage.office.ada.git("show", f"proposals/{proposal}:{path}/decision.json"))
    decision["files"][f"{path}/evidence.json"] = str(Digest.of(data))
    text = json.dumps(decision, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    files: dict[str, bytes | None] = {f"{path}/evidence.json": data, f"{path}/decision.json": text.encode()}
    commit_by_hand(stage.office.ada, files, f"refs/heads/proposals/{proposal}")


def test_made_up_numbers_are_found_by_whoever_has_the_bytes(stage: Stage) -> None:
    stage.lands(stage.trained(scores(0.9)))
    stage.asks(RULE)
    proposal = stage.office.promoted(stage.trained(scores(0.3)))

    def better_still(evidence: dict[str, Any]) -> None:
        look = next(each for each in evidence["observations"] if each["kind"] == "compared")
        look["candidate_value"] = 0.999

    edited(stage, proposal, better_still)
    told = stage.office.ada.run("validate", "--base", "main", "--head", f"proposals/{proposal}", "--json")
    assert told.code == 1
    assert "evidence-differs" in {each["rule"] for each in told.json}


def test_bytes_that_are_gone_cannot_tell(stage: Stage) -> None:
    stage.lands(stage.trained(scores(0.9)))
    stage.asks(RULE)
    number = stage.trained(scores(0.3))
    proposal = stage.office.promoted(number)
    blob = stage.office.ada.reads("evaluations", "list", f"models:/fraud/{number}")[0]["predictions"]["digest"]
    found = subprocess.run(
        ["find", stage.office.root, "-name", blob.removeprefix("sha256:"), "-delete", "-print"],
        capture_output=True,
        check=True,
    )
    assert found.stdout
    told = stage.office.ada.run("validate", "--base", "main", "--head", f"proposals/{proposal}", "--json")
    unseen = [each for each in told.json if each["rule"] == "evidence-unseen"]
    assert [each["outcome"] for each in unseen] == ["cannot tell"]


@pytest.mark.parametrize(("shared", "verdict"), [(0, "pass"), (3, "fail"), (None, "cannot tell")])
def test_training_and_test_rows_are_counted_apart(stage: Stage, shared: int | None, verdict: str) -> None:
    stage.asks({"rule": "apart", "kind": "datasets", "roles": ["train", "test"], "disjoint": True})
    train = pd.DataFrame({"x": range(100)})
    test = pd.DataFrame({"x": range(100 - (shared or 0), 120)})
    model = stage.folder / "apart"
    model.mkdir()
    (model / "weights.bin").write_bytes(b"apart")
    with gitreg.open(stage.office.registry) as registry:
        with registry.start_run("churn", strict=True) as run:
            run.log_dataset("old", train, role="train", row_hashes=shared is not None)
            run.log_dataset("new", test, role="test", row_hashes=shared is not None)
            run.log_model(model, "model")
        number = registry.register(f"runs:/{run.run_id}/model", "fraud").number or 0
    found = stage.check(number)
    assert found["verdict"] == verdict
    assert [each["rows"] for each in found["observations"] if each["kind"] == "shared"] == (
        [] if shared is None else [shared]
    )
    assert stage.office.ada.run("fsck").code == 0


def test_a_rule_about_the_run_reads_its_tags_from_the_ledger(stage: Stage) -> None:
    schema = {"properties": {"tags": {"required": ["ticket"]}, "status": {"const": "finished"}}}
    stage.asks({"rule": "ticket", "kind": "metadata", "subject": "run", "schema": schema})
    number = stage.trained(scores(0.9))
    found = stage.check(number)
    assert (found["verdict"], found["rules"][0]["text"]) == ("fail", "tags: ticket is missing.")
    stage.lands(stage.trained(scores(0.8), tags={"ticket": "RISK-1"}))
    assert stage.office.ada.run("audit", "verify").code == 0


def test_what_a_proposal_would_bring_has_an_address(protected: Office, tmp_path: Path) -> None:
    proposal = protected.promoted(2)
    address = f"models:/fraud@proposal:{proposal}"
    found = protected.ada.reads("resolve", address)
    assert (found["version"], found["stage"], found["decision"]) == (2, None, None)
    protected.ada.does("pull", address, "-o", tmp_path / "out")
    assert (tmp_path / "out/weights.bin").read_bytes() == b"two"
    assert protected.ada.run("resolve", f"models:/other@proposal:{proposal}").code == 3
    assert protected.ada.run("resolve", "models:/fraud@proposal:nothing").code == 3


def test_the_servers_hook_looks_at_the_bytes_itself(shared: Office, tmp_path: Path) -> None:
    """Ada makes a number up and signs that, Ben signs what Ada says; the server has the predictions."""
    stage = Stage(shared, tmp_path)
    ada, ben = shared.ada, shared.ben
    stage.lands(stage.trained(scores(0.9)))
    stage.asks(RULE)
    proposal = shared.promoted(stage.trained(scores(0.3)))

    def better_still(evidence: dict[str, Any]) -> None:
        next(each for each in evidence["observations"] if each["kind"] == "compared")["candidate_value"] = 0.999

    edited(stage, proposal, better_still)
    ada.git("push", "--quiet", "--force", "origin", f"proposals/{proposal}")
    for person in (ada, ben):
        person.run("approve", proposal, "--key", person.key)
    told = ada.run("merge", proposal)
    assert told.code == 6, told
    assert "What the evidence says for 'better' is not so." in told.err
    assert ada.git("rev-parse", "main") == ada.git("rev-parse", "origin/main")
