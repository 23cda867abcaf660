"""Clones that meet over a local path: publishing, syncing, racing, being refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import (
    AlreadyExists,
    DirtyPath,
    Diverged,
    RaceLost,
    Refused,
    RemoteError,
    RemoteRefused,
    UnsafeRepository,
)
from gitreg.store import (
    HOOK_MARKER,
    CommitId,
    RefUpdate,
    Remote,
    Snapshot,
    Store,
    publish_ledger,
    push_main,
    sync,
)
from tests.store.builders import LEDGER, MAIN, assert_sound, git, put, revised, run_python, status, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gitreg.surroundings import Surroundings


@dataclass
class Team:
    """An origin and the clones of two people."""

    origin: Store
    ada: Store
    ben: Store

    def remote(self, store: Store) -> Remote:
        found = store.remote()
        assert found
        return found


@pytest.fixture
def team(bare: Store, tmp_path: Path, world: Surroundings) -> Iterator[Team]:
    put(bare, gitreg__json="{}\n")
    with (
        Store.clone(str(bare.path), tmp_path / "ada", world) as ada,
        Store.clone(str(bare.path), tmp_path / "ben", world) as ben,
    ):
        yield Team(bare, ada, ben)
        for store in (bare, ada, ben):
            assert_sound(store.path)
        assert status(ada.path) == status(ben.path) == []


def test_a_clone_has_main_checked_out_and_knows_its_origin(team: Team) -> None:
    assert (team.ada.path / "gitreg.json").read_text() == "{}\n"
    assert git(team.ada.path, "status", "-sb").splitlines() == ["## main...origin/main"]
    assert team.ada.tip(MAIN) == team.origin.tip(MAIN)
    remote = team.remote(team.ada)
    assert (remote.is_path, remote.path, remote.url) == (True, team.origin.git_dir, str(team.origin.path))


def test_a_clone_of_nothing_leaves_nothing(tmp_path: Path, world: Surroundings) -> None:
    with pytest.raises(RemoteError, match="cannot be opened"):
        Store.clone(str(tmp_path / "absent"), tmp_path / "clone", world)
    assert not (tmp_path / "clone").exists()


def test_a_clone_does_not_touch_a_repository_that_is_there(team: Team, world: Surroundings) -> None:
    with pytest.raises(AlreadyExists):
        Store.clone(str(team.origin.path), team.ada.path, world)
    assert (team.ada.path / "gitreg.json").exists()


def test_an_empty_origin_is_cloned_as_an_empty_registry(bare: Store, tmp_path: Path, world: Surroundings) -> None:
    with Store.clone(str(bare.path), tmp_path / "clone", world) as clone:
        assert clone.refs() == {}
        landed = push_main(clone, clone.remote(), lambda _: {"a": b"1"}, text())
        assert bare.tip(MAIN) == landed


def test_git_clones_what_we_pushed_and_we_read_what_git_pushed(team: Team, tmp_path: Path) -> None:
    push_main(team.ada, team.remote(team.ada), lambda _: {"ours": b"1"}, text())
    git(tmp_path, "clone", "-q", str(team.origin.path), "plain")
    (tmp_path / "plain/theirs").write_text("2")
    git(tmp_path / "plain", "add", "theirs")
    git(tmp_path / "plain", "commit", "-q", "-m", "theirs")
    git(tmp_path / "plain", "push", "-q", "origin", "main")
    sync(team.ada, team.remote(team.ada), text())
    assert (team.ada.path / "theirs").read_text() == "2"
    assert (team.ada.path / "ours").read_text() == "1"


def test_publishing_makes_one_commit_on_the_fetched_tip(team: Team) -> None:
    first = publish_ledger(team.ada, team.remote(team.ada), {"runs/1.json": revised(1, "a")}, text())
    second = publish_ledger(team.ben, team.remote(team.ben), {"runs/2.json": revised(1, "b")}, text())
    assert first
    assert second
    assert team.origin.tip(LEDGER) == second == team.ben.tip(LEDGER) == team.ben.ledger_tip()
    assert team.origin.commit(second).parents == (first,)


def test_local_commits_are_replaced_by_the_published_one(team: Team) -> None:
    publish_ledger(team.ada, team.remote(team.ada), {"runs/1.json": revised(1, "a")}, text())
    for n in range(3):
        publish_ledger(team.ben, None, {f"runs/b{n}.json": revised(1, "b"), "notes/x.json": revised(n, "b")}, text())
    published = publish_ledger(team.ben, team.remote(team.ben), {}, text())
    assert published
    assert len(list(team.origin.first_parents(published))) == 2
    assert len(list(team.origin.snapshot(published).walk())) == 5
    assert team.ben.tip(LEDGER) == published


def test_a_clone_without_a_ledger_starts_from_origins(team: Team, tmp_path: Path, world: Surroundings) -> None:
    first = publish_ledger(team.ada, team.remote(team.ada), {"runs/1.json": revised(1, "a")}, text())
    with Store.clone(str(team.origin.path), tmp_path / "third", world) as third:
        assert third.tip(LEDGER) is None
        assert third.ledger_tip() == first
        assert third.snapshot(third.ledger_tip()).read("runs/1.json") == revised(1, "a")
        local = publish_ledger(third, None, {"runs/3.json": revised(1, "c")}, text())
        assert local
        assert third.commit(local).parents == (first,)


def test_a_claim_in_a_function_is_made_on_what_is_really_there(team: Team) -> None:
    """Two clones claim the next number; each believes its own only because the push succeeded."""

    def claim(name: str) -> Callable[[Snapshot], dict[str, bytes | None]]:
        return lambda ledger: {f"versions/m/{len(ledger.entries('versions/m')) + 1}-{name * 16}.json": b"{}\n"}

    publish_ledger(team.ben, team.remote(team.ben), {"x": revised(1, "b")}, text())
    publish_ledger(team.ada, team.remote(team.ada), claim("a"), text())
    publish_ledger(team.ben, team.remote(team.ben), claim("b"), text())
    names = [entry.name for entry in team.origin.snapshot(LEDGER).entries("versions/m")]
    assert names == [f"1-{'a' * 16}.json", f"2-{'b' * 16}.json"]


def test_a_fact_another_process_recorded_while_we_published_is_kept(team: Team) -> None:
    remote = team.remote(team.ada)
    publish_ledger(team.ada, remote, {"runs/1.json": revised(1, "a")}, text())
    push = type(remote).push

    def push_then_record(self: Remote, updates: Sequence[RefUpdate]) -> None:
        push(self, updates)
        team.ada.update(LEDGER, lambda _: {"runs/meanwhile.json": revised(1, "a")}, text())

    type(remote).push = push_then_record  # type: ignore[method-assign]
    try:
        publish_ledger(team.ada, remote, {"runs/2.json": revised(1, "a")}, text())
    finally:
        type(remote).push = push  # type: ignore[method-assign]
    assert [path for path, _ in team.ada.snapshot(LEDGER).walk()] == [
        "runs/1.json",
        "runs/2.json",
        "runs/meanwhile.json",
    ]
    publish_ledger(team.ada, remote, {}, text())
    assert team.origin.snapshot(LEDGER).read("runs/meanwhile.json")


def test_a_checked_out_and_edited_ledger_stops_the_publishing_before_the_push(team: Team) -> None:
    remote = team.remote(team.ada)
    before = publish_ledger(team.ada, remote, {"notes/x.json": revised(1, "a")}, text())
    git(team.ada.path, "checkout", "-q", "ledger")
    (team.ada.path / "notes/x.json").write_text("mine")
    with pytest.raises(DirtyPath):
        publish_ledger(team.ada, remote, {"notes/x.json": revised(2, "a")}, text())
    assert team.origin.tip(LEDGER) == before
    git(team.ada.path, "checkout", "-q", "-f", "main")


WRITER = """
import sys
from pathlib import Path
from gitreg.store import Store, publish_ledger
from tests.store.builders import surroundings, revised, text
path, name = Path(sys.argv[1]), sys.argv[2]
store = Store.open(path, surroundings(path.parent / "home"))
for n in range(8):
    publish_ledger(store, store.remote(), {f"runs/{name}-{n}.json": revised(1, name)}, text())
