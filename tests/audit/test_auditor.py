"""The audit finds, from the commits alone, everything that was done to a history, and nothing in a good one."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitreg.audit import Auditor, AuditReport, path_of_note, roots_at
from gitreg.audit.auditor import rules_digest
from gitreg.audit.roots import Roots
from gitreg.decisions import Candidate, Office, check_facts, report_compromise
from gitreg.documents import Alias, Approvers, Checkpoint, Compromise, Digest, RegistryId, Rights, WriterId, paths
from gitreg.errors import CannotTell, InvalidDocument
from gitreg.index import Index
from gitreg.signing import SignedNote
from gitreg.store import CommitId, CommitText, Person, Store
from tests.decisions.clones import Clock, surroundings
from tests.decisions.test_attacks import ATTACKS
from tests.decisions.world import (
    GOVERNANCE,
    START,
    TEAM,
    World,
    actor,
    left_to,
    private_key,
    proposed,
    protected,
    public_key,
    unprotected,
    version,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg.documents import Edits, MemoryTree

ADA = Person("Ada", "ada@example.org")
MALLORY = Person("Mallory", "mallory@example.org")


class Site:
    """A bare repository into which histories are put, good or bad."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.init(folder / "registry.git", surroundings(folder / "home", "ada", Clock()), bare=True)
        self.main, self.ledger = self.store.branches.main, self.store.branches.ledger

    def put(self, world: World, start: int = 0) -> list[CommitId]:
        """The world's line as commits on main, from position `start` on."""
        tip = self.store.tip(self.main)
        before = world.trees[start - 1] if start else None
        made = []
        for tree in world.trees[start:]:
            tip = self.store.commit_edits(tip, _difference(before, tree), self.text("a landing"))
            assert tip is not None
            made.append(tip)
            before = tree
        self.store.set_ref(self.main, made[-1], self.store.tip(self.main))
        return made

    def text(self, message: str, author: Person = ADA) -> CommitText:
        return CommitText(f"{message}\n", author, author, START)

    def commit(self, ref: str, edits: Edits, author: Person = ADA) -> CommitId:
        """One more commit of these edits."""
        before = self.store.tip(ref)
        made = self.store.commit_edits(before, edits, self.text("a change", author))
        assert made is not None
        self.store.set_ref(ref, made, before)
        return made

    def fact(self, number: int = 1, claimed: int | None = None) -> str:
        """A version on the ledger; its path."""
        document = version(number)
        path = paths.version("fraud", number if claimed is None else claimed, document.digest)
        self.commit(self.ledger, {path: document.to_bytes()})
        return path

    def audit(
        self, root: Digest | None = None, since: CommitId | None = None, against: bytes | None = None
    ) -> AuditReport:
        index = Index.open(None, self.store, main=self.main, ledger=self.ledger)
        try:
            return Auditor(Office(self.store, index)).audit(root, since, against)
        finally:
            index.close()


def _difference(before: MemoryTree | None, after: MemoryTree) -> Edits:
    old = {path for path, _ in before.walk()} if before is not None else set()
    new = dict(after.walk())
    return {**dict.fromkeys(old - new.keys()), **{path: after.read(path) for path in new}}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.store.close()


def rules_of(report: AuditReport, severity: str = "block") -> set[str]:
    return {each.finding.rule for each in report.objections if each.finding.severity == severity}


def good() -> World:
    """Two promotions and a rollback, all approved."""
    world = protected()
    world.promoted(1)
    world.promoted(2, by="ben", approver="cara")
    world.land(world.rolled_back(), proposed(), "ben")
    return world


# Everything that was tried against a judge is found by an audit of a real repository


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_what_was_done_to_main_is_found_and_named(site: Site, name: str) -> None:
    rule, made = ATTACKS[name]
    world, _ = made()
    site.put(world)
    report = site.audit()
    assert report.outcome != "pass"
    assert rule in rules_of(report), report.objections
    assert {each.commit for each in report.objections if each.finding.rule == rule} != {None}


