"""A bare repository as a forge keeps it: branches, pull requests' refs, and merges that are really made."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_ENVIRON = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C", "HOME": os.devnull}


class MergeConflict(Exception):
    """Git finds no merge, or the branch moved meanwhile."""


@dataclass(frozen=True)
class Writer:
    """Who commits, as a forge writes it."""

    name: str
    email: str
    date: str = ""

    @property
    def environ(self) -> dict[str, str]:
        """What git asks the environment for."""
        found = {"GIT_COMMITTER_NAME": self.name, "GIT_COMMITTER_EMAIL": self.email}
        return found | ({"GIT_COMMITTER_DATE": self.date, "GIT_AUTHOR_DATE": self.date} if self.date else {})

    @property
    def as_author(self) -> dict[str, str]:
        """The same, and as author too."""
        return {**self.environ, "GIT_AUTHOR_NAME": self.name, "GIT_AUTHOR_EMAIL": self.email}


@dataclass(frozen=True)
class Bare:
    """A bare repository on disk."""

    path: Path

    def git(self, *command: str, environ: dict[str, str] | None = None, folder: Path | None = None) -> str:
        """What git prints. Raises `subprocess.CalledProcessError`."""
        place = ["--git-dir", str(self.path)] if folder is None else ["-C", str(folder)]
        done = subprocess.run(  # noqa: S603 - the user's git on repositories of a test
            [shutil.which("git") or "git", *place, *command],
            env={"PATH": os.environ.get("PATH", ""), **_ENVIRON, **(environ or {})},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def sha(self, name: str) -> str:
        """The commit of a branch or revision; empty where there is none."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except subprocess.CalledProcessError:
            return ""

    def branch(self, name: str) -> str:
        """The commit of a branch; empty where there is none."""
        return self.sha(f"refs/heads/{name}")

    def has_merged(self, commit: str, into: str) -> bool:
        """Whether `commit` is `into` or an ancestor of it."""
        try:
            self.git("merge-base", "--is-ancestor", commit, into)
        except subprocess.CalledProcessError:
            return False
        return True

    def merges_cleanly(self, base: str, head: str) -> bool:
        """Whether git finds a merge of the two."""
        try:
            self.git("merge-tree", "--write-tree", base, head)
        except subprocess.CalledProcessError:
            return False
        return True

    def count(self, base: str, head: str) -> int:
        """How many commits `head` has that `base` lacks."""
        return int(self.git("rev-list", "--count", f"{base}..{head}"))

    def changes(self, base: str, head: str) -> tuple[int, int, int]:
        """Files, lines added and lines removed since the two parted."""
        rows = [line.split("\t") for line in self.git("diff", "--numstat", f"{base}...{head}").splitlines()]
        added = sum(int(row[0]) for row in rows if row[0] != "-")
        return len(rows), added, sum(int(row[1]) for row in rows if row[1] != "-")

    def title_of(self, commit: str) -> str:
        """The subject of a commit."""
        return self.git("log", "-1", "--format=%s", commit)

    def keep(self, ref: str, commit: str, source: Bare | None = None) -> None:
        """Point a ref at a commit, fetched from a fork if it lies there."""
        if source is not None and source.path != self.path:
            self.git("fetch", "--quiet", "--no-tags", str(source.path), f"+{commit}:{ref}")
        self.git("update-ref", ref, commit)

    def land(self, method: str, base: str, head: str, message: str, writer: Writer) -> str:
        """Merge, squash or rebase `head` onto the branch `base`, as a forge does it; the branch's new tip.

        Raises `MergeConflict`, and then nothing has changed.
        """
        tip = self.branch(base)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "tree"
            self.git("worktree", "add", "--quiet", "--detach", str(folder), tip)
            try:
                self._combine(folder, method, (tip, head), (message, writer))
                made = self.git("rev-parse", "HEAD", folder=folder)
                self.git("update-ref", f"refs/heads/{base}", made, tip)
            except subprocess.CalledProcessError as error:
                raise MergeConflict(error.stderr or error.stdout or "") from error
            finally:
                self.git("worktree", "remove", "--force", str(folder))
        return made

    def _combine(self, folder: Path, method: str, ends: tuple[str, str], words: tuple[str, Writer]) -> None:
        (tip, head), (message, writer) = ends, words
        environ = writer.environ if method == "rebase" else writer.as_author
        if method == "merge":
            self.git("merge", "--no-ff", "--quiet", "-m", message, head, folder=folder, environ=environ)
        elif method == "squash":
            self.git("merge", "--squash", "--quiet", head, folder=folder, environ=environ)
            self.git("commit", "--quiet", "--allow-empty", "-m", message, folder=folder, environ=environ)
        else:
            environ = {key: value for key, value in environ.items() if key != "GIT_AUTHOR_DATE"}
            self.git("cherry-pick", "--allow-empty", f"{tip}..{head}", folder=folder, environ=environ)
