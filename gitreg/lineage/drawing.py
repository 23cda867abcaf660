"""From facts to the graph: which things there are, and which rests on which."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitreg.documents import Compared
from gitreg.lineage.graph import HOLDS, LIVE, Edge, Graph, Node
from gitreg.registry import live_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitreg.decisions import Heard, Target
    from gitreg.documents import DatasetUse, Deployment, Environment, Evaluation, Evidence, RunRecord, Source
    from gitreg.lineage.facts import Facts, LandedDecision, RegisteredVersion

_SAID = {
    "propose": "proposed with",
    "approve": "approved with",
    "reject": "rejected with",
    "check": "checked with",
    "attest": "reviews attested with",
}
_SHORT = 12
_ALWAYS = datetime.max.replace(tzinfo=UTC)


def graph_of(facts: Facts) -> Graph:
    """The graph of everything in the facts."""
    drawing = _Drawing()
    _draw_recorded(drawing, facts)
    for key, person in facts.keys:
        drawing.key(key, person)
    for decision in facts.decisions:
        drawing.decision(decision)
    return Graph(drawing.nodes, tuple(dict.fromkeys(drawing.edges)))


def _draw_recorded(drawing: _Drawing, facts: Facts) -> None:
    for record in facts.runs:
        drawing.run(record)
    for dataset in facts.datasets:
        found = drawing.dataset(dataset.name, dataset.content_digest)
        for sketch in dataset.sketches:
            drawing.blob(sketch.digest, "profile of a dataset", found)
    for version in facts.versions:
        drawing.version(version)
    for file in facts.files:
        drawing.blob(file.digest, f"file {file.path}", f"version:{file.version}")
    for evaluation in facts.evaluations:
        drawing.evaluation(evaluation)
    running = {each.running for each in live_at(facts.deployments, _ALWAYS)}
    for event in facts.deployments:
        drawing.deployment(event, is_live=event in running)


class _Drawing:
    """A graph that is being drawn. Each method adds one thing and what it rests on, and answers its id."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self._made_by: dict[str, list[RegisteredVersion]] = {}
        """Versions by their run, for evaluations of the run."""

    def _add(self, node: Node) -> str:
        """The first word about a thing stands, unless a later one says more."""
        known = self.nodes.get(node.id)
        if known is None or (node.note and not known.note):
            self.nodes[node.id] = node
        return node.id

    def _join(self, made: str, origin: str, how: str) -> None:
        self.edges.append(Edge(made, origin, how))

    def person(self, who: str) -> str:
        return self._add(Node("person", who.lower(), who.lower()))

    def key(self, fingerprint: str, person: str | None) -> str:
        found = self._add(Node("key", fingerprint, f"{fingerprint[:_SHORT]}…", f"key of {person}" if person else ""))
        if person:
            self._join(found, self.person(person), "belongs to")
        return found

    def dataset(self, name: str, content: str) -> str:
        """By its content: two names of the same rows are one thing."""
        return self._add(Node("dataset", content, name))

    def blob(self, digest: str, note: str, made: str) -> str:
        """Bytes that `made` has."""
        found = self._add(Node("blob", digest, f"{digest[:19]}…", note))
        self._join(made, found, "has")
        return found

    def code(self, source: Source | None, made: str) -> None:
        if source is None or source.commit is None:
            return
        note = f"of {source.repository}" if source.repository else ""
        dirty = ", with uncommitted changes" if source.dirty else ""
        self._join(made, self._add(Node("code", source.commit, source.commit[:_SHORT], note)), f"ran code{dirty}")
        if source.diff:
            self.blob(source.diff.digest, "uncommitted changes", made)

    def environment(self, environment: Environment | None, made: str) -> None:
        if environment and environment.lock:
            self.blob(environment.lock.digest, environment.lock_name or "lock file", made)

    def uses(self, datasets: Iterable[DatasetUse], made: str) -> None:
        for use in datasets:
            how = {"train": "trained on", "test": "tested on", "validation": "validated on"}.get(use.role, "used")
            self._join(made, self.dataset(use.name, use.digest), how)

    def run(self, record: RunRecord) -> None:
        found = self._add(Node("run", record.run_id, record.name, f"run of {record.experiment}"))
        self._join(found, self.person(record.actor.principal), "recorded by")
        if record.parent:
            parent = self._add(Node("run", record.parent, f"…{record.parent[-8:]}"))
            self._join(found, parent, "is part of")
        for attempt in record.attempts:
            self.code(attempt.source, found)
            self.environment(attempt.environment, found)
            self.uses(attempt.datasets, found)

    def version(self, version: RegisteredVersion) -> None:
        document, digest = version.document, version.digest
        number = version.number if version.number is not None else f"~{digest.hex[:8]}"
        found = self._add(Node("version", digest, f"{document.model}/{number}", f"output {document.output}"))
        self.blob(document.artifacts.digest, "the model's files", found)
        if version.by:
            self._join(found, self.person(version.by), "registered by")
        if document.run:
            run = self._add(Node("run", document.run, f"…{document.run[-8:]}"))
            self._join(found, run, "made by")
            self._made_by.setdefault(document.run, []).append(version)
        self.code(document.source, found)
        self.environment(document.environment, found)
        self.uses(document.datasets, found)

    def evaluation(self, evaluation: Evaluation) -> None:
        """Of a version named by digest, or of every version that its run (and output) made; those are drawn before."""
        note = f"on {evaluation.dataset}, {evaluation.rows} rows"
        found = self._add(Node("evaluation", evaluation.digest, f"{evaluation.digest[:19]}…", note))
        self._join(found, self.dataset(evaluation.dataset, evaluation.content_digest), "of")
        self.blob(evaluation.predictions.digest, "predictions", found)
        if evaluation.version:
            self._join(f"version:{evaluation.version}", found, "evaluated in")
        for version in self._made_by.get(evaluation.run or "", ()):
            if evaluation.output in (None, version.document.output):
                self._join(f"version:{version.digest}", found, "evaluated in")

    def deployment(self, event: Deployment, *, is_live: bool) -> None:
        """A report about a target, which may still run it; the decision that it followed is drawn with the others."""
        stage = f"{event.model}@{event.stage}, " if event.stage else ""
        note = f"{stage}{event.action} {event.at:%Y-%m-%d %H:%MZ}"
        found = self._add(Node("deployment", event.digest, event.target, note))
        self._join(found, f"version:{event.version}", LIVE if is_live else f"{event.action} on target")
        self._join(found, self.person(event.actor.principal), "reported by")
        if event.decision:
            self._join(found, f"decision:{event.decision}", "followed")

    def decision(self, landed: LandedDecision) -> None:
        decision, target = landed.decision, landed.target
        state = (f"{decision.action} of {target}" if target else decision.action) + (
            "" if landed.is_in_force else ", never in force"
        )
        found = self._add(Node("decision", landed.digest, f"{landed.digest[:19]}…", state))
        self._join(found, self.person(decision.proposer.principal), "proposed by")
        for heard in landed.said:
            self._heard(found, heard)
        if landed.evidence:
            self._evidence(found, landed.evidence)
        if landed.is_in_force and target:
            self._moves(found, landed, target)

    def _moves(self, found: str, landed: LandedDecision, target: Target) -> None:
        stage = Node("stage", str(target), f"models:/{target}")
        if landed.is_now:
            self._join(self._add(stage), found, "decided by")
        for move in landed.decision.moves:
            if (move.model, move.stage) != (target.model, target.stage) or move.version is None:
                continue
            version = self._add(Node("version", move.version, f"{move.model}/{move.number or '?'}"))
            self._join(version, found, f"{landed.decision.action} by")
            if landed.is_now:
                self._join(stage.id, version, HOLDS)

    def _heard(self, decision: str, heard: Heard) -> None:
        ignored = "" if heard.counts else f", which does not count: {heard.reason}"
        self._join(decision, self.key(heard.key, heard.person), f"{_SAID[heard.statement.verdict]}{ignored}")

    def _evidence(self, decision: str, evidence: Evidence) -> None:
        """The baseline is not what a decision rests on: what flowed into it did not flow into the candidate."""
        found = self._add(Node("evidence", evidence.digest, f"{evidence.digest[:19]}…", f"verdict {evidence.verdict}"))
        self._join(decision, found, "rests on")
        for each in evidence.observations:
            if isinstance(each, Compared):
                self._join(found, f"evaluation:{each.candidate}", "compared")