def test_a_good_history_raises_nothing(site: Site) -> None:
    commits = site.put(good())
    report = site.audit()
    assert report.objections == ()
    assert (report.outcome, report.commits, report.landings, report.unreviewed) == ("pass", 4, 3, 0)
    assert (report.main, report.ledger) == (commits[-1], None)


def test_a_registry_of_one_person_passes_and_says_what_nobody_reviewed(site: Site) -> None:
    world = unprotected()
    world.land(world.promote(1))
    site.put(world)
    report = site.audit()
    assert (report.outcome, report.unreviewed, report.founding) == ("pass", 1, None)


# Where it begins


def test_the_founding_is_the_first_moment_at_which_every_quorum_could_be_met(site: Site) -> None:
    commits = site.put(good())
    founding = site.audit().founding
    assert founding is not None
    assert founding.commit == commits[0]
    assert founding.digest == rules_digest(site.store.snapshot(commits[0]))


def test_the_digest_of_a_founding_holds_its_rights() -> None:
    tree = protected().tree
    rights = Rights(rules=(left_to("fraud", "models/fraud/**", groups=("risk",)),)).to_bytes()
    with_rights = tree.with_edits({paths.RIGHTS: rights})
    names = (paths.ALLOWED_SIGNERS, paths.APPROVERS, paths.SETTINGS, paths.policy("production"), paths.RIGHTS)
    files = {name: hashlib.sha256(with_rights.read(name) or b"").hexdigest() for name in names}
    lines = "".join(f"{digest}  {name}\n" for name, digest in files.items())
    assert rules_digest(with_rights) == Digest.of(lines.encode()) != rules_digest(tree)


def test_a_founding_by_a_decision_is_that_decision(site: Site) -> None:
    world = protected(Approvers(people={}))
    draft = world.govern({paths.APPROVERS: TEAM.to_bytes()})
    world.land(draft)
    commits = site.put(world)
    founding = site.audit().founding
    assert founding is not None
    assert (founding.digest, founding.commit) == (draft.decision.digest, commits[1])


def test_a_founding_that_is_not_the_one_brought_along_is_an_objection(site: Site) -> None:
    site.put(good())
    founding = site.audit().founding
    assert founding is not None
    assert site.audit(founding.digest).is_rooted
    assert rules_of(site.audit(Digest.of(b"another"))) == {"root"}


def test_without_a_founding_no_root_fits(site: Site) -> None:
    site.put(unprotected())
    assert rules_of(site.audit(Digest.of(b"any"))) == {"root"}


# Only what came later


def test_an_audit_can_begin_where_the_last_one_ended(site: Site) -> None:
    world, _ = ATTACKS["the proposer did not sign"][1]()
    commits = site.put(world)
    assert site.audit().outcome == "fail"
    assert site.audit(since=commits[-1]).outcome == "pass"
    assert site.audit(since=commits[-2]).outcome == "fail"


def test_a_rewritten_tail_is_seen_by_whoever_knows_the_old_one(site: Site) -> None:
    world = good()
    commits = site.put(world)
    world.take_back()
    site.store.set_ref(site.main, commits[-2], commits[-1])
    assert site.audit().outcome == "pass"
    assert rules_of(site.audit(since=commits[-1])) == {"line"}


def test_a_foxtrot_drops_the_old_main_off_the_line(site: Site) -> None:
    """A proposal that merged main in and became main itself: the landing of main comes with another's."""
    world = protected()
    base = site.put(world)[-1]
    ours = world.promote(1)
    world.promoted(2)
    there = site.put(world, 1)[-1]
    branch = site.store.commit_edits(base, {"README.md": b"work\n"}, site.text("work"))
    assert branch is not None
    also = {**ours.edits, **world.signed(ours.decision, proposed(), "ben")}
    merged = site.store.write_commit((branch, there), site.store.snapshot(there), also, site.text("merge main"))
    site.store.set_ref(site.main, merged, there)
    assert rules_of(site.audit(since=there)) >= {"line"}
    assert "extra-path" in rules_of(site.audit())


