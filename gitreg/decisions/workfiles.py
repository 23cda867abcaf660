"""Governed files that a person edited by hand in the work tree."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from gitreg.decisions.governing import canonical
from gitreg.decisions.landing import is_governed
from gitreg.documents import MAX_DOCUMENT_BYTES, paths
from gitreg.errors import InvalidDocument, InvalidName, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gitreg.decisions.office import Office

# allowed_signers is rendered, and governance/ is decisions themselves: people edit neither.
_EDITED = sorted(
    path.rstrip("/") for path in {*paths.OWNED_FILES, *paths.OWNED_FOLDERS} - {paths.ALLOWED_SIGNERS, "governance/"}
)


@contextmanager
def governed_edits(
    office: Office, wanted: Sequence[str] = (), *, dry_run: bool = False
) -> Iterator[dict[str, bytes | None]]:
    """How the governed files of the work tree differ from main, in canonical form; of the named files or folders only.

    While the block decides about them, the files too are written as gitreg writes them, so that they are clean once the
    decision lands. When the block raises they are as they were; a dry run leaves them alone.
    Raises `InvalidValue` where there is no work tree that has main checked out, `InvalidName` for a path that is not
    governed, `InvalidDocument` for one that cannot be read.
    """
    root = _work_tree(office)
    tree = office.snapshot()
    on_disk = {path: root / path for path in _files(root)}
    known = {path for path, _ in tree.walk() if is_governed(path) and path != paths.ALLOWED_SIGNERS}
    chosen = sorted(path for path in on_disk.keys() | known if _is_wanted(path, wanted))
    found = {path: _read(on_disk[path], path) if path in on_disk else None for path in chosen}
    edits = canonical({path: data for path, data in found.items() if data != tree.read(path)})
    with ExitStack() as undo:
        for path, data in edits.items():
            if data is not None and data != found[path] and not dry_run:
                undo.callback((root / path).write_bytes, found[path] or b"")
                (root / path).write_bytes(data)
        yield {path: data for path, data in edits.items() if data != tree.read(path)}
        undo.pop_all()


def _work_tree(office: Office) -> Path:
    store = office.store
    if store.work_tree is None or store.head() != store.branches.main:
        message = (
            f"Files are edited where {store.branches.main.removeprefix('refs/heads/')} is checked out; it is not here."
        )
        raise InvalidValue(message, subject=str(store.path), hint="git switch to it, or work in another clone.")
    return store.work_tree


def _is_wanted(path: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(path == each or path.startswith(f"{each.rstrip('/')}/") for each in wanted)


def _files(root: Path) -> Iterator[str]:
    """The governed files on disk; links are nobody's documents and are refused."""
    for top in _EDITED:
        place = root / top
        for file in sorted(place.rglob("*")) if place.is_dir() and not place.is_symlink() else [place]:
            path = file.relative_to(root).as_posix()
            if file.is_symlink():
                raise InvalidName(f"{path} is a link; a governed file is a file.", subject=path)
            if file.is_file() and is_governed(path):
                yield path


def _read(file: Path, path: str) -> bytes:
    if file.stat().st_size > MAX_DOCUMENT_BYTES:
        raise InvalidDocument(f"{path} has more than {MAX_DOCUMENT_BYTES:,} bytes.", subject=path)
    return file.read_bytes()
