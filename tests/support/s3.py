"""S3 servers that tests start: moto, which checks no keys, and rclone, which checks keys and ignores conditions."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - the one in AWS's own documentation


@dataclass(frozen=True)
class S3Server:
    """Where a server is, and how to talk to it by s3fs."""

    endpoint: str
    bucket: str = "models"

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/team"

    @property
    def options(self) -> Mapping[str, Any]:
        return {"endpoint_url": self.endpoint, "key": KEY, "secret": SECRET, "skip_instance_cache": True}

    @property
    def environ(self) -> Mapping[str, str]:
        """How a person reaches it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }


@contextlib.contextmanager
def moto() -> Iterator[S3Server]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    found = S3Server(f"http://{host}:{port}")
    request = urllib.request.Request(f"{found.endpoint}/{found.bucket}", method="PUT")  # noqa: S310 - our own server
    urllib.request.urlopen(request).close()  # noqa: S310
    try:
        yield found
    finally:
        server.stop()


def empty_lake(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket of others, `lake`, reached as a person reaches hers: by the environment."""
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    if lake().exists("lake"):
        lake().rm("lake", recursive=True)
    lake().mkdir("lake")


def lake() -> Any:  # noqa: ANN401 - a library without types
    """Its server, as others use it."""
    return fsspec.filesystem("s3", skip_instance_cache=True)


@contextlib.contextmanager
def rclone(folder: Path) -> Iterator[S3Server]:
    """`rclone serve s3` over a folder; each folder in it is a bucket."""
    (folder / "models").mkdir(parents=True)
    program = Path(sys.executable).parent / "rclone"
    command = [str(program), "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", f"{KEY},{SECRET}", str(folder)]
    environment = {"RCLONE_CONFIG": "/dev/null", "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield S3Server(_address(process))
        finally:
            process.terminate()
            process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if match := re.search(r"(http://127\.0\.0\.1:\d+)", line):
            return match[1]
    raise AssertionError(said)
