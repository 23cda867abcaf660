"""`allowed_signers`: approvers.json as OpenSSH reads it, so that `ssh-keygen -Y verify` needs nothing of ours.

Only the subset that we render is read (ssh-keygen(1), "ALLOWED SIGNERS"): one exact principal a line, our namespace,
times in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gitreg.documents import Approvers, Key, Principal
from gitreg.errors import InvalidDocument, InvalidKey, InvalidValue
from gitreg.signing._keys import PublicKey, parse_public_key

NAMESPACE = "gitreg-approval-v1"

MAX_FILE_BYTES = 8 * 1024 * 1024

_TIME = "%Y%m%d%H%M%SZ"
_LINE = re.compile(
    rf'(?P<principal>\S+) namespaces="{re.escape(NAMESPACE)}"'
    r'(?:,valid-after="(?P<after>\d{14}Z)")?(?:,valid-before="(?P<before>\d{14}Z)")?'
    r" (?P<key>\S+ \S+)"
)
_SOURCE = "The file is rendered from approvers.json; gitreg approvers add writes both."


@dataclass(frozen=True)
class AllowedSigner:
    """One line: a person's key, and from when to when what it signs may count."""

    principal: Principal
    key: PublicKey
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    @property
    def line(self) -> str:
        options = [f'namespaces="{NAMESPACE}"']
        if self.valid_after is not None:
            options.append(f'valid-after="{_spell(_up(self.valid_after))}"')
        if self.valid_before is not None:
            options.append(f'valid-before="{_spell(self.valid_before)}"')
        return f"{self.principal} {','.join(options)} {self.key.line}"


def render_allowed_signers(approvers: Approvers) -> bytes:
    """The file's bytes: a line a key, sorted by principal and base64.

    OpenSSH knows whole seconds: a window is narrowed to them, never widened. Raises `InvalidKey` for a key that is not
    one of ours.
    """
    signers = sorted(_signers(approvers), key=lambda signer: (signer.principal, signer.key.base64))
    return "".join(f"{signer.line}\n" for signer in signers).encode()


def parse_allowed_signers(data: bytes) -> tuple[AllowedSigner, ...]:
    """The lines of a file that we could have rendered. Raises `InvalidDocument` that names the first other line."""
    if len(data) > MAX_FILE_BYTES:
        raise InvalidDocument(f"allowed_signers has {len(data):,} bytes; the limit is {MAX_FILE_BYTES:,}.")
    lines = data.decode("ascii", "replace").split("\n")
    if lines.pop():
        raise InvalidDocument("allowed_signers does not end in a newline.", hint=_SOURCE)
    signers = tuple(_parse_line(number, line) for number, line in enumerate(lines, start=1))
    order = [(signer.principal, signer.key.base64) for signer in signers]
    if order != sorted(set(order)):
        raise InvalidDocument("allowed_signers is not sorted, or has a key twice.", hint=_SOURCE)
    return signers


def _signers(approvers: Approvers) -> Iterator[AllowedSigner]:
    for principal, person in approvers.people.items():
        for key in person.keys:
            yield AllowedSigner(principal, public_key_of(key), key.valid_after, key.valid_before)


def public_key_of(key: Key) -> PublicKey:
    """An approver's key as a `PublicKey`. Raises `InvalidKey`."""
    return parse_public_key(f"{key.type} {key.key}")


def _parse_line(number: int, line: str) -> AllowedSigner:
    match = _LINE.fullmatch(line)
    if match is None:
        raise InvalidDocument(f"allowed_signers, line {number}: not as gitreg renders it.", hint=_SOURCE)
    try:
        signer = AllowedSigner(
            Principal(match["principal"]), parse_public_key(match["key"]), _read(match["after"]), _read(match["before"])
        )
    except (InvalidKey, InvalidValue, ValueError) as error:
        raise InvalidDocument(f"allowed_signers, line {number}: {error}", hint=_SOURCE) from None
    if signer.line != line:
        raise InvalidDocument(f"allowed_signers, line {number}: not as gitreg renders it.", hint=_SOURCE)
    return signer


def _up(at: datetime) -> datetime:
    """The first whole second that is not before `at`."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)


def _spell(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_TIME)


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.strptime(text, _TIME).replace(tzinfo=UTC)
