"""Gathering what a lineage is drawn from: facts of the ledger, decisions of main, and what was signed about them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gitreg.blobs import read_manifest
from gitreg.decisions import UNREADABLE, AskedOf, Rulebook, hear, read_document
from gitreg.documents import Digest, Evidence, RunId, paths
from gitreg.errors import GitregError, NotFound
from gitreg.lineage import (
    Facts,
    FolderFile,
    LandedDecision,
    Lineage,
    RegisteredVersion,
    downwards,
    find,
    graph_of,
    lineage_of,
)
from gitreg.registry import Label, ModelAddress, in_order, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg._registry.parts import Parts
    from gitreg.decisions import Heard, Judge, LogEntry
    from gitreg.documents import Fingerprint, Principal
    from gitreg.lineage import Graph

MODELS, RUNS = "models:/", "runs:/"
MAX_FOLDERS = 2_000
"""Versions whose list of files is read to find one file: each is a read from where the bytes are."""
_WHOLE = Digest.pattern


class Tracer:
    """Answers `gitreg lineage`. Main and ledger are read as they are in this clone; bytes only to find one file."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is read yet."""
        self._parts = parts
        self._judge: Judge = parts.office.judge()

    def trace(self, asked: str) -> Lineage:
        """Both ways from an address, digest, commit, dataset, key or person.

        Raises `NotFound` and its kin, `Ambiguous`, `InvalidName`.
        """
        start, model = self._addressed(asked)
        recorded = self._facts(start, model)
        if start is None and _WHOLE.fullmatch(asked):
            recorded = replace(recorded, files=tuple(self._files(recorded.versions, Digest(asked))))
        models = {model} if model else self._models(graph_of(recorded), asked, start)
        graph = graph_of(replace(recorded, decisions=tuple(self._decisions(models)), keys=tuple(self._keys())))
        return lineage_of(graph, asked, (start,) if start else find(graph, asked))

    # --- what is asked about ----------------------------------------------------------------------------------------

    def _addressed(self, asked: str) -> tuple[str | None, str | None]:
        """The thing that an address names, by id, and its model where all that it rests on is of one."""
        if asked.startswith(RUNS):
            return f"run:{self._parts.runs.find(asked.removeprefix(RUNS).partition('/')[0])}", None
        if not asked.startswith(MODELS) and not self._is_of_a_model(asked):
            return None, None
        address = parse_address(asked)
        if not isinstance(address, ModelAddress):
            return None, None
        stage = self._stage(address)
        if stage is not None:
            return f"stage:{self._parts.record.resolve(address.model, stage).target}", address.model
        return f"version:{self._parts.models.version(address).digest}", address.model

    def _is_of_a_model(self, asked: str) -> bool:
        """`fraud/7` and `fraud@production` are, `ada@example.org` is not: there is no model ada."""
        return re.split("[/@]", asked, maxsplit=1)[0] in self._parts.index.models() and bool({"/", "@"} & set(asked))

    def _stage(self, address: ModelAddress) -> str | None:
        selector = address.selector
        return self._parts.models.stage(selector.name) if isinstance(selector, Label) else None

    def _models(self, recorded: Graph, asked: str, start: str | None) -> set[str] | None:
        """The models whose decisions matter; None for all of them, as for a key or a person."""
        try:
            starts = (start,) if start else find(recorded, asked)
        except NotFound:
            return None
        if any(each.startswith(("person:", "key:")) for each in starts):
            return None
        owners = [edge.made for each in starts for edge in recorded.uses.get(each, ())]
        found = [*starts, *owners, *(node.id for node in downwards(recorded, starts).nodes)]
        nodes = (recorded.nodes[each] for each in found if each.startswith("version:") and each in recorded.nodes)
        return {node.name.rpartition("/")[0] for node in nodes}

    # --- the ledger -------------------------------------------------------------------------------------------------

    def _facts(self, start: str | None, model: str | None) -> Facts:
        """Of one model, or of all of them."""
        versions, index = tuple(self._versions(model)), self._parts.index
        runs = {version.document.run for version in versions if version.document.run}
        if start is not None and start.startswith("run:"):
            runs.add(RunId(start.removeprefix("run:")))
        found = (record for group in index.records(runs).values() for record in group)
        deployments = tuple(in_order(index.deployments(model)))
        return Facts(versions, tuple(found), tuple(index.datasets()), tuple(index.evaluations()), deployments)

    def _versions(self, model: str | None) -> Iterator[RegisteredVersion]:
        for name in self._parts.index.models():
            for view in self._parts.models.versions(name, deleted=True) if model in (None, name) else ():
                person = view.registered_by
                yield RegisteredVersion(view.digest, view.document, view.number, person.email if person else None)

    def _files(self, versions: tuple[RegisteredVersion, ...], wanted: Digest) -> Iterator[FolderFile]:
        """Where a file lies in versions' folders, the latest first; what cannot be read is passed over."""
        for version in sorted(versions, key=lambda each: -(each.number or 0))[:MAX_FOLDERS]:
            try:
                files = read_manifest(self._parts.blobs, version.document.artifacts.digest).files
            except GitregError:
                continue
            yield from (FolderFile(version.digest, each.path, wanted) for each in files if each.digest == wanted)

    # --- main -------------------------------------------------------------------------------------------------------

    def _decisions(self, models: set[str] | None) -> Iterator[LandedDecision]:
        record = self._parts.record
        if models is None:
            entries = [landing.entry for landing in record.log()]
        else:
            entries = [landing.entry for model in sorted(models) for landing in record.log(model)]
        for entry in entries:
            found = self._decision(entry)
            if found is not None:
                yield found

    def _decision(self, entry: LogEntry) -> LandedDecision | None:
        """A decision with what was signed about it; None for what cannot be read, which `gitreg fsck` names."""
        if entry.decision is None:
            return None
        place = entry.judgement.completed or entry.place
        after = self._judge.tree(place.position)
        try:
            evidence = read_document(after, paths.evidence(entry.folder), Evidence)
        except UNREADABLE:
            evidence = None
        return LandedDecision(
            entry.target,
            entry.digest,
            entry.decision,
            entry.place.commit,
            entry.judgement.is_in_force,
            is_now=self._is_now(entry.folder, entry.digest),
            said=self._said(entry, place.position),
            evidence=evidence,
        )

    def _is_now(self, folder: str, digest: Digest) -> bool:
        found = self._judge.in_force(folder)
        return found is not None and found.digest == digest

    def _said(self, entry: LogEntry, position: int) -> tuple[Heard, ...]:
        if entry.decision is None or entry.place.position == 0:
            return ()
        before = Rulebook(self._judge.tree(entry.place.position - 1))
        question = AskedOf(entry.decision, entry.digest, before)
        try:
            return hear(self._judge.tree(position), entry.folder, question).heard
        except UNREADABLE:
            return ()

    def _keys(self) -> Iterator[tuple[Fingerprint, Principal]]:
        try:
            owners = self._parts.record.people().owners
        except UNREADABLE:
            return
        for key, owner in owners.items():
            yield key, owner.person
