"""What goes wrong with buckets, and that nothing secret is in what we say about it."""

from __future__ import annotations

import http.server
import io
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from gitreg.blobs import FsspecBlobs
from gitreg.documents import Digest, RegistryId
from gitreg.errors import BlobNotFound, CredentialsRefused, GitregError, InvalidValue, MissingExtra, StorageError
from tests.support.s3 import KEY, SECRET, S3Server

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY = RegistryId.random()
WRONG = "wrong+secret/that+nobody/should+see"
ABSENT = Digest.of(b"absent")

ACTIONS: dict[str, Callable[[FsspecBlobs], object]] = {
    "put": lambda store: store.put(b"x"),
    "read": lambda store: store.read(ABSENT),
    "list": lambda store: list(store.list()),
    "live": lambda store: store.put_live("run", b"{}"),
}


class Page(http.server.BaseHTTPRequestHandler):
    """A web server that is anything but S3."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))  # or the sender may only see a broken connection
        self.send_response(200)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"<html>Welcome</html>")

    do_HEAD = do_PUT = do_GET  # noqa: N815 - the names http.server calls

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web_page() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def refusal(server: S3Server, action: str, url: str = "", **options: Any) -> GitregError:  # noqa: ANN401 - s3fs's own
    """What the action raised; nothing in it, or in the traceback a person would see, is a credential."""
    store = FsspecBlobs(url or server.url, REGISTRY, {**server.options, **options})
    with pytest.raises(GitregError) as caught:
        ACTIONS[action](store)
    shown = "".join(traceback.format_exception(caught.value)) + repr(store) + repr(caught.value) + caught.value.subject
    assert not any(secret in shown for secret in (KEY, SECRET, WRONG, "AKIAWRONG"))
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("action", ACTIONS)
def test_a_bucket_that_is_not_there_is_said_to_be(rclone_server: S3Server, moto_server: S3Server, action: str) -> None:
    for server in (moto_server, rclone_server):
        error = refusal(server, action, "s3://absent/team")
        assert isinstance(error, StorageError)
        assert "s3://absent/team" in error.message
        assert "is not there" in error.message


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("wrong", [{"key": "AKIAWRONG"}, {"secret": WRONG}], ids=["key", "secret"])
def test_wrong_credentials_are_said_to_be(rclone_server: S3Server, action: str, wrong: dict[str, str]) -> None:
    error = refusal(rclone_server, action, **wrong)
    assert isinstance(error, CredentialsRefused)
    assert error.exit_code == 5


def test_no_credentials_are_said_to_be(
    rclone_server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    error = refusal(rclone_server, "put", key=None, secret=None)
    assert isinstance(error, CredentialsRefused)
    assert "No credentials" in error.message


@pytest.mark.parametrize("action", ACTIONS)
def test_a_server_that_is_not_there_is_said_in_seconds(rclone_server: S3Server, action: str) -> None:
    error = refusal(rclone_server, action, endpoint_url="http://127.0.0.1:1")
    assert isinstance(error, StorageError)
    assert "cannot be reached" in error.message


@pytest.mark.parametrize("action", ["put", "read"])
def test_what_is_not_s3_is_said_to_be(rclone_server: S3Server, web_page: str, action: str) -> None:
    assert "is not S3" in refusal(rclone_server, action, endpoint_url=web_page).message


def test_an_endpoint_that_is_no_url_is_refused(rclone_server: S3Server) -> None:
    assert "endpoint" in refusal(rclone_server, "put", endpoint_url="nonsense").hint


def test_a_url_without_a_bucket_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no bucket"):
        FsspecBlobs("s3://", REGISTRY)


@pytest.mark.parametrize(("url", "hint"), [("gs://models", "pip install gcsfs"), ("what://models", "s3://")])
def test_a_missing_package_is_named(url: str, hint: str) -> None:
    with pytest.raises(MissingExtra) as caught:
        FsspecBlobs(url, REGISTRY).put(b"x")
    assert hint in caught.value.hint


def test_credentials_in_a_url_are_never_shown() -> None:
    with pytest.raises(InvalidValue) as caught:
        FsspecBlobs(f"s3://{KEY}:{WRONG}@models/team", REGISTRY)
    assert not any(secret in f"{caught.value!r} {caught.value}" for secret in (KEY, WRONG))
    store = FsspecBlobs(f"sftp://ada:{WRONG}@host/team?x={WRONG}", REGISTRY)
    assert store.location == f"sftp://host/team/{REGISTRY}"
    assert WRONG not in repr(store)


def test_a_blob_that_is_missing_from_a_bucket_that_is_there_is_a_missing_blob(moto_server: S3Server) -> None:
    with pytest.raises(BlobNotFound):
        FsspecBlobs(moto_server.url, REGISTRY, moto_server.options).size(ABSENT)


def test_a_large_file_goes_in_parts_and_comes_back(moto_server: S3Server, tmp_path: Path) -> None:
    data = io.BytesIO(bytes(range(256)) * 4096 * 40)
    store = FsspecBlobs(moto_server.url, REGISTRY, moto_server.options)
    stored = store.put(data)
    assert store.size(stored.digest) == stored.size == 40 * 1024 * 1024
    store.get(stored.digest, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == data.getvalue()


class Forgetful(FsspecBlobs):
    """A server that says yes and keeps half."""

    looks_after_s = (0, 0)

    def _write(self, key: str, data: bytes) -> None:
        super()._write(key, data[: len(data) // 2])


class Stammering(FsspecBlobs):
    """A server that stores what it got and then cannot say so."""

    def _write(self, key: str, data: bytes) -> None:
        super()._write(key, data)
        raise StorageError("500 Internal Server Error")


def test_an_upload_that_arrived_counts_whatever_was_answered(moto_server: S3Server) -> None:
    store = Stammering(moto_server.url, RegistryId.random(), moto_server.options)
    assert store.read(store.put(b"12345").digest) == b"12345"


def test_an_upload_is_asked_after(moto_server: S3Server) -> None:
    store = Forgetful(moto_server.url, RegistryId.random(), moto_server.options)
    with pytest.raises(StorageError, match="now has 2 of its 5 bytes"):
        store.put(b"12345")
