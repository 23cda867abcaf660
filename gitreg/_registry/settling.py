"""That what was erased is really gone: from this clone, and from the place that all share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg._registry.keeping import keep, kept
from gitreg._registry.views import Settled
from gitreg.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitreg._registry.parts import Parts
    from gitreg.documents import Digest

_NOTE = "erased.json"


class Settler:
    """Takes away what the ledger says was erased."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is looked at yet."""
        self._parts = parts

    def settle(self, thoroughly: Collection[Digest] = ()) -> Settled:
        """Take away what the ledger says was erased, as far as this clone has not done so.

        What somebody else erased is gone from the shared place as a rule; where it is not, and may not be removed from
        here, that is told and tried again. `thoroughly` are removed everywhere, or what the place raises is raised.
        """
        blobs, state = self._parts.blobs, self._parts.erasures.state
        place = "" if blobs.shared is None else blobs.shared.location
        note = _Note.read(kept(self._parts.store, _NOTE), place)
        if state == note.state and not thoroughly:
            return Settled()
        for blob in thoroughly:
            blobs.erase(blob)
        listed = [each.blob for each in self._parts.erasures.all()]
        due = [blob for blob in listed if self._parts.erasures.of(blob) is not None]
        left = {blob: self._take_away(blob) for blob in due if blob not in note.blobs and blob not in thoroughly}
        trouble = next((each for each in left.values() if each), "")
        done = {blob for blob in due if not left.get(blob)}
        note = _Note(place, state if len(done) == len(listed) else None, frozenset(done))
        keep(self._parts.store, _NOTE, note.text())
        return Settled(tuple(left), trouble)

    def _take_away(self, blob: Digest) -> str:
        """Why it is still in the shared place; empty where it is not."""
        self._parts.blobs.local.erase(blob)
        shared = self._parts.blobs.shared
        try:
            if shared is not None and (shared.has(blob) or shared.get_key(blob) is not None):
                shared.erase(blob)
        except Unavailable as error:
            return error.message
        return ""


@dataclass(frozen=True)
class _Note:
    """What this clone has taken away, in one shared place. `state` None says that something is still to be done."""

    place: str
    state: str | None = None
    blobs: frozenset[str] = frozenset()

    @classmethod
    def read(cls, text: str, place: str) -> _Note:
        """A note about another place, or one that is none, says nothing."""
        try:
            found = json.loads(text)
            if found["place"] == place:
                return cls(place, found["state"], frozenset(map(str, found["blobs"])))
        except (ValueError, KeyError, TypeError):
            pass
        return cls(place)

    def text(self) -> str:
        return json.dumps({"place": self.place, "state": self.state, "blobs": sorted(self.blobs)})
