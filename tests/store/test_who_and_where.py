"""Who writes, which clone it is, what its configuration says, what revisions and URLs mean, and what hides history."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from gitreg.errors import Ambiguous, IdentityMissing, InvalidValue, RemoteError, RevisionNotFound
from gitreg.store import OWN_BRANCHES, Identity, Person, Store
from gitreg.store.urls import parse, plain_text, redact
from gitreg.surroundings import Surroundings
from tests.store.builders import git, put, surroundings, text


def _author(store: Store, home: Path, **environ: str) -> Identity:
    with Store.open(store.path, surroundings(home, **environ)) as seen:
        return seen.author()


def test_nobody_is_user_at_host_and_may_record_but_not_decide(store: Store, tmp_path: Path) -> None:
    who = _author(store, tmp_path, USER="Ada L.")
    assert who == Identity(Person("Ada L.", "ada-l@node7"), is_fallback=True)
    with pytest.raises(IdentityMissing, match=r"user\.email"):
        who.required()


def test_git_configuration_names_the_author(store: Store, tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    assert _author(store, tmp_path).required() == Person("Ada", "ada@example.org")
    git(store.path, "config", "user.email", "ada@work.example")
    assert _author(store, tmp_path).person.email == "ada@work.example"
    assert _author(store, tmp_path, GIT_AUTHOR_EMAIL="other@example.org").person.email == "other@example.org"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"GITLAB_CI": "true", "GITLAB_USER_NAME": "Ben", "GITLAB_USER_EMAIL": "ben@example.org"},
            Person("Ben", "ben@example.org"),
        ),
        ({"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "Ben-X"}, Person("Ben-X", "ben-x@users.noreply.github.com")),
        ({"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "b[bot]"}, Person("b[bot]", "b-bot@users.noreply.github.com")),
        ({"EMAIL": "me@example.org"}, Person("me", "me@example.org")),
    ],
)
def test_ci_systems_name_the_author(store: Store, tmp_path: Path, environ: dict[str, str], expected: Person) -> None:
    assert _author(store, tmp_path, **environ) == Identity(expected)


def test_the_committer_has_variables_of_its_own(store: Store, tmp_path: Path) -> None:
    world = surroundings(tmp_path, GIT_AUTHOR_EMAIL="a@x.org", GIT_COMMITTER_EMAIL="c@x.org", GIT_COMMITTER_NAME="C")
    with Store.open(store.path, world) as seen:
        assert (seen.author().person.email, seen.committer().person) == ("a@x.org", Person("C", "c@x.org"))


def test_configuration_comes_from_environment_user_and_system(store: Store, tmp_path: Path) -> None:
    (tmp_path / "system").write_text("[http]\n\tproxy = from-system\n[user]\n\temail = system@x.org\n")
    (tmp_path / ".gitconfig").write_text("[user]\n\temail = user@x.org\n")
    world = surroundings(tmp_path, GIT_CONFIG_SYSTEM=str(tmp_path / "system"))
    with Store.open(store.path, world) as seen:
        assert (seen.config.get("user.email"), seen.config.trusted("http.proxy")) == ("user@x.org", "from-system")
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.email", "GIT_CONFIG_VALUE_0": "env@x.org"}
    with Store.open(store.path, surroundings(tmp_path, **given)) as seen:
        assert seen.config.get("user.email") == "env@x.org"
    with pytest.raises(InvalidValue):
        Store.open(store.path, surroundings(tmp_path, GIT_CONFIG_COUNT="many"))
    (tmp_path / ".gitconfig").write_text("[broken")
    with pytest.raises(InvalidValue, match="cannot be parsed"):
        Store.open(store.path, surroundings(tmp_path))


def test_settings_are_appended_as_git_reads_them(store: Store) -> None:
    (store.git_dir / "config").write_text("[core]\n\tbare = false ; mine\n\n# a comment of a person\n[gc]\n\tauto = 5")
    store.config.append({"gitreg.registry": 'a "quoted" \\ path', "remote.or.igin.url": "x", "gc.auto": "0"})
    assert git(store.path, "config", "gitreg.registry") == 'a "quoted" \\ path\n'
    assert git(store.path, "config", "remote.or.igin.url") == "x\n"
    assert git(store.path, "config", "gc.auto") == "0\n"
    assert "# a comment of a person" in (store.git_dir / "config").read_text()
    assert store.config.remotes() == ("or.igin",)
    with pytest.raises(InvalidValue):
        store.config.append({"user.name": "a\nb"})


def test_a_clones_writer_stays_and_a_copy_gets_its_own(store: Store, tmp_path: Path, world: Surroundings) -> None:
    writer = store.writer
    with Store.open(store.path, world) as again:
        assert again.writer == writer
    shutil.copytree(store.path, tmp_path / "copy")
    with Store.open(tmp_path / "copy", world) as copy:
        assert copy.writer != writer
    with Store.open(store.path, dataclasses.replace(world, machine_id="an image of the machine")) as image:
        assert image.writer != writer


def test_a_damaged_writer_file_is_made_anew(store: Store, world: Surroundings) -> None:
    writer = store.writer
    (store.git_dir / "gitreg/writer.json").write_text("{")
    with Store.open(store.path, world) as again:
        assert again.writer != writer


def test_revisions_are_what_people_type(store: Store) -> None:
    first, second, third = (put(store, a=str(n)) for n in range(3))
    git(store.path, "tag", "light", first)
    git(store.path, "tag", "-a", "-m", "x", "heavy", second)
    git(store.path, "update-ref", "refs/remotes/origin/main", second)
    expected = {
        "main": third,
        "HEAD": third,
        "refs/heads/main": third,
        "heads/main": third,
        "light": first,
        "heavy": second,
        "origin/main": second,
        "main~2": first,
        "main^": second,
        "main~1^1": first,
        "main^0": third,
        third: third,
        second[:10]: second,
    }
    assert {name: store.resolve(name) for name in expected} == expected


@pytest.mark.parametrize(
    "revision", ["", "nothing", "main~99", "main^2", "zzzz", "1234567", "main@{1}", "a b", "../main", "\0", "f" * 40]
)
def test_a_revision_that_is_not_there_is_not_found(store: Store, revision: str) -> None:
    put(store, a="1")
    with pytest.raises(RevisionNotFound):
        store.resolve(revision)


def test_a_tag_of_a_file_is_no_commit(store: Store) -> None:
    put(store, a="1")
    git(store.path, "tag", "file", "HEAD:a")
    with pytest.raises(RevisionNotFound):
        store.resolve("file")


def test_a_short_id_of_two_commits_is_ambiguous(bare: Store) -> None:
    seen: dict[str, str] = {}
    for n in range(2000):
        commit = bare.write_commit((), bare.snapshot(None), {}, text(str(n)))
        if commit[:4] in seen:
            with pytest.raises(Ambiguous):
                bare.resolve(commit[:4])
            return
        seen[commit[:4]] = commit
    pytest.fail("no two commits began alike")


def test_history_is_told_by_raw_parents(store: Store) -> None:
    first, second, third = (put(store, a=str(n)) for n in range(3))
    (store.git_dir / "info").mkdir(exist_ok=True)
    (store.git_dir / "info/grafts").write_text(f"{third}\n")
    git(store.path, "replace", second, first)
    (store.git_dir / "objects/info/alternates").write_text("/somewhere\n")
    assert list(store.first_parents("HEAD")) == [third, second, first]
    assert store.commit(second).parents == (first,)
    assert store.is_ancestor(first, third)
    assert not store.is_ancestor(third, first)
    found = store.boundaries()
    assert (found.grafts, found.alternates, found.replace_refs) == (True, True, (f"refs/replace/{second}",))
    assert not found.is_clear
    assert {finding.subject for finding in store.doctor()} == {"grafts", "replace", "alternates"}


def test_an_alternate_is_never_read(bare: Store, tmp_path: Path, world: Surroundings) -> None:
    put(bare, a="1")
    git(tmp_path, "clone", "-q", "--shared", str(bare.path), "borrowing")
    with Store.open(tmp_path / "borrowing", world) as seen, pytest.raises(RevisionNotFound):
        seen.snapshot("HEAD")


def test_a_clean_repository_has_no_boundaries(bare: Store) -> None:
    put(bare, a="1")
    assert bare.boundaries().is_clear
    assert bare.doctor() == ()
    assert bare.branches == OWN_BRANCHES


def test_the_doctor_sets_what_somebody_unset(bare: Store) -> None:
    git(bare.path, "config", "gc.auto", "6700")
    assert [(finding.kind, finding.subject) for finding in bare.doctor()] == [("setting", "gc.auto")]
    assert git(bare.path, "config", "gc.auto") == "0\n"


@pytest.mark.parametrize(
    ("url", "kind", "host", "path"),
    [
        ("https://example.org/x.git", "http", "example.org", ""),
        ("HTTP://u:p@example.org:8080/x", "http", "example.org:8080", ""),
        ("ssh://git@example.org:2222/x/y.git", "ssh", "example.org", "/x/y.git"),
        ("git@example.org:x/y.git", "ssh", "example.org", "x/y.git"),
        ("[::1]:x", "ssh", "::1", "x"),
        ("/srv/x", "path", "", "/srv/x"),
        ("../x", "path", "", "/base/../x"),
        ("file:///srv/a%20b", "path", "", "/srv/a b"),
    ],
)
def test_urls_are_told_apart(url: str, kind: str, host: str, path: str) -> None:
    address = parse(url, Path("/base"))
    assert (address.kind, address.host, str(address.path)) == (kind, host, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ext::sh -c x",
        "git://example.org/x",
        "ftp://x/y",
        "https:///x",
        "a\nb",
        "ssh://-oProxyCommand=x/y",
        "ssh://h",
    ],
)
def test_urls_we_do_not_speak_are_refused(url: str) -> None:
    with pytest.raises(RemoteError):
        parse(url, Path("/base"))


def test_secrets_and_control_characters_are_never_shown() -> None:
    assert redact("fatal: https://ada:secret@example.org/x failed") == "fatal: https://example.org/x failed"
    assert parse("https://ada:s%40cret@example.org/x", Path("/")).password == "s@cret"  # noqa: S105 - it is the test
    assert "cret" not in repr(parse("https://ada:s%40cret@example.org/x", Path("/")))
    assert plain_text("a\x1b[31mred\x07\u202e\r\nb  \n\n") == "a[31mred\nb"


def test_surroundings_of_this_process_are_filled() -> None:
    seen = Surroundings.of_process()
    assert seen.host
    assert seen.boot_id
    assert seen.machine_id
    assert seen.now().tzinfo
