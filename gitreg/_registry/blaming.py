"""Each field of a stage, a version and a model's card, with the change that made it what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from gitreg._registry.differing import Differ, unlike
from gitreg.documents import ModelCard, paths, plain
from gitreg.errors import InvalidName
from gitreg.registry import RunAddress, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from gitreg._registry.differing import Kind, Value
    from gitreg._registry.parts import Parts
    from gitreg._registry.resolved import Resolution
    from gitreg._registry.resolving import Resolver
    from gitreg.decisions import Landing
    from gitreg.documents import Alias, Digest, Note, Version

Field = Literal["stage", "note", "alias", "card"]
"""What is told of beside what `diff` compares."""
_State: TypeAlias = "dict[tuple[Field | Kind, str], Value]"


@dataclass(frozen=True)
class Origin:
    """A change: who made it and who approved it, when, what it was, and the commit of main that it came by."""

    by: str
    at: datetime
    title: str
    approved_by: tuple[str, ...] = ()
    commit: str | None = None


@dataclass(frozen=True)
class Blamed:
    """A field as it is now, and the change since which it is so."""

    kind: Field | Kind
    name: str
    value: Value
    origin: Origin | None
    """None where the ledger of this clone does not reach back to it."""


@dataclass(frozen=True)
class Blame:
    """All fields of what an address stands for now. `untold` says what could not be looked at."""

    address: str
    fields: tuple[Blamed, ...]
    untold: tuple[str, ...]


class Blamer:
    """Answers `blame`, from main and the ledger as they are in this clone."""

    def __init__(self, parts: Parts, resolver: Resolver) -> None:
        """Nothing is read yet."""
        self._parts = parts
        self._resolver = resolver
        self._differ = Differ(parts, resolver)

    def blame(self, address: str) -> Blame:
        """The fields of a stage or a version. Raises as `Resolver.resolve` does, and `InvalidName` for a run."""
        if isinstance(parse_address(address), RunAddress):
            message = f"{address} is a run, which nobody but its own writer changes."
            raise InvalidName(message, subject=address, hint="Of a version: gitreg blame models:/MODEL@STAGE")
        found = self._resolver.resolve(address)
        model, digest, version = found.model, found.version, found.document
        assert model is not None and digest is not None and version is not None  # noqa: S101, PT018 - a version's address
        fields = [
            *(self._decided(model, found.stage) if found.stage else self._registered(found, version)),
            *self._said(model, digest),
            *self._card(model),
        ]
        return Blame(address, tuple(fields), self._differ.untold)

    def _decided(self, model: str, stage: str) -> Iterator[Blamed]:
        """Of what stands in a stage: since which of the decisions in force there each field is as it is."""
        judge = self._parts.office.judge()
        landed = [each for each in self._parts.record.log(model, stage) if each.entry.judgement.is_in_force]

        def states() -> Iterator[tuple[Origin, _State]]:
            for each in landed:
                version = judge.version(each.entry.judgement)
                yield _landing(each), {} if version is None else self._state(each, version)

        return _since(states())

    def _state(self, landing: Landing, version: Version) -> _State:
        move = landing.entry.move
        number = move.number if move else None
        found: _State = {("stage", "version"): number}
        found.update(self._differ.made_of(version, f"{version.model}/{number}").items())
        return found

    def _registered(self, found: Resolution, version: Version) -> Iterator[Blamed]:
        """A version never changes: all of it is as it was registered."""
        view = self._parts.models.version(found.version) if found.version else None
        origin = None
        if view is not None and view.registered_by is not None and view.registered_at is not None:
            origin = Origin(view.registered_by.email, view.registered_at, f"{view.label} registered")
        for (kind, name), value in self._differ.made_of(version, found.address).items():
            yield Blamed(kind, name, value, origin)

    def _said(self, model: str, digest: Digest) -> Iterator[Blamed]:
        """What people wrote about the version, and the bookmarks on it: each is one value with its author."""
        for name, note in sorted(self._parts.index.notes(paths.version_notes(model, digest)).items()):
            if note.value is not None:
                yield Blamed("note", name, note.value, _author(note, f"{name} set"))
        for alias in self._parts.index.aliases(model):
            if alias.version == digest:
                yield Blamed("alias", alias.alias, str(digest), _author(alias, f"alias {alias.alias} set"))

    def _card(self, model: str) -> Iterator[Blamed]:
        """Of the model's card: since which commit of main each field is as it is."""
        store, path = self._parts.store, paths.model_card(model)

        def states() -> Iterator[tuple[Origin, _State]]:
            for step in reversed(self._parts.index.path_history(store.branches.main, path)):
                commit = store.commit(step.commit)
                data = store.snapshot(step.commit).read(path)
                card = plain(ModelCard.from_bytes(data, path)) if data is not None else {}
                assert isinstance(card, dict)  # noqa: S101 - a document is an object
                fields: _State = {("card", name): value for name, value in card.items() if isinstance(value, str)}
                yield Origin(commit.author.email, commit.committed_at, commit.subject, commit=step.commit), fields

        return _since(states())


def _since(states: Iterator[tuple[Origin, _State]]) -> Iterator[Blamed]:
    """The fields of the newest state, which comes first, each with the oldest origin since which it is the same."""
    origin, now = next(states, (None, {}))
    open_, since = dict(now), dict.fromkeys(now, origin)
    for older, state in states:
        open_ = {name: value for name, value in open_.items() if not unlike(state.get(name), value)}
        if not open_:
            break
        since.update(dict.fromkeys(open_, older))
    return (Blamed(*name, value, since[name]) for name, value in now.items() if value is not None)


def _landing(found: Landing) -> Origin:
    entry = found.entry
    by = entry.decision.proposer.principal if entry.decision else ""
    approved: Sequence[str] = entry.judgement.people.have
    return Origin(by, found.at, found.title, tuple(approved), entry.place.commit)


def _author(document: Note | Alias, title: str) -> Origin:
    return Origin(document.actor.principal, document.at, title)
