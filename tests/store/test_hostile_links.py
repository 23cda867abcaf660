"""A git folder that somebody handed us, with links where we write."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import UnsafePath, UnsafeRepository
from gitreg.index.database import Database
from gitreg.store import CommitId, RefUpdate
from tests.store.builders import MAIN, git, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg.store import Store

PRECIOUS = "precious\n"


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A file of the user's, which must stay as it is."""
    file = tmp_path / "victim"
    file.write_text(PRECIOUS)
    yield file
    assert file.read_text() == PRECIOUS
    assert not file.is_symlink()


@pytest.mark.parametrize("purpose", ["ref", "carry"])
def test_a_scratch_file_is_not_written_through_a_link(store: Store, victim: Path, purpose: str) -> None:
    put(store, a="1")
    (store.git_dir / "gitreg" / f"{purpose}.{os.getpid()}-{threading.get_ident()}.tmp").symlink_to(victim)
    put(store, a="2")
    assert (store.path / "a").read_text() == "2"


def test_the_configuration_is_not_written_through_a_link(store: Store, victim: Path) -> None:
    (store.git_dir / f"config.gitreg-{os.getpid()}").symlink_to(victim)
    store.config.append({"remote.other.url": "https://example.org/r"})
    assert store.config.remote_url("other") == "https://example.org/r"


def test_a_ref_and_its_log_are_not_written_through_links(store: Store, victim: Path) -> None:
    put(store, a="1")
    log = store.git_dir / "logs" / MAIN
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    log.symlink_to(victim)
    put(store, a="2")
    assert store.tip(MAIN)


def test_the_index_is_not_opened_through_a_link(store: Store, victim: Path) -> None:
    path = store.git_dir / "gitreg" / "index.sqlite"
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(victim)
    database = Database(path)
    assert database.check() == ""
    database.close()
    assert path.is_file()
    assert not path.is_symlink()


@pytest.mark.parametrize(
    "name",
    [
        "git~1/config",
        ".git /config",
        ".git./hooks/x",
        ".g\u200cit/config",
        "GIT~2/x",
        ".git::$INDEX_ALLOCATION/x",
        "sub/.GIT/x",
    ],
)
def test_a_name_that_means_gits_folder_to_some_file_system_is_not_checked_out(store: Store, name: str) -> None:
    before = put(store, a="1")
    blob = git(store.path, "hash-object", "-w", "--stdin", stdin="[core]\n").strip()
    rows = f"100644 blob {blob}\t{name.rpartition('/')[2]}\n"
    for folder in reversed(name.split("/")[:-1]):
        rows = f"040000 tree {git(store.path, 'mktree', stdin=rows).strip()}\t{folder}\n"
    top = git(store.path, "mktree", stdin=rows + f"100644 blob {blob}\ta\n").strip()
    evil = CommitId(git(store.path, "commit-tree", top, "-p", before, "-m", "x").strip())
    with pytest.raises((UnsafePath, UnsafeRepository), match=r"git's own folder|holds the name"):
        store.move(RefUpdate(MAIN, evil, before))
    assert store.tip(MAIN) == before
    assert sorted(path.name for path in store.path.iterdir()) == [".git", "a"]
    assert (store.path / "a").read_text() == "1"
