"""OpenSSH's own programs, as the other side of every test."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from gitreg.signing import NAMESPACE


def make_key(path: Path, *options: str, passphrase: str = "") -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-N", passphrase, "-C", f"{path.name} comment", "-f", str(path), *options], check=True
    )


def keygen_sign(key: Path, data: bytes, namespace: str = NAMESPACE, *options: str) -> bytes:
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace, *options]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def keygen_check(folder: Path, signature: bytes, data: bytes, namespace: str = NAMESPACE) -> bool:
    file = folder / "checked.sig"
    file.write_bytes(signature)
    command = ["ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", str(file)]
    return subprocess.run(command, input=data, capture_output=True, check=False).returncode == 0


def keygen_verify(allowed: Path, principal: str, signature: Path, data: bytes, *options: str) -> bool:
    command = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", principal, "-n", NAMESPACE, "-s", str(signature)]
    return subprocess.run([*command, *options], input=data, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def agent(*keys: Path, environ: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """An ssh-agent that holds these keys; gives the environment to find it in."""
    with subprocess.Popen(["ssh-agent", "-D"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        socket = process.stdout.readline().partition("=")[2].partition(";")[0]
        found = {**(environ or os.environ), "SSH_AUTH_SOCK": socket}
        try:
            if keys:
                subprocess.run(["ssh-add", "-q", *map(str, keys)], env=found, check=True)
            yield found
        finally:
            process.terminate()
