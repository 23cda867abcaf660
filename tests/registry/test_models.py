"""Models and versions on real stores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitreg.documents import Digest, paths
from gitreg.errors import (
    Ambiguous,
    ArtifactNotFound,
    BlobNotFound,
    InvalidName,
    InvalidValue,
    ModelNotFound,
    NumberDisputed,
    Refused,
    StageNotFound,
    StorageError,
    VersionNotFound,
)
from gitreg.store import Store
from tests.index.builders import version, version_edits
from tests.registry.builders import START, Clone, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    with Clone.of(Store.init(tmp_path / "registry", surroundings(tmp_path))) as made:
        yield made


def test_the_first_version_is_1_and_the_next_2(clone: Clone) -> None:
    assert [clone.register(b"one"), clone.register(b"two")] == ["fraud/1", "fraud/2"]


def test_the_same_output_registered_again_is_the_same_version(clone: Clone) -> None:
    run = clone.run()
    first = clone.models.register(run, run.outputs[0], "fraud")
    again = clone.models.register(run, run.outputs[0], "fraud")
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.number, again.digest) == (1, first.digest)


def test_a_version_pins_what_the_run_knew(clone: Clone) -> None:
    run = clone.run()
    document = clone.models.register(run, run.outputs[0], "fraud").document
    assert (document.run, document.output, document.artifacts) == (run.run_id, "model", run.outputs[0].manifest)
    assert [(metric.key, metric.step, metric.value) for metric in document.metrics] == [("auc", 7, 0.91)]
    assert dict(document.params) == {"depth": 4}


def test_who_and_when_are_those_of_the_commit(clone: Clone) -> None:
    clone.register()
    found = clone.models.version("fraud/1")
    assert found.registered_by is not None
    assert (found.registered_by.email, found.registered_at and found.registered_at.date()) == (
        "ada@example.org",
        START.date(),
    )


@pytest.mark.parametrize(("status", "says"), [("running", "not finished"), ("failed", "failed"), ("killed", "killed")])
def test_a_run_that_is_not_finished_makes_no_version(clone: Clone, status: str, says: str) -> None:
    run = clone.run(status=status)  # type: ignore[arg-type]
    with pytest.raises(Refused, match=says):
        clone.models.register(run, run.outputs[0], "fraud")
    assert clone.models.list() == []


def test_bytes_that_are_missing_are_named(clone: Clone) -> None:
    run = clone.run()
    clone.blobs.discard(Digest.of(b"weights"))
    with pytest.raises(BlobNotFound, match=r"model\.bin"):
        clone.models.register(run, run.outputs[0], "fraud")


@pytest.mark.parametrize("name", ["a/b", "", "a@b", "a\nb", "x" * 251, " fraud", "a~b"])
def test_a_name_that_no_address_could_carry_is_refused(clone: Clone, name: str) -> None:
    with pytest.raises(InvalidName):
        clone.register(model=name)


def test_names_that_differ_only_in_case_are_two_models(clone: Clone) -> None:
    assert [clone.register(model="fraud"), clone.register(model="Fraud"), clone.register(model="🐟")] == [
        "fraud/1",
        "Fraud/1",
        "🐟/1",
    ]
    assert [model.name for model in clone.models.list()] == ["Fraud", "fraud", "🐟"]


def test_an_output_is_found_by_name_and_a_folder_of_artifacts_by_path(clone: Clone) -> None:
    run = clone.run()
    assert clone.models.output(run, "model") == run.outputs[0]
    assert clone.models.output(run, "") == run.outputs[0]
    plots = clone.models.output(run, "plots")
    assert clone.models.register(run, plots, "plots").document.output == "plots"
    assert clone.models.output(run, "report.html").name == "report.html"


def test_a_path_that_is_not_there_lists_what_is(clone: Clone) -> None:
    with pytest.raises(ArtifactNotFound, match=r"it has model, plots, report\.html"):
        clone.models.output(clone.run(), "modle")


def test_a_number_that_is_not_there_says_which_are(clone: Clone) -> None:
    clone.register(b"one")
    clone.register(b"two")
    with pytest.raises(VersionNotFound, match=r"fraud has no version 9 \(it has 1 to 2\)"):
        clone.models.version("fraud/9")


def test_a_model_that_is_not_there_says_which_are(clone: Clone) -> None:
    clone.register()
    with pytest.raises(ModelNotFound, match="there is fraud"):
        clone.models.get("Fraud")
    with pytest.raises(ModelNotFound, match="there are fraud"):
        clone.models.version("churn/1")


def test_a_version_is_found_by_its_digest(clone: Clone) -> None:
    clone.register(b"one")
    found = clone.models.version("fraud/1")
    assert clone.models.version(f"fraud/~{found.short}") == found
    assert clone.models.version(found.digest) == found
    assert clone.models.version("models:/fraud/latest") == found
    with pytest.raises(VersionNotFound):
        clone.models.version("fraud/~0000000000")


def test_a_number_claimed_twice_is_refused_naming_both(clone: Clone) -> None:
    one, two = version(content=b"one"), version(content=b"two")
    commit(clone, {**version_edits(one, 3), **version_edits(two, 3), **version_edits(two, 4)})
    with pytest.raises(NumberDisputed, match=f"fraud/~{min(one.digest, two.digest).hex[:8]} and") as raised:
        clone.models.version("fraud/3")
    assert raised.value.exit_code == 4
    assert clone.models.version(two.digest).number == 4
    assert clone.models.version(one.digest).label == f"fraud/~{one.digest.hex[:8]}"
    clone.models.claim_numbers()
    assert clone.models.version(one.digest).number == 5


def test_a_description_and_tags_are_notes(clone: Clone) -> None:
    clone.register()
    clone.models.describe("fraud/1", "the first")
    clone.models.tag("fraud/1", {"team": "risk", "Größe": "1"})
    clone.models.describe("fraud", "finds fraud")
    found = clone.models.version("fraud/1")
    assert (found.description, dict(found.tags)) == ("the first", {"team": "risk", "Größe": "1"})
    assert clone.models.get("fraud").remarks.description == "finds fraud"
    clone.models.tag("fraud/1", {"team": None})
    clone.models.describe("fraud/1", None)
    found = clone.models.version("fraud/1")
    assert (found.description, dict(found.tags)) == (None, {"Größe": "1"})


def test_saying_the_same_again_commits_nothing(clone: Clone) -> None:
    clone.register()
    first = clone.models.tag("fraud/1", {"team": "risk"}).tip
    assert clone.models.tag("fraud/1", {"team": "risk"}).tip == first


def test_a_secret_is_neither_a_tag_nor_a_description_of_a_version(clone: Clone) -> None:
    clone.register()
    before = clone.store.ledger_tip()
    changes: list[Callable[[], object]] = [
        lambda: clone.models.tag("fraud/1", {"url": "https://ada:hunter2@db.example"}),
        lambda: clone.models.describe("fraud", "see https://ada:hunter2@db.example"),
        lambda: clone.models.delete("fraud/1", "see https://ada:hunter2@db.example"),
    ]
    for change in changes:
        with pytest.raises(InvalidValue, match="is refused: it looks like it holds a secret") as caught:
            change()
        assert "hunter2" not in str(caught.value)
    assert clone.store.ledger_tip() == before


def test_a_deleted_version_is_left_out_of_lists_and_keeps_its_number(clone: Clone) -> None:
    clone.register(b"one")
    clone.models.delete("fraud/1", "wrong data")
    assert clone.models.versions("fraud") == []
    assert clone.models.version("fraud/1").remarks.deleted == "wrong data"
    assert clone.register(b"two") == "fraud/2"
    clone.models.restore("fraud/1")
    assert [found.number for found in clone.models.versions("fraud")] == [1, 2]


def test_an_alias_is_a_bookmark(clone: Clone) -> None:
    clone.register(b"one")
    clone.register(b"two")
    clone.models.alias("fraud", "champion", 1)
    assert clone.models.version("fraud@champion").number == 1
    clone.models.alias("fraud", "champion", "fraud/2")
    assert clone.models.version("models:/fraud@champion").aliases == ("champion",)
    assert clone.models.get("fraud").aliases == {"champion": "fraud/2"}
    clone.models.alias("fraud", "champion", None)
    with pytest.raises(StageNotFound, match="champion"):
        clone.models.version("fraud@champion")


@pytest.mark.parametrize("name", ["production", "Production", "7", "latest", "a/b"])
def test_an_alias_is_never_what_an_address_reads_otherwise(clone: Clone, name: str) -> None:
    clone.register()
    with pytest.raises(InvalidName):
        clone.models.alias("fraud", name, 1)


def test_a_stage_is_not_looked_up_as_an_alias(clone: Clone) -> None:
    clone.register()
    with pytest.raises(StageNotFound, match="decision"):
        clone.models.version("fraud@production")


def test_too_few_digits_are_ambiguous(clone: Clone) -> None:
    found: dict[str, bytes] = {}
    for number in range(100_000):
        content = str(number).encode()
        start = version(content=content).digest.hex[:4]
        if start in found:
            commit(
                clone, {**version_edits(version(content=content), 1), **version_edits(version(content=found[start]), 2)}
            )
            break
        found[start] = content
    else:
        pytest.fail("no two digests began alike")
    with pytest.raises(Ambiguous):
        clone.models.version(f"fraud/~{start}")


# --- with a remote ---------------------------------------------------------------------------------------------------


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Store]:
    with Store.init(tmp_path / "origin.git", surroundings(tmp_path), bare=True) as made:
        yield made


def clone_of(origin: Store, path: Path, **more: object) -> Clone:
    return Clone.of(Store.clone(str(origin.path), path, surroundings(path.parent, machine=path.name)), **more)  # type: ignore[arg-type]


def test_a_number_is_claimed_in_the_push(origin: Store, tmp_path: Path) -> None:
    with clone_of(origin, tmp_path / "ada") as ada, clone_of(origin, tmp_path / "ben") as ben:
        assert [ada.register(b"one"), ben.register(b"two"), ada.register(b"three")] == ["fraud/1", "fraud/2", "fraud/3"]


def test_without_the_remote_a_version_has_no_number_until_a_sync(origin: Store, tmp_path: Path) -> None:
    with clone_of(origin, tmp_path / "ada") as ada, clone_of(origin, tmp_path / "ben") as ben:
        away = origin.path.rename(tmp_path / "away")
        run = ada.run(b"one")
        made = ada.models.register(run, run.outputs[0], "fraud")
        assert (made.number, made.label) == (None, f"fraud/~{made.short}")
        assert "cannot be opened" in made.trouble
        assert ada.models.register(run, run.outputs[0], "fraud").digest == made.digest
        away.rename(origin.path)
        ben.register(b"two")
        ada.models.claim_numbers()
        assert [found.label for found in ada.models.versions("fraud")] == ["fraud/1", "fraud/2"]
        assert ada.models.version(made.digest).number == 2
        names = [entry.name for entry in ada.store.snapshot(ada.store.ledger_tip()).entries("versions/fraud")]
        assert f"0-{made.digest.short}.json" in names


def test_bytes_go_before_the_document_that_names_them(origin: Store, tmp_path: Path) -> None:
    seen: list[bool] = []

    def upload(digests: Iterable[Digest]) -> None:
        seen.append(Digest.of(b"weights") in list(digests) and origin.tip("refs/heads/ledger") is None)

    with clone_of(origin, tmp_path / "ada", upload=upload) as ada:
        ada.register()
    assert seen == [True]


def test_bytes_that_cannot_go_keep_the_version_here(origin: Store, tmp_path: Path) -> None:
    def upload(_: Iterable[Digest]) -> None:
        raise StorageError("The bucket is away.")

    with clone_of(origin, tmp_path / "ada", upload=upload) as ada:
        run = ada.run()
        made = ada.models.register(run, run.outputs[0], "fraud")
        assert (made.number, made.trouble) == (None, "The bucket is away.")
        assert origin.tip("refs/heads/ledger") is None


def commit(clone: Clone, edits: dict[str, bytes | None]) -> None:
    from gitreg.registry import Ledger  # noqa: PLC0415

    Ledger(clone.store, lambda _: None).publish(lambda _: edits, "test: by hand")


def test_a_run_is_replaced_never(clone: Clone) -> None:
    run = clone.run()
    first = clone.models.register(run, run.outputs[0], "fraud")
    changed = replace(run, params={"depth": 5})
    second = clone.models.register(changed, changed.outputs[0], "fraud")
    assert (first.number, second.number) == (1, 2)
    ledger = clone.store.snapshot(clone.store.ledger_tip())
    assert ledger.read(paths.version("fraud", 1, first.digest)) == first.document.to_bytes()
