"""A real SSH server on a free port of the loopback interface, for whoever runs the tests and the keys given to it."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Debian keeps servers where a user's PATH does not look; sshd starts itself anew and wants its full path.
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"))
_STARTS_WITHIN_S = 20

_SETTINGS = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
"""


@dataclass(frozen=True)
class SshServer:
    """Where it listens, and the client's file that knows its key."""

    port: int
    known_hosts: Path

    def url(self, path: Path) -> str:
        """The URL of a repository on it."""
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{path}"

    def command(self, key: Path) -> str:
        """What GIT_SSH_COMMAND says to come with this key, and nothing of the developer's own."""
        options = ("IdentitiesOnly=yes", "BatchMode=yes", f"UserKnownHostsFile={self.known_hosts}")
        return " ".join(("ssh", "-F", "none", "-i", str(key), *(f"-o {option}" for option in options)))


@contextmanager
def ssh_server(folder: Path, authorized: Sequence[Path]) -> Iterator[SshServer]:
    """Serve until the block ends. `authorized` are public key files, whose comments say whom each lets in."""
    program = shutil.which("sshd", path=_PATH)
    assert program is not None, "sshd is not installed; `make test-full` brings it (Debian's openssh-server)"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {_make_host_key(folder / 'host')}\n")
    (folder / "authorized_keys").write_text("".join(_line(key.read_text()) for key in authorized))
    (folder / "settings").write_text(_SETTINGS.format(port=port, folder=folder))
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # noqa: PTH103 - as Debian's service does it before a start
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", folder / "settings"], stderr=log)
    try:
        _wait_for(port, process, folder / "log")
        yield SshServer(port, folder / "known_hosts")
    finally:
        process.terminate()
        process.wait()


def _line(key: str) -> str:
    """As docs/team.md has it: git alone, whose hook is told who came in."""
    who = key.split()[2]
    return f'restrict,command="REMOTE_USER={who} git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"" {key}'


def _make_host_key(file: Path) -> str:
    key = Ed25519PrivateKey.generate()
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    file.chmod(0o600)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"sshd did not start:\n{log.read_text()}")
