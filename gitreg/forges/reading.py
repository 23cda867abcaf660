"""Fields of a forge's answer, read as the types we need: an answer is a stranger's bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gitreg.errors import RemoteError


def at(answer: Any, *path: str) -> Any:  # noqa: ANN401 - any JSON
    """What lies there, or None where a step is missing or null."""
    for step in path:
        if not isinstance(answer, dict):
            return None
        answer = answer.get(step)
    return answer


def text(answer: object, *path: str) -> str:
    """A text that has to be there. Raises `RemoteError`."""
    found = at(answer, *path)
    if not isinstance(found, str):
        raise _not_there(path, "text")
    return found


def text_or_empty(answer: object, *path: str) -> str:
    """A text; empty where there is none."""
    found = at(answer, *path)
    return found if isinstance(found, str) else ""


def number(answer: object, *path: str) -> int:
    """A whole number that has to be there. Raises `RemoteError`."""
    found = at(answer, *path)
    if not isinstance(found, int) or isinstance(found, bool):
        raise _not_there(path, "a number")
    return found


def number_or(default: int, answer: object, *path: str) -> int:
    """A whole number, or `default`."""
    found = at(answer, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def rows(answer: object, *path: str) -> list[Any]:
    """A list that has to be there. Raises `RemoteError`."""
    found = at(answer, *path)
    if not isinstance(found, list):
        raise _not_there(path, "a list")
    return found


def rows_or_empty(answer: object, *path: str) -> list[Any]:
    """A list; empty where there is none."""
    found = at(answer, *path)
    return found if isinstance(found, list) else []


def is_on(answer: object, *path: str) -> bool:
    """Whether a switch is there and true."""
    return at(answer, *path) is True


def moment(answer: object, *path: str) -> datetime | None:
    """A time of RFC 3339 in UTC, or None where there is none that can be read."""
    try:
        found = datetime.fromisoformat(text_or_empty(answer, *path))
    except ValueError:
        return None
    return None if found.tzinfo is None else found.astimezone(UTC)


def _not_there(path: tuple[str, ...], kind: str) -> RemoteError:
    place = ".".join(path) or "its top"
    return RemoteError(f"The forge's answer is not what its API promises: no {kind} at {place}.")