"""


def test_writers_of_several_clones_lose_nothing(team: Team) -> None:
    places = [team.ada, team.ben, team.ada, team.ben]
    processes = [run_python(WRITER, str(store.path), f"w{n}", wait=False) for n, store in enumerate(places)]
    assert [process.communicate(timeout=100)[1] for process in processes] == [""] * 4
    assert len(list(team.origin.snapshot(LEDGER).walk())) == 32


def test_main_lands_there_and_here(team: Team) -> None:
    landed = push_main(team.ada, team.remote(team.ada), lambda _: {"pointer": b"1"}, text("promotion"))
    assert landed == team.origin.tip(MAIN) == team.ada.tip(MAIN) == team.ada.tip("refs/remotes/origin/main")
    assert (team.ada.path / "pointer").read_text() == "1"


def test_main_is_decided_on_the_fetched_tip(team: Team) -> None:
    push_main(team.ada, team.remote(team.ada), lambda _: {"pointer": b"1"}, text())
    seen: list[bytes | None] = []

    def change(tree: Snapshot) -> dict[str, bytes | None]:
        seen.append(tree.read("pointer"))
        return {"x": b"2"}

    landed = push_main(team.ben, team.remote(team.ben), change, text())
    assert landed
    assert seen == [b"1"]
    assert team.origin.commit(landed).parents == (team.ada.tip(MAIN),)
    assert status(team.ben.path) == []


def test_a_push_to_main_with_others_moves_all_or_says_which(team: Team) -> None:
    proposal = "refs/heads/proposals/p"
    team.ada.set_ref(proposal, team.ada.resolve("main"), None)
    sync(team.ada, team.remote(team.ada), text())
    tip = team.origin.tip(proposal)
    assert tip
    push_main(team.ada, team.remote(team.ada), lambda _: {"a": b"1"}, text(), also=[RefUpdate(proposal, None, tip)])
    assert team.origin.tip(proposal) is None
    assert team.ada.tip("refs/remotes/origin/proposals/p") is None


def test_a_change_of_nothing_pushes_nothing(team: Team) -> None:
    assert push_main(team.ada, team.remote(team.ada), lambda _: {}, text()) is None


def test_a_dirty_path_stops_a_push_to_main_before_it(team: Team) -> None:
    (team.ada.path / "gitreg.json").write_text("mine")
    before = team.origin.tip(MAIN)
    with pytest.raises(DirtyPath):
        push_main(team.ada, team.remote(team.ada), lambda _: {"gitreg.json": b"theirs"}, text())
    assert team.origin.tip(MAIN) == before
    git(team.ada.path, "checkout", "-q", "--", "gitreg.json")


def test_mains_that_diverged_are_refused_in_words(team: Team) -> None:
    push_main(team.ada, team.remote(team.ada), lambda _: {"a": b"1"}, text())
    put(team.ben, b="1")
    with pytest.raises(Diverged, match="each have commits"):
        sync(team.ben, team.remote(team.ben), text())
    with pytest.raises(Diverged):
        push_main(team.ben, team.remote(team.ben), lambda _: {"c": b"1"}, text())
    assert team.origin.tip(MAIN) == team.ada.tip(MAIN)


def test_a_main_that_is_ahead_is_pushed(team: Team) -> None:
    ahead = put(team.ben, b="1")
    assert sync(team.ben, team.remote(team.ben), text()).pushed == (MAIN,)
    assert team.origin.tip(MAIN) == ahead


def test_a_push_keeps_the_old_tip_on_the_first_parent_line(team: Team) -> None:
    """Format 16: a branch that merged main in, as main itself, would drop main's landings off the line."""
    push_main(team.ada, team.remote(team.ada), lambda _: {"a": b"1"}, text())
    ours = put(team.ben, b="1")
    team.remote(team.ben).fetch([MAIN])
    theirs = team.ada.tip(MAIN)
    assert theirs
    merge = team.ben.write_commit((ours, theirs), team.ben.snapshot(ours), {"a": b"1"}, text("merge"))
    team.ben.set_ref(MAIN, merge, ours)
    with pytest.raises(Diverged):
        sync(team.ben, team.remote(team.ben), text())
    good = team.ben.write_commit((theirs, ours), team.ben.snapshot(merge), {}, text("merge"))
    team.ben.set_ref(MAIN, good, merge)
    assert sync(team.ben, team.remote(team.ben), text()).main == good


