"""The root of all documents: frozen, strict, with one written form and a digest."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import WithJsonSchema

from gitreg.documents.canonical import (
    MAX_DOCUMENT_BYTES,
    MAX_INTEGER,
    MIN_INTEGER,
    NON_FINITE,
    Json,
    canonical_bytes,
    parse_json,
)
from gitreg.documents.ids import Digest, Principal
from gitreg.documents.names import check_model_name, check_name
from gitreg.errors import InvalidDocument, InvalidName, InvalidValue, NewerFormat

_NOT_CANONICAL = "Governed files edited by hand are written so by: gitreg govern -m WHY PATH"
K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D", bound="Document")
_REMEMBERED_BYTES = 64 * 1024

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def format_time(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds: `2026-11-21T08:46:00.000000Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """The reverse of `format_time`; raises `InvalidValue` for any other spelling."""
    if not _TIME.fullmatch(text):
        message = f"{text!r:.40} is not a time in UTC with microseconds (2026-11-21T08:46:00.000000Z)."
        raise InvalidValue(message)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        message = f"{text!r:.40} is not a time: {error}."
        raise InvalidValue(message) from None


def _time(value: Any) -> datetime:  # noqa: ANN401 - a validator sees anything
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, str):
        return _as_field_error(parse_time, value)
    message = "a time needs a time zone"
    raise ValueError(message)


def _number(value: Any) -> float:  # noqa: ANN401 - a validator sees anything
    if isinstance(value, str) and value in NON_FINITE:
        return NON_FINITE[value]
    if isinstance(value, float | int) and not isinstance(value, bool):
        return float(value)
    message = 'not a number (NaN and infinities are the strings "NaN", "Infinity", "-Infinity")'
    raise ValueError(message)


def spell_number(value: float) -> float | str:
    """A float as documents write it: itself where finite, else its name."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _nfc(value: str) -> str:
    if not unicodedata.is_normalized("NFC", value):
        message = "the text is not in Unicode's NFC form"
        raise ValueError(message)
    return value


def _name(value: str) -> str:
    return _as_field_error(check_name, _nfc(value))


def _address_name(value: str) -> str:
    return _as_field_error(check_model_name, _nfc(value))


def refuse_twins(names: Iterable[str]) -> None:
    """What a document's validator asks where rules are found by their names. Raises ValueError for two of one name."""
    counts = Counter(names)
    twice = min((name for name, count in counts.items() if count > 1), default=None)
    if twice is not None:
        message = f"two rules are called {twice!r:.80}"
        raise ValueError(message)


def _as_field_error(read: Callable[[str], V], value: str) -> V:
    """Pydantic adds the field's place to a ValueError only."""
    try:
        return read(value)
    except (InvalidName, InvalidValue) as error:
        raise ValueError(error.message) from None


def _scalar(value: Any) -> Any:  # noqa: ANN401 - a validator sees anything
    if isinstance(value, float) and not math.isfinite(value):
        return spell_number(value)
    return value


def _as_tuple(value: Any) -> Any:  # noqa: ANN401 - a validator sees anything
    return tuple(value) if isinstance(value, list) else value


