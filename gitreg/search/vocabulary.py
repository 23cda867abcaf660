"""What a search is about: the attributes that its things have, by every name that people give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMES: Final = frozenset({"started_at", "finished_at"})
NUMBERS: Final = frozenset({"duration", "number"})


@dataclass(frozen=True)
class Vocabulary:
    """`attributes` from a name to the key of the field. Only where there are aliases may a search ask for them."""

    thing: str
    attributes: Mapping[str, str]
    has_aliases: bool = False


_OF_RUNS: Final = {
    "status": "status",
    "finished_at": "finished_at",
    "end_time": "finished_at",
    "duration": "duration",
    "host": "host",
    "parent": "parent",
    "commit": "commit",
    "branch": "branch",
    "experiment": "experiment",
    "experiment_name": "experiment",
}
RUNS: Final = Vocabulary(
    "run",
    {
        "run_id": "run_id",
        "id": "run_id",
        "name": "name",
        "run_name": "name",
        "started_at": "started_at",
        "start_time": "started_at",
        "created": "started_at",
        **_OF_RUNS,
        "user": "user",
        "user_id": "user",
    },
)
VERSIONS: Final = Vocabulary(
    "version",
    {
        "model": "model",
        "name": "model",
        "number": "number",
        "version": "number",
        "version_number": "number",
        "digest": "run_id",
        "registered_at": "started_at",
        "created": "started_at",
        "created_at": "started_at",
        "creation_timestamp": "started_at",
        "registered_by": "user",
        "user": "user",
        "run_id": "run",
        "run": "run",
        "run_name": "run_name",
        "output": "output",
        **_OF_RUNS,
    },
    has_aliases=True,
)
"""The key `run_id` is that of the thing itself: a version is its digest."""
