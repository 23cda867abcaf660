"""Versions of data, through the registry: what is stored, what is told, and what never happens to a folder."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gitreg
from gitreg.blobs import MemoryBlobs, put_files, put_folder, put_manifests, read_manifests
from gitreg.data import parse_data_address
from gitreg.data.reading import take
from gitreg.documents import Dataset, Digest, Manifest, ManifestEntry, Profile, paths
from gitreg.errors import (
    AlreadyExists,
    Ambiguous,
    DatasetNotFound,
    InvalidName,
    InvalidValue,
    NotFound,
    StorageError,
    UnsafePath,
)
from gitreg.tables import shape_of
from tests.blobs.test_chunks import LARGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg import Registry

ROWS = "id,amount,day\n1,0.5,2026-11-21\n2,1.5,2026-11-22\n"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with gitreg.init(tmp_path / "registry") as made:
        yield made


def table(folder: Path, text: str = ROWS, name: str = "claims.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_known_by_its_content_its_rows_and_its_columns(registry: Registry, tmp_path: Path) -> None:
    added = registry.data.add(table(tmp_path))
    document = added.version.document
    assert (added.is_new, added.version.name, added.version.digest) == (True, "claims", Digest.of(ROWS.encode()))
    assert (document.kind, document.method, document.rows, document.size_bytes) == ("table", "file/1", 2, len(ROWS))
    assert [(each.name, each.type) for each in document.columns] == [
        ("id", "int64"),
        ("amount", "double"),
        ("day", "date32[day]"),
    ]


def test_what_a_run_named_and_what_was_added_are_one_version(registry: Registry, tmp_path: Path) -> None:
    path = table(tmp_path)
    with registry.start_run("churn") as run:
        run.log_dataset("claims", path)
    (named,) = registry.data.versions("claims")
    assert not named.is_kept
    with pytest.raises(NotFound, match="only its digest was recorded"):
        registry.data.get("claims", tmp_path / "out.csv")
    assert registry.data.add(path).is_new
    (kept,) = registry.data.versions("claims")
    assert (kept.digest, kept.is_kept, kept.added_at) == (named.digest, True, named.added_at)


def test_a_run_may_name_a_version_itself(registry: Registry, tmp_path: Path) -> None:
    added = registry.data.add(table(tmp_path))
    with registry.start_run("churn") as run:
        use = run.log_dataset("claims", registry.data.version("claims@latest"), role="test")
    assert use is not None
    assert (use.digest, use.document) == (added.version.digest, added.version.document.digest)
    assert len(registry.data.versions("claims")) == 1


def test_a_run_may_name_a_version_by_its_address(registry: Registry, tmp_path: Path) -> None:
    added = registry.data.add(table(tmp_path))
    with registry.start_run("churn") as run:
        for address in ("datasets:/claims@latest", "datasets:/claims", added.version.address):
            use = run.log_dataset("claims", address, role="test")
            assert use is not None
            assert (use.digest, use.document) == (added.version.digest, added.version.document.digest)


@pytest.mark.parametrize(
    ("address", "there_is"),
    [
        ("datasets:/clams", r"There is no dataset 'clams' \(there are claims\)"),
        ("datasets:/claims@0000", r"no version whose digest begins with 0000 \(there are [0-9a-f]{8}\)"),
        ("datasets:/claims@yesterday", "'yesterday' is not how a digest begins"),
    ],
)
def test_an_address_of_nothing_is_refused_and_says_what_there_is(
    registry: Registry, tmp_path: Path, address: str, there_is: str
) -> None:
    registry.data.add(table(tmp_path))
    with registry.start_run("churn", strict=True) as run, pytest.raises(InvalidValue, match=there_is):
        run.log_dataset("claims", address)
    with registry.start_run("churn") as run:
        assert run.log_dataset("claims", address) is None
        assert [each.key for each in run.health.dropped] == ["claims"]


def test_the_same_content_again_adds_nothing(registry: Registry, tmp_path: Path) -> None:
    first = registry.data.add(table(tmp_path))
    tip = registry.store.ledger_tip()
    again = registry.data.add(table(tmp_path, name="claims.copy.csv"))
    assert (again.is_new, again.new_bytes, again.version.digest) == (False, 0, first.version.digest)
    assert registry.store.ledger_tip() == tip


def test_an_appended_table_stores_only_what_is_new(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "rows.bin"
    path.write_bytes(LARGE)
    first = registry.data.add(path)
    path.write_bytes(LARGE + b"more")
    second = registry.data.add(path)
    assert first.new_bytes is not None
    assert first.new_bytes > len(LARGE)
    assert second.new_bytes is not None
    assert second.new_bytes < len(LARGE) // 3
    assert registry.data.new_bytes(registry.data.versions("rows")) == {
        first.version.digest: first.new_bytes,
        second.version.digest: second.new_bytes,
    }
    registry.data.get("rows@latest", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == LARGE + b"more"
    registry.data.get(f"rows@{first.version.digest.hex[:4]}", tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == LARGE


def test_versions_are_listed_as_they_came_and_the_last_is_the_latest(registry: Registry, tmp_path: Path) -> None:
    texts = [ROWS, ROWS + "3,1,2026-11-23\n", ROWS.replace("0.5", "0.6")]
    digests = [registry.data.add(table(tmp_path, text)).version.digest for text in texts]
    assert [view.digest for view in registry.data.versions("claims")] == digests
    assert registry.data.version("claims").digest == digests[-1]
    assert [view.name for view in registry.data.list()] == ["claims"]


def test_a_folder_comes_back_file_by_file(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    for place in range(50):
        (folder / f"{place % 3}").mkdir(parents=True, exist_ok=True)
        (folder / f"{place % 3}/{place}.png").write_bytes(bytes([place]))
    (folder / "large.bin").write_bytes(LARGE)
    added = registry.data.add(folder)
    assert added.version.document.kind == "folder"
    with registry.start_run("churn") as run:
        use = run.log_dataset("again", folder)
    assert use is not None
    assert use.digest == added.version.digest
    fetched = registry.data.get("images", tmp_path / "back")
    assert fetched.files == 51
    files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path / "back") for path in (tmp_path / "back").rglob("*") if path.is_file()} == files
    assert all((tmp_path / "back" / path).read_bytes() == (folder / path).read_bytes() for path in files)


def test_a_folder_of_many_files_is_several_manifests_of_which_a_changed_one_shares_most() -> None:
    store = MemoryBlobs()
    digest = Digest.of(b"x")
    entries = [
        ManifestEntry(path=f"{place // 100:04}/{place:06}.png", mediaType="image/png", digest=digest, size=1)
        for place in range(20_000)
    ]
    first = put_manifests(store, Manifest(files=tuple(entries)))
    second = put_manifests(store, Manifest(files=tuple(entries[:50] + entries[51:])))
    assert len(first) >= 3
    assert len(set(second) - set(first)) == 1
    assert read_manifests(store, [each.digest for each in first]).files == tuple(entries)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_folder_of_a_hundred_thousand_files_goes_in_and_out(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for place in range(100_000):
        if place % 1000 == 0:
            (folder / f"{place // 1000}").mkdir(parents=True)
        (folder / f"{place // 1000}/{place}").write_bytes(b"%d" % place)
    registry.data.add(folder)
    assert registry.data.get("many", tmp_path / "back").files == 100_000
    assert (tmp_path / "back/99/99999").read_bytes() == b"99999"


def test_a_profile_is_kept_where_it_is_asked_for(registry: Registry, tmp_path: Path) -> None:
    added = registry.data.add(table(tmp_path), profile=True)
    descriptor = added.version.document.profile
    assert descriptor is not None
    profile = Profile.from_bytes(registry.blobs.read(descriptor.digest))
    assert [(each.name, each.quantiles[:1]) for each in profile.columns][:2] == [("id", (1.0,)), ("amount", (0.5,))]
    assert not registry.data.add(table(tmp_path), profile=True).is_new
    with_hashes = registry.data.add(table(tmp_path), row_hashes=True, profile=True)
    assert with_hashes.is_new
    assert len(registry.data.versions("claims")) == 1


def test_parquet_is_a_table_too(registry: Registry, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1, 2, 3], "name": ["a", None, "c"]}), tmp_path / "people.parquet")
    document = registry.data.add(tmp_path / "people.parquet").version.document
    assert (document.kind, document.rows, [each.type for each in document.columns]) == ("table", 3, ["int64", "string"])


def test_what_is_called_a_table_and_is_none_is_a_file_and_it_is_said(registry: Registry, tmp_path: Path) -> None:
    added = registry.data.add(table(tmp_path, "a,b\n1\n"))
    assert added.version.document.kind == "file"
    assert added.notes[0].startswith("It is kept as a file, without rows and columns. claims.csv cannot be read")


def test_descriptions_and_tags_are_notes_on_a_version(registry: Registry, tmp_path: Path) -> None:
    registry.data.add(table(tmp_path))
    registry.data.describe("claims", "Up to March.")
    registry.data.tag("claims", {"audited": "yes", "by": "ada"})
    registry.data.tag("claims", {"by": None})
    view = registry.data.version("claims")
    assert (view.description, dict(view.tags)) == ("Up to March.", {"audited": "yes"})
    assert registry.fsck().ailments == ()


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["claims", "claims@latest", "datasets:/claims", "datasets:/claims@latest"])
def test_an_address_without_digits_means_the_latest(text: str) -> None:
    assert str(parse_data_address(text)) == "datasets:/claims@latest"


@pytest.mark.parametrize("text", ["", "@3f2a", "claims@", "claims@3f", "claims@LATEST", "a/b", "models:/fraud/1"])
def test_what_is_no_address_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(InvalidName):
        parse_data_address(text)


def test_a_dataset_that_is_not_there_is_answered_with_those_that_are(registry: Registry, tmp_path: Path) -> None:
    registry.data.add(table(tmp_path))
    with pytest.raises(DatasetNotFound, match="there are claims"):
        registry.data.version("claim")
    with pytest.raises(DatasetNotFound, match="begins with 0000"):
        registry.data.version("claims@0000")


def test_too_few_digits_are_ambiguous(registry: Registry, tmp_path: Path) -> None:
    twins: dict[str, str] = {}
    text, start, number = "", "", 0
    while not text or start not in twins:
        twins[start] = text
        number += 1
        text = f"id\n{number}\n"
        start = Digest.of(text.encode()).hex[:4]
    registry.data.add(table(tmp_path, twins[start]))
    registry.data.add(table(tmp_path, text))
    with pytest.raises(Ambiguous, match="2 versions of claims"):
        registry.data.version(f"claims@{start}")


# --- what is refused --------------------------------------------------------------------------------------------------


def test_what_is_not_there_is_not_added(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file or folder"):
        registry.data.add(tmp_path / "nothing.csv")
    with pytest.raises(InvalidValue, match="by reference"):
        registry.data.add("s3://bucket/claims.csv")


def test_a_symbolic_link_in_a_folder_is_refused(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/link").symlink_to("/etc/passwd")
    with pytest.raises(UnsafePath, match="symbolic link"):
        registry.data.add(tmp_path / "folder")
    assert registry.data.list() == []


def test_a_file_that_is_there_is_left_alone(registry: Registry, tmp_path: Path) -> None:
    registry.data.add(table(tmp_path))
    same, other = tmp_path / "same.csv", tmp_path / "other.csv"
    same.write_text(ROWS)
    other.write_text("mine")
    assert not registry.data.get("claims", same).is_new
    with pytest.raises(AlreadyExists):
        registry.data.get("claims", other)
    assert other.read_text() == "mine"
    (tmp_path / "folder").mkdir()
    assert registry.data.get("claims", tmp_path / "folder").target == tmp_path / "folder/claims.csv"


HOSTILE = {
    "up": ["../evil"],
    "absolute": ["/evil"],
    "drive": ["C:/evil"],
    "case twins": ["Evil", "evil"],
    "a file that is a folder": ["evil", "evil/deeper"],
    "device": ["nul"],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_list_of_files_writes_nothing_anywhere(registry: Registry, tmp_path: Path, what: str) -> None:
    stored = registry.blobs.put(b"evil")
    entries = tuple(
        ManifestEntry(path=path, mediaType="text/plain", digest=stored.digest, size=stored.size)
        for path in HOSTILE[what]
    )
    listing = registry.blobs.put(
        Manifest(files=entries).to_bytes(), media_type="application/vnd.gitreg.manifest.v1+json"
    )
    for kind in ("folder", "file"):
        document = Dataset(
            name=kind,
            content_digest=stored.digest,
            kind=kind,
            method=f"{kind}/1",
            files=(listing,),
        )
        path = paths.dataset(kind, document.digest)
        registry.models.record({path: document.to_bytes()}, "by hand")
        before = sorted(tmp_path.rglob("*evil*"))
        with pytest.raises(UnsafePath):
            registry.data.get(kind, tmp_path / "out")
        assert sorted(tmp_path.rglob("*evil*")) == before
        assert not (tmp_path / "out").exists()


def test_a_file_is_never_written_where_its_list_says_but_nobody_who_fetches_it(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work/.git/hooks").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    for name, path in (("hook", ".git/hooks/post-checkout"), ("hidden", ".bashrc")):
        listing = put_files(registry.blobs, {path: b"evil"})
        (files,) = put_manifests(registry.blobs, listing)
        document = Dataset(name=name, content_digest=Digest.of(b"evil"), kind="file", method="file/1", files=(files,))
        registry.models.record({paths.dataset(name, document.digest): document.to_bytes()}, "by hand")
        for target in (None, tmp_path / "work"):
            with pytest.raises(UnsafePath):
                registry.data.get(name, target)
        assert registry.data.get(name, tmp_path / name).target.read_bytes() == b"evil"
    assert [path for path in (tmp_path / "work").rglob("*") if path.is_file()] == []


def test_several_lists_that_name_one_file_are_refused(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a").write_bytes(b"x")
    manifest = put_folder(registry.blobs, tmp_path / "folder")
    listing = registry.blobs.put(manifest.to_bytes(), media_type="application/vnd.gitreg.manifest.v1+json")
    twice = Dataset(
        name="twice", content_digest=Digest.of(b"x"), kind="folder", method="folder/1", files=(listing, listing)
    )
    registry.models.record({paths.dataset("twice", twice.digest): twice.to_bytes()}, "by hand")
    with pytest.raises(UnsafePath):
        registry.data.get("twice", tmp_path / "out")


def test_the_same_bytes_in_any_order_of_adding_are_the_same_versions(tmp_path: Path) -> None:
    texts = [f"id\n{random.Random(number).random()}\n" for number in range(4)]  # noqa: S311 - test data
    found: list[set[Digest]] = []
    for order in (texts, texts[::-1]):
        with gitreg.init(tmp_path / f"registry-{len(found)}") as made:
            for text in order:
                made.data.add(table(tmp_path, text))
            found.append({view.digest for view in made.data.versions("claims")})
    assert found[0] == found[1]


def test_rows_are_counted_as_long_as_somebody_wants_to_know(tmp_path: Path) -> None:
    path = table(tmp_path, "id\n" + "1\n" * 3_000_000)
    answers = iter([True, False])
    assert 0 < shape_of(path, lambda: next(answers)).rows < 3_000_000


def test_a_table_that_cannot_be_stored_is_not_taken(tmp_path: Path) -> None:
    class Full(MemoryBlobs):
        def put(self, *_: object, **__: object) -> NoReturn:
            raise StorageError("No space is left.")

    with pytest.raises(StorageError, match="No space"):
        take(Full(), table(tmp_path))
