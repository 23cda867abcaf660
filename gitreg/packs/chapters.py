"""The index: what the pack holds, by the usual chapters of a model-risk file. It says what is there, never that it is
enough: the names of rules and laws are hints where a reader may file it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import Compared
from gitreg.report import Heading, Line, Table, conditions_of, number, review_words, rules_table, short, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitreg.documents import SliceMetrics
    from gitreg.packs.material import Material
    from gitreg.report import Block

MAX_ROWS = 500
"""Of one table; the documents have all of it."""


def chapters(material: Material) -> Iterator[Block]:
    """The whole index as blocks."""
    yield Heading(f"{material.address}: {material.label}")
    yield f"As of {when(material.now)}. Made from what was recorded and decided; README.txt says how to check it."
    for text in material.missing:
        yield Line(f"Not in this pack: {text}", "warn")
    for chapter in (_purpose, _data, _development, _performance, _limitations, _approval, _monitoring, _history):
        yield from chapter(material)


def _begun(title: str, hint: str, files: str) -> Iterator[Block]:
    yield Heading(title)
    yield Line(f"Usually filed under: {hint}.", "dim")
    yield Line(f"Files: {files}.", "dim")


def _purpose(material: Material) -> Iterator[Block]:
    hint = "SR 11-7, model inventory; EU AI Act, Annex IV (1) general description"
    yield from _begun("1. Purpose and owner", hint, "model/card.json, model/bom.cdx.json")
    card = material.card
    if card is None:
        yield "Nobody wrote a model card."
        return
    rows = (("owner", card.owner), ("use", card.use), ("tier", card.tier), ("licence", card.licence))
    yield Table(("", "what"), tuple((name, value or "not recorded") for name, value in rows))


def _data(material: Material) -> Iterator[Block]:
    hint = "SR 11-7, data quality; EU AI Act, Annex IV (2)(d) data"
    yield from _begun("2. Data", hint, "records/dataset-*.json")
    rows = {document.digest: document.rows for document in material.datasets}
    found = [(use.role, use.name, use.digest, _counted(rows.get(use.document))) for use in material.version.datasets]
    yield from _table(("role", "dataset", "content", "rows"), found, "No dataset was recorded.")
    yield "Rows themselves are never in a pack."


def _development(material: Material) -> Iterator[Block]:
    hint = "SR 11-7, model development; EU AI Act, Annex IV (2)(a) to (c) development"
    yield from _begun("3. Development", hint, "records/run-*.json, model/provenance.intoto.json, history/lineage.json")
    version, source = material.version, material.version.source
    environment = version.environment
    rows: list[tuple[str, str | None]] = [("run", version.run), ("files", version.artifacts.digest)]
    if source:
        rows += [("repository", source.repository), ("commit", source.commit)]
        rows += [("uncommitted changes", {True: "yes", False: "no", None: None}[source.dirty])]
    if environment:
        rows += [("python", environment.python), ("lock file", environment.lock.digest if environment.lock else None)]
    rows += [(f"param {key}", str(value)) for key, value in [*version.params.items()][:MAX_ROWS]]
    yield Table(("", "what"), tuple((name, value or "not recorded") for name, value in rows))


def _performance(material: Material) -> Iterator[Block]:
    hint = "SR 11-7, outcomes analysis; EU AI Act, Annex IV (2)(g) and (4) metrics"
    yield from _begun("4. Performance", hint, "decision/evidence.json, records/evaluation-*.json")
    names = {use.digest: use.name for use in material.version.datasets}
    pinned = [
        (each.key, names.get(each.dataset, short(each.dataset)) if each.dataset else "-", number(each.value))
        for each in material.version.metrics
    ]
    yield from _table(("metric", "dataset", "value"), pinned, "No metric was recorded.")
    for evaluation in material.evaluations:
        yield f"Evaluated on {evaluation.dataset}, {evaluation.rows} rows:"
        rows = [("all rows", key, number(value)) for key, value in evaluation.metrics.items()]
        rows += [row for each in evaluation.slices for row in _slice(each)]
        yield from _table(("of", "metric", "value"), rows, "It has no metric.")
    evidence = material.standing.evidence
    if evidence and evidence.rules:
        yield rules_table(evidence.rules)


def _slice(found: SliceMetrics) -> Iterator[tuple[str, str, str]]:
    for key, value in found.metrics.items():
        yield (f"{found.column}={found.value} ({found.rows} rows)", key, number(value))


def _limitations(material: Material) -> Iterator[Block]:
    hint = "SR 11-7, limitations and assumptions; EU AI Act, Annex IV (3) capabilities and limitations"
    yield from _begun("5. Limitations", hint, "decision/evidence.json")
    evidence = material.standing.evidence
    rules = (
        [(each.rule, each.outcome, each.text) for each in evidence.rules if each.outcome != "pass"] if evidence else []
    )
    yield from _table(("rule", "answer", "what was found"), rules, "Every rule that was asked for passed, or none was.")
    worse = [
        (each.metric, each.slice or "all rows", number(each.low), number(each.high))
        for each in (evidence.observations if evidence else ())
        if isinstance(each, Compared) and each.low < 0
    ]
    if worse:
        yield "Where it may be worse than what it replaced:"
        yield Table(("metric", "of", "from", "to"), tuple(worse[:MAX_ROWS]))
    yield "Limitations that people know of, and that nobody recorded here, have to be added by them."


def _approval(material: Material) -> Iterator[Block]:
    hint = "SR 11-7, governance and effective challenge; EU AI Act, Annex IV (2)(e) human oversight"
    files = "decision/, decision/approvals/, rules/"
    yield from _begun("6. Approval", hint, files)
    standing = material.standing
    yield f"Decision {standing.digest}, {standing.decision.action} by {standing.decision.proposer.principal}."
    yield f"Reason: {standing.decision.reason}"
    if standing.is_unreviewed:
        yield Line("Nobody had to approve it: it is unreviewed.", "warn")
    rows = [
        (each.person or "nobody", each.statement.verdict, when(each.statement.signed_at), each.trouble or "counts")
        for each in material.signed
    ]
    yield from _table(("who", "said", "signed", ""), rows, "Nobody signed anything about it.")
    for each in material.signed:
        for review in each.statement.reviews if not each.trouble else ():
            yield f"{review_words(review)}: attested by {each.statement.actor.principal}, not signed."


def _monitoring(material: Material) -> Iterator[Block]:
    hint = "SR 11-7, ongoing monitoring; EU AI Act, Annex IV (9) post-market monitoring"
    yield from _begun("7. Monitoring", hint, "decision/approvals/, history/log.json")
    rows = [(each.person, each.text, str(each.due or "-")) for each in conditions_of(material.standing)]
    yield from _table(("who asked", "condition", "due"), rows, "No condition was set.")
    for text in material.holds:
        yield f"Hold: {text}"
    yield "What is measured while the model is in use is not recorded in this registry, and so not here."


def _history(material: Material) -> Iterator[Block]:
    hint = "SR 11-7, change control; EU AI Act, Annex IV (6) changes"
    yield from _begun("8. Change history", hint, "history/log.json")
    rows = [
        (when(each.at), each.title, each.outcome, ", ".join(each.approved_by) or "-", each.commit[:12])
        for each in material.log
    ]
    yield from _table(("committed", "what", "verdict", "approved by", "commit"), rows, "Nothing landed.")


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]], none: str) -> Iterator[Block]:
    found = [*rows]
    if not found:
        yield none
        return
    yield Table(columns, tuple(found[:MAX_ROWS]))
    if len(found) > MAX_ROWS:
        yield f"And {len(found) - MAX_ROWS} more, in the files."


def _counted(rows: int | None) -> str:
    return "-" if rows is None else str(rows)