def test_an_octopus_lands_two_decisions_at_once(site: Site) -> None:
    world = protected(staging=True, production=True)
    base = site.put(world)[-1]
    one, other = world.promote(1), world.promote(1, stage="staging")
    both = {**one.edits, **world.signed(one.decision, proposed(), "ben")}
    both |= {**other.edits, **world.signed(other.decision, proposed(), "ben")}
    sides = [site.store.commit_edits(base, each.edits, site.text("a side")) for each in (one, other)]
    parents = (base, *(side for side in sides if side is not None))
    merged = site.store.write_commit(parents, site.store.snapshot(base), both, site.text("octopus"))
    site.store.set_ref(site.main, merged, base)
    assert rules_of(site.audit()) == {"extra-path"}


def test_a_rebase_merge_with_an_unapproved_middle_is_found(site: Site) -> None:
    world = protected()
    world.land(world.promote(1), proposed())
    world.promoted(2)
    commits = site.put(world)
    (objection,) = [each for each in site.audit().objections if each.finding.rule == "approvals"]
    assert objection.commit == commits[1]
    assert objection.author == "Ada <ada@example.org>"


def test_dates_of_commits_change_nothing(site: Site) -> None:
    for position, tree in enumerate(good().trees):
        tip = site.store.tip(site.main)
        years = START.replace(year=1999 if position % 2 else 2099)
        text = CommitText("a landing\n", ADA, ADA, years)
        made = site.store.commit_edits(tip, _difference(None, tree) if tip is None else _whole(site, tip, tree), text)
        assert made is not None
        site.store.set_ref(site.main, made, tip)
    assert site.audit().objections == ()


def _whole(site: Site, tip: CommitId, tree: MemoryTree) -> Edits:
    there = {path for path, _ in site.store.snapshot(tip).walk()}
    new = dict(tree.walk())
    return {**dict.fromkeys(there - new.keys()), **{path: tree.read(path) for path in new}}


# A clone that shows another history


@pytest.mark.parametrize("how", ["shallow", "grafts", "replace", "alternates"])
def test_a_clone_that_may_hide_history_proves_nothing(site: Site, tmp_path: Path, how: str) -> None:
    commits = site.put(good())
    git_dir = site.store.git_dir
    match how:
        case "shallow":
            (git_dir / "shallow").write_text(f"{commits[1]}\n")
        case "grafts":
            (git_dir / "info").mkdir(exist_ok=True)
            (git_dir / "info/grafts").write_text(f"{commits[2]} {commits[0]}\n")
        case "replace":
            subprocess.run(["git", "replace", commits[2], commits[1]], cwd=git_dir, check=True)
        case _:
            Store.init(tmp_path / "other.git", site.store.surroundings, bare=True).close()
            (git_dir / "objects/info").mkdir(exist_ok=True)
            (git_dir / "objects/info/alternates").write_text(f"{tmp_path / 'other.git/objects'}\n")
    with pytest.raises(CannotTell, match="another history"):
        site.audit()


# What stands beside the decisions


@pytest.mark.parametrize(
    ("path", "content", "rule"),
    [
        (".github/workflows/gitreg.yml", b"on: push\n", "owned-path"),
        (".gitattributes", b"models/** -diff\n", "owned-path"),
        ("models/.gitattributes", b"* -diff\n", "unknown-path"),
        ("models/fraud/stages/production/notes.txt", b"ok\n", "owned-path"),
        ("policies/lax.json", b"{}\n", "owned-path"),
        ("CODEOWNERS", b"* @mallory\n", "owned-path"),
        (f"{GOVERNANCE}/extra.json", b"{}\n", "owned-path"),
    ],
)
def test_a_file_of_gitregs_that_changed_beside_the_decisions_is_found(
    site: Site, path: str, content: bytes, rule: str
) -> None:
    site.put(good())
    commit = site.commit(site.main, {path: content}, MALLORY)
    found = [each for each in site.audit().objections if each.finding.rule == rule]
    assert [(each.finding.path, each.commit, each.author) for each in found] == [
        (path, commit, "Mallory <mallory@example.org>")
    ]


