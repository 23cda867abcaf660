"""Which registry is meant, opening it, and making one. The rim: here the process's surroundings are read."""

from __future__ import annotations

import logging
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from gitreg import _registry
from gitreg._registry import Registry, is_registry
from gitreg._user import User
from gitreg.errors import RegistryNotFound, StorageError
from gitreg.store import Store
from gitreg.surroundings import Surroundings
from gitreg.terminal import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitreg.tracking import Run, SpoolTracker, Start

KEY = "gitreg.registry"
VARIABLE = "GITREG_REPO"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[^/\s]+@[^/\s]+:")
_PERSONAL = "it is your personal one"
_HINT = "Make one: gitreg init PATH; or say which you mean: gitreg use PATH|URL"

_log = logging.getLogger("gitreg")

__all__ = [
    "Found",
    "Registry",
    "find",
    "init",
    "is_url",
    "open",
    "open_for_recording",
    "open_receiver",
    "open_registry",
    "spool_tracker",
    "start_run",
    "use",
]


@dataclass(frozen=True)
class Found:
    """A registry that is meant, and by which rule."""

    target: str
    why: str


def open_registry(path_or_url: str | Path | None = None, *, surroundings: Surroundings | None = None) -> Registry:
    """The registry at a path (or around it) or URL; without either the one that is meant here.

    That is: `GITREG_REPO`, `git config gitreg.registry` of the code repository around the working folder, the registry
    around it, the user's default, the personal one if it was ever made. A URL is cloned once into the user's data
    folder. Raises `RegistryNotFound`, and what cloning and reading raise.
    """
    around = surroundings or Surroundings.of_process()
    found = find(path_or_url, around)
    registry = Registry(_store_of(found.target, around), why=found.why, watch=progress)
    if is_url(found.target):
        registry.freshen()
    return registry


open = open_registry  # noqa: A001 - as `gitreg.open` it reads as it should


def find(path_or_url: str | Path | None, surroundings: Surroundings) -> Found:
    """Which registry is meant, and why. Raises `RegistryNotFound` where none is."""
    given = str(path_or_url) if path_or_url is not None else ""
    if given:
        return Found(given, "it was named") if is_url(given) else _around(Path(given), surroundings, "it was named")
    variable = surroundings.environ.get(VARIABLE)
    if variable:
        return Found(variable, VARIABLE) if is_url(variable) else _around(Path(variable), surroundings, VARIABLE)
    try:
        return _around(_working_folder(), surroundings)
    except RegistryNotFound:
        user = User(surroundings)
        default = user.read().registry
        if default is not None:
            return Found(default, "it is your default")
        if not user.personal.exists():
            raise
        return Found(str(user.personal), _PERSONAL)


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise RegistryNotFound(
            "The working folder is gone.", subject=".", hint="Change to one that is there."
        ) from None


def _around(path: Path, surroundings: Surroundings, named_by: str = "") -> Found:
    """The registry at a path, around it, or chosen by the code repository around it.

    A path that was named means the registry there before the one that its configuration names.
    """
    if not path.is_dir():
        raise RegistryNotFound(f"There is no folder {path}.", subject=str(path), hint=_HINT)
    try:
        store = Store.discover(path, surroundings)
    except RegistryNotFound as error:
        raise RegistryNotFound(error.message, subject=error.subject, hint=_HINT) from None
    with store:
        itself = Found(str(store.path), named_by or f"it is around {path}") if is_registry(store) else None
        chosen = _chosen_by(store)
    found = (itself or chosen) if named_by else (chosen or itself)
    if found is None:
        hint = f"Put a registry beside the code: gitreg init --here. {_HINT}"
        raise RegistryNotFound(
            f"{store.path} is a git repository, but no registry.", subject=str(store.path), hint=hint
        )
    return found


def _chosen_by(store: Store) -> Found | None:
    value = store.config.get(KEY)
    if not value:
        return None
    target = value if is_url(value) else str(store.path / Path(value).expanduser())
    return Found(target, f"git config {KEY} of {store.path}")


def is_url(text: str) -> bool:
    """Whether this is a repository's URL rather than a path."""
    return _URL.match(text) is not None and not Path(text).exists()


def _store_of(target: str, surroundings: Surroundings) -> Store:
    if not is_url(target):
        return Store.discover(Path(target).expanduser(), surroundings)
    kept = User(surroundings).clone_of(target)
    if not kept.exists():
        _aside(kept, lambda path: Store.clone(target, path, surroundings).close())
    return Store.open(kept, surroundings)


