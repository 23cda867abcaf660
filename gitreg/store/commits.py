"""Commits as bytes: written plainly, read strictly, parents taken as they stand."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from gitreg.errors import CorruptRepository, InvalidValue
from gitreg.store.values import Commit, CommitId, CommitText, ObjectId, Person

if TYPE_CHECKING:
    from collections.abc import Iterable

_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<email>[^<>]*)> (?P<seconds>-?\d{1,12}) (?P<zone>[+-]\d{4})", re.DOTALL)
_CRUD = re.compile(r"[\x00-\x1f\x7f<>]+")


def render(tree: str, parents: Iterable[CommitId], text: CommitText) -> bytes:
    """The bytes of a commit object."""
    at = int(text.at.timestamp())
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {_stamp(text.author, at)}", f"committer {_stamp(text.committer, at)}", "", _message(text)]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _stamp(person: Person, at: int) -> str:
    return f"{_clean(person.name)} <{_clean(person.email)}> {at} +0000"


def _clean(text: str) -> str:
    """What git itself strips from a name: it would end the field early."""
    return _CRUD.sub(" ", text).strip()


def _message(text: CommitText) -> str:
    message = text.message.replace("\0", "").strip("\n")
    trailers = "".join(f"{key}: {_clean(value)}\n" for key, value in text.trailers)
    return f"{message}\n\n{trailers}" if trailers else f"{message}\n"


def parse(commit_id: CommitId, data: bytes) -> Commit:
    """A commit from its bytes. Raises `CorruptRepository`."""
    head, _, message = data.partition(b"\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        key, _, value = line.partition(" ")
        if key:  # a continuation line of a signature starts with a space
            fields.setdefault(key, []).append(value)
    try:
        author, authored_at = _person(fields["author"][0])
        committer, committed_at = _person(fields["committer"][0])
        return Commit(
            id=commit_id,
            tree=ObjectId(CommitId(fields["tree"][0])),
            parents=tuple(CommitId(parent) for parent in fields.get("parent", ())),
            author=author,
            committer=committer,
            authored_at=authored_at,
            committed_at=committed_at,
            message=message.decode("utf-8", "replace"),
        )
    except (InvalidValue, KeyError, ValueError, OverflowError) as error:
        message_ = f"The commit {commit_id} is not written as git writes commits."
        raise CorruptRepository(message_, subject=commit_id, hint="git fsck --full") from error


def parents_of(data: bytes) -> list[str]:
    """The raw parents alone, for walks over many commits."""
    parents = []
    for line in data.split(b"\n"):
        if line.startswith(b"parent "):
            parents.append(line[7:].decode("ascii", "replace"))
        elif not line.startswith(b"tree "):
            break
    return parents


def _person(text: str) -> tuple[Person, datetime]:
    match = _PERSON.fullmatch(text)
    if match is None:
        raise ValueError(text)
    zone = match["zone"]
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5])) * (-1 if zone[0] == "-" else 1)
    at = datetime.fromtimestamp(int(match["seconds"]), UTC).astimezone(timezone(offset))
    return Person(match["name"], match["email"]), at


def parse_tagger(data: bytes) -> tuple[Person, datetime, str] | None:
    """Who made a tag, when, and what it says; None for a tag that does not tell."""
    head, _, message = data.partition(b"\n\n")
    for line in head.decode("utf-8", "replace").split("\n"):
        key, _, value = line.partition(" ")
        if key == "tagger" and _PERSON.fullmatch(value):
            return *_person(value), message.decode("utf-8", "replace")
    return None