def test_a_rewritten_main_is_refused(team: Team) -> None:
    root = team.origin.tip(MAIN)
    assert root
    push_main(team.ada, team.remote(team.ada), lambda _: {"a": b"1"}, text())
    sync(team.ben, team.remote(team.ben), text())
    git(team.origin.path, "update-ref", MAIN, root)
    with pytest.raises(Diverged, match="not on its line"):
        sync(team.ben, team.remote(team.ben), text())


def test_proposals_and_approvals_travel(team: Team) -> None:
    approval = "refs/gitreg/approvals/p/" + "f" * 64
    base = team.ada.tip(MAIN)
    team.ada.update("refs/heads/proposals/p", lambda _: {"x": b"1"}, text(), start=base)
    team.ada.set_ref(approval, team.ada.write_commit((), Snapshot.empty(), {"s.json": b"{}"}, text()), None)
    report = sync(team.ada, team.remote(team.ada), text())
    assert sorted(report.pushed) == [approval, "refs/heads/proposals/p"]
    report = sync(team.ben, team.remote(team.ben), text())
    assert sorted(report.fetched) == [approval, "refs/heads/proposals/p"]
    assert team.ben.tip(approval) == team.ada.tip(approval)


def test_a_proposal_grows_and_goes_on_both_sides(team: Team) -> None:
    proposal = "refs/heads/proposals/p"
    team.ada.update(proposal, lambda _: {"x": b"1"}, text(), start=team.ada.tip(MAIN))
    sync(team.ada, team.remote(team.ada), text())
    sync(team.ben, team.remote(team.ben), text())
    grown = team.ben.update(proposal, lambda _: {"x": b"2"}, text())
    sync(team.ben, team.remote(team.ben), text())
    assert sync(team.ada, team.remote(team.ada), text()).fetched == (proposal,)
    assert team.ada.tip(proposal) == grown
    assert grown
    team.remote(team.ada).push([RefUpdate(proposal, None, grown)])
    assert team.origin.tip(proposal) is None
    assert sync(team.ben, team.remote(team.ben), text()).removed == (proposal,)
    assert team.ben.tip(proposal) is None


