"""Where the model's files came from: an in-toto Statement v1 with a SLSA provenance v1 predicate.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and https://slsa.dev/spec/v1.0/provenance. Nothing
is in it that the run's record does not say; it is not signed, so it is as good as the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitreg.documents import format_time, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import Dataset, DatasetUse
    from gitreg.packs.material import Material

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:gitreg:run:v1"


def provenance(material: Material) -> dict[str, Any]:
    """The statement. Its subjects are the model's files where their list is at hand, else the list itself."""
    return {
        "_type": STATEMENT,
        "subject": [*_subjects(material)],
        "predicateType": PREDICATE,
        "predicate": {"buildDefinition": _definition(material), "runDetails": _details(material)},
    }


def _subjects(material: Material) -> Iterator[dict[str, Any]]:
    if material.bytes is None or not material.bytes.manifest.files:
        yield {"name": "manifest.json", "digest": {"sha256": material.version.artifacts.digest.hex}}
        return
    for entry in material.bytes.manifest.files:
        yield {"name": entry.path, "digest": {"sha256": entry.digest.hex}}


def _definition(material: Material) -> dict[str, Any]:
    version, source = material.version, material.version.source
    parameters: dict[str, Any] = {"params": plain(version.params), "output": version.output}
    if material.runs:
        parameters["experiment"] = material.runs[0].experiment
    if source and source.command:
        parameters["command"] = [*source.command]
    if source and source.entry_point:
        parameters["entryPoint"] = source.entry_point
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": parameters,
        "resolvedDependencies": [*_dependencies(material)],
    }


def _dependencies(material: Material) -> Iterator[dict[str, Any]]:
    source, environment = material.version.source, material.version.environment
    if source and source.commit:
        code: dict[str, Any] = {"name": "code", "digest": {"gitCommit": source.commit}}
        if source.repository:
            code["uri"] = source.repository
        yield code
    if source and source.diff:
        yield {"name": "uncommitted changes", "digest": {"sha256": source.diff.digest.hex}}
    if environment and environment.lock:
        yield {"name": environment.lock_name or "lock file", "digest": {"sha256": environment.lock.digest.hex}}
    known = {dataset.digest: dataset for dataset in material.datasets}
    for use in material.version.datasets:
        yield _dataset(use, known.get(use.document))


def _dataset(use: DatasetUse, document: Dataset | None) -> dict[str, Any]:
    """The sha256 of a file is that; of a table or folder it is one of our own making, and named so."""
    kind = "sha256" if document and document.kind == "file" else "gitregContent"
    said = {"role": use.role, **({"method": document.method} if document else {})}
    return {"name": use.name, "digest": {kind: use.digest.hex}, "annotations": said}


def _details(material: Material) -> dict[str, Any]:
    found: dict[str, Any] = {"builder": {"id": f"urn:gitreg:registry:{material.registry}"}}
    attempts = [attempt for record in material.runs for attempt in record.attempts]
    if material.version.run and attempts:
        last = max(attempts, key=lambda each: (each.started_at, each.id))
        found["metadata"] = {
            "invocationId": material.version.run,
            "startedOn": format_time(min(each.started_at for each in attempts)),
            **({"finishedOn": format_time(last.finished_at)} if last.finished_at else {}),
        }
    return found
