"""Models of another registry: versions under their numbers, notes, bookmarks. Stages are told, never decided."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.blobs import put_manifest, read_manifest
from gitreg.documents import (
    Alias,
    Digest,
    Manifest,
    Source,
    Version,
    check_model_name,
    format_time,
    part,
    paths,
)
from gitreg.errors import Ambiguous, ArtifactNotFound, InvalidName, RunNotFound, UnsafePath
from gitreg.exchange.balance import Balance, Undecided
from gitreg.exchange.fitting import Fit, name_of, run_id_of, time_of
from gitreg.exchange.storing import store_files
from gitreg.exchange.values import FoundModel, FoundVersion, Left
from gitreg.registry import blobs_of, pin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.exchange.storing import Doors
    from gitreg.exchange.values import Origin

_NO_STAGE = ("", "none")


class ModelImport:
    """Brings an origin's models once its runs are here."""

    def __init__(self, origin: Origin, doors: Doors, balance: Balance, fit: Fit) -> None:
        self._origin = origin
        self._doors = doors
        self._balance = balance
        self._fit = fit
        self._versions: dict[tuple[str, int], Digest] = {}
        self._aliases: dict[tuple[str, str], Digest] = {}
        self._models: set[str] = set()

    def run(self) -> None:
        """All of them."""
        for found in self._origin.models():
            if isinstance(found, Left):
                self._balance.pass_over([found])
            else:
                self._take(found)
        self._doors.bringing.land()

    def recount(self) -> None:
        """What the ledger has of them."""
        tree, here = self._doors.tracker.ledger.snapshot(), self._balance.here
        for (model, number), digest in self._versions.items():
            numbered = tree.read(paths.version(model, number, digest)) is not None
            here["version"] += numbered or self._has_other_number(model, digest)
        for (model, alias), digest in self._aliases.items():
            data = tree.read(paths.alias(model, alias))
            standing = None if data is None else Alias.from_bytes(data, alias)
            if standing is not None and standing.version != digest and standing.actor.via != "import":
                self._balance.leave(Left("alias", model, alias, "it was set here since."))
            here["alias"] += standing is not None and standing.version == digest
        here["model"] = sum(bool(tree.entries(f"versions/{part(model)}")) for model in self._models)

    def _has_other_number(self, model: str, digest: Digest) -> bool:
        return self._doors.models.numbering(model).number(digest) is not None

    def _take(self, found: FoundModel) -> None:
        self._balance.there["model"] += 1
        self._balance.there["version"] += len(found.versions)
        self._balance.there["alias"] += len(found.aliases)
        try:
            model = check_model_name(found.name)
        except InvalidName as error:
            self._leave_model(found, error.message)
            return
        for version in found.versions:
            self._take_version(model, version)
        if not any((model, version.number) in self._versions for version in found.versions):
            why = "it has no version that could be brought, and a model begins with one."
            self._balance.leave(Left("model", "models", model, why))
        else:
            self._models.add(model)
            self._note(paths.model_notes(model), model, found.tags, found.note)
        for alias, number in found.aliases.items():
            self._take_alias(model, alias, number)

    def _leave_model(self, found: FoundModel, why: str) -> None:
        shown = repr(found.name)[:80]
        self._balance.leave(Left("model", "models", shown, why))
        for kind, count in (("version", len(found.versions)), ("alias", len(found.aliases))):
            if count:
                self._balance.leave(Left(kind, shown, "all", "the model's name cannot be one here.", count))

    def _take_version(self, model: str, found: FoundVersion) -> None:
        try:
            version = self._made(model, found)
        except (RunNotFound, ArtifactNotFound, Ambiguous, UnsafePath, InvalidName) as error:
            self._balance.leave(Left("version", model, str(found.number), error.message))
            return
        if version is None:
            return
        manifest = read_manifest(self._doors.blobs, version.artifacts.digest)
        self._doors.bringing.version(version, found.number, blobs_of(version, manifest))
        self._versions[model, found.number] = version.digest
        tags = dict(found.tags)
        if found.created_us:
            tags[f"{self._origin.tool}.created_at"] = format_time(time_of(found.created_us))
        if (found.stage or "").lower() not in _NO_STAGE:
            tags[f"{self._origin.tool}.stage"] = found.stage or ""
            stages = (found.stage or "").split(", ")
            self._balance.undecided += [Undecided(model, found.number, stage) for stage in stages]
        self._note(paths.version_notes(model, version.digest), f"{model}/{found.number}", tags, found.note)

    def _made(self, model: str, found: FoundVersion) -> Version | None:
        if found.run_id is not None:
            run = self._doors.runs.get(run_id_of(found.run_id, self._origin.tool))
            return pin(run, self._doors.models.output(run, found.path), model)
        manifest = self._loose(f"{model}/{found.number}", found)
        if manifest is None:
            self._balance.leave(
                Left("version", model, str(found.number), "it names no run, and its files are not here.")
            )
            return None
        artifacts = put_manifest(self._doors.blobs, manifest)
        source = Source(commit=found.commit) if found.commit else None
        return Version(model=model, output=name_of(found.path, "model"), artifacts=artifacts, source=source)

    def _loose(self, where: str, found: FoundVersion) -> Manifest | None:
        with tempfile.TemporaryDirectory(prefix="gitreg-import-") as scratch:
            files = found.files(Path(scratch)).artifacts
            counted = Balance()  # what is a version's own is not a run's file
            manifest = store_files(self._doors.blobs, counted, (where, files), allow_secrets=False)
        for kind, place, what, why in counted.told:
            self._balance.leave(Left(f"{kind} of a version", place, what, why))
        return manifest

    def _note(self, folder: str, where: str, tags: Mapping[str, str], note: str | None) -> None:
        for name, text in self._fit.remarks("model", where, tags, note).items():
            self._doors.bringing.note(folder, name, text)

    def _take_alias(self, model: str, alias: str, number: int) -> None:
        why = self._alias_problem(model, alias, number)
        if why:
            self._balance.leave(Left("alias", model, alias, why))
            return
        self._aliases[model, alias] = self._versions[model, number]
        self._doors.bringing.alias(model, alias, self._versions[model, number])

    def _alias_problem(self, model: str, alias: str, number: int) -> str:
        try:
            check_model_name(alias, "alias")
        except InvalidName as error:
            return error.message
        stage = self._doors.models.stage(alias)
        if stage is not None:
            self._balance.undecided.append(Undecided(model, number, stage))
            return f"{stage} is a stage here, and a stage is decided."
        if alias.isdigit() or alias == "latest":
            return "addresses read it otherwise."
        return "" if (model, number) in self._versions else f"its version {number} was left out."