def test_what_belongs_to_the_people_is_none_of_its_business(site: Site) -> None:
    site.put(good())
    site.commit(site.main, {"README.md": b"hello\n", "src/train.py": b"pass\n"}, MALLORY)
    assert site.audit().objections == ()


def test_a_deleted_stage_folder_is_found(site: Site) -> None:
    world = good()
    site.put(world)
    gone = {path: None for path, _ in world.tree.walk("models/fraud/stages/production")}
    site.commit(site.main, gone, MALLORY)
    assert "pointer" in rules_of(site.audit())


def test_a_governance_change_replayed_from_a_to_b_to_a_is_found(site: Site) -> None:
    world = protected()
    files: list[Edits] = []
    for count in (b"# one\n", b"# two\n"):
        draft = world.govern({"CODEOWNERS": count})
        files.append({**draft.edits, **world.signed(draft.decision, proposed(), "ben", "cara")})
        world.commit(files[-1])
    stale = {path: None for path, _ in world.tree.walk(f"{GOVERNANCE}/approvals") if path not in files[0]}
    world.commit({**stale, **files[0]})
    site.put(world)
    assert "replay" in rules_of(site.audit())


# The ledger


def test_a_version_that_the_ledger_holds_as_it_was_approved_raises_nothing(site: Site) -> None:
    site.put(good())
    site.fact(1)
    site.fact(2)
    assert site.audit().objections == ()


def test_a_version_that_the_ledger_does_not_hold_is_said(site: Site) -> None:
    site.put(good())
    site.fact(1)
    report = site.audit()
    assert report.outcome == "pass"
    assert rules_of(report, "warn") == {"fact-missing"}


def test_a_version_rewritten_on_the_ledger_is_found_with_the_commit_that_did_it(site: Site) -> None:
    site.put(good())
    path = site.fact(1)
    commit = site.commit(site.ledger, {path: version(3).to_bytes()}, MALLORY)
    found = [each for each in site.audit().objections if each.finding.path == path and each.commit == commit]
    assert {each.finding.rule for each in found} == {"misplaced", "write-once"}
    assert {each.author for each in found} == {"Mallory <mallory@example.org>"}


def test_a_version_removed_from_the_ledger_is_found(site: Site) -> None:
    site.put(good())
    path = site.fact(1)
    site.commit(site.ledger, {path: None}, MALLORY)
    assert "append-only" in rules_of(site.audit())


def test_a_version_rewritten_and_put_back_has_changed_nothing(site: Site) -> None:
    site.put(good())
    path = site.fact(1)
    site.commit(site.ledger, {path: version(3).to_bytes()}, MALLORY)
    site.commit(site.ledger, {path: version(1).to_bytes()}, MALLORY)
    assert rules_of(site.audit()) == set()


def test_a_number_that_two_versions_claim_is_said(site: Site) -> None:
    site.fact(2)
    site.fact(3, claimed=2)
    site.put(good())
    assert "number" in rules_of(site.audit(), "warn")


def test_a_number_that_returns_with_another_version_is_found(site: Site) -> None:
    world = protected()
    world.promoted(1)
    draft = world.drafter().promote(Candidate(version(2), 1), ["production"], world.wish())
    world.land(draft, proposed(), "ben")
    site.put(world)
    assert "number" in rules_of(site.audit())


def test_a_bookmark_with_a_stages_name_is_said(site: Site) -> None:
    site.put(good())
    digest = version(1).digest
    alias = Alias(
        rev=1,
        writer=WriterId("1" * 32),
        model="fraud",
        alias="production",
        version=digest,
        actor=actor("ada"),
        at=START,
    )
    site.commit(site.ledger, {paths.alias("fraud", "production"): alias.to_bytes()})
    report = site.audit()
    assert report.outcome == "pass"
    assert "bookmark" in rules_of(report, "warn")


# Checkpoints


