"""Making a repository, without a git program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gitreg.errors import AlreadyExists, StorageError
from gitreg.store.layout import is_git_dir

if TYPE_CHECKING:
    from pathlib import Path

OWN_SETTINGS = {
    "core.fsync": "objects,derived-metadata,reference",
    "gc.auto": "0",
    "receive.autogc": "false",
    "repack.writeBitmaps": "false",
}
"""What a registry's repository says to git: sync what you write (git before 2.36 does not know how), no upkeep behind
our back, no bitmaps (readers fail on one that is older than a pack). `core.fsyncObjectFiles` is the old name: git
2.36 and later print a warning at every command for it, and we sync by ourselves, so it is not set.
"""

GUEST_SETTINGS = {"gitreg.guest": "true", "repack.writeBitmaps": "false"}
"""The least that is asked of a code repository with a registry inside."""

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = {bare}\n"


def origin_settings(url: str) -> dict[str, str]:
    """What `git clone` writes about where it cloned from, so that plain git works in the clone as well."""
    return {
        "remote.origin.url": url,
        "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
        "branch.main.remote": "origin",
        "branch.main.merge": "refs/heads/main",
    }


def create(path: Path, *, bare: bool) -> Path:
    """Make an empty repository at `path`, whose branch will be `main`; returns its git folder.

    The folder may exist and hold files, but no repository: `AlreadyExists`. Raises `StorageError`.
    """
    git_dir = path if bare else path / ".git"
    if is_git_dir(git_dir) or (not bare and git_dir.exists()):
        raise AlreadyExists(f"{path} is a git repository already.", subject=str(path))
    if bare and path.is_dir() and any(path.iterdir()):
        raise AlreadyExists(f"{path} is not empty.", subject=str(path))
    try:
        _fill(git_dir, bare=bare)
    except OSError as error:
        message = f"A repository cannot be made at {path}: {error.strerror}."
        raise StorageError(message, subject=str(path)) from error
    return git_dir


def _fill(git_dir: Path, *, bare: bool) -> None:
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info", "gitreg"):
        (git_dir / folder).mkdir(parents=True, exist_ok=True)
    _write(git_dir / "config", _CONFIG.format(bare=str(bare).lower()) + ("" if bare else "\tlogallrefupdates = true\n"))
    # HEAD last: before it is there, nobody takes the folder for a repository.
    _write(git_dir / "HEAD", "ref: refs/heads/main\n")


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
