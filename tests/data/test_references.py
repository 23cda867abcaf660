"""Data that others keep: known by its digest, read where it lies, never ours."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

import gitreg
from gitreg.documents import Digest
from gitreg.errors import AlreadyExists, CorruptBlob, GitregError, InvalidValue, StorageError
from tests.e2e.clerk import Clerk
from tests.support.s3 import KEY, SECRET, S3Server, empty_lake, lake, moto

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg import Registry

ROWS = b"id\n1\n2\n"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with gitreg.init(tmp_path / "registry") as made:
        yield made


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with moto() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket with one object."""
    empty_lake(s3, monkeypatch)
    put(ROWS)
    return "s3://lake/claims.csv"


def put(body: bytes) -> None:
    lake().pipe_file("lake/claims.csv", body)


def test_a_file_elsewhere_is_known_by_its_digest_and_its_bytes_stay_there(registry: Registry, bucket: str) -> None:
    added = registry.data.refer(bucket)
    document = added.version.document
    assert (added.version.name, added.version.digest, document.size_bytes) == ("claims", Digest.of(ROWS), len(ROWS))
    assert document.place is not None
    assert (document.place.url, bool(document.place.etag)) == (bucket, True)
    assert not added.version.is_kept
    assert "not ours to keep" in added.notes[0]
    assert list(registry.blobs.list()) == []
    assert not registry.data.refer(bucket).is_new


def test_what_changed_elsewhere_is_noticed_and_not_fetched(registry: Registry, bucket: str, tmp_path: Path) -> None:
    registry.data.refer(bucket)
    assert registry.data.verify("claims")
    registry.data.get("claims", tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_bytes() == ROWS
    with pytest.raises(AlreadyExists):
        registry.data.get("claims", tmp_path / "back.csv")
    put(ROWS + b"3\n" * 1000)
    assert not registry.data.verify("claims")
    with pytest.raises(CorruptBlob, match="is not sha256"):
        registry.data.get("claims", tmp_path / "other.csv")
    assert not (tmp_path / "other.csv").exists()


def test_what_nobody_read_is_known_by_what_its_server_claims(registry: Registry, bucket: str, tmp_path: Path) -> None:
    added = registry.data.refer(bucket, unread=True)
    assert (added.version.document.method, added.version.digest) != ("file/1", Digest.of(ROWS))
    assert any("server's word alone" in note for note in added.notes)
    assert registry.data.verify("claims")
    assert registry.data.get("claims", tmp_path / "back.csv").target.read_bytes() == ROWS
    put(b"other")
    assert not registry.data.verify("claims")
    with pytest.raises(CorruptBlob):
        registry.data.get("claims", tmp_path / "other.csv")


def test_what_is_gone_is_an_error_without_credentials_in_it(registry: Registry, bucket: str) -> None:
    registry.data.refer(bucket)
    lake().rm_file("lake/claims.csv")
    with pytest.raises(StorageError) as refused:
        registry.data.verify("claims")
    assert SECRET not in refused.value.message + refused.value.hint


@pytest.mark.parametrize(
    "url",
    [
        f"s3://{KEY}:{SECRET}@lake/claims.csv",
        f"https://ada:{SECRET}@example.org/claims.csv",
        f"https://example.org/claims.csv?X-Amz-Signature={SECRET}",
        f"ftp://ada:{SECRET}@example.org/claims.csv",
        "s3://lake",
        "claims.csv",
    ],
)
def test_a_url_that_holds_more_than_a_place_is_refused_and_not_repeated(registry: Registry, url: str) -> None:
    tip = registry.store.ledger_tip()
    with pytest.raises(GitregError) as refused:
        registry.data.refer(url, "claims")
    assert SECRET not in refused.value.message + refused.value.hint + str(refused.value.subject)
    assert registry.store.ledger_tip() == tip


def test_a_file_of_this_machine_may_be_referred_to(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "big file.csv").write_bytes(ROWS)
    added = registry.data.refer((tmp_path / "big file.csv").as_uri(), "big")
    assert added.version.digest == Digest.of(ROWS)
    with pytest.raises(InvalidValue, match="claims nothing"):
        registry.data.refer((tmp_path / "big file.csv").as_uri(), "big", unread=True)
    with pytest.raises(InvalidValue, match="not a file"):
        registry.data.refer("file:///dev/zero", "zero")


def test_a_file_on_the_web_may_be_referred_to(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/claims.csv").write_bytes(ROWS)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "web")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        ada = Clerk.of("ada", tmp_path, tmp_path)
        ada.does("init", "registry")
        ada = ada.at(tmp_path / "registry")
        url = f"http://127.0.0.1:{server.server_port}/claims.csv"
        assert "not ours to keep" in ada.does("data", "add", url, "--reference", "-m", "Theirs.")
        assert ada.reads("data", "show", "claims", "--verify")["verified"] is True
        (tmp_path / "web/claims.csv").write_bytes(b"other")
        told = ada.run("data", "show", "claims", "--verify")
        assert (told.code, "another content" in told.out) == (1, True)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_is_stored_here_is_read_again_too(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.bin").write_bytes(b"a" * 3_000_000)
    registry.data.add(tmp_path / "folder")
    assert registry.data.verify("folder")
