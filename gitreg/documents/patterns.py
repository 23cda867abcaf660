"""Patterns that somebody else wrote, searched for in a time that grows with the text and no faster."""

from __future__ import annotations

from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from gitreg.errors import InvalidValue

MAX_PATTERN = 1000


def finds(pattern: str, text: str) -> bool:
    """Whether a regular expression matches anywhere in `text`.

    The engine is the one of pydantic's own patterns (https://docs.rs/regex), which never goes back: it knows no
    lookaround and no backreferences, `$` is the very end, and a pattern that would become too large is none. Raises
    `InvalidValue` for those.
    """
    try:
        _compiled(pattern).validate_python(text)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> SchemaValidator:
    if len(pattern) > MAX_PATTERN:
        raise InvalidValue(f"The pattern {pattern!r:.60} is longer than {MAX_PATTERN} characters.")
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        raise InvalidValue(f"The pattern {pattern!r:.80} is none that can be searched for in linear time.") from None