def test_the_root_is_the_merkle_tree_hash_of_rfc_9162() -> None:
    """The roots of the first so many of these leaves, as certificate transparency's own test data has them."""
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    expected = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    roots = Roots()
    assert roots.root.hex() == hashlib.sha256(b"").hexdigest()
    found = []
    for leaf in data:
        roots.add(bytes.fromhex(leaf))
        found.append(roots.root.hex())
    assert found == expected


def checkpoint(site: Site, folder: Path, by: str = "ben", **changes: object) -> SignedNote:
    """A checkpoint of what is on main now."""
    report = site.audit()
    history = Office(site.store).history()
    said = Checkpoint(
        report.registry, report.commits, roots_at(history, [report.commits])[report.commits], report.main, "pass", START
    )
    key = folder / f"key-{by}"
    key.write_bytes(private_key(by))
    return SignedNote(replace(said, **changes).to_text()).signed(key, f"{by}@example.org")  # type: ignore[arg-type]


def test_a_checkpoint_is_read_as_it_was_written(site: Site, tmp_path: Path) -> None:
    site.put(good())
    text = checkpoint(site, tmp_path).text
    assert Checkpoint.from_text(text).to_text() == text
    for broken in ("", text + "more\n", text.replace("verdict pass", "verdict yes"), text.replace("time ", "time x")):
        with pytest.raises(InvalidDocument):
            Checkpoint.from_text(broken)


def test_a_checkpoint_kept_elsewhere_anchors_all_before_it(site: Site, tmp_path: Path) -> None:
    world = good()
    site.put(world)
    note = checkpoint(site, tmp_path).to_bytes()
    world.promoted(3)
    site.put(world, 4)
    report = site.audit(against=note)
    assert report.objections == ()
    assert report.anchor is not None
    assert [each.signer.name for each in report.anchor.signers] == ["ben@example.org"]
    assert (report.anchor.checkpoint.count, report.commits) == (4, 5)


def test_a_tail_cut_off_is_found_by_the_checkpoint(site: Site, tmp_path: Path) -> None:
    commits = site.put(good())
    note = checkpoint(site, tmp_path).to_bytes()
    site.store.set_ref(site.main, commits[-2], commits[-1])
    report = site.audit(against=note)
    assert (rules_of(report), report.anchor) == ({"checkpoint"}, None)


def test_a_tail_rewritten_with_as_many_commits_is_found_by_the_checkpoint(site: Site, tmp_path: Path) -> None:
    world = good()
    commits = site.put(world)
    note = checkpoint(site, tmp_path).to_bytes()
    world.take_back()
    world.promoted(3)
    site.store.set_ref(site.main, commits[-2], commits[-1])
    site.put(world, 3)
    assert site.audit().objections == ()
    assert rules_of(site.audit(against=note)) == {"checkpoint"}


def test_the_same_content_in_other_commits_is_the_same_history(site: Site, tmp_path: Path) -> None:
    """A rebase, or a conversion to another object format, changes the names of commits and nothing that counts."""
    world = good()
    commits = site.put(world)
    note = checkpoint(site, tmp_path).to_bytes()
    site.store.set_ref(site.main, commits[0], commits[-1])
    base = commits[0]
    for position in range(1, len(world.trees)):
        edits = _difference(world.trees[position - 1], world.trees[position])
        made = site.store.commit_edits(base, edits, site.text("another subject", MALLORY))
        assert made is not None
        base = made
    site.store.set_ref(site.main, base, commits[0])
    assert site.audit(against=note).anchor is not None


def test_a_checkpoint_of_another_registry_anchors_nothing(site: Site, tmp_path: Path) -> None:
    site.put(good())
    note = checkpoint(site, tmp_path, registry=RegistryId("f" * 32)).to_bytes()
    assert rules_of(site.audit(against=note)) == {"checkpoint"}


def test_a_checkpoint_by_nobody_known_is_said_and_still_compared(site: Site, tmp_path: Path) -> None:
    site.put(good())
    report = site.audit(against=checkpoint(site, tmp_path, by="mallory").to_bytes())
    assert (rules_of(report), rules_of(report, "warn")) == (set(), {"checkpoint-unknown"})
    assert report.anchor is not None
    assert report.anchor.signers == ()


