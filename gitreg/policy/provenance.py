"""Where a candidate comes from: its code, its data, its files and their licence."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from gitreg.documents import Listed, Reached, Shared
from gitreg.policy.reading import Reading, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import DatasetsRequirement, DatasetUse, FilesRequirement, SourceRequirement
    from gitreg.policy.reading import Facts

SOURCE, DATASETS, FILES = "source/1", "datasets/1", "files/1"


def read_source(rule: SourceRequirement, facts: Facts) -> Reading:
    """The code that trained, as the version records it, and whether its commit is in the branch's history."""
    source, environment = facts.version.source, facts.version.environment
    if source is None or source.commit is None:
        return Reading("fail", "No commit was recorded with the run that made it.", SOURCE)
    readings = [Reading("pass", f"It was trained from commit {source.commit[:12]}.", SOURCE)]
    if rule.clean and source.dirty is None:
        readings.append(Reading("cannot tell", "Whether the code had uncommitted changes was not recorded.", SOURCE))
    if rule.clean and source.dirty:
        readings.append(Reading("fail", "The code had uncommitted changes.", SOURCE))
    if rule.lock and (environment is None or environment.lock is None):
        readings.append(Reading("fail", "No lock file was recorded with it.", SOURCE))
    if rule.branch is not None:
        readings.append(_reached(next(facts.observed(rule, Reached), None), source.commit, rule.branch))
    return worst(readings)


def _reached(seen: Reached | None, commit: str, branch: str) -> Reading:
    if seen is None or (seen.commit, seen.branch) != (commit, branch):
        return Reading("cannot tell", f"Nobody looked whether {commit[:12]} is in the history of {branch}.", SOURCE)
    if not seen.reachable:
        return Reading("fail", f"Commit {commit[:12]} is not in the history of {branch}.", SOURCE)
    return Reading("pass", f"That commit is in the history of {branch}.", SOURCE)


def read_datasets(rule: DatasetsRequirement, facts: Facts) -> Reading:
    """Whether the roles are there, and no two of them share more rows than the rule allows."""
    by_role = {role: [use for use in facts.version.datasets if use.role == role] for role in rule.roles}
    missing = [role for role in rule.roles if not by_role[role]]
    if missing:
        return Reading("fail", f"No {' and no '.join(missing)} dataset was recorded with it.", DATASETS)
    counted = ", ".join(f"{role} {use.name}" for role in rule.roles for use in by_role[role])
    readings = [Reading("pass", f"It has {counted}.", DATASETS)]
    if rule.disjoint:
        seen = {frozenset((each.first, each.second)): each for each in facts.observed(rule, Shared)}
        for one, other in pairs_of(rule, facts):
            readings.append(_apart(rule, (one, other), seen.get(frozenset((one.digest, other.digest)))))
    return worst(readings)


def pairs_of(rule: DatasetsRequirement, facts: Facts) -> Iterator[tuple[DatasetUse, DatasetUse]]:
    """The datasets that must have no rows in common: each two of different roles."""
    uses = [use for use in facts.version.datasets if use.role in rule.roles]
    return ((one, other) for one, other in combinations(uses, 2) if one.role != other.role)


def _apart(rule: DatasetsRequirement, pair: tuple[DatasetUse, DatasetUse], seen: Shared | None) -> Reading:
    names = f"{pair[0].role} {pair[0].name} and {pair[1].role} {pair[1].name}"
    if pair[0].digest == pair[1].digest:
        return Reading("fail", f"{names} are the same data.", DATASETS)
    if seen is None:
        return Reading("cannot tell", f"Nobody counted the rows that {names} share.", DATASETS)
    share = f"{names} share {seen.rows:,} {'row' if seen.rows == 1 else 'rows'}"
    if seen.rows > rule.max_shared:
        return Reading("fail", f"{share}; {rule.max_shared:,} would do.", DATASETS, seen.rows, None, rule.max_shared)
    return Reading("pass", f"{share}.", DATASETS)


def read_files(rule: FilesRequirement, facts: Facts) -> Reading:
    """What is in the version's folder, and the licence on the model's card."""
    readings = list(_folder(rule, facts)) if rule.required or rule.forbidden or rule.max_bytes is not None else []
    if rule.licences:
        readings.append(_licence(rule, facts.card.licence if facts.card else None))
    return worst(readings or [Reading("cannot tell", "The rule asks for nothing.", FILES)])


def _folder(rule: FilesRequirement, facts: Facts) -> Iterator[Reading]:
    seen = next(facts.observed(rule, Listed), None)
    if seen is None or seen.manifest != facts.version.artifacts.digest:
        yield Reading("cannot tell", "Nobody looked what is in the version's folder.", FILES)
        return
    if seen.forbidden:
        yield Reading("fail", f"It holds what it may not: {', '.join(seen.forbidden)}.", FILES)
    if seen.missing:
        yield Reading("fail", f"It has no {', no '.join(seen.missing)}.", FILES)
    size = f"{seen.files:,} files with {seen.size_bytes:,} bytes"
    if rule.max_bytes is not None and seen.size_bytes > rule.max_bytes:
        text = f"It has {size}; at most {rule.max_bytes:,} are allowed."
        yield Reading("fail", text, FILES, seen.size_bytes, None, rule.max_bytes)
    yield Reading("pass", f"It has {size}.", FILES)


def _licence(rule: FilesRequirement, licence: str | None) -> Reading:
    if licence is None:
        return Reading("fail", "The model card (model.json) names no licence.", FILES)
    if licence not in rule.licences:
        return Reading("fail", f"Its licence is {licence}; allowed are {', '.join(rule.licences)}.", FILES)
    return Reading("pass", f"Its licence is {licence}.", FILES)
