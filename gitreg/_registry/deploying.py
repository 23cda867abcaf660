"""Recording what became of versions on targets, and telling what is live."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypedDict, Unpack

from gitreg._registry.views import Reported
from gitreg.documents import Deployment, paths
from gitreg.errors import InvalidName, InvalidValue, StageNotFound
from gitreg.registry import Live, called, following, in_order, live_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from gitreg._registry.parts import Parts
    from gitreg._registry.resolved import Resolution
    from gitreg.decisions import Standing
    from gitreg.documents import DeploymentAction, Digest

_WRONG_CLOCK = timedelta(hours=1)
"""By how much clocks may differ before a report is taken for a mistake."""
_DONE = {"deployed": "deployed to", "removed": "removed from", "failed": "failed on"}


class Report(TypedDict, total=False):
    """What somebody tells of a deployment beside version and target; `at` is now where it is not said."""

    status: DeploymentAction
    stage: str | None
    at: datetime | None
    detail: str | None
    message: str | None


class Deployments:
    """What became of versions on targets. Facts, not decisions: nobody has to agree, and what happened is recorded."""

    def __init__(self, parts: Parts, resolve: Callable[[str], Resolution]) -> None:
        """Nothing is read yet."""
        self._parts = parts
        self._resolve = resolve

    def add(self, address: str, target: str, **report: Unpack[Report]) -> Reported:
        """Record that a version was deployed to a target, removed from it, or failed there.

        `models:/fraud@production` is the version in force there now, and `stage` says of any other address which stage
        the target follows. What is not in force is recorded with a warning. Raises what `resolve` raises, `InvalidName`
        for a run's output, `StageNotFound`, and `InvalidValue` for a time that is to come, or at which a stage's
        version was not in force yet.
        """
        parts, now = self._parts, self._parts.office.now
        found, at = self._resolve(address), report.get("at") or now
        if found.model is None or found.version is None:
            raise InvalidName(f"{address!r:.120} is not registered, so it is no version.", subject=address[:120])
        _check_time(found, at, now)
        stage = self._stage(report.get("stage") or found.stage)
        standing = parts.record.in_force(found.model, stage) if stage is not None else None
        follows = standing is not None and standing.move.version == found.version
        event = Deployment(
            target=target,
            model=found.model,
            version=found.version,
            number=found.number,
            stage=stage,
            decision=standing.digest if standing is not None and follows else None,
            action=report.get("status", "deployed"),
            at=at,
            actor=parts.ledger.actor(),
            detail=report.get("detail"),
        )
        subject = f"{event.model}: {called(event.number, event.version)} {_DONE[event.action]} {target}"
        edits = {paths.deployment(event): event.to_bytes()}
        recorded = parts.models.record(edits, subject, why=report.get("message"))
        return Reported(event, tuple(self._oddities(event, standing)), recorded.trouble)

    def list(
        self, model: str | None = None, *, target: str | None = None, version: Digest | None = None
    ) -> list[Deployment]:
        """Every report (of a model, a target, a version), the newest first."""
        found = in_order(self._parts.index.deployments(model))[::-1]
        return [each for each in found if target in (None, each.target) and version in (None, each.version)]

    def live(self, model: str | None = None, at: datetime | None = None) -> tuple[Live, ...]:
        """What targets ran (of a model) at a moment, now where none is given, by target and model."""
        return live_at(self._parts.index.deployments(model), at or self._parts.office.now)

    def following(self, model: str, stage: str, at: datetime | None = None) -> tuple[Live, ...]:
        """The same of those targets that follow a stage."""
        return tuple(following(self.live(model, at), model, stage))

    def _stage(self, name: str | None) -> str | None:
        if name is None:
            return None
        stage = self._parts.models.stage(name)
        if stage is None:
            raise StageNotFound(f"There is no stage {name!r:.80}.", subject=name[:80], hint="gitreg status")
        return stage

    def _oddities(self, event: Deployment, standing: Standing | None) -> Iterator[str]:
        name, label = called(event.number, event.version), f"{event.model}@{event.stage}"
        is_there = standing is not None and standing.move.version == event.version
        if event.action == "removed" and is_there:
            yield f"{label} still holds {name}."
        if event.action != "deployed":
            return
        if event.stage is not None and not is_there:
            move = standing.move if standing is not None else None
            held = called(move.number, move.version) if move is not None and move.version is not None else "nothing"
            yield f"{label} holds {held}, not {name}."
        elif event.stage is None and not self._is_anywhere(event):
            yield f"No stage of {event.model} holds {name}."
        for hold in self._parts.record.holds(event.model):
            if hold.version == event.version:
                yield f"There is a hold on {name}: {hold.reason}"

    def _is_anywhere(self, event: Deployment) -> bool:
        record = self._parts.record
        found = (record.in_force(each.model, each.stage) for each in record.stages() if each.model == event.model)
        return any(each is not None and each.move.version == event.version for each in found)


def _check_time(found: Resolution, at: datetime, now: datetime) -> None:
    """A stage means what is in it now, which is wrong for a time before that; and what is to come did not happen."""
    if at > now + _WRONG_CLOCK:
        raise InvalidValue(f"{at:%Y-%m-%d %H:%MZ} is still to come.", hint="Record it when it has happened.")
    if found.stage is not None and found.since is not None and at < found.since - _WRONG_CLOCK:
        message = (
            f"{found.address} holds version {found.number} since {found.since:%Y-%m-%d %H:%MZ} only, which is later."
        )
        hint = f"Name the version: gitreg deployments add models:/{found.model}/NUMBER --stage {found.stage}"
        raise InvalidValue(message, subject=found.address, hint=hint)
