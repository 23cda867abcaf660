"""Folders in and out of a store: every path checked, nothing written that was not asked for."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.blobs import (
    BlobStore,
    FolderBlobs,
    MemoryBlobs,
    get_manifest,
    media_type_of,
    put_files,
    put_folder,
    put_manifest,
    read_manifest,
)
from gitreg.documents import MANIFEST_MEDIA_TYPE, Digest, Manifest, ManifestEntry, RegistryId
from gitreg.errors import (
    AlreadyExists,
    BlobNotFound,
    CorruptBlob,
    GitregError,
    InvalidDocument,
    InvalidValue,
    StorageError,
    UnsafePath,
)


@pytest.fixture
def store() -> MemoryBlobs:
    return MemoryBlobs()


def entry(path: str, data: bytes = b"x") -> ManifestEntry:
    return ManifestEntry(path=path, mediaType="text/plain", digest=Digest.of(data), size=len(data))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


MODEL = {
    "MLmodel": b"flavors: {}\n",
    "data/weights.bin": b"\0" * 3_000_000,
    "data/deep/er/notes.md": b"",
    "z.json": b"{}",
}

# --- laws ------------------------------------------------------------------------------------------------------------

names = st.text(st.characters(codec="utf-8", exclude_characters='\\/<>:"|?*'), min_size=1, max_size=12)
trees = st.dictionaries(st.lists(names, min_size=1, max_size=4).map("/".join), st.binary(max_size=50), max_size=8)


@given(files=trees)
def test_a_folder_comes_back_as_it_was_or_is_refused_whole(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    store, target = MemoryBlobs(), tmp_path_factory.mktemp("law") / "out"
    try:
        manifest = put_files(store, files)
    except UnsafePath:
        assert store.blobs == {}
        return
    get_manifest(store, manifest, target)
    assert sorted(contents(target).values()) == sorted(files.values())
    assert put_folder(MemoryBlobs(), target) == manifest


@given(files=trees, seed=st.randoms(use_true_random=False))
def test_the_manifest_hangs_on_the_files_and_not_on_their_order(files: dict[str, bytes], seed: object) -> None:
    items = list(files.items())
    seed.shuffle(items)  # type: ignore[attr-defined] # Hypothesis hands out random.Random
    with contextlib.suppress(UnsafePath):
        assert put_files(MemoryBlobs(), dict(items)).digest == put_files(MemoryBlobs(), files).digest


@given(path=st.text(max_size=30) | st.lists(st.sampled_from(["..", ".", "", "a", "b/", "\0", "C:"])).map("/".join))
def test_no_manifest_writes_outside_of_its_folder(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    store, home = MemoryBlobs(), tmp_path_factory.mktemp("escape")
    store.put(b"x")
    try:
        get_manifest(store, Manifest(files=(entry(path),)), home / "out")
    except GitregError:
        assert list(home.iterdir()) == []
    else:
        assert [found.name for found in home.iterdir()] == ["out"]
        assert list(contents(home / "out").values()) == [b"x"]


# --- in --------------------------------------------------------------------------------------------------------------


def test_a_folder_becomes_a_sorted_manifest_with_types(store: MemoryBlobs, tmp_path: Path) -> None:
    manifest = put_folder(store, write(tmp_path, MODEL))
    assert [(file.path, file.media_type, file.size) for file in manifest.files] == [
        ("MLmodel", "application/octet-stream", 12),
        ("data/deep/er/notes.md", "text/markdown", 0),
        ("data/weights.bin", "application/octet-stream", 3_000_000),
        ("z.json", "application/json", 2),
    ]
    assert all(store.has(file.digest) for file in manifest.files)


def test_a_manifest_is_a_blob_of_its_own(store: MemoryBlobs) -> None:
    manifest = put_files(store, {"a": b"1"})
    stored = put_manifest(store, manifest)
    assert (stored.digest, stored.media_type) == (manifest.digest, MANIFEST_MEDIA_TYPE)
    assert read_manifest(store, stored.digest) == manifest


def test_a_blob_that_is_no_manifest_is_refused(store: MemoryBlobs) -> None:
    with pytest.raises(InvalidDocument):
        read_manifest(store, store.put(b"{}").digest)


def test_more_files_than_a_manifest_holds_are_refused_before_it_is_stored(
    store: MemoryBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Manifest, "max_bytes", 8_000_000)
    manifest = Manifest(files=tuple(entry(f"{'n' * 200}/{number}") for number in range(30_000)))
    with pytest.raises(InvalidValue, match="30,000 files"):
        put_manifest(store, manifest)


@pytest.mark.parametrize("target", ["inside", "/etc/passwd", "nowhere"])
def test_a_symbolic_link_is_refused_wherever_it_points(store: MemoryBlobs, tmp_path: Path, target: str) -> None:
    write(tmp_path, {"inside": b"x"})
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(UnsafePath, match="symbolic link"):
        put_folder(store, tmp_path)
    assert store.blobs == {}


def test_a_linked_folder_is_refused(store: MemoryBlobs, tmp_path: Path) -> None:
    (tmp_path / "up").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(UnsafePath):
        put_folder(store, tmp_path)


def test_a_pipe_is_refused_and_does_not_hang(store: MemoryBlobs, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnsafePath):
        put_folder(store, tmp_path)
    with pytest.raises(InvalidValue, match="not a file"):
        store.put(tmp_path / "pipe")


@pytest.mark.parametrize("path", ["../up", "/abs", "a/../b", "a//b", "a/", "", "nul", "a\\b", "C:x", "a\nb", "x" * 300])
def test_a_path_that_no_folder_should_hold_is_refused(store: MemoryBlobs, path: str) -> None:
    with pytest.raises(UnsafePath):
        put_files(store, {path: b"x"})
    assert store.blobs == {}


@pytest.mark.parametrize(
    "paths", [("a", "a/b"), ("README", "readme"), ("é", "e\u0301"), ("d/x", "D"), ("straße", "STRASSE")], ids=str
)
def test_files_that_cannot_stand_together_are_refused(store: MemoryBlobs, paths: tuple[str, str]) -> None:
    with pytest.raises(UnsafePath):
        put_files(store, dict.fromkeys(paths, b"x"))
    assert store.blobs == {}


def test_a_name_that_is_not_text_is_refused(store: MemoryBlobs, tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).write_bytes(b"x")
    with pytest.raises(UnsafePath):
        put_folder(store, tmp_path)


def test_a_folder_that_is_not_there_is_refused(store: MemoryBlobs, tmp_path: Path) -> None:
    write(tmp_path, {"file": b""})
    for folder in (tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(InvalidValue):
            put_folder(store, folder)


def test_thousands_of_small_files_are_durable_together(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path / "blobs", RegistryId.random())
    files = {f"{number % 100}/{number}": str(number).encode() for number in range(2_000)}
    manifest = put_files(store, files)
    assert len(list(store.list())) == len(manifest.files) == 2_000
    get_manifest(store, manifest, tmp_path / "out")
    assert contents(tmp_path / "out") == files


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.json", "application/json"),
        ("A.PNG", "image/png"),
        ("x.tar.gz", "application/gzip"),
        ("json", "application/octet-stream"),
        ("a.b/c", "application/octet-stream"),
    ],
)
def test_the_media_type_hangs_on_the_name_alone(path: str, expected: str) -> None:
    assert media_type_of(path) == expected


# --- out -------------------------------------------------------------------------------------------------------------


def test_files_come_back_below_a_folder_that_is_made(store: MemoryBlobs, tmp_path: Path) -> None:
    get_manifest(store, put_files(store, MODEL), tmp_path / "new" / "model")
    assert contents(tmp_path / "new" / "model") == MODEL


def test_an_empty_folder_may_stand_there_and_a_full_one_not(store: MemoryBlobs, tmp_path: Path) -> None:
    manifest = put_files(store, MODEL)
    (tmp_path / "empty").mkdir()
    get_manifest(store, manifest, tmp_path / "empty")
    before = contents(tmp_path)
    for target in ("empty", "empty/z.json"):
        with pytest.raises(AlreadyExists):
            get_manifest(store, manifest, tmp_path / target)
    assert contents(tmp_path) == before


def test_a_link_in_the_place_of_the_folder_is_not_followed(store: MemoryBlobs, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(AlreadyExists):
        get_manifest(store, put_files(store, MODEL), tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    "paths",
    [["../x"], ["ok", "/abs"], ["a/../../x"], ["a", "a/b"], ["a", "A"], ["a", "a"], ["e\u0301"], ["com1"], ["ok", ""]],
    ids=str,
)
def test_a_hostile_manifest_is_refused_and_nothing_is_written(
    store: MemoryBlobs, tmp_path: Path, paths: list[str]
) -> None:
    store.put(b"x")
    with pytest.raises(UnsafePath):
        get_manifest(store, Manifest(files=tuple(entry(path) for path in paths)), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_a_damaged_and_a_misdescribed_file_leave_nothing(store: MemoryBlobs, tmp_path: Path) -> None:
    manifest = put_files(store, MODEL)
    good = dict(store.blobs)
    weights = Digest.of(MODEL["data/weights.bin"])
    store.blobs[weights] = b"\0" * 2_999_999
    with pytest.raises(CorruptBlob):
        get_manifest(store, manifest, tmp_path / "out")
    del store.blobs[weights]
    with pytest.raises(BlobNotFound):
        get_manifest(store, manifest, tmp_path / "out")
    store.blobs = good
    wrong = manifest.files[0].model_copy(update={"size": 1})
    with pytest.raises(InvalidDocument, match="size"):
        get_manifest(store, Manifest(files=(wrong, *manifest.files[1:])), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said_to_be(store: MemoryBlobs, tmp_path: Path) -> None:
    write(tmp_path, {"file": b""})
    with pytest.raises(StorageError, match="file"):
        get_manifest(store, put_files(store, MODEL), tmp_path / "file" / "out")


def test_a_file_of_the_folder_is_the_users_own(store: BlobStore, tmp_path: Path) -> None:
    """Blobs are read-only in the store; what a person pulled is hers to edit."""
    get_manifest(store, put_files(store, {"a": b"1"}), tmp_path / "out")
    (tmp_path / "out" / "a").write_bytes(b"2")
