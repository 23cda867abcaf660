"""Rights as people change them: rights.json with a rule more or less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions.rulebook import Rulebook
from gitreg.documents import Edits, Json, Rights, RightsRule, Tree, paths, plain
from gitreg.errors import AlreadyExists, Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def add_rights(tree: Tree, wanted: Mapping[str, Json]) -> Edits:
    """rights.json with a rule, or with more paths and people for one that is there by this name.

    Raises `InvalidDocument` for what is no rule, `Conflict` where the one that is there is of the other branch,
    `AlreadyExists` where nothing changes.
    """
    (rule,) = _read_rights([dict(wanted)])
    rules = {each.name: each for each in _rights(tree)}
    old = rules.get(rule.name)
    if old is not None and old.branch != rule.branch:
        message = f"The rule {rule.name} is about the branch {old.branch}."
        raise Conflict(message, subject=rule.name, hint="Give this one another name.")
    new = rule if old is None else _joined(old, rule)
    if new == old:
        raise AlreadyExists(f"The rule {rule.name} says that already.", subject=rule.name)
    return _with_rights({**rules, rule.name: new}.values())


def remove_rights(tree: Tree, name: str) -> Edits:
    """rights.json without a rule; without a file after the last one. Raises `NotFound`."""
    rules = {each.name: each for each in _rights(tree)}
    if name not in rules:
        there = ", ".join(sorted(rules)) or "none"
        message = f"There is no rule {name!r:.80} about who may write what ({there})."
        raise NotFound(message, subject=name, hint="gitreg rights list")
    return _with_rights(rule for rule in rules.values() if rule.name != name)


def _rights(tree: Tree) -> tuple[RightsRule, ...]:
    rights = Rulebook(tree).rights
    return rights.rules if rights is not None else ()


def _read_rights(rules: list[Json]) -> tuple[RightsRule, ...]:
    return Rights.from_json({"schema": Rights.schema_id(), "rules": rules}).rules


def _joined(old: RightsRule, new: RightsRule) -> RightsRule:
    more: dict[str, Json] = {
        "paths": [*dict.fromkeys([*old.paths, *new.paths])],
        "groups": [*sorted({*old.groups, *new.groups})],
        "people": [*sorted({*old.people, *new.people})],
        "message": new.message if new.message is not None else old.message,
    }
    (joined,) = _read_rights([{**plain(old), **more}])
    return joined


def _with_rights(rules: Iterable[RightsRule]) -> Edits:
    ordered = _read_rights([plain(rule) for rule in sorted(rules, key=lambda rule: rule.name)])
    return {paths.RIGHTS: Rights(rules=ordered).to_bytes() if ordered else None}
