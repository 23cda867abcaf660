"""The rooms of one registry, put together: each is made when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg import blobs, decisions, registry
from gitreg._registry.bytes import open_bytes
from gitreg._registry.erasures import Erasures
from gitreg._registry.uploading import Uploader
from gitreg.documents import Digest, RegistrySettings, paths
from gitreg.errors import RegistryNotFound
from gitreg.index import Index
from gitreg.store import GUEST_BRANCHES, Store

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from gitreg._user import User
    from gitreg.blobs import LayeredBlobs, Watch
    from gitreg.data import Data
    from gitreg.decisions import Inputs, Office, Proposals, Record
    from gitreg.documents import Observation, RunId, Version
    from gitreg.gathering import CodeHistory, Observer
    from gitreg.registry import Evaluations, Ledger, Models
    from gitreg.store import CommitId, RefUpdate, Remote
    from gitreg.tracking import Runs, Tracker


class Parts:
    """What a `Registry` stands on."""

    def __init__(self, store: Store, user: User, watch: Watch) -> None:
        """Nothing is read yet."""
        self.store = store
        self._watch = watch
        self.user = user
        self._settings: tuple[CommitId | None, RegistrySettings] | None = None

    def close(self) -> None:
        """Let go of files; what is asked for later opens them again."""
        if "index" in self.__dict__:
            self.index.close()
        self.store.close()

    @property
    def settings(self) -> RegistrySettings:
        """`gitreg.json` as it stands on main now. Raises `RegistryNotFound` for a repository that is no registry."""
        tip = self.store.main_tip()
        if self._settings is None or self._settings[0] != tip:
            self._settings = (tip, read_settings(self.store))
        return self._settings[1]

    @cached_property
    def index(self) -> Index:
        """The derived index; in memory for a store that is never written to."""
        branches = self.store.branches
        return Index.open(self.store.layout.own, self.store, main=branches.main, ledger=branches.ledger)

    @cached_property
    def blobs(self) -> LayeredBlobs:
        """Bytes: here, and where others read them."""
        return open_bytes(self.store, self.settings, self.user)

    def forget_blobs(self) -> None:
        """Ask again where bytes are, and build anew what stands on the answer."""
        for name in (
            "blobs",
            "erasures",
            "uploader",
            "ledger",
            "models",
            "data",
            "evaluations",
            "observer",
            "tracker",
            "runs",
        ):
            self.__dict__.pop(name, None)

    @cached_property
    def erasures(self) -> Erasures:
        """Which bytes were erased."""
        return Erasures(self.store, blobs.LayeredBlobs(self.blobs.local, self.blobs.shared))

    @cached_property
    def uploader(self) -> Uploader:
        """Sends bytes before what names them."""
        return Uploader(self.store, self.blobs)

    def upload(self, digests: Iterable[Digest]) -> None:
        """Put these bytes, and all that unpublished documents name, where others read them, if there is a place."""
        self.uploader.upload(digests)

    def remote(self) -> Remote | None:
        """The remote; one that lies on this file system is guarded by the same check as its hook makes."""
        return self.store.remote(pre_receive=_check_push)

    def remote_after_bytes(self) -> Remote | None:
        """The remote for whoever may publish the ledger on the way: what it names has been uploaded by then."""
        remote = self.remote()
        if remote is not None:
            self.upload(())
        return remote

    @cached_property
    def ledger(self) -> Ledger:
        """Where facts go."""
        return registry.Ledger(self.store, self.upload, _check_push)

    @cached_property
    def models(self) -> Models:
        """Models and versions."""
        return registry.Models(self.store, self.index, self.blobs, self.ledger, lambda: self.settings)

    @cached_property
    def data(self) -> Data:
        """Versions of data."""
        from gitreg.data import Data  # noqa: PLC0415 - nobody else has to wait for it

        return Data(self.store, self.index, self.blobs, self.models, self.uploader.upload)

    @cached_property
    def evaluations(self) -> Evaluations:
        """What versions were evaluated on."""
        return registry.Evaluations(self.models, self.index, self.blobs)

    @property
    def recorder(self) -> Tracker:
        """Recording, with all that publishing takes: until a run ends, an upgrade may have replaced what lies here."""
        import gitreg._registry.gate  # noqa: F401, PLC0415 - it stands on all that decides

        return self.tracker

    @cached_property
    def tracker(self) -> Tracker:
        """Runs as they are recorded."""
        from gitreg.tracking import Neighbours, Sharing, Tracker  # noqa: PLC0415 - an eighth of what `gitreg resolve` takes to start

        around = Neighbours(self._watch, lambda address: self.data.version(address).document)
        sharing = Sharing(self.upload, _check_push, around)
        return Tracker(self.store, self.blobs, self.store.surroundings, self.settings, sharing)

    @cached_property
    def runs(self) -> Runs:
        """Reading and changing recorded runs."""
        from gitreg.tracking import Runs  # noqa: PLC0415 - as above

        return Runs(self.tracker, self.index, self._runs_in_stages)

    def _runs_in_stages(self) -> dict[tuple[str, str], list[RunId]]:
        """The run behind the version in force in each stage of each model."""
        found = self._in_stages()
        return {target: [version.run] for target, version in found.items() if version.run is not None}

    def versions_in_stages(self, models: Container[str] | None = None) -> dict[tuple[str, str], list[Digest]]:
        """The version in force in each stage of each model; of some models alone that is much sooner known."""
        return {target: [version.digest] for target, version in self._in_stages(models).items()}

    def _in_stages(self, models: Container[str] | None = None) -> dict[tuple[str, str], Version]:
        judge, found = self.office.judge(), {}
        for target in decisions.stages_of(judge):
            if models is not None and target.model not in models:
                continue
            standing = decisions.in_force(judge, target)
            if standing is not None and standing.version is not None:
                found[target.model, target.stage] = standing.version
        return found

    @cached_property
    def office(self) -> Office:
        """Where decisions meet the repository."""
        return decisions.Office(self.store, self.index, self.remote_after_bytes)

    @cached_property
    def proposals(self) -> Proposals:
        """Deciding."""
        return decisions.Proposals(self.office, self.publish, self._observe)

    def _observe(self, inputs: Inputs) -> tuple[Observation, ...]:
        return self.observer(inputs)

    @cached_property
    def observer(self) -> Observer:
        """Looks up what a policy's rules need to know that main does not show."""
        from gitreg.gathering import Observer  # noqa: PLC0415 - as above

        return Observer(self.index, self.blobs, self._code())

    def _code(self) -> CodeHistory | None:
        """The code that trains: this very repository where the registry lives in it, else where GITREG_CODE says."""
        from gitreg.gathering import CodeHistory  # noqa: PLC0415 - as above

        if self.store.branches == GUEST_BRANCHES:
            return CodeHistory(self.store)
        place = self.store.surroundings.environ.get("GITREG_CODE")
        return CodeHistory(Store.open(Path(place), self.store.surroundings)) if place else None

    @cached_property
    def record(self) -> Record:
        """Reading what was decided."""
        return decisions.Record(self.office)

    def publish(self) -> None:
        """Take to the ledger what waits in this clone, with its bytes, and claim missing numbers.

        Raises what the shared place of bytes raises: nothing is decided about what others could not read.
        """
        self.tracker.publish()
        self.upload(())
        self.models.claim_numbers()


def _check_push(updates: Sequence[RefUpdate], store: Store) -> None:
    """A `PreReceive` that costs nothing where nobody pushes."""
    from gitreg._registry.gate import check_push  # noqa: PLC0415 - see `Parts.recorder`

    check_push(updates, store)


def read_settings(store: Store) -> RegistrySettings:
    """`gitreg.json` on main. Raises `RegistryNotFound`, `InvalidDocument`, `NewerFormat`."""
    data = store.snapshot(store.main_tip()).read(paths.SETTINGS)
    if data is None:
        message = f"{store.path} is a git repository, but no registry: {store.branches.main} has no {paths.SETTINGS}."
        hint = "Put one beside your code: gitreg init --here; or make one of its own: gitreg init PATH"
        raise RegistryNotFound(message, subject=str(store.path), hint=hint)
    return RegistrySettings.from_bytes(data, paths.SETTINGS)


def is_registry(store: Store) -> bool:
    """Whether a repository holds a registry."""
    return store.snapshot(store.main_tip()).object_id(paths.SETTINGS) is not None
