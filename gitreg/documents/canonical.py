"""The one written form of a document, and the strict reader of it (docs/format.md, "Bytes")."""

from __future__ import annotations

import json
import math
import unicodedata
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, TypeAlias

from gitreg.errors import InvalidDocument, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64
MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)
_TOO_DEEP = f"The document is nested deeper than {MAX_DEPTH} levels."
_WORDS: dict[bool | None, str] = {None: "null", True: "true", False: "false"}
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def canonical_bytes(value: Json) -> bytes:
    """The only bytes that stand for `value`: sorted keys, two-space indent, NFC, a trailing newline, UTF-8.

    Raises `InvalidValue` for what has no such form: NaN or an infinity as a number (documents spell them as strings),
    an integer outside 64 bits, text that is not NFC or not encodable.
    """
    return _written(value, "\n").encode() + b"\n"


def _written(value: Json, newline: str) -> str:
    """One value as `json.dumps(…, indent=2, sort_keys=True)` writes it, checked on the way."""
    if isinstance(value, str):
        return encode_basestring(_text(value))
    if isinstance(value, dict):
        inner = f"{newline}  "
        items = [f"{encode_basestring(key)}: {_written(value[key], inner)}" for key in sorted(map(_text, value))]
        return f"{{{inner}{f',{inner}'.join(items)}{newline}}}" if items else "{}"
    if isinstance(value, list | tuple):
        inner = f"{newline}  "
        items = [_written(item, inner) for item in value]
        return f"[{inner}{f',{inner}'.join(items)}{newline}]" if items else "[]"
    return _atom(value)


def _atom(value: object) -> str:
    """A number by `repr`, whatever class of number it is; true, false and null."""
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int | float):
        number = _number(value)
        return int.__repr__(number) if isinstance(number, int) else float.__repr__(number)
    message = f"Object of type {type(value).__name__} is not JSON serializable"
    raise TypeError(message)


def _text(value: str) -> str:
    if value.isascii():
        return str(value)
    if not unicodedata.is_normalized("NFC", value):
        message = f"The text {value!r:.60} is not in Unicode's NFC form."
        raise InvalidValue(message)
    try:
        value.encode()
    except UnicodeEncodeError:
        message = f"The text {value!r:.60} holds a lone surrogate."
        raise InvalidValue(message) from None
    return str(value)


def _number(value: float) -> float:
    if isinstance(value, int) and not MIN_INTEGER <= value <= MAX_INTEGER:
        message = f"The integer {value:.6e} is outside 64 bits." if abs(value) < 10**300 else "An integer is too large."
        raise InvalidValue(message)
    if isinstance(value, float) and not math.isfinite(value):
        message = "NaN and infinities are written as strings."
        raise InvalidValue(message)
    return 0.0 if isinstance(value, float) and value == 0 else value


def parse_json(data: bytes, *, max_bytes: int = MAX_DOCUMENT_BYTES) -> Json:
    """Read JSON that may be hostile: bounded size and depth, no byte-order mark, no duplicate keys, no NaN literals.

    Raises `InvalidDocument` that says what is wrong and, for a syntax error, where.
    """
    _check_frame(data, max_bytes)
    text = _decode(data)
    try:
        value: Json = json.loads(
            text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_int=_bounded_int
        )
    except json.JSONDecodeError as error:
        message = f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise InvalidDocument(message) from None
    except RecursionError:
        raise InvalidDocument(_TOO_DEEP) from None
    _check_depth(value)
    return value


def _check_frame(data: bytes, max_bytes: int) -> None:
    if len(data) > max_bytes:
        message = f"The document has {len(data):,} bytes; the limit is {max_bytes:,}."
        raise InvalidDocument(message)
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        message = "The document begins with a byte-order mark."
        raise InvalidDocument(message, hint="Save it as UTF-8 without a byte-order mark.")


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"Not UTF-8: byte {error.start} is 0x{data[error.start]:02x}."
        raise InvalidDocument(message) from None


def _check_depth(value: Json, depth: int = 0) -> None:
    if not isinstance(value, dict | list):
        return
    if depth == MAX_DEPTH:
        raise InvalidDocument(_TOO_DEEP)
    for item in value.values() if isinstance(value, dict) else value:
        _check_depth(item, depth + 1)


def _no_duplicates(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            message = f"The key {key!r:.60} stands twice in one object."
            raise InvalidDocument(message)
        found[key] = value
    return found


def _no_constant(name: str) -> float:
    message = f"{name} is not JSON; write the string {json.dumps(name)}."
    raise InvalidDocument(message)


def _bounded_int(digits: str) -> int:
    value = int(digits) if len(digits) <= 20 else MAX_INTEGER + 1  # noqa: PLR2004 - 64 bits have 19 digits and a sign
    if not MIN_INTEGER <= value <= MAX_INTEGER:
        message = f"The integer {digits:.24} is outside 64 bits."
        raise InvalidDocument(message)
    return value
