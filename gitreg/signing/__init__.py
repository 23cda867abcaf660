"""OpenSSH signatures, and who makes them. Keys are people's own SSH keys; `ssh-keygen` alone can check what we sign."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg.signing._allowed import (
        NAMESPACE,
        AllowedSigner,
        parse_allowed_signers,
        public_key_of,
        render_allowed_signers,
    )
    from gitreg.signing._keys import PublicKey, parse_public_key
    from gitreg.signing._note import MAX_NOTE_BYTES, NoteKey, NoteSignature, SignedNote
    from gitreg.signing._signers import AgentSigner, FileSigner, Signer, agent_keys, open_signer, sign
    from gitreg.signing._sshsig import MAX_SIGNATURE_BYTES
    from gitreg.signing._verify import verify

__all__ = [
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURE_BYTES",
    "NAMESPACE",
    "AgentSigner",
    "AllowedSigner",
    "FileSigner",
    "NoteKey",
    "NoteSignature",
    "PublicKey",
    "SignedNote",
    "Signer",
    "agent_keys",
    "open_signer",
    "parse_allowed_signers",
    "parse_public_key",
    "public_key_of",
    "render_allowed_signers",
    "sign",
    "verify",
]

__getattr__ = lazily(
    __name__,
    {
        "_allowed": ("NAMESPACE", "AllowedSigner", "parse_allowed_signers", "public_key_of", "render_allowed_signers"),
        "_keys": ("PublicKey", "parse_public_key"),
        "_note": ("MAX_NOTE_BYTES", "NoteKey", "NoteSignature", "SignedNote"),
        "_signers": ("AgentSigner", "FileSigner", "Signer", "agent_keys", "open_signer", "sign"),
        "_sshsig": ("MAX_SIGNATURE_BYTES",),
        "_verify": ("verify",),
    },
)
