"""`ssh-keygen` and `ssh-add`, to sign as Python does not here: by agents, passphrases, and keys other than Ed25519."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitreg.errors import InvalidKey, MissingExtra
from gitreg.signing._keys import PublicKey, parse_public_key
from gitreg.signing._sshsig import Signature

SIGN_TIMEOUT_S = 300
"""A person may have to type a passphrase or touch a key."""
LIST_TIMEOUT_S = 30

_INSTALL = "Install OpenSSH's client, or sign with an Ed25519 key file that has no passphrase."


@dataclass(frozen=True)
class Programs:
    """OpenSSH's programs as this environment finds them; None is the process's own environment."""

    environ: Mapping[str, str] | None = field(default=None, repr=False)

    def sign(self, key_file: Path, data: bytes, namespace: str) -> Signature:
        """Sign by the private key file, or by the agent where the file is a public key.

        Raises `InvalidKey` with ssh-keygen's own words, `MissingExtra` where it is not installed.
        """
        done = self._run(["ssh-keygen", "-Y", "sign", "-f", str(key_file), "-n", namespace], data, SIGN_TIMEOUT_S)
        if done.returncode:
            raise InvalidKey(
                f"ssh-keygen could not sign with {key_file.name}: {_last_line(done.stderr)}.",
                subject=str(key_file),
                hint="Load the key into an agent (ssh-add) and use --agent, or sign where it can be unlocked.",
            )
        return Signature.parse(done.stdout)

    def public_key_of(self, key_file: Path) -> PublicKey:
        """The public half of a private key file in a form that only ssh-keygen reads."""
        done = self._run(["ssh-keygen", "-y", "-f", str(key_file)], b"", SIGN_TIMEOUT_S)
        if done.returncode:
            raise InvalidKey(
                f"{key_file.name} cannot be read as a private key: {_last_line(done.stderr)}.", subject=str(key_file)
            )
        return parse_public_key(done.stdout)

    def agent_lines(self) -> list[str]:
        """The agent's keys as it lists them; none where there is no agent."""
        done = self._run(["ssh-add", "-L"], b"", LIST_TIMEOUT_S)
        return done.stdout.decode("utf-8", "replace").splitlines() if done.returncode == 0 else []

    def _run(self, command: Sequence[str], data: bytes, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
        environ = None if self.environ is None else dict(self.environ)
        try:
            # The user's own OpenSSH, from the user's own PATH; no argument comes from a repository.
            return subprocess.run(  # noqa: S603
                command, input=data, capture_output=True, check=False, timeout=timeout_s, env=environ
            )
        except FileNotFoundError:
            raise MissingExtra(f"{command[0]} is needed for this key and is not installed.", hint=_INSTALL) from None
        except subprocess.TimeoutExpired:
            raise InvalidKey(f"{command[0]} gave no answer within {timeout_s:.0f} seconds.") from None


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip().rstrip(".") if lines else "no reason given"
