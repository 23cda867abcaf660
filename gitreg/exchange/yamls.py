"""YAML that a stranger may have written, read with bounds. The only module that knows PyYAML."""

from __future__ import annotations

from typing import Any

from gitreg.errors import InvalidDocument, MissingExtra

try:
    import yaml
except ModuleNotFoundError as _missing:
    raise MissingExtra(
        "Reading what other trackers wrote needs PyYAML, which is not installed.", hint="pip install 'gitreg[imports]'"
    ) from _missing

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str, subject: str) -> dict[str, Any]:
    """The mapping that a text of bounded size holds. Anchors, by which a few lines mean gigabytes, are refused.

    Raises `InvalidDocument`.
    """
    try:
        if "&" in text and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_LOADER)):
            raise InvalidDocument(f"{subject} refers to itself with YAML's aliases.", subject=subject)
        found = yaml.load(text, Loader=_LOADER)  # noqa: S506 - the safe loader, in C where it is there
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        why = str(getattr(error, "problem", None) or type(error).__name__)
        raise InvalidDocument(f"{subject} is not YAML: {why:.200}.", subject=subject) from None
    if not isinstance(found, dict):
        raise InvalidDocument(f"{subject} holds no mapping.", subject=subject)
    return {str(key): value for key, value in found.items()}