def _aside(path: Path, make: Callable[[Path], None]) -> None:
    """Make a folder beside its place and move it there whole: of two processes one wins, and neither sees a half."""
    building = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        make(building)
        building.rename(path)
    except OSError as error:
        if not path.exists():
            raise StorageError(f"{path} cannot be made: {error.strerror}.", subject=str(path)) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def init(  # noqa: PLR0913 - the public face: each is a wish that `gitreg init` has a flag for
    path: str | Path = ".",
    *,
    protect: Iterable[str] = (),
    blobs: str | None = None,
    here: bool = False,
    bare: bool = False,
    ci: str | None = None,
    message: str | None = None,
    surroundings: Surroundings | None = None,
) -> Registry:
    """Make a registry: in a new folder, beside the code around `path` (`here`), or bare, for others to clone.

    `protect` names stages that need approval; `blobs` is a bucket for everyone, or a folder for this user; `ci`
    installs the checks of a CI system (`github`, `gitlab`, `gitea`, `jenkins`) or a server's hook (`bare`); `message`
    says why, in the first commit. See `create` for what it raises.
    """
    around = surroundings or Surroundings.of_process()
    wanted = _registry.Wanted(tuple(protect), blobs, here=here, bare=bare, ci=ci, message=message)
    store = _registry.create(Path(path).expanduser().absolute(), wanted, around)
    return Registry(store, why="it was just made", watch=progress)


def use(
    target: str, *, default: bool = False, folder: Path | None = None, surroundings: Surroundings | None = None
) -> Found:
    """Mean this registry from now on: in the code repository around `folder`, else (or with `default`) everywhere.

    The answer says where that was written. Raises what opening the registry raises: a typing mistake is found now.
    """
    around = surroundings or Surroundings.of_process()
    with open_registry(target, surroundings=around) as registry:
        chosen = target if is_url(target) else str(registry.path)
    if not default:
        try:
            with Store.discover(folder or Path.cwd(), around) as code:
                if str(code.path) != chosen:
                    code.config.append({KEY: chosen})
                    return Found(chosen, f"git config {KEY} of {code.path}")
        except RegistryNotFound:
            pass
    user = User(around)
    user.set_registry(chosen)
    return Found(chosen, str(user.config_path))


def open_for_recording(
    path_or_url: str | Path | None = None,
    *,
    surroundings: Surroundings | None = None,
    say: Callable[[str], None] | None = None,
) -> Registry:
    """As `open_registry`; where none is meant, the personal registry, made on the spot and told of in one line.

    `say` gets that line; without it the line goes to the log `gitreg`, which shows warnings on stderr by default.
    """
    around = surroundings or Surroundings.of_process()
    try:
        found = find(path_or_url, around)
    except RegistryNotFound:
        if path_or_url is not None or around.environ.get(VARIABLE):
            raise
        found = Found(str(User(around).personal), _PERSONAL)
        _aside(Path(found.target), lambda path: _registry.create(path, _registry.Wanted(), around).close())
    if found.why == _PERSONAL:
        (say or _log.warning)(f"gitreg: no registry here, recording to your personal one: {found.target}")
    return Registry(_store_of(found.target, around), why=found.why, watch=progress)


def start_run(experiment: str = "default", **said: Unpack[Start]) -> Run:
    """Begin a run in the registry that is meant here, or in the personal one; it is the active run until it ends.

    What else may be said is in `Start`: `name`, `tags`, `run_id`, `key`, `parent`, `strict`, `capture`. With
    GITREG_MODE=journal the run is recorded into the spool that GITREG_SPOOL names, and no registry is opened.
    """
    around = Surroundings.of_process()
    recorder = spool_tracker(around) or open_for_recording(surroundings=around)
    return recorder.start_run(experiment, **said)


def spool_tracker(surroundings: Surroundings) -> SpoolTracker | None:
    """What records into the spool that the environment asks for, if it does. Raises `InvalidValue`, `StorageError`."""
    from gitreg.tracking import Spool, SpoolTracker, spool_of  # noqa: PLC0415 - as in `_registry`: few commands record

    folder = spool_of(surroundings.environ)
    return SpoolTracker(Spool(Path(folder)), surroundings) if folder is not None else None


def open_receiver(path: Path, surroundings: Surroundings) -> Store:
    """The repository of a hook, with the objects that git keeps in quarantine until the hook says yes (format 32)."""
    quarantine = surroundings.environ.get("GIT_QUARANTINE_PATH")
    return Store.open(path, surroundings, quarantine=Path(quarantine) if quarantine else None)