def test_what_only_the_remote_has_is_fetched_and_never_taken_away_there(team: Team) -> None:
    """A fresh clone, and `git fetch`, leave a proposal as a tracking ref alone: that is no wish to delete it."""
    proposal = "refs/heads/proposals/p"
    team.ada.update(proposal, lambda _: {"x": b"1"}, text(), start=team.ada.tip(MAIN))
    sync(team.ada, team.remote(team.ada), text())
    git(team.ben.path, "fetch", "-q", "origin")
    assert team.ben.tip(proposal) is None
    assert sync(team.ben, team.remote(team.ben), text()).fetched == (proposal,)
    assert team.origin.tip(proposal) == team.ben.tip(proposal) == team.ada.tip(proposal)


def test_a_ref_changed_on_both_sides_is_left_and_named(team: Team) -> None:
    approval = "refs/gitreg/approvals/p/" + "f" * 64
    for store, content in ((team.ada, b"1"), (team.ben, b"2")):
        store.set_ref(approval, store.write_commit((), Snapshot.empty(), {"s": content}, text()), None)
    sync(team.ada, team.remote(team.ada), text())
    before = team.ben.tip(approval)
    assert sync(team.ben, team.remote(team.ben), text()).conflicts == (approval,)
    assert team.ben.tip(approval) == before
    assert team.origin.tip(approval) == team.ada.tip(approval)


