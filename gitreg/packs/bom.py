"""A bill of materials for a model: CycloneDX 1.6 JSON (https://cyclonedx.org/docs/1.6/json/), with its model card."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from gitreg.documents import format_time, spell_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import Dataset, DatasetUse, PinnedMetric
    from gitreg.packs.material import Material

_MODEL = "model"


def bom(material: Material) -> dict[str, Any]:
    """The document, from what was recorded and nothing else. The same material gives the same bytes."""
    datasets, files = [*_datasets(material)], [*_files(material)]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"gitreg:{material.registry}:{material.standing.digest}")
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": format_time(material.now),
            "tools": {"components": [{"type": "application", "name": "gitreg"}]},
            "component": _model(material),
        },
        "components": [*datasets, *files],
        "dependencies": [{"ref": _MODEL, "dependsOn": [each["bom-ref"] for each in datasets]}],
    }


def _model(material: Material) -> dict[str, Any]:
    move, card = material.standing.move, material.card
    found: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": _MODEL,
        "name": move.model,
        "version": str(move.number),
        "modelCard": _card(material),
        "properties": [
            _property("version-digest", str(move.version)),
            _property("manifest-digest", material.version.artifacts.digest),
            _property("decision-digest", material.standing.digest),
        ],
    }
    if card and card.use:
        found["description"] = card.use
    if card and card.licence:
        found["licenses"] = [{"license": {"name": card.licence}}]
    return found


def _card(material: Material) -> dict[str, Any]:
    metrics = [_metric(each, material) for each in material.version.metrics]
    refs = [{"ref": _ref(place)} for place, _ in enumerate(material.version.datasets, 1)]
    found: dict[str, Any] = {
        "modelParameters": {"datasets": refs},
        "quantitativeAnalysis": {"performanceMetrics": metrics},
    }
    if material.card and material.card.use:
        found["considerations"] = {"useCases": [material.card.use]}
    return found


def _metric(metric: PinnedMetric, material: Material) -> dict[str, str]:
    names = {use.digest: use.name for use in material.version.datasets}
    of = {"slice": f"dataset {names.get(metric.dataset, metric.dataset)}"} if metric.dataset else {}
    return {"type": metric.key, "value": str(spell_number(metric.value)), **of}


def _datasets(material: Material) -> Iterator[dict[str, Any]]:
    known = {dataset.digest: dataset for dataset in material.datasets}
    for place, use in enumerate(material.version.datasets, 1):
        yield _dataset(use, _ref(place), known.get(use.document))


def _dataset(use: DatasetUse, ref: str, document: Dataset | None) -> dict[str, Any]:
    said = [_property("role", use.role), _property("content-digest", use.digest)]
    if document:
        said.append(_property("content-digest-method", document.method))
    return {
        "type": "data",
        "bom-ref": ref,
        "name": use.name,
        "data": [{"type": "dataset", "name": use.name}],
        "properties": said,
    }


def _files(material: Material) -> Iterator[dict[str, Any]]:
    entries = material.bytes.manifest.files if material.bytes else ()
    for place, entry in enumerate(entries, 1):
        hashes = [{"alg": "SHA-256", "content": entry.digest.hex}]
        yield {"type": "file", "bom-ref": f"file-{place}", "name": entry.path, "hashes": hashes}


def _ref(place: int) -> str:
    return f"dataset-{place}"


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"gitreg:{name}", "value": value}
