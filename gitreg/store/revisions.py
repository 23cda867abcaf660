"""Revisions as people type them: the part of gitrevisions(7) that a registry's user needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitreg.errors import Ambiguous, InvalidName, RevisionNotFound
from gitreg.store.commits import parents_of
from gitreg.store.objects import COMMIT, TAG, Objects
from gitreg.store.values import CommitId

if TYPE_CHECKING:
    from gitreg.store.refs import Refs

_STEPS = re.compile(r"(?P<name>.+?)(?P<steps>(?:[~^]\d*)*)", re.DOTALL)
_STEP = re.compile(r"(?P<kind>[~^])(?P<count>\d*)")
_HEX = re.compile(r"[0-9a-f]{4,64}")
_PLACES = ("", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/")
_MAX_STEPS = 100_000
_MAX_TAGS = 10


def resolve(revision: str, refs: Refs, objects: Objects) -> CommitId:
    """The commit that `revision` names. Raises `RevisionNotFound`, or `Ambiguous` for a short id of several."""
    match = _STEPS.fullmatch(revision)
    if match is None or "\0" in revision:
        raise _not_found(revision)
    commit = _peel(_start(match["name"], refs, objects), revision, objects)
    for step in _STEP.finditer(match["steps"]):
        count = int(step["count"] or "1")
        commit = (
            _back(commit, count, revision, objects) if step["kind"] == "~" else _nth(commit, count, revision, objects)
        )
    return commit


def _start(name: str, refs: Refs, objects: Objects) -> str:
    for place in _PLACES:
        if place or name == "HEAD" or name.startswith("refs/"):
            found = _ref(place + name, refs)
            if found is not None:
                return found
    return _by_prefix(name, objects)


def _ref(name: str, refs: Refs) -> CommitId | None:
    try:
        return refs.get(name)
    except InvalidName:
        return None


def _by_prefix(prefix: str, objects: Objects) -> str:
    if not _HEX.fullmatch(prefix):
        raise _not_found(prefix)
    found = sorted({name for name in objects.with_prefix(prefix) if objects.kind(name) in (COMMIT, TAG)})
    if len(found) > 1:
        raise Ambiguous(f"{prefix} is the start of {len(found)} commits.", subject=prefix, hint="Give more digits.")
    if not found:
        raise _not_found(prefix)
    return found[0]


def _peel(object_id: str, revision: str, objects: Objects) -> CommitId:
    """Follow annotated tags to the commit."""
    for _ in range(_MAX_TAGS):
        kind = objects.kind(object_id)
        if kind == COMMIT:
            return CommitId(object_id)
        if kind != TAG:
            break
        target = objects.raw(object_id, TAG).partition(b"\n")[0]
        object_id = target.removeprefix(b"object ").decode("ascii", "replace")
    raise _not_found(revision)


def _back(commit: CommitId, count: int, revision: str, objects: Objects) -> CommitId:
    if count > _MAX_STEPS:
        raise _not_found(revision)
    for _ in range(count):
        commit = _nth(commit, 1, revision, objects)
    return commit


def _nth(commit: CommitId, number: int, revision: str, objects: Objects) -> CommitId:
    if number == 0:
        return commit
    parents = parents_of(objects.raw(commit, COMMIT))
    if number > len(parents):
        raise _not_found(revision)
    return CommitId(parents[number - 1])


def _not_found(revision: str) -> RevisionNotFound:
    message = f"There is no commit {revision!r:.100} here."
    return RevisionNotFound(message, subject=revision[:100], hint="What there is: git branch --all")
