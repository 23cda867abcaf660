"""Which key to sign with, and keys in files (format 17)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.decisions import Rulebook, agent_signer, choose_signer
from gitreg.errors import ApprovalRefused, InvalidKey
from gitreg.signing import PublicKey, Signer, open_signer, parse_public_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.cli.options import Signing
    from gitreg.decisions import Office

_MAX_KEY_FILE_BYTES = 100_000
_HOW = "--key FILE, --agent, or git config user.signingkey FILE"


def signer_of(office: Office, environ: Mapping[str, str], signing: Signing) -> Signer | None:
    """`--key`, `--agent`, else git's user.signingkey, else the agent's key that is the caller's; None without any."""
    if signing["key"] is not None:
        return open_signer(str(signing["key"]), environ)
    rulebook, person = Rulebook(office.snapshot()), office.actor().principal
    if not signing["agent"]:
        return choose_signer(rulebook, person, environ, office.store.config.get("user.signingkey"))
    found = agent_signer(rulebook, person, environ)
    if found is None:
        message = f"The SSH agent has no key that approvers.json lists for {person}."
        raise ApprovalRefused(message, subject=person, hint="Its keys: ssh-add -l")
    return found


def required(signer: Signer | None) -> Signer:
    """A signer, where nothing can be done without one. Raises `ApprovalRefused`."""
    if signer is None:
        raise ApprovalRefused("There is no key to sign with.", hint=_HOW)
    return signer


def fingerprint_of(text: str) -> str:
    """A key's fingerprint, from its public file or as it was typed; the beginning of one will do."""
    path = Path(text).expanduser()
    return read_public_key(path).fingerprint if path.is_file() else text


def read_public_key(path: Path) -> PublicKey:
    """The key in a `.pub` file. Raises `InvalidKey`."""
    try:
        with path.expanduser().open("rb") as file:
            data = file.read(_MAX_KEY_FILE_BYTES)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise InvalidKey(message, subject=str(path), hint="Make a key: ssh-keygen -t ed25519") from None
    if b"PRIVATE KEY-----" in data:
        raise InvalidKey(f"{path} is a private key, which nobody else may have.", hint=f"Give {path}.pub")
    return parse_public_key(data)