def _freeze(value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(dict(value))


def _thaw(value: Any) -> Any:  # noqa: ANN401 - a validator sees anything
    return dict(value) if isinstance(value, MappingProxyType) else value


def _bounded(value: int) -> int:
    if not MIN_INTEGER <= value <= MAX_INTEGER:
        message = "the integer is outside 64 bits"
        raise ValueError(message)
    return value


_TIME_SCHEMA = {"type": "string", "format": "date-time", "pattern": f"^{_TIME.pattern}$"}
_NUMBER_SCHEMA = {"anyOf": [{"type": "number"}, {"enum": list(NON_FINITE)}]}

Time = Annotated[datetime, BeforeValidator(_time), WithJsonSchema(_TIME_SCHEMA)]
Number = Annotated[float, BeforeValidator(_number), WithJsonSchema(_NUMBER_SCHEMA)]
Integer = Annotated[int, AfterValidator(_bounded)]
Prose = Annotated[str, AfterValidator(_nfc), Field(max_length=100_000)]
Name = Annotated[str, AfterValidator(_name), Field(min_length=1, max_length=250)]
AddressName = Annotated[str, AfterValidator(_address_name), Field(min_length=1, max_length=250)]
"""A name that stands in addresses: of a model, a stage."""
Scalar = Annotated[
    bool | Integer | float | Annotated[str, AfterValidator(_nfc), Field(max_length=16_000)], BeforeValidator(_scalar)
]
"""What a param holds: text, an integer within 64 bits, a float, or a boolean."""
Seq = Annotated[tuple[V, ...], BeforeValidator(_as_tuple)]
"""A JSON array as a tuple."""
Frozen = Annotated[Mapping[K, V], BeforeValidator(_thaw), AfterValidator(_freeze)]
"""A mapping that nobody changes after validation."""
JsonObject = Annotated[Mapping[str, Any], BeforeValidator(_thaw), AfterValidator(_freeze)]
"""Free JSON, for what other standards define (JSON Schema, model signatures, flavors)."""


class Part(BaseModel):
    """A piece of a document. Unknown fields are errors; nothing is coerced; instances never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Document(Part):
    """A whole file. A subclass names its schema; its bytes are canonical and its digest is their sha256."""

    schema_name: ClassVar[str]
    schema_version: ClassVar[int] = 1
    max_bytes: ClassVar[int] = MAX_DOCUMENT_BYTES

    @classmethod
    def schema_id(cls) -> str:
        """What stands in the field `schema`: `gitreg/run/v1`."""
        return f"gitreg/{cls.schema_name}/v{cls.schema_version}"

    def to_json(self) -> dict[str, Json]:
        """The document as plain JSON values, its schema first."""
        return {"schema": self.schema_id(), **plain(self)}

    @cached_property
    def _bytes(self) -> bytes:
        return canonical_bytes(self.to_json())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """See pydantic; the copy does not keep the bytes of the original."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_bytes", None)
        return copied

    def to_bytes(self) -> bytes:
        """The only bytes that stand for this document."""
        return self._bytes

    @property
    def digest(self) -> Digest:
        """The sha256 of `to_bytes()`."""
        return Digest.of(self._bytes)

    @classmethod
    def from_bytes(cls, data: bytes, subject: str = "") -> Self:
        """Read a file that may be hostile; only canonical bytes of this schema are accepted.

        Raises `InvalidDocument` (or `NewerFormat`) that names the field and `subject`, the path it was read from.
        """
        try:
            document = _remembered(cls, data) if len(data) <= _REMEMBERED_BYTES else _read(cls, data)
        except InvalidDocument as error:
            raise type(error)(_prefixed(subject, error.message), subject=subject, hint=error.hint) from None
        except InvalidValue as error:
            raise InvalidDocument(_prefixed(subject, error.message), subject=subject) from None
        return document

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Validate JSON values, in any layout. Raises `InvalidDocument` or `NewerFormat`."""
        if not isinstance(value, dict):
            message = "The document is not a JSON object."
            raise InvalidDocument(message)
        _check_schema(cls, value.get("schema"))
        try:
            return cls.model_validate({key: item for key, item in value.items() if key != "schema"}, strict=True)
        except ValidationError as error:
            raise InvalidDocument(_explain(error)) from None


def _read(cls: type[D], data: bytes) -> D:
    document = cls.from_json(parse_json(data, max_bytes=cls.max_bytes))
    if document.to_bytes() != data:
        message = "Not in canonical form (sorted keys, two-space indent, newline at the end)."
        raise InvalidDocument(message, hint=_NOT_CANONICAL)
    return document


# A history asks for the same people and policies at every landing. Equal bytes are one document, which nobody changes.
_remembered: Callable[..., Any] = lru_cache(maxsize=256)(_read)


def plain(value: Any) -> Any:  # noqa: ANN401 - any piece of a document
    """A piece of a document as plain JSON values: every field by its written name, times and numbers as spelled."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {field.alias or name: plain(getattr(value, name)) for name, field in fields.items()}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime):
        return format_time(value)
    return spell_number(value) if isinstance(value, float) else value


def _prefixed(subject: str, message: str) -> str:
    return f"{subject}: {message}" if subject else message


def _check_schema(cls: type[Document], found: Json) -> None:
    if found == cls.schema_id():
        return
    match = re.fullmatch(r"gitreg/([a-z-]+)/v(\d{1,4})", found) if isinstance(found, str) else None
    if match and match[1] == cls.schema_name and int(match[2]) > cls.schema_version:
        message = f"{found} was written by a later gitreg; this one reads {cls.schema_id()}."
        raise NewerFormat(message, hint=f"Upgrade to the gitreg that reads {found}: pip install --upgrade gitreg")
    message = f"The field schema says {found!r:.60}, not {cls.schema_id()!r}."
    raise InvalidDocument(message)


def _explain(error: ValidationError) -> str:
    """The first three problems, each with the place it stands at."""
    problems = error.errors(include_url=False, include_input=False)
    lines = [
        f"{'.'.join(str(piece) for piece in problem['loc']) or 'document'}: {_said_by(problem['msg'])}"
        for problem in problems
    ]
    more = f" (and {len(lines) - 3} more)" if len(lines) > 3 else ""  # noqa: PLR2004 - three say enough
    return "; ".join(lines[:3]) + more + "."


def _said_by(message: str) -> str:
    """Pydantic's words, or ours without what it puts around them."""
    return message.removeprefix("Value error, ").rstrip(".")


class Actor(Part):
    """Who did it: a person, CI, or an import; `host` where it is known."""

    principal: Principal
    via: Literal["person", "ci", "import"]
    host: Name | None = None


class Descriptor(Part):
    """A pointer at stored bytes, as OCI writes it (image-spec, "Content Descriptors")."""

    media_type: str = Field(alias="mediaType", pattern=r"^[a-z0-9][a-z0-9!#$&^_.+/-]{2,126}$")
    digest: Digest
    size: int = Field(ge=0)

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
