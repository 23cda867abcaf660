"""Gathering what a lineage is drawn from: facts of the ledger, decisions of main, and what was signed about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions import UNREADABLE, AskedOf, Rulebook, hear, read_document
from gitreg.documents import Evidence, paths
from gitreg.errors import NotFound
from gitreg.lineage import (
    Facts,
    LandedDecision,
    Lineage,
    RegisteredVersion,
    downwards,
    find,
    graph_of,
    lineage_of,
)
from gitreg.registry import Label, ModelAddress, RunAddress, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitreg._registry.parts import Parts
    from gitreg.decisions import Heard, Judge, LogEntry
    from gitreg.documents import Digest, Fingerprint, Principal, RunRecord
    from gitreg.lineage import Graph

_ADDRESSES = ("models:/", "runs:/")


class Tracer:
    """Answers `gitreg lineage`. Main and ledger are read as they are in this clone; no bytes are."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is read yet."""
        self._parts = parts
        self._judge: Judge = parts.office.judge()

    def trace(self, asked: str) -> Lineage:
        """Both ways from an address, digest, commit, dataset, key or person.

        Raises `NotFound` and its kin, `Ambiguous`, `InvalidName`.
        """
        start = self._addressed(asked) if asked.startswith(_ADDRESSES) else None
        recorded = self._facts(start)
        models = self._models(graph_of(recorded), asked, start)
        decisions = tuple(self._decisions(models))
        facts = Facts(
            recorded.versions, recorded.runs, recorded.datasets, recorded.evaluations, decisions, tuple(self._keys())
        )
        graph = graph_of(facts)
        return lineage_of(graph, asked, (start,) if start else self._found(graph, asked))

    # --- what is asked about ----------------------------------------------------------------------------------------

    def _found(self, graph: Graph, asked: str) -> Iterable[str]:
        """By name, digest or beginning; else an address without its scheme."""
        try:
            return find(graph, asked)
        except NotFound:
            if not {"/", "@"} & set(asked):
                raise
        return (self._addressed(f"models:/{asked}"),)

    def _addressed(self, text: str) -> str:
        """The thing that an address names, by id."""
        address = parse_address(text)
        if isinstance(address, RunAddress):
            return f"run:{self._parts.runs.find(address.run)}"
        stage = self._stage(address)
        if stage is not None:
            return f"stage:{self._parts.record.resolve(address.model, stage).target}"
        return f"version:{self._parts.models.version(address).digest}"

    def _stage(self, address: ModelAddress) -> str | None:
        selector = address.selector
        return self._parts.models.stage(selector.name) if isinstance(selector, Label) else None

    def _models(self, recorded: Graph, asked: str, start: str | None) -> set[str] | None:
        """The models whose decisions matter; None for all of them, as for a key or a person."""
        if start is not None and start.startswith("stage:"):
            return {start.removeprefix("stage:").rpartition("@")[0]}
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

    def _facts(self, start: str | None) -> Facts:
        versions = tuple(self._versions())
        runs = {version.document.run for version in versions if version.document.run}
        records = self._parts.index.records(runs)
        asked = [start.removeprefix("run:")] if start and start.startswith("run:") else []
        more = self._parts.index.records(each for each in map(self._parts.runs.find, asked) if each not in records)
        found: list[RunRecord] = [record for group in (records, more) for each in group.values() for record in each]
        index = self._parts.index
        return Facts(versions, tuple(found), tuple(index.datasets()), tuple(index.evaluations()))

    def _versions(self) -> Iterator[RegisteredVersion]:
        for name in self._parts.index.models():
            for view in self._parts.models.versions(name, deleted=True):
                person = view.registered_by
                yield RegisteredVersion(view.digest, view.document, view.number, person.email if person else None)

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
