"""From an address to what it stands for now, and to its files in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg._registry.resolved import Pulled, Resolution, StageView
from gitreg.blobs import Progress, get_manifest, read_manifest
from gitreg.errors import ArtifactNotFound, CannotTell, NotInForce, StageNotFound, VersionNotFound
from gitreg.registry import Label, ModelAddress, Proposed, RunAddress, VersionView, parse_address
from gitreg.store import CommitId

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from gitreg._registry.parts import Parts
    from gitreg.decisions import Standing, Target
    from gitreg.documents import Manifest, ManifestEntry
    from gitreg.folding import FoldedRun


class Resolver:
    """Answers `resolve`, `pull`, `artifacts` and what stages hold."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is read yet."""
        self._parts = parts

    def resolve(self, text: str) -> Resolution:
        """What an address stands for. A stage's answer comes from main alone, and only from a decision in force.

        Raises `InvalidName`, `ModelNotFound`, `VersionNotFound`, `StageNotFound`, `NotInForce`, `CannotTell`,
        `NumberDisputed`, `RunNotFound`, `ArtifactNotFound`.
        """
        address = parse_address(text)
        if isinstance(address, RunAddress):
            return self._output(address)
        if isinstance(address.selector, Proposed):
            return self._recorded(address, self._proposed(address.model, address.selector.proposal))
        stage = self._stage(address)
        if stage is not None:
            return self._decided(address, self._parts.record.resolve(address.model, stage))
        return self._recorded(address, self._parts.models.version(address))

    def stages(self, model: str) -> list[StageView]:
        """What each stage of a model holds, in the order of the settings; stages that hold nothing are left out."""
        decided = {target.stage: target for target in self._parts.record.stages() if target.model == model}
        order = [stage for stage in self._parts.settings.stages if stage in decided]
        views = (self._stage_view(decided[stage]) for stage in [*order, *sorted(decided.keys() - set(order))])
        return [view for view in views if view is not None]

    def manifest(self, resolution: Resolution) -> Manifest:
        """The files that a resolution has. Raises `BlobNotFound`, `CorruptBlob`."""
        return read_manifest(self._parts.blobs, resolution.artifacts.digest)

    def pull(self, text: str, target: Path, progress: Progress | None = None) -> Pulled:
        """Write the files of an address to a new folder, whole and every byte checked, or not at all.

        Raises what `resolve` raises, `BlobNotFound`, `CorruptBlob`, `AlreadyExists` for a folder that holds something.
        """
        resolution = self.resolve(text)
        manifest = self.manifest(resolution)
        get_manifest(self._parts.blobs, manifest, target, progress=progress)
        return Pulled(resolution, target, len(manifest.files), sum(entry.size for entry in manifest.files))

    def pull_run(self, run: FoldedRun, target: Path, progress: Progress | None = None) -> tuple[ManifestEntry, ...]:
        """Write what a run made to a new folder: its model, else its only output, else all its artifacts.

        What was written. Raises as `pull`, and `ArtifactNotFound` for a run that made nothing.
        """
        names = [output.name for output in run.outputs]
        name = "model" if "model" in names else names[0] if len(names) == 1 else None
        if name is not None:
            return self.manifest(self.pull(str(RunAddress(run.run_id, name)), target, progress).resolution).files
        if not self._parts.runs.artifacts(run.run_id):
            message = f"The run {run.name} ({run.run_id.short}) made nothing that could be fetched."
            raise ArtifactNotFound(message, subject=run.run_id, hint=f"Look: gitreg runs show {run.run_id.short}")
        return tuple(self._parts.runs.get_artifact(run.run_id, "", target, progress))

    def _proposed(self, model: str, proposal: str) -> VersionView:
        """The candidate of a proposal: nobody has decided about it yet, and `resolve` does not say so.

        Raises `ProposalNotFound`, and `VersionNotFound` for one that brings no version of the model.
        """
        moves = self._parts.proposals.get(proposal).decision.moves
        found = next((move.version for move in moves if move.model == model and move.version is not None), None)
        if found is None:
            raise VersionNotFound(f"{proposal} brings no version of {model}.", subject=proposal)
        return self._parts.models.version(found)

    # --- within -----------------------------------------------------------------------------------------------------

    def _stage(self, address: ModelAddress) -> str | None:
        """The stage that an address names, None for any other selector."""
        selector = address.selector
        if not isinstance(selector, Label):
            return None
        stage = self._parts.models.stage(selector.name)
        if stage is None and selector.is_stage:
            known = ", ".join(self._parts.settings.stages)
            hint = f"An alias is written models:/{address.model}@{selector.name}"
            raise StageNotFound(
                f"There is no stage {selector.name!r:.80} (there are {known}).", subject=selector.name, hint=hint
            )
        return stage

    def _decided(self, address: ModelAddress, standing: Standing) -> Resolution:
        version = standing.version
        if version is None:
            raise StageNotFound(f"{standing.target} was withdrawn.", subject=str(standing.target))
        return Resolution(
            address=str(address),
            model=address.model,
            number=standing.move.number,
            version=version.digest,
            run=version.run,
            output=version.output,
            artifacts=version.artifacts,
            blobs=self._parts.blobs.location,
            document=version,
            stage=standing.target.stage,
            decision=standing.digest,
            unreviewed=standing.is_unreviewed,
            since=self._since(standing),
            approved_by=standing.approved_by,
        )

    def _recorded(self, address: ModelAddress, view: VersionView) -> Resolution:
        alias = address.selector.name if isinstance(address.selector, Label) else None
        return Resolution(
            address=str(address),
            model=view.model,
            number=view.number,
            version=view.digest,
            run=view.document.run,
            output=view.document.output,
            artifacts=view.document.artifacts,
            blobs=self._parts.blobs.location,
            document=view.document,
            alias=alias,
        )

    def _output(self, address: RunAddress) -> Resolution:
        run = self._parts.runs.get(address.run)
        output = self._parts.models.output(run, address.path)
        return Resolution(
            address=str(RunAddress(run.run_id, address.path)),
            model=None,
            number=None,
            version=None,
            run=run.run_id,
            output=output.name,
            artifacts=output.manifest,
            blobs=self._parts.blobs.location,
        )

    def _stage_view(self, target: Target) -> StageView | None:
        standing = self._parts.record.in_force(target.model, target.stage)
        if standing is None:
            return None
        try:
            is_standing = self._parts.record.resolve(target.model, target.stage).digest == standing.digest
        except (NotInForce, CannotTell):
            is_standing = False
        except StageNotFound:  # withdrawn
            is_standing = True
        move = standing.move
        return StageView(
            target.stage, move.number, move.version, self._since(standing), standing.is_unreviewed, is_standing
        )

    def _since(self, standing: Standing) -> datetime | None:
        """The committer's clock where the decision came into force."""
        place = standing.since
        return None if place is None else self._parts.store.commit(CommitId(place.commit)).committed_at
