"""Words of the command line as values. What cannot be read is a usage error that says how it is written."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

Scalar = bool | int | float | str
V = TypeVar("V")

_INTEGERS = 2**63
_METRIC = re.compile(r"(?P<key>[^=]+)=(?P<value>[^@]+)(?:@(?P<step>[+-]?\d{1,19}))?", re.DOTALL)
_VERSION = re.compile(r"(?P<model>[^/@:]+)(?:/(?P<version>[^/]+))?")


class Metric(NamedTuple):
    """`auc=0.91@12`: a value at a step."""

    key: str
    value: float
    step: int | None


class Artifact(NamedTuple):
    """`out/model.bin=model.bin`: a file or folder here, and its path in the run."""

    source: str
    path: str | None


class Word(click.ParamType[V, str], Generic[V]):
    """One word, read by a function that raises ValueError with what is expected."""

    def __init__(self, name: str, read: Callable[[str], V]) -> None:
        """`name` is the metavar."""
        self.name = name
        self._read = read

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> V:
        """See click."""
        try:
            return self._read(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def pair(text: str) -> tuple[str, str]:
    """`team=risk`."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        message = f"{text!r:.60} is not written KEY=VALUE"
        raise ValueError(message)
    return key, value


def param(text: str) -> tuple[str, Scalar]:
    """`depth=4`: a JSON number or boolean where it reads as one, else text."""
    key, text = pair(text)
    value = scalar(text)
    if isinstance(value, int) and not -_INTEGERS <= value < _INTEGERS:
        message = f"{text:.40} is outside 64 bits"
        raise ValueError(message)
    return key, value


def scalar(text: str) -> Scalar:
    """A number, true or false as JSON writes them; `"4"` in quotes is text; all else is text as it stands."""
    try:
        value = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, bool | int | float | str) else text


def metric(text: str) -> Metric:
    """`auc=0.91` or `auc=0.91@12`; `nan` and `inf` are values too."""
    match = _METRIC.fullmatch(text)
    if not match:
        message = f"{text!r:.60} is not written KEY=NUMBER or KEY=NUMBER@STEP"
        raise ValueError(message)
    return Metric(match["key"], _number(match["value"]), int(match["step"]) if match["step"] else None)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        message = f"{text!r:.60} is not a number"
        raise ValueError(message) from None


def artifact(text: str) -> Artifact:
    """`report.html`, or `out/report.html=report.html` to give it another path in the run."""
    source, sign, path = text.partition("=")
    if not source or (sign and not path):
        message = f"{text!r:.60} is not written PATH or PATH=PATH-IN-THE-RUN"
        raise ValueError(message)
    return Artifact(source, path or None)


def span(text: str) -> tuple[str, str]:
    """`BASE..HEAD`: two commits; an empty HEAD is HEAD."""
    base, sign, head = text.partition("..")
    if not sign or not base or head.startswith("."):
        message = f"{text!r:.60} is not written BASE..HEAD"
        raise ValueError(message)
    return base, head or "HEAD"


def version_ref(text: str) -> tuple[str, str | None]:
    """`fraud` or `fraud/7`."""
    match = _VERSION.fullmatch(text.removeprefix("models:/"))
    if not match:
        message = f"{text!r:.60} is not written MODEL or MODEL/NUMBER"
        raise ValueError(message)
    return match["model"], match["version"]


PAIR = Word("KEY=VALUE", pair)
PARAM = Word("KEY=VALUE", param)
METRIC = Word("KEY=NUMBER[@STEP]", metric)
ARTIFACT = Word("PATH[=PATH]", artifact)
SPAN = Word("BASE..HEAD", span)
VERSION = Word("MODEL[/NUMBER]", version_ref)


def moment(text: str) -> datetime:
    """A time in ISO 8601; without a zone it is UTC, without a time of day the day's end."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r:.60} is no time like 2026-11-21T14:30Z or 2026-11-21"
        raise ValueError(message) from None
    if len(text) == len("2026-11-21"):
        found += timedelta(days=1) - timedelta(microseconds=1)
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


MOMENT = Word("TIME", moment)
