"""Branch rules and owners' files for a forge, from what the registry says of its stages, groups and models."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitreg.documents import paths
from gitreg.errors import NotFound, StageNotFound
from gitreg.forges import codeowners, ruleset

if TYPE_CHECKING:
    from gitreg._registry import Registry
    from gitreg.decisions import Rulebook
    from gitreg.forges import Kind

_MODELS = "models/"


class Wanted(NamedTuple):
    """What a stage shall ask of a forge. `group` is one of approvers.json, or a team as a forge knows it: @org/team."""

    stage: str
    approvals: int
    group: str
    kind: Kind
    ledger: bool = False


def rules(registry: Registry, wanted: Wanted) -> str:
    """The rules of main, or of the ledger, as the forge takes them. Raises `StageNotFound`, `InvalidValue`."""
    _check(registry, wanted)
    branches = registry.store.branches
    if wanted.ledger:
        return ruleset(wanted.kind, branches.ledger.removeprefix("refs/heads/"), None)
    main = branches.main.removeprefix("refs/heads/")
    return ruleset(wanted.kind, main, wanted.approvals, wanted.group.removeprefix("@"))


def owners_file(registry: Registry, wanted: Wanted) -> str:
    """CODEOWNERS: the stage and what is governed belong to the group, a model's stage to its owner as well.

    Raises `StageNotFound`, `NotFound` for a group that has nobody.
    """
    _check(registry, wanted)
    rulebook = registry.record.people()
    group = _members(rulebook, wanted.group)
    governed = sorted({*paths.OWNED_FILES, *paths.OWNED_FOLDERS} - {_MODELS})
    of_models = [f"/models/*/{what}" for what in ("model.json", "holds/", f"stages/{wanted.stage}/")]
    owners = dict.fromkeys([*(f"/{path}" for path in governed), *of_models], group)
    for model in registry.models.list():
        card = rulebook.card(model.name)
        if card is not None and card.owner is not None:
            folder = paths.stage_folder(model.name, wanted.stage)
            owners[f"/{folder}/"] = [*dict.fromkeys([card.owner, *group])]
    return codeowners(owners)


def _members(rulebook: Rulebook, group: str) -> list[str]:
    """People of a group by their addresses, which GitHub and GitLab know their accounts by; a team by its name."""
    if group.startswith("@"):
        return [group]
    people = rulebook.approvers.people
    found: list[str] = [person for person in sorted(people) if not group or group in people[person].groups]
    if not found:
        hint = "gitreg approvers list; or name the forge's own team: --group @organisation/team"
        raise NotFound(f"Nobody in approvers.json is in the group {group}.", subject=group, hint=hint)
    return found


def _check(registry: Registry, wanted: Wanted) -> None:
    if not registry.record.people().is_protected(wanted.stage):
        message = f"The stage {wanted.stage} is not protected here: nothing would hold what the forge asks for."
        raise StageNotFound(message, subject=wanted.stage, hint="gitreg status")
