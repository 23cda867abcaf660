"""Where a repository's parts lie: git folder, common folder, work trees. Only files are read, no git program runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.errors import CorruptRepository, RegistryNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class WorkTree:
    """A folder of checked-out files, with the git folder that holds its HEAD and index."""

    path: Path
    git_dir: Path

    @property
    def index(self) -> Path:
        """The staging area's file."""
        return self.git_dir / "index"

    def head_ref(self) -> str | None:
        """The full name of the branch HEAD names, or None when it is detached or unreadable."""
        try:
            head = (self.git_dir / "HEAD").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        name = head.removeprefix("ref:").strip()
        return name if head.startswith("ref:") and name.startswith("refs/") else None


@dataclass(frozen=True)
class Layout:
    """A repository's folders. `git_dir` is this work tree's own, `common_dir` the one that all its work trees share."""

    git_dir: Path
    common_dir: Path
    work_tree: Path | None

    @property
    def objects(self) -> Path:
        """Git's object store."""
        return self.common_dir / "objects"

    @property
    def own(self) -> Path:
        """What gitreg keeps beside git: lock, writer id, index, journals, blobs."""
        return self.common_dir / "gitreg"

    def work_trees(self) -> Iterator[WorkTree]:
        """Every work tree, the main one first. A linked one counts only if its folder points back here: a git folder
        that somebody handed us could name any folder of this machine.
        """
        main = _main_work_tree(self)
        if main is not None:
            yield WorkTree(main, self.common_dir)
        for pointer in sorted((self.common_dir / "worktrees").glob("*/gitdir")):
            marker = pointer.parent / _read_line(pointer)
            if _points_at(marker, pointer.parent):
                yield WorkTree(marker.parent, pointer.parent)


def _main_work_tree(layout: Layout) -> Path | None:
    """The main work tree, also when we were opened through a linked one."""
    if layout.git_dir == layout.common_dir:
        return layout.work_tree
    is_inside_one = layout.common_dir.name == ".git"
    return layout.common_dir.parent if is_inside_one else None


def find(path: Path) -> Layout:
    """The repository at `path`: a work tree's top, a linked work tree, or a git folder. Raises `RegistryNotFound`."""
    path = path.absolute()
    marker = path / ".git"
    if marker.is_file():
        return _linked(path, marker)
    if is_git_dir(marker):
        return Layout(marker.resolve(), _common(marker.resolve()), path)
    if is_git_dir(path):
        git_dir = path.resolve()
        return Layout(git_dir, _common(git_dir), git_dir.parent if git_dir.name == ".git" else None)
    message = f"{path} is not a git repository."
    raise RegistryNotFound(message, subject=str(path), hint="Make a registry with: gitreg init PATH")


def find_enclosing(path: Path) -> Layout:
    """The repository at `path` or the nearest folder above it. Raises `RegistryNotFound`."""
    start = path.absolute()
    for folder in (start, *start.parents):
        if (folder / ".git").exists() or is_git_dir(folder):
            return find(folder)
    message = f"There is no git repository at or above {start}."
    raise RegistryNotFound(message, subject=str(start), hint="Make a registry with: gitreg init PATH")


def is_git_dir(path: Path) -> bool:
    """What git itself looks for: HEAD, objects and refs (a linked work tree's git folder has a commondir instead)."""
    has_store = (path / "objects").is_dir() and (path / "refs").is_dir()
    return (path / "HEAD").is_file() and (has_store or (path / "commondir").is_file())


def _linked(path: Path, marker: Path) -> Layout:
    line = _read_line(marker)
    if not line.startswith("gitdir:"):
        message = f"{marker} is not a link to a git folder."
        raise CorruptRepository(message, subject=str(marker))
    git_dir = (path / line.removeprefix("gitdir:").strip()).resolve()
    if not is_git_dir(git_dir):
        message = f"{marker} points at {git_dir}, which is not a git folder."
        raise CorruptRepository(message, subject=str(marker), hint="git worktree repair")
    return Layout(git_dir, _common(git_dir), path)


def _points_at(marker: Path, git_dir: Path) -> bool:
    """Whether `marker` is a linked work tree's `.git` file for this git folder."""
    if not marker.is_file() or marker.is_symlink():
        return False
    line = _read_line(marker)
    return line.startswith("gitdir:") and (marker.parent / line[7:].strip()).resolve() == git_dir.resolve()


def _common(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    return (git_dir / _read_line(pointer)).resolve() if pointer.is_file() else git_dir


def _read_line(path: Path) -> str:
    """The first line, of at most 4,096 characters: these files are somebody else's."""
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        return file.readline(4096).strip()
