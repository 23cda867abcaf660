"""What we promise of a registry as a whole, seen through the installed program and plain git."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from gitreg.documents import classify_fact, classify_main
from tests.e2e.desk import Desk, protected_registry, trained_run


@pytest.fixture
def ada(tmp_path: Path) -> Desk:
    return Desk.of("ada", tmp_path)


@pytest.fixture
def ben(tmp_path: Path) -> Desk:
    return Desk.of("ben", tmp_path)


@pytest.fixture
def registry(ada: Desk, tmp_path: Path) -> Path:
    """A registry of one's own with version 1 in production, unreviewed."""
    path = tmp_path / "registry"
    ada.does("init", str(path))
    run = trained_run(ada, path)
    ada.does("register", f"runs:/{run}/model", "--name", "fraud", cwd=path)
    ada.does("promote", "fraud", "1", "--to", "production", "-m", "first", cwd=path)
    return path


def test_the_history_of_a_person_alone_is_two_commits_and_reads_as_sentences(ada: Desk, registry: Path) -> None:
    subjects = ada.git("log", "--format=%s", "main", cwd=registry).splitlines()
    assert subjects == ["fraud: production -> 1 (unreviewed)", "registry: created"]
    files = ada.git("ls-tree", "-r", "--name-only", "main", cwd=registry).split()
    folder = "models/fraud/stages/production"
    assert files == [".gitattributes", "README.md", "gitreg.json", f"{folder}/decision.json", f"{folder}/version.json"]


def test_git_finds_nothing_wrong(ada: Desk, registry: Path) -> None:
    said = ada.shell("git", "fsck", "--strict", "--full", cwd=registry)
    assert said.returncode == 0
    assert "error" not in said.stderr
    assert ada.git("status", "--porcelain", cwd=registry) == ""


@pytest.mark.parametrize("branch", ["main", "ledger"])
def test_every_document_is_found_by_plain_git_and_is_what_its_path_says(ada: Desk, registry: Path, branch: str) -> None:
    classify = classify_main if branch == "main" else classify_fact
    documents = [
        path for path in ada.git("ls-tree", "-r", "--name-only", branch, cwd=registry).split() if classify(path)
    ]
    assert len(documents) >= 3
    for path in documents:
        kind = classify(path)
        assert kind
        assert kind.document
        kind.document.from_bytes(ada.git("show", f"{branch}:{path}", cwd=registry).encode(), path)


def test_every_blob_is_named_by_its_sha256sum(registry: Path) -> None:
    blobs = [path for path in (registry / ".git" / "gitreg" / "blobs").rglob("*") if path.is_file()]
    assert len([path for path in blobs if "sha256" in path.parts]) >= 3
    for path in blobs:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def test_a_plain_commit_of_everything_never_reverts_a_promotion(ada: Desk, registry: Path) -> None:
    (registry / "README.md").write_text("edited by hand\n")
    second = trained_run(ada, registry, auc=0.95, content=b"better")
    ada.does("register", f"runs:/{second}/model", "--name", "fraud", cwd=registry)
    ada.does("promote", "fraud", "2", "--to", "production", "-m", "better", cwd=registry)
    ada.git("commit", "-a", "-m", "readme", cwd=registry)
    assert ada.reads("resolve", "models:/fraud@production", cwd=registry)["version"] == 2
    assert ada.git("show", "--format=", "--name-only", "main", cwd=registry).split() == ["README.md"]


def test_a_checked_out_pointer_with_edits_of_ones_own_is_never_overwritten(ada: Desk, registry: Path) -> None:
    pointer = registry / "models/fraud/stages/production/decision.json"
    pointer.write_text(pointer.read_text() + "\n")
    before = ada.git("for-each-ref", cwd=registry)
    done = ada.run("withdraw", "fraud", "--stage", "production", "-m", "why", cwd=registry)
    assert done.returncode == 4
    assert "models/fraud/stages/production/decision.json" in done.stderr
    assert ada.git("for-each-ref", cwd=registry) == before


def test_the_same_registry_is_read_from_a_plain_clone(ada: Desk, registry: Path, tmp_path: Path) -> None:
    ada.git("clone", "--quiet", str(registry), str(tmp_path / "clone"))
    found = ada.reads("resolve", "models:/fraud@production", cwd=tmp_path / "clone")
    assert (found["model"], found["version"]) == ("fraud", 1)
    ada.does("pull", "models:/fraud@production", "-o", "got", cwd=tmp_path / "clone")
    assert (tmp_path / "clone" / "got" / "weights.bin").read_bytes() == b"weights"


@pytest.mark.slow
@pytest.mark.usefixtures("openssh")
def test_a_signed_review_can_be_checked_with_ssh_keygen_alone(ada: Desk, ben: Desk, tmp_path: Path) -> None:
    path = tmp_path / "registry"
    protected_registry(ada, ben, path)
    run = trained_run(ada, path)
    ada.does("register", f"runs:/{run}/model", "--name", "fraud", cwd=path)
    ada.does("promote", "fraud", "1", "--to", "production", "-m", "first", "--key", str(ada.key), cwd=path)
    proposal = ada.reads("proposals", "list", cwd=path)[0]["id"]
    assert ada.run("merge", proposal, cwd=path).returncode == 6
    ben.does("approve", proposal, "--key", str(ben.key), cwd=path)
    ada.does("merge", proposal, cwd=path)
    assert ada.reads("resolve", "models:/fraud@production", cwd=path)["version"] == 1
    statements = sorted((path / "models/fraud/stages/production/approvals").glob("*.json"))
    principals = {json.loads(each.read_text())["actor"]["principal"]: each for each in statements}
    assert set(principals) == {"ada@example.org", "ben@example.org"}
    review = principals["ben@example.org"]
    checked = ben.shell(
        *("ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", "ben@example.org"),
        *("-n", "gitreg-approval-v1", "-s", f"{review}.sig"),
        cwd=path,
        stdin=review.read_text(),
    )
    assert checked.returncode == 0, checked.stderr
    assert 'Good "gitreg-approval-v1" signature for ben@example.org' in checked.stdout


def test_a_review_pushed_from_another_desk_over_a_path_is_enough(ada: Desk, ben: Desk, tmp_path: Path) -> None:
    origin = tmp_path / "origin.git"
    ada.does("init", str(origin), "--bare", "--protect", "production")
    for desk in (ada, ben):
        ada.git("clone", "--quiet", str(origin), str(tmp_path / desk.name))
    hers, his = tmp_path / "ada", tmp_path / "ben"
    for person in (ada, ben):
        public = str(person.home / "key.pub")
        ada.does("approvers", "add", person.email, "--key", public, "-m", "team", cwd=hers)
    run = trained_run(ada, hers)
    ada.does("register", f"runs:/{run}/model", "--name", "fraud", cwd=hers)
    ada.does("promote", "fraud", "1", "--to", "production", "-m", "first", "--key", str(ada.key), cwd=hers)
    ben.does("sync", cwd=his)
    proposal = ben.reads("proposals", "list", cwd=his)[0]["id"]
    ben.does("approve", proposal, "--key", str(ben.key), cwd=his)
    ada.does("merge", proposal, cwd=hers)
    ben.does("sync", cwd=his)
    assert ben.reads("resolve", "models:/fraud@production", cwd=his)["version"] == 1
    assert ben.git("status", "--porcelain", cwd=his) == ""
    assert ada.git("for-each-ref", "refs/heads/proposals", "refs/gitreg/approvals", cwd=origin) == ""
