"""One observer for each kind of rule. What cannot be seen is an observation too: unknown, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gitreg.blobs import read_manifest
from gitreg.decisions import Inputs, facts_of
from gitreg.documents import (
    Alternatives,
    ApprovalsRequirement,
    ComparisonRequirement,
    DatasetsRequirement,
    Evaluated,
    ExpressionRequirement,
    FilesRequirement,
    Listed,
    MetadataRequirement,
    Observation,
    Ran,
    Reached,
    Requirement,
    SourceRequirement,
    Trained,
    Unknown,
    Version,
    canonical_bytes,
    plain,
)
from gitreg.errors import CannotTell, GitregError
from gitreg.folding import fold
from gitreg.gathering.comparing import Comparer
from gitreg.gathering.conditions import evaluate_condition
from gitreg.gathering.overlap import shared_rows
from gitreg.policy import CEL_METHOD, expression_facts, facts_digest, rules_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitreg.blobs import BlobStore
    from gitreg.documents import RunId, RunRecord
    from gitreg.gathering.code import CodeHistory
    from gitreg.index import Index

MAX_NAMED = 20


@dataclass(frozen=True)
class Sources:
    """Where an observer looks."""

    index: Index
    blobs: BlobStore
    code: CodeHistory | None = None


class Observer:
    """Looks up what the rules of one promotion need. What it saw once it does not look up again."""

    def __init__(self, index: Index, blobs: BlobStore, code: CodeHistory | None = None) -> None:
        """`code` is the history of the code that trains, where it is here."""
        self._sources = Sources(index, blobs, code)
        self._seen: dict[object, tuple[Observation, ...]] = {}

    def __call__(self, inputs: Inputs) -> tuple[Observation, ...]:
        """Everything the rules need to know. Raises nothing for what cannot be seen: that is unknown, and why."""
        version = inputs.version
        if inputs.action not in ("promote", "override") or version is None:
            return ()
        policy = inputs.rulebook.policy(inputs.move.stage)
        before = inputs.baseline.version if inputs.baseline else None
        told = canonical_bytes([plain(each) for each in inputs.observations])
        key = (policy.digest, version.digest, before, inputs.card_digest, told)
        if key not in self._seen:
            self._seen[key] = self._observe(inputs, version, rules_for(policy, version.model))
        return self._seen[key]

    def _observe(self, inputs: Inputs, version: Version, rules: tuple[Requirement, ...]) -> tuple[Observation, ...]:
        """Conditions come last: they may ask about everything else that was observed."""
        found: list[Observation] = []
        counted = [each for each in inputs.observations if isinstance(each, Alternatives)]
        for rule in sorted(rules, key=lambda each: isinstance(each, ExpressionRequirement)):
            look = Look(self._sources, replace(inputs, observations=(*found, *counted)), version)
            found += _looked(rule, look)
        return tuple(found)


def _looked(rule: Requirement, look: Look) -> list[Observation]:
    observe = _OBSERVERS.get(type(rule))
    try:
        return [] if observe is None else [*observe(look, rule)]
    except GitregError as error:
        return [Unknown(rule=rule.rule, text=error.message)]


@dataclass(frozen=True)
class Look:
    """One promotion, and where to look."""

    sources: Sources
    inputs: Inputs
    version: Version

    def comparison(self, rule: ComparisonRequirement) -> Iterator[Observation]:
        """Both versions' predictions on the same rows."""
        counted = next(facts_of(self.inputs, self.version).observed(rule, Alternatives), None)
        comparer = Comparer(self.sources.index, self.sources.blobs, self.version, self.inputs.baseline)
        yield from comparer.compare(rule, counted)

    def metadata(self, rule: MetadataRequirement) -> Iterator[Observation]:
        """What the candidate's run was told and how it ended, where a rule is about that."""
        run = self.version.run
        if rule.subject != "run" or run is None:
            return
        folded = fold(self._records(run))
        yield Ran(
            rule=rule.rule,
            run=run,
            experiment=folded.experiment,
            name=folded.name,
            status=folded.status,
            params=folded.params,
            tags=folded.tags,
        )

    def _records(self, run: RunId) -> list[RunRecord]:
        """Raises `CannotTell` where the ledger here does not hold the run."""
        records = self.sources.index.records([run]).get(run, [])
        if not records:
            raise CannotTell(f"The ledger here does not hold the run {run.short}.")
        return records

    def source(self, rule: SourceRequirement) -> Iterator[Observation]:
        """Whether the commit is in the branch's history, where a rule asks for that."""
        source = self.version.source
        if rule.branch is None or source is None or source.commit is None:
            return
        if self.sources.code is None:
            text = f"The code's repository is not here, so nobody can see whether {source.commit[:12]} is in it."
            yield Unknown(rule=rule.rule, text=text)
            return
        tip, reachable = self.sources.code.reaches(rule.branch, source.commit)
        yield Reached(rule=rule.rule, commit=source.commit, branch=rule.branch, tip=tip, reachable=reachable)

    def datasets(self, rule: DatasetsRequirement) -> Iterator[Observation]:
        """How many rows each two roles share."""
        if rule.disjoint:
            facts = facts_of(self.inputs, self.version)
            yield from shared_rows(rule, facts, self.sources.index, self.sources.blobs)

    def files(self, rule: FilesRequirement) -> Iterator[Observation]:
        """What is in the version's folder."""
        manifest = read_manifest(self.sources.blobs, self.version.artifacts.digest)
        names = [entry.path for entry in manifest.files]
        forbidden = [name for name in names if any(_fits(name, pattern) for pattern in rule.forbidden)]
        missing = [pattern for pattern in rule.required if not any(_fits(name, pattern) for name in names)]
        yield Listed(
            rule=rule.rule,
            manifest=self.version.artifacts.digest,
            files=len(names),
            size_bytes=sum(entry.size for entry in manifest.files),
            forbidden=tuple(forbidden[:MAX_NAMED]),
            missing=tuple(missing),
        )

    def approvals(self, rule: ApprovalsRequirement) -> Iterator[Observation]:
        """Who recorded the run, where that person's approval does not count."""
        run = self.version.run
        if not rule.not_trainer or run is None:
            return
        people = {each.actor.principal for each in self._records(run)}
        yield Trained(rule=rule.rule, run=run, people=tuple(sorted(people)))

    def expression(self, rule: ExpressionRequirement) -> Iterator[Observation]:
        """What a condition comes to on everything that is known by now."""
        facts = facts_of(self.inputs, self.version)
        value = evaluate_condition(rule.cel, expression_facts(facts))
        yield Evaluated(rule=rule.rule, facts=facts_digest(rule, facts), value=value, method=CEL_METHOD)


_OBSERVERS: dict[type[Requirement], Callable[..., Iterator[Observation]]] = {
    MetadataRequirement: Look.metadata,
    ComparisonRequirement: Look.comparison,
    SourceRequirement: Look.source,
    DatasetsRequirement: Look.datasets,
    FilesRequirement: Look.files,
    ApprovalsRequirement: Look.approvals,
    ExpressionRequirement: Look.expression,
}


def _fits(name: str, pattern: str) -> bool:
    """The whole path, or where the pattern has no slash the file's name alone: `*.pkl` is meant in every folder."""
    return fnmatchcase(name, pattern) or ("/" not in pattern and fnmatchcase(name.rpartition("/")[2], pattern))
