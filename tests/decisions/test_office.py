"""The edge: an index makes lines quick and changes no answer; files edited by hand; a registry without a remote."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gitreg.decisions import Line, Look, Office, Proposals, creation_edits, default_settings, governed_edits, line_of
from gitreg.documents import Approvers, Policy, ThresholdRequirement, paths
from gitreg.errors import (
    DirtyPath,
    IdentityMissing,
    InvalidName,
    InvalidValue,
    NotApproved,
    Refused,
    RegistryNotFound,
    RevisionNotFound,
    RuleFailed,
)
from gitreg.index import Index
from gitreg.policy import default_policy
from gitreg.signing import FileSigner
from gitreg.store import CommitText, Store
from tests.decisions.clones import Clock, Person, Town, protected_files, surroundings
from tests.decisions.world import FOLDER, REGISTRY, TARGET, TEAM, candidate, private_key, settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Solo:
    """One person, one repository, no remote, nothing protected."""

    def __init__(self, folder: Path, files: dict[str, bytes | None], name: str = "ada") -> None:
        self.clock = Clock()
        self.store = Store.init(folder / "registry", surroundings(folder / "home", name, self.clock))
        who = self.store.author().person
        self.store.update("refs/heads/main", lambda _: files, CommitText("registry: created\n", who, who, self.clock()))
        self.key = folder / "key"
        self.key.write_bytes(private_key(name))
        self.key.chmod(0o600)

    @property
    def proposals(self) -> Proposals:
        return Proposals(Office(self.store))

    @property
    def signer(self) -> FileSigner:
        return FileSigner.open(self.key)

    @property
    def root(self) -> Path:
        assert self.store.work_tree is not None
        return self.store.work_tree


@pytest.fixture
def solo(tmp_path: Path) -> Solo:
    return Solo(tmp_path, dict(creation_edits(default_settings(REGISTRY))))


def test_a_person_alone_sees_two_commits_and_four_files(solo: Solo) -> None:
    solo.proposals.promote(candidate(1), "production", "why not")
    main = list(solo.store.first_parents("main"))
    assert [solo.store.commit(each).subject for each in main] == [
        "fraud: production -> 1 (unreviewed)",
        "registry: created",
    ]
    files = [path for path, _ in solo.store.snapshot("main").walk()]
    assert files == [".gitattributes", "README.md", "gitreg.json", f"{FOLDER}/decision.json", f"{FOLDER}/version.json"]
    assert (solo.root / f"{FOLDER}/version.json").read_bytes() == candidate(1).version.to_bytes()
    assert solo.proposals.resolve("fraud", "production").is_unreviewed


def test_governed_files_edited_by_hand_land_in_canonical_form(solo: Solo) -> None:
    data = (solo.root / "gitreg.json").read_bytes()
    (solo.root / "gitreg.json").write_bytes(data.replace(b"  ", b" "))
    with governed_edits(Office(solo.store)) as edits:
        assert edits == {}
    assert (solo.root / "gitreg.json").read_bytes() == data
    (solo.root / "approvers.json").write_bytes(TEAM.to_bytes().replace(b"  ", b"\t"))
    with governed_edits(Office(solo.store)) as edits:
        assert edits == {"approvers.json": TEAM.to_bytes()}
        outcome = solo.proposals.govern(edits, "people")
    assert outcome.decision is None
    assert outcome.title == "governance: allowed_signers, approvers.json"
    assert (solo.root / "allowed_signers").exists()
    assert (
        subprocess.run(["git", "status", "--porcelain"], cwd=solo.root, capture_output=True, check=True).stdout == b""
    )
    (solo.root / "approvers.json").unlink()
    for wanted, expected in (("policies", {}), ("approvers.json", {"approvers.json": None})):
        with governed_edits(Office(solo.store), [wanted]) as edits:
            assert edits == expected


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_is_refused_or_only_tried_leaves_the_edited_file_as_it_was(solo: Solo, dry_run: bool) -> None:  # noqa: FBT001
    edited = TEAM.to_bytes().replace(b"  ", b"\t")
    (solo.root / "approvers.json").write_bytes(edited)

    def try_it() -> None:
        with governed_edits(Office(solo.store), dry_run=dry_run) as edits:
            assert edits == {"approvers.json": TEAM.to_bytes()}
            raise Refused("No.")

    with pytest.raises(Refused):
        try_it()
    assert (solo.root / "approvers.json").read_bytes() == edited


def test_what_is_edited_by_hand_has_to_be_governed_and_a_file(solo: Solo) -> None:
    with pytest.raises(InvalidName, match="not governed"):
        solo.proposals.govern({"README.md": b"x"}, "why")
    with pytest.raises(InvalidValue, match="nothing to decide"):
        solo.proposals.govern({}, "why")
    (solo.root / "policies").mkdir()
    (solo.root / "policies/x.json").symlink_to("/etc/passwd")
    with pytest.raises(InvalidName, match="is a link"), governed_edits(Office(solo.store)):
        pass
    subprocess.run(["git", "switch", "-qc", "mine"], cwd=solo.root, check=True)
    with pytest.raises(InvalidValue, match="main is checked out"), governed_edits(Office(solo.store)):
        pass


def test_a_dirty_pointer_is_not_overwritten(solo: Solo) -> None:
    solo.proposals.promote(candidate(1), "production", "why")
    (solo.root / f"{FOLDER}/version.json").write_bytes(b"my notes")
    with pytest.raises(DirtyPath):
        solo.proposals.promote(candidate(2), "production", "why")
    assert solo.proposals.resolve("fraud", "production").move.number == 1


def test_protecting_a_stage_is_a_decision_that_lands_unreviewed_until_people_are_able(solo: Solo) -> None:
    solo.proposals.govern({paths.APPROVERS: TEAM.to_bytes()}, "people")
    rules: dict[str, bytes | None] = {
        paths.SETTINGS: settings(staging=False, production=True).to_bytes(),
        paths.policy("production"): default_policy().to_bytes(),
    }
    wish = "production is protected from now on"
    assert solo.proposals.govern(rules, wish, dry_run=True).landed is None
    founding = solo.proposals.govern(rules, wish)
    assert founding.landed is not None
    assert founding.unreviewed
    with pytest.raises(Refused, match="nobody could ever approve"):
        solo.proposals.govern({paths.APPROVERS: Approvers(people={}).to_bytes()}, "nobody", signer=solo.signer)
    proposal = solo.proposals.promote(candidate(1), "production", "why", signer=solo.signer).proposal
    assert proposal is not None
    with pytest.raises(NotApproved):
        solo.proposals.merge(proposal.id)


def test_a_version_below_the_bar_is_refused_in_words(tmp_path: Path) -> None:
    bar = ThresholdRequirement(kind="threshold", rule="floor", metric="auc", at_least=0.95)
    solo = Solo(tmp_path, protected_files(policy=Policy(requirements=(bar,))))
    with pytest.raises(RuleFailed, match=r"auc is 0[.]9, at least 0[.]95 is required") as told:
        solo.proposals.promote(candidate(1), "production", "why", signer=solo.signer)
    assert told.value.hint.startswith("It takes 0.05 more than 0.9, to reach 0.95.")
    assert told.value.hint.endswith("gitreg versions fraud")
    assert solo.store.refs("refs/heads/proposals/") == {}
    landed = solo.proposals.promote(candidate(2, auc=0.96), "production", "why", signer=solo.signer)
    assert landed.landed, "its policy asks for no one but the proposer"


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ({"metric": "auc", "at_most": 0.5}, "It takes 0.4 less than 0.9, to come down to 0.5."),
        ({"metric": "recall", "at_least": 0.5}, "Log the metric in a run, and register that: gitreg register"),
    ],
)
def test_a_refused_version_comes_with_what_would_pass(tmp_path: Path, rule: dict[str, object], hint: str) -> None:
    bar = ThresholdRequirement.model_validate({"kind": "threshold", "rule": "bar", **rule})
    solo = Solo(tmp_path, protected_files(policy=Policy(requirements=(bar,))))
    with pytest.raises(RuleFailed) as told:
        solo.proposals.promote(candidate(1), "production", "why", signer=solo.signer)
    assert told.value.hint.startswith(hint)


def test_deciding_needs_somebody_who_decides(tmp_path: Path) -> None:
    solo = Solo(tmp_path, dict(creation_edits(default_settings(REGISTRY))))
    nobody = surroundings(tmp_path / "other", "ada", solo.clock)
    quiet = type(nobody)({}, "host", "boot", "machine", solo.clock, tmp_path / "other")
    with pytest.raises(IdentityMissing):
        Proposals(Office(Store.open(solo.root, quiet))).promote(candidate(1), "production", "why")
    odd = type(nobody)(
        {"GIT_AUTHOR_EMAIL": "not an address"}, "host", "boot", "machine", solo.clock, tmp_path / "other"
    )
    with pytest.raises(InvalidValue, match="not an e-mail"):
        Proposals(Office(Store.open(solo.root, odd))).promote(candidate(1), "production", "why")


def test_an_empty_repository_has_no_main(tmp_path: Path) -> None:
    store = Store.init(tmp_path / "empty", surroundings(tmp_path / "home", "ada", Clock()))
    assert Proposals(Office(store)).list() == []
    with pytest.raises(RegistryNotFound):
        Proposals(Office(store)).stages()
    with pytest.raises(RevisionNotFound):
        Office(store).commit_at("")
    assert isinstance(line_of(store, None), Line)


@pytest.fixture
def team(tmp_path: Path) -> tuple[Person, Person]:
    town = Town(tmp_path)
    town.create(protected_files())
    return town.person("ada"), town.person("ben")


def indexed(person: Person) -> Office:
    store = person.store
    index = Index.open(store.git_dir / "gitreg", store, main=store.branches.main, ledger=store.branches.ledger)
    return Office(store, index)


def test_an_index_changes_no_answer(team: tuple[Person, Person]) -> None:
    ada, ben = team
    for number in (1, 2, 3):
        proposal = ada.promote(candidate(number)).proposal
        assert proposal is not None
        ben.proposals.approve(proposal.id, ben.signer)
        ben.proposals.merge(proposal.id)
        ben.promote(candidate(number), "staging")
    ben.proposals.rollback(TARGET, "back", signer=ben.signer)
    ada.promote(candidate(1), "staging")
    ada.office.refresh()
    plain, quick = Proposals(ada.office), Proposals(indexed(ada))
    asks: list[Callable[[Proposals], object]] = [
        lambda each: each.log(),
        lambda each: each.resolve("fraud", "production"),
        lambda each: each.holds(),
        lambda each: each.changes("main~4", "main"),
        lambda each: each.validate("main~6", "main", is_push=True),
        lambda each: Look(each.office, None, each.office.main, is_push=True).findings(),
        lambda each: each.stages(),
    ]
    for ask in (*asks, *asks):  # the second time the index has verdicts
        assert ask(quick) == ask(plain)


def test_a_line_goes_on_where_the_index_ends(team: tuple[Person, Person]) -> None:
    ada, _ = team
    office = indexed(ada)
    ada.promote(candidate(1), "staging")
    tip = office.main
    edits: dict[str, bytes | None] = {"README.md": b"mine\n"}
    extra = ada.store.write_commit((tip,), ada.store.snapshot(tip), edits, office.text("mine\n"))
    line, plain = office.history(extra), Office(ada.store).history(extra)
    assert list(line.commits) == list(plain.commits)
    assert line.commits[-1] == extra
    assert line.commits[1:] == plain.commits[1:]
    assert [line.position(each) for each in plain.commits] == [0, 1, 2]
    for path in ("README.md", "gitreg.json", f"{TARGET.folder}/decision.json"):
        assert list(line.changes(path)) == list(plain.changes(path))
    assert list(line.folder_changes("policies")) == list(plain.folder_changes("policies"))
    assert line.is_whole


def test_a_line_with_a_graft_is_not_whole(team: tuple[Person, Person]) -> None:
    ada, _ = team
    (ada.store.git_dir / "info").mkdir(exist_ok=True)
    (ada.store.git_dir / "info" / "grafts").write_text(f"{ada.office.main}\n")
    assert not ada.office.history().is_whole
    assert not indexed(ada).history().is_whole
