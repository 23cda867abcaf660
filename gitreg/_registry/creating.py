"""Making a registry: its first commit, its CI, its place for bytes."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg._registry.bytes import check_place
from gitreg._registry.ci import CI_SYSTEMS, HOOK, ci_files
from gitreg._registry.hooks import install_pre_receive
from gitreg._registry.parts import is_registry
from gitreg._user import User
from gitreg.blobs import check_blobs_url
from gitreg.decisions import creation_edits, default_settings
from gitreg.documents import Edits, RegistryId, RegistrySettings, check_model_name
from gitreg.errors import AlreadyExists, RegistryNotFound, UsageError
from gitreg.store import GUEST_BRANCHES, OWN_BRANCHES, Branches, CommitText, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.surroundings import Surroundings


@dataclass(frozen=True)
class Wanted:
    """What a new registry shall be."""

    protect: tuple[str, ...] = ()
    """Stages that need approval from the first day."""
    blobs: str | None = None
    """A bucket, written into gitreg.json; or a folder, kept in the user's own configuration."""
    here: bool = False
    """Beside the code of an existing repository, on branches of its own."""
    bare: bool = False
    """A repository without a work tree, for others to clone from."""
    ci: str | None = None
    """Which system checks proposals and landings: one of `CI_SYSTEMS`."""
    message: str | None = None
    """Why, for the first commit."""


def create(path: Path, wanted: Wanted, surroundings: Surroundings) -> Store:
    """Make a registry at `path`. When anything fails, nothing of it stays.

    Raises `UsageError` for wishes that contradict each other, `AlreadyExists`, `StorageError` and `CredentialsRefused`
    for a place of bytes that cannot be reached, `RegistryNotFound` for `here` where there is no repository.
    """
    _check(wanted)
    settings = default_settings(RegistryId.random(), wanted.protect, _bucket(wanted.blobs))
    of_user = _check_bytes(path, settings, wanted.blobs)
    with _made(path, wanted, surroundings) as store:
        branches = GUEST_BRANCHES if wanted.here else OWN_BRANCHES
        edits = {**creation_edits(settings, ledger=_short(branches.ledger)), **ci_files(wanted.ci)}
        _commit(store, branches, edits, wanted.message)
        if wanted.ci == HOOK:
            install_pre_receive(store)
        if of_user is not None:
            User(surroundings).set_blobs(settings.registry, of_user)
    return store


def _check(wanted: Wanted) -> None:
    for stage in wanted.protect:
        check_model_name(stage, "stage's name")
    if wanted.here and wanted.bare:
        raise UsageError("A registry is either beside code (--here) or without files (--bare).", subject="init")
    if wanted.ci is not None and wanted.ci not in CI_SYSTEMS:
        known = f"{', '.join(CI_SYSTEMS[:-1])} and {CI_SYSTEMS[-1]}"
        raise UsageError(f"There is no CI template {wanted.ci!r:.40} (there are {known}).", subject=wanted.ci)
    if wanted.ci == HOOK and not wanted.bare:
        hint = "gitreg init --bare --ci bare PATH"
        raise UsageError("The pre-receive hook belongs to a bare repository.", subject="bare", hint=hint)
    if wanted.ci not in (None, HOOK) and wanted.here:
        hint = "See docs/team.md: the workflow belongs on the default branch of the code."
        raise UsageError("The workflow is not installed beside code.", subject=wanted.ci, hint=hint)


def _bucket(blobs: str | None) -> str | None:
    return check_blobs_url(blobs) if blobs is not None and "://" in blobs and not blobs.startswith("file:") else None


def _check_bytes(path: Path, settings: RegistrySettings, blobs: str | None) -> str | None:
    """Where this user keeps the bytes, in the form that is kept; None where gitreg.json says it or nobody does."""
    if blobs is None:
        return None
    chosen = check_place(blobs, settings.registry, path)
    return None if settings.blobs is not None else chosen


@contextmanager
def _made(path: Path, wanted: Wanted, surroundings: Surroundings) -> Iterator[Store]:
    """The repository, taken away again if the rest fails and it was made for this."""
    if wanted.here:
        yield _beside_code(path, surroundings)
        return
    _check_place(path, surroundings)
    is_new = not path.exists()
    store = Store.init(path, surroundings, bare=wanted.bare)
    try:
        yield store
    except BaseException:
        store.close()
        shutil.rmtree(path if is_new or wanted.bare else store.git_dir, ignore_errors=True)
        raise


def _beside_code(path: Path, surroundings: Surroundings) -> Store:
    try:
        found = Store.discover(path, surroundings)
    except RegistryNotFound as error:
        raise RegistryNotFound(error.message, subject=error.subject, hint="Make it one first: git init") from None
    with found:
        _refuse_registry(found)
        return Store.adopt(found.path, surroundings)


def _check_place(path: Path, surroundings: Surroundings) -> None:
    try:
        with Store.open(path, surroundings) as found:
            _refuse_registry(found)
            hint = f"Put a registry beside its code: gitreg -C {path} init --here"
            raise AlreadyExists(f"{path} is a git repository already.", subject=str(path), hint=hint)
    except RegistryNotFound:
        pass
    if path.exists() and not path.is_dir():
        raise AlreadyExists(f"{path} is a file.", subject=str(path))
    if path.is_dir() and any(path.iterdir()):
        hint = "Give a new folder; beside code: git init, then gitreg init --here"
        raise AlreadyExists(f"{path} is not empty.", subject=str(path), hint=hint)


def _refuse_registry(store: Store) -> None:
    if is_registry(store):
        hint = f"Look at it: gitreg -C {store.path} status"
        raise AlreadyExists(f"{store.path} is a registry already.", subject=str(store.path), hint=hint)


def _commit(store: Store, branches: Branches, edits: Edits, why: str | None) -> None:
    for ref in (branches.main, branches.ledger):
        if store.tip(ref) is not None:
            hint = f"Look at it: git log {_short(ref)}"
            raise AlreadyExists(f"The branch {_short(ref)} is there already.", subject=ref, hint=hint)
    author, committer = store.author().person, store.committer().person
    message = f"registry: created\n\n{why}\n" if why else "registry: created"
    text = CommitText(message, author, committer, store.surroundings.now())
    store.update(branches.main, lambda _: edits, text)


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/")
