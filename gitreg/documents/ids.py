"""Identifiers, each a `str` of its own type that cannot hold anything but a valid value."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from gitreg.errors import InvalidValue


class Text(str):
    """A string that matches its class's `pattern` whole. Raises `InvalidValue` otherwise."""

    __slots__ = ()
    pattern: ClassVar[re.Pattern[str]] = re.compile(r".+")
    what: ClassVar[str] = "text"

    def __new__(cls, value: str) -> Self:
        """`value` as this type; no other string can be made one."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or not cls.pattern.fullmatch(value):
            message = f"{value!r:.80} is not {cls.what}."
            raise InvalidValue(message, subject=str(value)[:80])
        return super().__new__(cls, value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        """A string of the pattern, turned into this type: `fullmatch` in Python, `pattern` in the JSON Schema."""
        return core_schema.no_info_after_validator_function(
            cls.__new__.__get__(cls),
            core_schema.str_schema(pattern=f"^{cls.pattern.pattern}$", strict=True),
            serialization=core_schema.to_string_ser_schema(),
        )


class Digest(Text):
    """`sha256:<64 lower-case hex digits>`, as OCI writes it."""

    __slots__ = ()
    pattern = re.compile(r"sha256:[0-9a-f]{64}")
    what = "a sha256 digest (sha256:<64 hex digits>)"

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The digest of these bytes."""
        return cls(f"sha256:{hashlib.sha256(data).hexdigest()}")

    @property
    def hex(self) -> str:
        """The 64 hex digits alone."""
        return self[7:]

    @property
    def short(self) -> str:
        """The first 16 hex digits, as file names carry them."""
        return self[7:23]


class Hex32(Text):
    """128 bits in 32 lower-case hex digits."""

    __slots__ = ()
    pattern = re.compile(r"[0-9a-f]{32}")
    what = "32 lower-case hex digits"

    @classmethod
    def random(cls) -> Self:
        """A new one from the operating system's random numbers."""
        return cls(secrets.token_hex(16))


class RegistryId(Hex32):
    """A registry's id, made once by `init`."""

    __slots__ = ()
    what = "a registry id (32 hex digits)"


class WriterId(Hex32):
    """The random id of one clone; readers of the ledger tell writers apart by it."""

    __slots__ = ()
    what = "a writer id (32 hex digits)"


class AttemptId(Hex32):
    """The random id of one attempt at a run."""

    __slots__ = ()
    what = "an attempt id (32 hex digits)"


class OutputId(Hex32):
    """The random id of one named output of a run."""

    __slots__ = ()
    what = "an output id (32 hex digits)"


class RunId(Text):
    """A run's id: a UUIDv7 (ours), a UUIDv8 (keyed), or another 1 to 64 safe characters (imported).

    UUIDs are written as 32 hex digits without hyphens; their version nibble tells the kinds apart (RFC 9562).
    """

    __slots__ = ()
    pattern = re.compile(r"[0-9a-z](?:[0-9a-z_-]{0,62}[0-9a-z])?")
    what = "a run id"

    @classmethod
    def new(cls, at: datetime) -> Self:
        """A UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits."""
        milliseconds = int(at.timestamp() * 1000)
        value = (milliseconds << 80) | secrets.randbits(80)
        return cls(f"{_as_uuid(value, version=7):032x}")

    @classmethod
    def keyed(cls, registry: RegistryId, experiment: str, key: str) -> Self:
        """The id that any node computes for this key: sha256(registry, NUL, experiment, NUL, key) as a UUIDv8."""
        digest = hashlib.sha256(b"\0".join(part.encode() for part in (registry, experiment, key))).digest()
        return cls(f"{_as_uuid(int.from_bytes(digest[:16]), version=8):032x}")

    @property
    def kind(self) -> str:
        """`timed` (UUIDv7), `keyed` (UUIDv8) or `imported`."""
        is_uuid = re.fullmatch(r"[0-9a-f]{12}[78][0-9a-f]{3}[89ab][0-9a-f]{15}", self) is not None
        return {"7": "timed", "8": "keyed"}[self[12]] if is_uuid else "imported"

    @property
    def started_at(self) -> datetime:
        """The instant inside a `timed` id, to the millisecond."""
        return datetime.fromtimestamp(int(self[:12], 16) / 1000, UTC)

    @property
    def short(self) -> str:
        """The last eight characters, as people see it (a UUIDv7's first ones are the same for a whole day)."""
        return self[-8:]


def _as_uuid(value: int, *, version: int) -> int:
    """Set the version and the RFC 9562 variant in 128 bits."""
    value &= ~(0xF << 76) & ~(0x3 << 62)
    return value | (version << 76) | (0x2 << 62)


class Fingerprint(Text):
    """A public key's fingerprint: the lower-case hex sha256 of its key blob (not OpenSSH's base64 form)."""

    __slots__ = ()
    pattern = re.compile(r"[0-9a-f]{64}")
    what = "a key fingerprint (64 hex digits)"

    @classmethod
    def of(cls, blob: bytes) -> Self:
        """The fingerprint of the SSH wire form of a public key."""
        return cls(hashlib.sha256(blob).hexdigest())


class Principal(Text):
    """A person or machine, as a lower-case e-mail address."""

    __slots__ = ()
    pattern = re.compile(r"[a-z0-9](?:[a-z0-9._%+\[\]-]{0,62}[a-z0-9_\]])?@[a-z0-9](?:[a-z0-9.-]{0,188}[a-z0-9])?")
    what = "a principal (a lower-case e-mail address)"


class ProposalId(Text):
    """`<model>-<number>-<stage>-<hex>` and its kin; also the name of the proposal's branch."""

    __slots__ = ()
    pattern = re.compile(r"(?!.*\.\.)[a-z0-9](?:[a-z0-9._-]{0,178}[a-z0-9])")
    what = "a proposal id"
