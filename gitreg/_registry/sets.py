"""Sets: models that move together, and whether they still agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from gitreg._registry.views import Member, SetStage, SetView
from gitreg.decisions import Choice, Outcome, Rulebook, Target, read_document
from gitreg.documents import Digest, ModelSet, check_model_name, paths
from gitreg.errors import CannotTell, InvalidValue, NotFound, NotInForce, StageNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitreg._registry.parts import Parts
    from gitreg._registry.views import Deciding
    from gitreg.decisions import Candidate

_MANY = 12


class Sets:
    """Made, shown and moved as one."""

    def __init__(self, parts: Parts, candidate: Callable[..., Candidate]) -> None:
        """`candidate` finds a version, its bytes and its number, and publishes them unless it is only tried."""
        self._parts = parts
        self._candidate = candidate

    def list(self) -> list[SetView]:
        """Every set, by name."""
        tree = self._parts.office.judge().tree()
        found = (read_document(tree, path, ModelSet) for path, _ in tree.walk("sets"))
        return [self._view(each) for each in found if each is not None]

    def get(self, name: str) -> SetView:
        """A set. Raises `NotFound`, which names those that there are."""
        return self._view(self._document(name))

    def create(self, name: str, models: Iterable[str], reason: str, **how: Unpack[Deciding]) -> Outcome:
        """Say which models move together, anew or instead of before: a governed file, decided as all others are.

        Raises `InvalidName`, `InvalidValue` for a model that is named twice.
        """
        wanted = tuple(check_model_name(model) for model in models)
        if len(set(wanted)) != len(wanted):
            raise InvalidValue("A model is named twice in the set.")
        document = ModelSet(name=check_model_name(name, "set"), models=tuple(sorted(wanted)))
        return self._parts.proposals.govern({paths.model_set(name): document.to_bytes()}, reason, **how)

    def promote(
        self, name: str, stage: str, reason: str, numbers: Mapping[str, str] | None = None, **how: Unpack[Deciding]
    ) -> Outcome:
        """Put a version of each model into a stage in one landing: those that `numbers` names, else the latest ones.

        The people of every member's stage are asked. Raises `NotFound`, `InvalidValue` for a model that is not of the
        set, and as `Registry.promote`.
        """
        models, given = self._document(name).models, dict(numbers or {})
        strangers = sorted(given.keys() - set(models))
        if strangers:
            raise InvalidValue(f"{strangers[0]} is not of the set {name} ({', '.join(models[:_MANY])}).")
        dry_run = how.get("dry_run", False)
        wanted = [f"{model}/{given.get(model, 'latest')}" for model in models]
        # What the first publishes is all that waits, so the others need not meet the remote again.
        found = [self._candidate(each, dry_run=dry_run or place > 0) for place, each in enumerate(wanted)]
        choices = [Choice(Target(each.version.model, stage), each.version, each.number) for each in found]
        return self._parts.proposals.promote_set(name, choices, reason, **how)

    def rollback(self, name: str, stage: str, reason: str, **how: Unpack[Deciding]) -> Outcome:
        """Bring a stage of every model back to what was in force there before, in one landing with a hold on each."""
        targets = [Target(model, stage) for model in self._document(name).models]
        return self._parts.proposals.rollback_set(name, targets, reason, **how)

    # --- within -----------------------------------------------------------------------------------------------------

    def _document(self, name: str) -> ModelSet:
        tree = self._parts.office.judge().tree()
        found = read_document(tree, paths.model_set(name), ModelSet)
        if found is None or found.name != name:
            known = [each.name for path, _ in tree.walk("sets") if (each := read_document(tree, path, ModelSet))]
            there = f" (there are {', '.join(known[:_MANY])})" if known else ""
            hint = 'Make one: gitreg sets create NAME MODEL MODEL... -m "WHY"'
            raise NotFound(f"There is no set {name!r:.80}{there}.", subject=name, hint=hint)
        return found

    def _view(self, document: ModelSet) -> SetView:
        decided = {target.stage for target in self._parts.record.stages() if target.model in document.models}
        order = [stage for stage in self._parts.settings.stages if stage in decided]
        stages = (SetStage(stage, tuple(self._member(model, stage) for model in document.models)) for stage in order)
        return SetView(document.name, tuple(document.models), tuple(stages))

    def _member(self, model: str, stage: str) -> Member:
        standing, trouble = self._parts.record.in_force(model, stage), ""
        try:
            self._parts.record.resolve(model, stage)
        except (NotInForce, CannotTell, StageNotFound) as error:
            trouble = error.message
        if standing is None:
            return Member(model, None, None, None, None, trouble)
        if standing.move.version is not None and not trouble:
            trouble = self._held(model, standing.move.version, stage)
        move = standing.move
        return Member(model, move.number, move.version, standing.digest, standing.decision.set, trouble)

    def _held(self, model: str, version: Digest, stage: str) -> str:
        hold = Rulebook(self._parts.office.judge().tree()).is_held(model, version, stage)
        return "" if hold is None else f"The version is held out of {stage}: {hold.reason}"
