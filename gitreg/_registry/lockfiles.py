"""Lock files of applications: which versions they use, and whether those still stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gitreg.blobs import get_manifest, read_manifest, without_credentials
from gitreg.decisions import Rulebook
from gitreg.documents import Lock, Locked, part
from gitreg.errors import (
    AlreadyExists,
    CannotTell,
    CorruptBlob,
    InvalidValue,
    NotFound,
    NotInForce,
    Refused,
    StageNotFound,
    StorageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitreg._registry.parts import Parts
    from gitreg._registry.resolved import Resolution
    from gitreg.blobs import Progress
    from gitreg.documents import Manifest, ManifestEntry

LockState = Literal["current", "behind", "withdrawn", "held", "not in force"]


@dataclass(frozen=True)
class LockCheck:
    """A locked address as it is now. `now` is what it would be locked to; None where it stands for nothing."""

    address: str
    locked: Locked
    now: Locked | None
    state: LockState
    trouble: str

    @property
    def is_refused(self) -> bool:
        """Whether what is locked was taken back: nobody should run it."""
        return self.state in ("withdrawn", "held", "not in force")


class LockFiles:
    """Makes them, brings them up to date, checks them, and fetches by them."""

    def __init__(self, parts: Parts, resolve: Callable[[str], Resolution]) -> None:
        """`resolve` says what an address stands for now."""
        self._parts = parts
        self._resolve = resolve

    def read(self, file: Path) -> Lock:
        """A lock file of this registry. Raises `NotFound`, `InvalidDocument`, and `Refused` for another registry's."""
        try:
            lock = Lock.from_bytes(file.read_bytes(), file.name)
        except FileNotFoundError:
            message = f"There is no lock file {file}."
            raise NotFound(message, subject=str(file), hint="gitreg lock models:/MODEL@STAGE") from None
        except OSError as error:
            raise StorageError(f"{file} cannot be read: {error.strerror}.", subject=str(file)) from error
        if lock.registry != self._parts.settings.registry:
            message = f"{file.name} is of the registry {lock.registry}, and this is {self._parts.settings.registry}."
            raise Refused(message, subject=str(file), hint="Say which registry is meant: gitreg -C PATH-OR-URL …")
        return lock

    def lock(self, file: Path, addresses: Iterable[str]) -> Lock:
        """Add addresses to a lock file, made where there is none. Raises as `resolve` and `read`, `InvalidValue`."""
        models = dict(self.read(file).models) if file.exists() else {}
        models |= {str(resolution.address): self._locked(resolution) for resolution in map(self._resolve, addresses)}
        return self._write(file, models)

    def update(self, file: Path) -> Lock:
        """Bring every address up to what it stands for now. Raises as `resolve`: then nothing changes."""
        models = {address: self._locked(self._resolve(address)) for address in self.read(file).models}
        return self._write(file, models)

    def check(self, file: Path) -> list[LockCheck]:
        """Each address of a lock file: whether what is locked is what it stands for, and was not taken back."""
        return [self._check(address, locked) for address, locked in sorted(self.read(file).models.items())]

    def pull(self, file: Path, target: Path, progress: Progress | None = None) -> dict[str, Path]:
        """Write the files of every address below a new folder, one folder for each model, exactly as locked.

        Nothing is looked up but bytes by digest: where those are here no network is needed. Raises `AlreadyExists`,
        `BlobNotFound`, and `CorruptBlob` where the list of files is not the one that was locked.
        """
        lock = self.read(file)
        folders = {address: target / part(locked.model) for address, locked in lock.models.items()}
        if len(set(folders.values())) != len(folders):
            raise InvalidValue("Two addresses of the lock file are about one model, whose folder can hold one version.")
        if target.exists() and any(target.iterdir()):
            raise AlreadyExists(f"{target} is there already.", subject=str(target), hint="Choose a new folder.")
        manifests = {address: self._manifest(address, locked) for address, locked in lock.models.items()}
        for address, manifest in manifests.items():
            get_manifest(self._parts.blobs, manifest, folders[address], progress=progress)
        return folders

    def files(self, file: Path) -> list[ManifestEntry]:
        """Every file that a lock file names, by its path below the folder of `pull`."""
        found = self.read(file).models
        return [
            entry.model_copy(update={"path": f"{part(locked.model)}/{entry.path}"})
            for address, locked in found.items()
            for entry in self._manifest(address, locked).files
        ]

    # --- within -----------------------------------------------------------------------------------------------------

    def _manifest(self, address: str, locked: Locked) -> Manifest:
        manifest = read_manifest(self._parts.blobs, locked.artifacts.digest)
        if {entry.path: entry.digest for entry in manifest.files} != dict(locked.files):
            raise CorruptBlob(f"The files of {address} are not those that were locked.", subject=address)
        return manifest

    def _locked(self, found: Resolution) -> Locked:
        if found.version is None or found.model is None:
            message = f"{found.address} is no version of a model."
            raise InvalidValue(message, subject=found.address, hint="models:/MODEL@STAGE, models:/MODEL/NUMBER")
        files = read_manifest(self._parts.blobs, found.artifacts.digest).files
        return Locked(
            model=found.model,
            number=found.number,
            version=found.version,
            decision=found.decision,
            landing=self._landing(found),
            artifacts=found.artifacts,
            files={entry.path: entry.digest for entry in files},
        )

    def _landing(self, found: Resolution) -> str | None:
        """The commit since which it is in force."""
        if found.model is None or found.stage is None:
            return None
        place = self._parts.record.resolve(found.model, found.stage).since
        return None if place is None else str(place.commit)

    def _write(self, file: Path, models: dict[str, Locked]) -> Lock:
        store = self._parts.store
        url = store.config.remote_url("origin")
        lock = Lock(registry=self._parts.settings.registry, url=url and without_credentials(url), models=models)
        if not file.exists() or file.read_bytes() != lock.to_bytes():
            try:
                file.write_bytes(lock.to_bytes())
            except OSError as error:
                raise StorageError(f"{file} cannot be written: {error.strerror}.", subject=str(file)) from error
        return lock

    def _check(self, address: str, locked: Locked) -> LockCheck:
        try:
            found = self._resolve(address)
        except StageNotFound as error:
            return LockCheck(address, locked, None, "withdrawn", error.message)
        except (NotInForce, CannotTell) as error:
            return LockCheck(address, locked, None, "not in force", error.message)
        now = self._locked(found)
        held = self._held(locked, found.stage)
        if held:
            return LockCheck(address, locked, now, "held", held)
        return LockCheck(address, locked, now, "current" if now == locked else "behind", "")

    def _held(self, locked: Locked, stage: str | None) -> str:
        rulebook = Rulebook(self._parts.office.judge().tree())
        for each in [stage] if stage is not None else list(self._parts.settings.stages):
            hold = rulebook.is_held(locked.model, locked.version, each)
            if hold is not None:
                return f"Version {locked.number} of {locked.model} is held out of {each}: {hold.reason}"
        return ""
