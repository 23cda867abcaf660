"""Where a registry's blobs are (format 7), and whom we let say so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gitreg.blobs import BlobSettings, FolderBlobs, FsspecBlobs, check_blobs_url, open_blobs
from gitreg.documents import Digest, RegistryId
from gitreg.errors import InvalidValue, Refused, StorageError

REGISTRY = RegistryId("ab" * 16)


def test_blobs_lie_in_the_git_folder(tmp_path: Path) -> None:
    store = open_blobs(tmp_path, REGISTRY)
    digest = store.put(b"x").digest
    assert (tmp_path / "gitreg/blobs" / REGISTRY / "sha256" / digest.hex[:2] / digest.hex).read_bytes() == b"x"
    assert store.shared is None


def test_an_origin_that_is_a_path_holds_the_shared_ones(tmp_path: Path) -> None:
    clone, origin = tmp_path / "clone" / ".git", tmp_path / "origin.git"
    clone.mkdir(parents=True)
    origin.mkdir()
    store = open_blobs(clone, REGISTRY, BlobSettings(origin=origin))
    digest = store.put(b"x").digest
    assert not (origin / "gitreg").exists()
    store.upload([digest])
    assert (origin / "gitreg/blobs" / REGISTRY / "sha256" / digest.hex[:2] / digest.hex).read_bytes() == b"x"
    assert open_blobs(origin, REGISTRY).has(digest)


def test_an_origin_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    store = open_blobs(tmp_path, REGISTRY, BlobSettings(origin=tmp_path / "unmounted.git"))
    digest = store.put(b"x").digest
    with pytest.raises(StorageError):
        store.upload([digest])
    assert not (tmp_path / "unmounted.git").exists()


@pytest.mark.parametrize("url", ["s3://models/team", "gs://models", "az://container/x"])
def test_the_registry_may_name_a_bucket(tmp_path: Path, url: str) -> None:
    shared = open_blobs(tmp_path, REGISTRY, BlobSettings(in_registry=url, origin=tmp_path)).shared
    assert isinstance(shared, FsspecBlobs)
    assert shared.location == f"{url}/{REGISTRY}"
    assert check_blobs_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "/home/ada/.ssh",
        "file:///etc",
        "../up",
        "",
        "http://169.254.169.254/latest",
        "sftp://host/x",
        "s3:",
        "s3:///x",
        "s3://key:secret@models",
        "s3://models?endpoint_url=http://evil.example",
        "s3://models#x",
        "github://x",
        "S3 ://models",
    ],
)
def test_the_registry_may_name_nothing_else(tmp_path: Path, url: str) -> None:
    """Whoever can push to main wrote it; it must not aim a clone at its user's own files or servers."""
    with pytest.raises(Refused) as caught:
        open_blobs(tmp_path, REGISTRY, BlobSettings(in_registry=url))
    assert "secret" not in str(caught.value)
    assert caught.value.hint


def test_the_user_may_name_a_folder_or_any_url_and_goes_first(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    for place in (str(folder), folder.as_uri()):
        settings = BlobSettings(in_registry="s3://models", of_user=place)
        shared = open_blobs(tmp_path, REGISTRY, settings).shared
        assert isinstance(shared, FolderBlobs)
        assert shared.location == f"{folder}/{REGISTRY}"
    settings = BlobSettings(of_user="memory://x", options={"secret": "hidden"})
    assert isinstance(open_blobs(tmp_path, REGISTRY, settings).shared, FsspecBlobs)
    assert "hidden" not in repr(settings)


def test_a_folder_of_the_user_is_absolute(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue):
        open_blobs(tmp_path, REGISTRY, BlobSettings(of_user="somewhere"))


def loaded_by(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_fsspec_and_s3fs_are_loaded_only_when_a_blob_moves_there() -> None:
    assert not {"fsspec", "s3fs", "botocore", "aiohttp"} & loaded_by("import gitreg.blobs")
    made = (
        "from gitreg.blobs import *; from gitreg.documents import RegistryId; "
        "s = FsspecBlobs('s3://models', RegistryId.random())"
    )
    assert not {"fsspec", "s3fs"} & loaded_by(made)
    used = made.replace("s3://", "memory://") + "; s.put(b'x')"
    assert {"fsspec"} == {"fsspec", "s3fs"} & loaded_by(used)


def test_a_digest_is_the_name_that_sha256sum_gives(tmp_path: Path) -> None:
    store = open_blobs(tmp_path, REGISTRY)
    store.put(b"anything")
    names = [path for path in tmp_path.rglob("*") if path.is_file()]
    said = subprocess.run(["sha256sum", *names], capture_output=True, text=True, check=True).stdout.split()[0]
    assert [path.name for path in names] == [said] == [Digest.of(b"anything").hex]
