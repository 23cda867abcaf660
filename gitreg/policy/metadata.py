"""Required metadata: a document against a JSON Schema (draft 2020-12), with the most telling problem in words.

A policy's schema may be hostile or wrong. Nothing is ever fetched for a `$ref`, what it asks for is bounded
(`bounded.py`), and a schema that cannot be applied answers "cannot tell".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitreg.documents import Json, Outcome, Ran, plain
from gitreg.policy.bounded import BeyondBounds, bounded
from gitreg.policy.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.exceptions import ValidationError

    from gitreg.documents import MetadataRequirement
    from gitreg.policy.reading import Facts

METHOD = "json-schema/2020-12"


def read_metadata(rule: MetadataRequirement, facts: Facts) -> Reading:
    """Whether the version's document, its run's, or the model's card, fits the rule's schema."""
    if rule.subject == "run":
        return _read_run(rule, facts)
    document = facts.version if rule.subject == "version" else facts.card
    if document is None:
        return Reading("fail", f"{facts.version.model} has no model card (model.json).", METHOD)
    return Reading(*fits(document.to_json(), rule.json_schema), METHOD)


def _read_run(rule: MetadataRequirement, facts: Facts) -> Reading:
    seen = next(facts.observed(rule, Ran), None)
    if facts.version.run is None:
        return Reading("fail", "The version names no run.", METHOD)
    if seen is None or seen.run != facts.version.run:
        return Reading("cannot tell", "Nobody looked at the run.", METHOD)
    told = {name: value for name, value in plain(seen).items() if name not in ("kind", "rule")}
    return Reading(*fits(told, rule.json_schema), METHOD)


def fits(document: Json, schema: Mapping[str, Any]) -> tuple[Outcome, str]:
    """Whether `document` fits `schema`, and a sentence that says why not."""
    # 60 ms that only a stage with required metadata pays.
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - see above
    from jsonschema.exceptions import SchemaError, best_match  # noqa: PLC0415 - see above
    from referencing import Registry  # noqa: PLC0415 - see above
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - see above

    rules = plain(schema)
    try:
        made = bounded(rules, validators.extend, Draft202012Validator)
        Draft202012Validator.check_schema(made.schema)
        # A registry of our own knows no document and fetches none, which the default one would.
        worst = best_match(made.validator(made.schema, registry=Registry()).iter_errors(document))
    except BeyondBounds as error:
        return "cannot tell", f"The policy's schema {error}."
    except SchemaError as error:
        return "cannot tell", f"The policy's schema is not a JSON Schema: {error.message:.200}."
    except Unresolvable as error:
        return "cannot tell", f"The policy's schema refers to {error.ref!r:.80}, which it does not hold."
    except RecursionError:
        return "cannot tell", "The policy's schema refers to itself without end."
    return ("pass", "The document fits the schema.") if worst is None else ("fail", _words(worst))


def _words(error: ValidationError) -> str:
    place = ".".join(str(piece) for piece in error.absolute_path) or "the document"
    told = _TELLERS.get(str(error.validator))
    problem = told(error) if told else f"{error.message:.200}"
    return f"{place}: {problem}."


def _required(error: ValidationError) -> str:
    found = error.instance if isinstance(error.instance, dict) else {}
    missing = [str(name) for name in _listed(error) if name not in found]
    return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"


def _type(error: ValidationError) -> str:
    wanted = error.validator_value
    kinds = wanted if isinstance(wanted, list) else [wanted]
    found = "nothing" if error.instance is None else f"{error.instance!r:.60}"
    return f"{found} stands where {' or '.join(str(kind) for kind in kinds)} is required"


def _enum(error: ValidationError) -> str:
    return f"{error.instance!r:.60} is none of {', '.join(str(value) for value in _listed(error))}"


def _listed(error: ValidationError) -> list[Any]:
    return error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]


def _min_items(error: ValidationError) -> str:
    given = len(error.instance) if isinstance(error.instance, list | str | dict) else 0
    return f"{given} given, at least {error.validator_value} required"


def _contains(error: ValidationError) -> str:
    del error
    return "none of them is as the policy requires"


_TELLERS = {
    "required": _required,
    "type": _type,
    "enum": _enum,
    "minItems": _min_items,
    "minLength": _min_items,
    "minProperties": _min_items,
    "contains": _contains,
}
