"""Documents: frozen, strict, one written form, schemas that check them without gitreg."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import (
    DOCUMENTS,
    MANIFEST_MEDIA_TYPE,
    Actor,
    Alias,
    Approvers,
    Attempt,
    AttemptId,
    Deployment,
    Descriptor,
    Digest,
    Document,
    Lock,
    Locked,
    MetricSummary,
    ModelCard,
    Note,
    Point,
    Policy,
    Principal,
    RegistryId,
    Rights,
    RightsRule,
    RunId,
    RunRecord,
    WriterId,
    document_type,
    format_time,
    json_schema,
    parse_time,
)
from gitreg.errors import InvalidDocument, InvalidValue, NewerFormat, NotFound

AT = datetime(2026, 11, 21, 8, 46, tzinfo=UTC)
ADA = Actor(principal=Principal("ada@example.org"), via="person", host="desk")
GOLDEN = Path(__file__).parent / "golden"


def run_record(**changes: object) -> RunRecord:
    point = Point(step=3, time=AT, value=float("inf"))
    attempt = Attempt(
        id=AttemptId("a" * 32),
        host="node-1",
        status="finished",
        started_at=AT,
        finished_at=AT + timedelta(seconds=90),
        params={"depth": 4, "rate": 0.1, "flag": True, "name": "é", "bad": float("nan")},
        tags={"team": "risk"},
        metrics=(MetricSummary(key="auc", count=4, last=point, min=-1.0, max=float("inf")),),
    )
    fields: dict[str, Any] = {
        "rev": 2,
        "writer": WriterId("b" * 32),
        "run_id": RunId("01a1fd5756aa734398d12965dd785489"),
        "experiment": "churn",
        "name": "brave-otter-489",
        "actor": ADA,
        "attempts": (attempt,),
    }
    return RunRecord(**{**fields, **changes})


def alias() -> Alias:
    return Alias(
        rev=1, writer=WriterId("b" * 32), model="fraud", alias="champion", version=Digest.of(b"v"), actor=ADA, at=AT
    )


def deployment() -> Deployment:
    return Deployment(
        target="eu-cluster",
        model="fraud",
        version=Digest.of(b"v"),
        number=7,
        stage="production",
        decision=Digest.of(b"d"),
        action="deployed",
        at=AT,
        actor=ADA,
    )


def rights() -> Rights:
    people = (Principal("ci@example.org"),)
    facts = RightsRule(name="facts", branch="ledger", paths=("versions/fraud/**", "aliases/*/*"), people=people)
    return Rights(rules=(facts, RightsRule(name="docs", branch="main", paths=("docs/**",), groups=("risk",))))


def lock() -> Lock:
    fraud = Locked(
        model="fraud",
        number=7,
        version=Digest.of(b"v"),
        decision=Digest.of(b"d"),
        landing="ab" * 20,
        artifacts=Descriptor(media_type=MANIFEST_MEDIA_TYPE, digest=Digest.of(b"files"), size=123),
        files={"weights/Größe.bin": Digest.of(b"w"), "MLmodel": Digest.of(b"m")},
    )
    price = fraud.model_copy(update={"model": "price", "number": None, "decision": None, "landing": None})
    models = {"models:/price@champion": price, "models:/fraud@production": fraud}
    return Lock(registry=RegistryId("0" * 31 + "1"), url="https://git.example.org/ml/registry.git", models=models)


@pytest.mark.parametrize(
    "document",
    [run_record(), alias(), deployment(), rights(), lock()],
    ids=["run", "alias", "deployment", "rights", "lock"],
)
def test_a_document_has_exactly_the_golden_bytes(document: Document) -> None:
    assert document.to_bytes() == (GOLDEN / f"{document.schema_name}.json").read_bytes()


@pytest.mark.parametrize("document", [run_record(), alias()], ids=["run", "alias"])
def test_reading_gives_an_equal_document_of_equal_types(document: Document) -> None:
    again = type(document).from_bytes(document.to_bytes())
    assert again == document
    assert again.digest == document.digest == Digest.of(document.to_bytes())


@pytest.mark.parametrize("document", [run_record(), alias()], ids=["run", "alias"])
def test_a_document_fits_its_json_schema(document: Document) -> None:
    schema = json_schema(document.schema_name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(document.to_bytes()))


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_document_has_a_schema_that_requires_all_its_fields(name: str) -> None:
    schema = json_schema(name)
    assert schema["required"] == sorted(schema["properties"])
    assert schema["properties"]["schema"] == {"const": document_type(name).schema_id()}
    assert schema["additionalProperties"] is False


def test_an_unknown_schema_name_is_not_found() -> None:
    with pytest.raises(NotFound, match="There are: alias"):
        document_type("runn")


def test_a_document_is_never_changed() -> None:
    record = run_record()
    with pytest.raises(ValueError, match="frozen"):
        record.name = "other"  # type: ignore[misc]  # the point of the test
    with pytest.raises(TypeError):
        record.attempts[0].params["depth"] = 5  # type: ignore[index]  # the point of the test


def _edited(**changes: object) -> bytes:
    value = {**json.loads(run_record().to_bytes()), **changes}
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (_edited(surprise=1), "surprise"),
        (_edited(rev="2"), "rev"),
        (_edited(rev=2.0), "rev"),
        (_edited(rev=True), "rev"),
        (_edited(rev=0), "rev"),
        (_edited(writer="B" * 32), "writer"),
        (_edited(attempts=[]), "attempts"),
        (_edited(name="a\u202eb"), "name"),
        (_edited(schema="gitreg/note/v1"), "schema"),
        (_edited(schema=None), "schema"),
        (b"[]\n", "not a JSON object"),
        (run_record().to_bytes()[:-1], "canonical"),
        (run_record().to_bytes() + b"\n", "canonical"),
        (run_record().to_bytes().replace(b"  ", b"\t"), "canonical"),
        (run_record().to_bytes().replace(b": -1.0", b": -1"), "canonical"),
        (run_record().to_bytes().replace(b".000000Z", b"Z"), "time"),
    ],
)
def test_a_document_that_is_off_is_refused_and_the_path_named(data: bytes, says: str) -> None:
    with pytest.raises(InvalidDocument, match=says) as caught:
        RunRecord.from_bytes(data, "runs/x.json")
    assert caught.value.message.startswith("runs/x.json: ")


def test_a_field_that_is_missing_is_refused() -> None:
    value = json.loads(run_record().to_bytes())
    del value["parent"]
    data = (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()
    with pytest.raises(InvalidDocument, match="canonical"):
        RunRecord.from_bytes(data)


def test_a_later_schema_version_names_what_reads_it() -> None:
    with pytest.raises(NewerFormat, match="gitreg/run/v2") as caught:
        RunRecord.from_bytes(run_record().to_bytes().replace(b"gitreg/run/v1", b"gitreg/run/v2"))
    assert "pip install --upgrade gitreg" in caught.value.hint


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2999, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001 - zones are added below
def test_times_are_utc_with_microseconds_and_read_back(at: datetime, hours: int) -> None:
    zoned = at.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert parse_time(format_time(zoned)) == zoned
    assert len(format_time(zoned)) == len("2026-11-21T08:46:00.000000Z")


@pytest.mark.parametrize(
    "text", ["2026-11-21", "2026-11-21T08:46:00Z", "2026-13-21T08:46:00.000000Z", "2026-11-21T08:46:00.000000+00:00"]
)
def test_no_other_spelling_of_a_time_is_read(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_time(text)


def test_a_note_can_be_taken_away() -> None:
    note = Note(rev=1, writer=WriterId("b" * 32), subject="models/fraud", name="tag.team", value=None, actor=ADA, at=AT)
    assert b'"value": null' in note.to_bytes()


def test_a_policy_tells_its_requirements_apart_by_kind() -> None:
    policy = Policy.from_json(
        {
            "schema": "gitreg/policy/v1",
            "requirements": [
                {"rule": "two people", "kind": "approvals", "count": 2},
                {"rule": "good enough", "kind": "threshold", "metric": "auc", "at_least": 0.9},
            ],
        }
    )
    assert [requirement.kind for requirement in policy.requirements] == ["approvals", "threshold"]
    with pytest.raises(InvalidDocument, match="kind"):
        Policy.from_json({"schema": "gitreg/policy/v1", "requirements": [{"rule": "x", "kind": "magic"}]})


def test_a_principal_is_a_lower_case_address() -> None:
    with pytest.raises(InvalidDocument, match="people"):
        Approvers.from_json(
            {"schema": "gitreg/approvers/v1", "people": {"Ada@Example.org": {"groups": [], "keys": []}}}
        )


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2199, 1, 1)))  # noqa: DTZ001 - the zone is added below
def test_a_new_run_id_is_a_uuid7_that_tells_its_hour(at: datetime) -> None:
    run = RunId.new(at.replace(tzinfo=UTC))
    assert run.kind == "timed"
    assert abs(run.started_at - at.replace(tzinfo=UTC)) < timedelta(milliseconds=1)


def test_a_keyed_run_has_the_same_id_on_every_node() -> None:
    registry = RegistryId("c" * 32)
    assert RunId.keyed(registry, "churn", "job-1") == RunId.keyed(registry, "churn", "job-1")
    assert RunId.keyed(registry, "churn", "job-1").kind == "keyed"
    assert RunId.keyed(registry, "churn", "job-1") != RunId.keyed(registry, "churnj", "ob-1")


@pytest.mark.parametrize("text", ["", "ABC", "a b", "-a", "a-", "x" * 65, "../x"])
def test_what_is_no_run_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="not a run id"):
        RunId(text)


def test_a_changed_copy_has_bytes_of_its_own() -> None:
    card = ModelCard(name="fraud")
    before = card.to_bytes()
    assert card.model_copy(update={"name": "churn"}).to_bytes() != before
