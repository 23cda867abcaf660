"""A JSON Schema that somebody else wrote, applied within a bound that hangs on schema and document alone.

A schema of thirty lines can ask for a billion comparisons (references that fork, patterns that go back, lists compared
each with each), and in CI it comes with the proposal that is judged. So every keyword is counted, and patterns are
searched for by an engine that never goes back. No clock decides: the same schema gives the same answer everywhere.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gitreg.documents import finds
from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

MAX_SCHEMA_NODES = 20_000
MAX_STEPS = 1_000_000
"""A step takes some microseconds."""
_STEPS_OF_A_PATTERN = 20_000
_STEPS_OF_A_PAIR = 10
_SPELLED_IN_A_STEP = 10
_COMPARED_WHOLE = frozenset({"const", "enum"})


class BeyondBounds(Exception):
    """The schema asks for more than is done, or for what cannot be counted. Its text says what."""


def bounded(schema: Mapping[str, Any], make: Callable[..., type[Validator]], validator: type[Validator]) -> Bounded:
    """`schema` and a validator for it that counts; `make` is `jsonschema.validators.extend`. Raises `BeyondBounds`."""
    below = {name: value for name, value in schema.items() if name != "$schema"}
    names = _names(below, [MAX_SCHEMA_NODES])
    root = _sorted(below)
    if "$schema" in names:
        raise BeyondBounds("names a draft for a part of it")
    if {"unevaluatedProperties", "patternProperties"} <= names:
        raise BeyondBounds("has unevaluatedProperties beside patternProperties")
    counter = _Counter()
    own = {"pattern": counter.pattern, "patternProperties": counter.pattern_properties}
    keywords = {
        name: partial(counter.count, name, own.get(name, keyword)) for name, keyword in validator.VALIDATORS.items()
    }
    keywords["additionalProperties"] = partial(
        counter.additional_properties, partial(counter.count, "", validator.VALIDATORS["additionalProperties"])
    )
    return Bounded(root, make(validator, keywords))


class Bounded:
    """A schema with the validator that it is applied by."""

    def __init__(self, schema: dict[str, Any], validator: type[Validator]) -> None:
        """Both as `bounded` made them."""
        self.schema = schema
        self.validator = validator


def _sorted(value: Any) -> Any:  # noqa: ANN401 - JSON
    """With sorted keys, as canonical bytes have them: `unevaluated…`, which forks uncounted, comes after what it
    repeats.
    """
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _names(value: Any, left: list[int]) -> set[str]:  # noqa: ANN401 - JSON
    """The keys that stand in it; `$schema` only where it would name a draft."""
    left[0] -= 1
    if left[0] < 0:
        raise BeyondBounds(f"has more than {MAX_SCHEMA_NODES:,} parts")
    if isinstance(value, dict):
        found = {name for name, item in value.items() if name != "$schema" or isinstance(item, str)}
        return found.union(*(_names(item, left) for item in value.values()))
    return set().union(*(_names(item, left) for item in value)) if isinstance(value, list) else set()


class _Counter:
    """What is left to do, and the keywords that we do ourselves."""

    def __init__(self) -> None:
        self._left = MAX_STEPS
        self._patterns: set[str] = set()
        self._sizes: dict[int, tuple[object, int]] = {}

    def count(self, name: str, keyword: Any, validator: Any, value: Any, instance: Any, schema: Any) -> Any:  # noqa: ANN401 - jsonschema's
        """A keyword of jsonschema's, counted before it is done."""
        steps = 1 + _length(value) + _length(instance)
        if name in _COMPARED_WHOLE:
            steps += _STEPS_OF_A_PAIR * _nodes(value)
        if name == "uniqueItems" and isinstance(instance, list) and not all(isinstance(item, str) for item in instance):
            steps += _STEPS_OF_A_PAIR * len(instance) ** 2 // 2
        self._spend(steps)
        for error in keyword(validator, value, instance, schema) or ():
            self._spend(self._size(instance) // _SPELLED_IN_A_STEP)  # its message spells the instance out
            yield error

    def _size(self, instance: Any) -> int:  # noqa: ANN401 - JSON
        """How much there is to spell, looked up once for each piece of the document."""
        if isinstance(instance, str):
            return len(instance)
        if not isinstance(instance, dict | list):
            return 1
        known = self._sizes.get(id(instance))
        if known is None or known[0] is not instance:
            items = instance.values() if isinstance(instance, dict) else instance
            known = self._sizes[id(instance)] = (instance, 1 + sum(map(self._size, items)))
        return known[1]

    def pattern(self, validator: Any, value: str, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401, ARG002 - jsonschema's
        """`pattern`."""
        from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - see `metadata.fits`

        if isinstance(instance, str) and not self._finds(value, instance):
            yield ValidationError(f"{instance!r} does not match {value!r}")

    def pattern_properties(self, validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401, ARG002 - jsonschema's
        """`patternProperties`."""
        for pattern, below in value.items() if isinstance(instance, dict) else ():
            for name, item in instance.items():
                if self._finds(pattern, name):
                    yield from validator.descend(item, below, path=name, schema_path=pattern)

    def additional_properties(self, keyword: Any, validator: Any, value: Any, instance: Any, schema: Any) -> Any:  # noqa: ANN401 - jsonschema's
        """`additionalProperties`: jsonschema's, for what no pattern names."""
        patterns = schema.get("patternProperties", {}) if isinstance(instance, dict) else {}
        if patterns:
            instance = {
                name: item
                for name, item in instance.items()
                if not any(self._finds(pattern, name) for pattern in patterns)
            }
            schema = {**schema, "patternProperties": {}}
        return keyword(validator, value, instance, schema)

    def _finds(self, pattern: str, text: str) -> bool:
        if pattern not in self._patterns:
            self._patterns.add(pattern)
            self._spend(_STEPS_OF_A_PATTERN)
        self._spend(1 + len(pattern) * len(text) // 4)
        try:
            return finds(pattern, text)
        except InvalidValue as error:
            raise BeyondBounds(f"cannot be applied: {error.message.rstrip('.')}") from None

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise BeyondBounds("asks for more comparisons than are made")


def _length(value: Any) -> int:  # noqa: ANN401 - JSON
    return len(value) if isinstance(value, list | dict) else 0


def _nodes(value: Any) -> int:  # noqa: ANN401 - JSON
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_nodes, items))