def test_a_checkpoint_edited_after_signing_is_found(site: Site, tmp_path: Path) -> None:
    site.put(good())
    note = checkpoint(site, tmp_path)
    edited = SignedNote(note.text.replace("verdict pass", "verdict fail"), note.lines)
    assert rules_of(site.audit(against=edited.to_bytes())) == {"checkpoint"}


def test_checkpoints_on_the_ledger_are_checked_too(site: Site, tmp_path: Path) -> None:
    world = good()
    commits = site.put(world)
    note = checkpoint(site, tmp_path)
    path = path_of_note(note)
    for number in (1, 2):
        site.fact(number)
    site.commit(site.ledger, {path: note.to_bytes()})
    assert site.audit().objections == ()
    site.store.set_ref(site.main, commits[-2], commits[-1])
    (objection,) = [each for each in site.audit().objections if each.finding.severity == "block"]
    assert (objection.finding.rule, objection.finding.path) == ("checkpoint", path)
    assert objection.commit is not None


def test_anybody_can_put_a_note_on_the_ledger_and_it_says_nothing(site: Site, tmp_path: Path) -> None:
    site.put(good())
    note = checkpoint(site, tmp_path, by="mallory", root=bytes(32))
    site.commit(site.ledger, {path_of_note(note): note.to_bytes()})
    report = site.audit()
    assert (report.outcome, rules_of(report, "warn")) == ("pass", {"checkpoint-unknown", "fact-missing"})


@pytest.mark.parametrize("edit", ["rewritten", "removed", "misplaced", "no note"])
def test_a_checkpoint_on_the_ledger_is_written_once(site: Site, tmp_path: Path, edit: str) -> None:
    site.put(good())
    note = checkpoint(site, tmp_path)
    path, other = path_of_note(note), checkpoint(site, tmp_path, verdict="fail")
    site.commit(site.ledger, {path: note.to_bytes()})
    edits: dict[str, tuple[str, bytes | None, set[str]]] = {
        "rewritten": (path, other.to_bytes(), {"misplaced", "write-once"}),
        "removed": (path, None, {"append-only"}),
        "misplaced": ("checkpoints/9-0123456789abcdef.note", note.to_bytes(), {"misplaced"}),
        "no note": ("checkpoints/9-0123456789abcdef.note", b"{}\n", {"schema"}),
    }
    where, data, rules = edits[edit]
    before = site.store.snapshot(site.store.tip(site.ledger))
    commit = site.commit(site.ledger, {where: data})
    assert {each.rule for each in check_facts(before, site.store.snapshot(commit))} == rules
    assert rules_of(site.audit()) >= rules - {"append-only", "write-once"}


# Keys that others had


def compromised(world: World, by: str, last: Digest | None) -> None:
    said = Compromise(key=public_key(by).fingerprint, last_trusted=last, reason="The laptop was stolen.")
    edits = report_compromise(world.tree, said)
    world.land(world.govern(dict(edits)), proposed(), "cara")


def test_what_rests_on_a_key_that_others_had_cannot_be_told(site: Site) -> None:
    world = protected()
    trusted = world.promoted(1).decision.digest
    world.promoted(2)
    world.promoted(3, approver="cara")
    world.promoted(4)
    compromised(world, "ben", trusted)
    commits = site.put(world)
    report = site.audit()
    found = {each.commit: each.finding for each in report.objections if each.finding.rule == "compromised"}
    assert {commit: finding.severity for commit, finding in found.items()} == {commits[2]: "warn", commits[4]: "block"}
    assert report.outcome == "cannot tell"
    assert "The laptop was stolen." in found[commits[4]].message


def test_a_decision_anew_by_other_keys_settles_it(site: Site) -> None:
    world = protected()
    world.promoted(1)
    compromised(world, "ben", None)
    world.promoted(2, approver="cara")
    site.put(world)
    report = site.audit()
    assert (report.outcome, rules_of(report), rules_of(report, "warn")) == ("pass", set(), {"compromised"})
