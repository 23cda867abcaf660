"""Who signs: a key file or an agent. Private keys are read when they sign and never kept."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from gitreg.errors import InvalidKey
from gitreg.signing import _algorithms
from gitreg.signing._keygen import Programs
from gitreg.signing._keys import ED25519, PublicKey, decode_base64, parse_public_key
from gitreg.signing._sshsig import Signature, check_namespace, to_be_signed
from gitreg.signing._wire import Reader

MAX_KEY_FILE_BYTES = 64 * 1024

_ANY_BEGIN = b"-----BEGIN "  # of every form that ssh-keygen reads
_PRIVATE_BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----"
_PRIVATE_END = "-----END OPENSSH PRIVATE KEY-----"
_PRIVATE_MAGIC = b"openssh-key-v1\0"
_HASH = "sha512"
_MAKE_ONE = "Make one: ssh-keygen -t ed25519 -f KEY"


class Signer(Protocol):
    """Something that signs as one key."""

    @property
    def public_key(self) -> PublicKey: ...

    def sign(self, data: bytes, namespace: str) -> bytes:
        """The armoured signature of `data`. Raises `InvalidKey` where the key cannot be used."""
        ...


@dataclass(frozen=True)
class FileSigner:
    """A private key file: Ed25519 without a passphrase is used in Python, every other by ssh-keygen."""

    path: Path
    public_key: PublicKey
    is_plain: bool
    """Whether the key can be used without a passphrase."""
    programs: Programs = field(repr=False)

    @classmethod
    def open(cls, path: Path, environ: Mapping[str, str] | None = None) -> Self:
        """Read the public half; the passphrase, if any, is asked for when it signs. Raises `InvalidKey`."""
        programs = Programs(environ)
        data = read_key_file(path)
        if _ANY_BEGIN not in data:
            raise InvalidKey(f"{path.name} is no private key.", subject=str(path), hint=_MAKE_ONE)
        if not data.startswith(_PRIVATE_BEGIN.encode()):
            return cls(path, programs.public_key_of(path), is_plain=False, programs=programs)
        public_key, is_plain = _peek(data, path.name)
        return cls(path, public_key, is_plain, programs)

    def sign(self, data: bytes, namespace: str) -> bytes:
        if self.is_plain and self.public_key.type == ED25519:
            return sign(read_key_file(self.path), data, namespace)
        return _signed_by(self.public_key, self.programs.sign(self.path, data, check_namespace(namespace)), namespace)


@dataclass(frozen=True)
class AgentSigner:
    """A key that an SSH agent holds (`SSH_AUTH_SOCK` of the environment)."""

    public_key: PublicKey
    comment: str = ""
    programs: Programs = field(default_factory=Programs, repr=False)

    def sign(self, data: bytes, namespace: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="gitreg-") as folder:
            file = Path(folder, "agent.pub")
            file.write_text(f"{self.public_key.line}\n", encoding="ascii")
            signature = self.programs.sign(file, data, check_namespace(namespace))
        return _signed_by(self.public_key, signature, namespace)


def sign(private_key: bytes | Path, data: bytes, namespace: str) -> bytes:
    """Sign by an OpenSSH private key (its bytes, or its file): the bytes `ssh-keygen -Y sign` would write.

    Bytes must be an Ed25519 key without a passphrase; of a file any key will do, by ssh-keygen's help.
    Raises `InvalidKey`.
    """
    if isinstance(private_key, Path):
        return FileSigner.open(private_key).sign(data, namespace)
    key = _algorithms.private_key(private_key)
    raw = key.sign(to_be_signed(data, check_namespace(namespace), _HASH))
    return Signature(_algorithms.public_key(key), namespace, _HASH, ED25519, raw).to_armored()


def agent_keys(environ: Mapping[str, str] | None = None) -> tuple[AgentSigner, ...]:
    """The keys of the agent that we can use, in its order; none where no agent answers."""
    programs = Programs(environ)
    return tuple(signer for line in programs.agent_lines() if (signer := _agent_signer(line, programs)))


def open_signer(key: str, environ: Mapping[str, str] | None = None) -> Signer:
    """The signer that git's `user.signingkey` or `--key` means: a private key file, a public one, or a key itself.

    A public key (a file, `key::ssh-ed25519 …`, or `ssh-ed25519 …`) is used by the private file beside it, else by the
    agent. Raises `InvalidKey`.
    """
    literal = key.removeprefix("key::")
    if literal != key or literal.startswith(("ssh-", "ecdsa-", "sk-")):
        return AgentSigner(parse_public_key(literal), programs=Programs(environ))
    path = Path(key).expanduser()
    if path.suffix == ".pub" and not path.with_suffix("").exists():
        return AgentSigner(parse_public_key(read_key_file(path)), programs=Programs(environ))
    return FileSigner.open(path.with_suffix("") if path.suffix == ".pub" else path, environ)


def _agent_signer(line: str, programs: Programs) -> AgentSigner | None:
    try:
        public_key = parse_public_key(line)
    except InvalidKey:
        return None  # a certificate, or a kind of key that we do not take
    return AgentSigner(public_key, "".join(line.split(None, 2)[2:]), programs)


def _signed_by(public_key: PublicKey, signature: Signature, namespace: str) -> bytes:
    """What ssh-keygen made, if it is what we asked for."""
    if signature.public_key != public_key or signature.namespace != namespace:
        raise InvalidKey("ssh-keygen signed with another key than was asked for.", subject=public_key.fingerprint)
    return signature.to_armored()


def read_key_file(path: Path) -> bytes:
    """The bytes of a key file, if it can be one. Raises `InvalidKey`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise InvalidKey(f"{path}: {error.strerror}.", subject=str(path), hint=_MAKE_ONE) from None
    if len(data) > MAX_KEY_FILE_BYTES:
        raise InvalidKey(f"{path} is too large to be a key.", subject=str(path), hint=_MAKE_ONE)
    return data


def _peek(data: bytes, name: str) -> tuple[PublicKey, bool]:
    """The public key that stands in clear in a private key file, and whether the rest does too (PROTOCOL.key)."""
    text = data.decode("ascii", "replace").strip().replace("\r\n", "\n")
    body = text.removeprefix(_PRIVATE_BEGIN).removesuffix(_PRIVATE_END)
    reader = Reader(decode_base64("".join(body.split()), f"private key {name}"), f"private key {name}")
    if reader.take(len(_PRIVATE_MAGIC)) != _PRIVATE_MAGIC:
        raise InvalidKey(f"{name} is not an OpenSSH private key.", hint=_MAKE_ONE)
    cipher, _derivation, _options = reader.string(), reader.string(), reader.string()
    if reader.uint32() != 1:
        raise InvalidKey(f"{name} holds more than one key.", hint=_MAKE_ONE)
    return PublicKey.from_blob(reader.string()), cipher == b"none"