def test_a_stale_push_is_a_lost_race(team: Team) -> None:
    old = team.ada.tip(MAIN)
    assert old
    new = team.ada.write_commit((old,), team.ada.snapshot(old), {"a": b"1"}, text())
    push_main(team.ben, team.remote(team.ben), lambda _: {"b": b"1"}, text())
    with pytest.raises(RaceLost):
        team.remote(team.ada).push([RefUpdate(MAIN, new, old)])


def _install_hook(team: Team, content: bytes) -> None:
    hook = team.origin.git_dir / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(content)
    hook.chmod(0o755)


def test_our_own_hook_of_a_path_origin_is_obeyed(team: Team) -> None:
    _install_hook(team, b"#!/bin/sh\n" + HOOK_MARKER + b"\nexit 1\n")
    judged: list[RefUpdate] = []

    def judge(updates: Sequence[RefUpdate], target: Store) -> None:
        judged.extend(updates)
        tree = target.snapshot(updates[0].new)
        if tree.read("pointer"):
            raise Refused("No pointer by hand.")

    remote = team.ada.remote(pre_receive=judge)
    push_main(team.ada, remote, lambda _: {"fine": b"1"}, text())
    before = team.origin.tip(MAIN)
    with pytest.raises(Refused, match="by hand"):
        push_main(team.ada, remote, lambda _: {"pointer": b"1"}, text())
    assert team.origin.tip(MAIN) == before == team.ada.tip(MAIN)
    assert [update.ref for update in judged] == [MAIN, MAIN]


def test_a_push_past_our_hook_without_its_check_is_refused(team: Team) -> None:
    _install_hook(team, b"#!/bin/sh\n" + HOOK_MARKER + b"\nexit 0\n")
    with pytest.raises(RemoteRefused):
        push_main(team.ada, team.remote(team.ada), lambda _: {"a": b"1"}, text())


def test_no_other_hook_of_a_path_origin_runs(team: Team, tmp_path: Path) -> None:
    _install_hook(team, f"#!/bin/sh\ntouch {tmp_path}/touched\nexit 1\n".encode())
    push_main(team.ada, team.remote(team.ada), lambda _: {"a": b"1"}, text())
    assert not (tmp_path / "touched").exists()


def test_pushing_into_a_checked_out_branch_brings_its_work_tree_along(
    store: Store, tmp_path: Path, world: Surroundings
) -> None:
    put(store, a="1")
    with Store.clone(str(store.path), tmp_path / "clone", world) as clone:
        push_main(clone, clone.remote(), lambda _: {"a": b"2"}, text())
        assert (store.path / "a").read_text() == "2"
        (store.path / "a").write_text("mine")
        with pytest.raises(DirtyPath):
            push_main(clone, clone.remote(), lambda _: {"a": b"3"}, text())
    git(store.path, "checkout", "-q", "--", "a")


def test_a_push_sends_exactly_the_new_objects(team: Team) -> None:
    team.origin.update(MAIN, lambda _: {f"n/{n}": b"%d" % n for n in range(100)}, text())
    sync(team.ada, team.remote(team.ada), text())
    before = _count(team.origin.path)
    push_main(team.ada, team.remote(team.ada), lambda _: {"n/new": b"new"}, text())
    assert _count(team.origin.path) - before == 4  # commit, two trees, one blob


