"""JSON Schemas of all documents, generated from the models, so that a document can be checked without gitreg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitreg.documents import cases, erased, evidence, facts, lock, policies, profiles, rights, rulings
from gitreg.errors import NotFound

if TYPE_CHECKING:
    from gitreg.documents.document import Document

DOCUMENTS: dict[str, type[Document]] = {
    document.schema_name: document
    for document in (
        facts.Alias,
        facts.Dataset,
        facts.Deployment,
        facts.Experiment,
        facts.LiveState,
        facts.Manifest,
        facts.Note,
        facts.RunRecord,
        facts.SeriesHeader,
        facts.Version,
        rulings.Approvers,
        rulings.Compromise,
        rulings.Decision,
        erased.Erased,
        evidence.Evaluation,
        evidence.Evidence,
        rulings.Hold,
        lock.Lock,
        rulings.ModelCard,
        rulings.ModelSet,
        cases.PolicyCases,
        policies.Policy,
        profiles.Profile,
        rulings.RegistrySettings,
        rights.Rights,
        rulings.Statement,
    )
}


def document_type(name: str) -> type[Document]:
    """The document class of a schema name such as `run`. Raises `NotFound`."""
    if name not in DOCUMENTS:
        message = f"There is no schema {name!r:.60}."
        raise NotFound(message, subject=name, hint=f"There are: {', '.join(sorted(DOCUMENTS))}.")
    return DOCUMENTS[name]


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document. Every field is required, as the written form has every field."""
    document = document_type(name)
    schema = document.model_json_schema(by_alias=True, mode="validation")
    schema["properties"] = {"schema": {"const": document.schema_id()}, **schema["properties"]}
    for piece in (schema, *schema.get("$defs", {}).values()):
        _require_all(piece)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{document.schema_id()}.json", **schema}


def _require_all(piece: dict[str, Any]) -> None:
    if "properties" in piece:
        piece["required"] = sorted(piece["properties"])
        for field in piece["properties"].values():
            field.pop("default", None)