def _count(path: Path) -> int:
    return len(git(path, "cat-file", "--batch-all-objects", "--batch-check").splitlines())


def test_merges_and_long_histories_arrive_whole(team: Team) -> None:
    base = team.ada.tip(MAIN)
    assert base
    left = [put(team.ada, **{f"l{n}": "1"}) for n in range(30)][-1]
    right = team.ada.write_commit((base,), team.ada.snapshot(base), {"r/x": b"1"}, text())
    merge = team.ada.write_commit((left, right), team.ada.snapshot(left), {"r/x": b"1"}, text())
    team.ada.set_ref(MAIN, merge, left)
    sync(team.ada, team.remote(team.ada), text())
    assert team.origin.is_ancestor(right, merge)
    sync(team.ben, team.remote(team.ben), text())
    assert team.ben.tip(MAIN) == merge


def test_a_guest_registry_lives_beside_code(store: Store, tmp_path: Path, world: Surroundings) -> None:
    git(store.path, "symbolic-ref", "HEAD", "refs/heads/trunk")
    (store.path / "train.py").write_text("print()")
    git(store.path, "add", "train.py")
    git(store.path, "commit", "-q", "-m", "code")
    with Store.adopt(store.path, world) as code:
        assert code.branches.main == "refs/heads/gitreg/decisions"
        code.update(code.branches.main, lambda _: {"gitreg.json": b"{}\n"}, text())
        publish_ledger(code, None, {"runs/1.json": revised(1, "a")}, text())
    with Store.clone(str(store.path), tmp_path / "clone", world) as clone:
        assert clone.branches.main == "refs/heads/gitreg/decisions"
        assert clone.snapshot(clone.main_tip()).read("gitreg.json") == b"{}\n"
        assert clone.ledger_tip()
        assert (clone.path / "train.py").exists()
        assert status(clone.path) == []


def test_a_shallow_source_is_refused_where_it_lacks_history(team: Team, tmp_path: Path, world: Surroundings) -> None:
    push_main(team.ada, team.remote(team.ada), lambda _: {"a": b"1"}, text())
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{team.origin.path}", "shallow")
    with pytest.raises(RemoteError, match="shallow"):
        Store.clone(str(tmp_path / "shallow"), tmp_path / "clone", world)
    with Store.open(tmp_path / "shallow", world) as shallow:
        pushed = push_main(shallow, shallow.remote(), lambda _: {"b": b"1"}, text())
        assert team.origin.tip(MAIN) == pushed


def test_a_shallow_clone_flags_where_it_was_cut(team: Team, tmp_path: Path, world: Surroundings) -> None:
    push_main(team.ada, team.remote(team.ada), lambda _: {"a": b"1"}, text())
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{team.origin.path}", "shallow")
    with Store.open(tmp_path / "shallow", world) as shallow:
        line = shallow.first_parents("HEAD")
        assert [*line] == [team.origin.tip(MAIN)]
        assert line.boundary == team.origin.tip(MAIN)
        assert shallow.boundaries().shallow == {team.origin.tip(MAIN)}
        assert [finding.subject for finding in shallow.doctor() if finding.kind == "boundary"] == ["shallow"]


def test_objects_named_by_another_hash_are_not_mixed(team: Team, tmp_path: Path, world: Surroundings) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256", "other")
    (tmp_path / "other/a").write_text("1")
    git(tmp_path / "other", "add", "a")
    git(tmp_path / "other", "commit", "-q", "-m", "x")
    with Store.open(tmp_path / "other", world) as other:
        assert len(CommitId(other.resolve("HEAD"))) == 64
        assert other.snapshot("HEAD").read("a") == b"1"
    with pytest.raises((RemoteError, UnsafeRepository)):
        Store.clone(str(tmp_path / "other"), tmp_path / "clone", world)
    assert team.ada.writer != team.ben.writer
