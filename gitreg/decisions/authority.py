"""Which rules are in force at a position of the line.

Whoever can push can put a weaker policy, or a key, on main: by hand, or by a governance decision that nobody approved.
Such a change has no force. Everything after it is judged by the rules as they last were in force, and a decision about
a stage is refused until the files are those again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gitreg.decisions.findings import UNREADABLE, Finding
from gitreg.decisions.governance import is_able
from gitreg.decisions.history import differing
from gitreg.decisions.landing import is_governed
from gitreg.decisions.rulebook import Rulebook
from gitreg.documents import Tree, paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.decisions.history import History
    from gitreg.decisions.judgement import Judgement
    from gitreg.documents import Decision

_FILES = (paths.SETTINGS, paths.APPROVERS, paths.ALLOWED_SIGNERS, paths.RIGHTS)
_POLICIES = "policies"
_BACK = "Bring the file back as it was, or approve the decision that changed it."


class Verdicts(Protocol):
    """The part of a judge that this stands on."""

    @property
    def history(self) -> History:
        """The line."""
        ...

    def tree(self, position: int) -> Tree:
        """The files at a position."""
        ...

    def landed_at(self, folder: str, position: int) -> Judgement | None:
        """The verdict on the decision that came to stand in a folder at this very position."""
        ...

    def decision(self, folder: str, position: int) -> Decision | None:
        """The decision that stands in a folder."""
        ...


class Authority:
    """Follows the rules along a line. Positions are asked for in any order, and worked out once, oldest first."""

    def __init__(self, verdicts: Verdicts) -> None:
        """`verdicts` may ask back, about earlier positions only."""
        self._verdicts = verdicts
        self._pending: list[int] | None = None
        self._events: list[int] = []
        self._able: dict[int, bool] = {}

    def rules_at(self, upto: int) -> int | None:
        """The position of the tree whose rules are in force as of `upto`; None before there are any."""
        self._follow(upto)
        return next((event for event in reversed(self._events) if event <= upto), None)

    def events(self, upto: int) -> list[int]:
        """The positions up to here at which rules came into force."""
        self._follow(upto)
        return [event for event in self._events if event <= upto]

    def is_founded(self, upto: int) -> bool:
        """Whether the people of rules in force up to here could ever meet every quorum. That never lapses."""
        return self.founded_at(upto) is not None

    def founded_at(self, upto: int) -> int | None:
        """The first position up to here at which they could."""
        for event in self.events(upto):
            if event not in self._able:
                self._able[event] = is_able(self._verdicts.tree(event))
        return min((event for event, is_so in self._able.items() if is_so and event <= upto), default=None)

    def _follow(self, upto: int) -> None:
        if self._pending is None:
            self._pending = sorted(self._changes(), reverse=True)
        while self._pending and self._pending[-1] <= upto:
            position = self._pending.pop()  # before the verdict on it asks what was in force before it
            event = self._event(position)
            if event is not None:
                self._events.append(event)

    def _changes(self) -> set[int]:
        history = self._verdicts.history
        files = (*_FILES, paths.decision(paths.GOVERNANCE))
        found = {change.position for path in files for change in history.changes(path)}
        return found | set(history.folder_changes(_POLICIES))

    def _event(self, position: int) -> int | None:
        """From where on the change at a position is in force, if ever."""
        verdict = self._verdicts.landed_at(paths.GOVERNANCE, position)
        if verdict is not None:
            return verdict.completed.position if verdict.completed and verdict.is_in_force else None
        if not self.is_free(position):
            return None
        return position if _is_readable(self._verdicts.tree(position)) else None

    def is_free(self, position: int) -> bool:
        """Whether governed files needed no decision at this position: nothing was protected before it."""
        before = self.rules_at(position - 1)
        return before is None or not Rulebook(self._verdicts.tree(before)).protected

    def usurped(self, upto: int) -> Iterator[Finding]:
        """Rules that stand at a position and are not the ones in force."""
        standing = self.rules_at(upto)
        if standing is None:
            return
        force, here = self._verdicts.tree(standing), self._verdicts.tree(upto)
        for path in sorted(rule_paths(force, here)):
            message = "This file had been changed without a decision in force, so nothing can be decided by it."
            yield Finding("usurped", path, message, _BACK)

    def unsettled(self, path: str, upto: int) -> Iterator[Finding]:
        """Whether a model card or a hold stands as decisions in force have left it."""
        last: str | None = None
        for change in self._verdicts.history.changes(path):
            if change.position <= upto and self._is_authorized(path, change.position, upto):
                last = change.object_id
        if last != self._verdicts.tree(upto).object_id(path):
            yield Finding("usurped", path, "This file had been changed without a decision in force.", _BACK)

    def _is_authorized(self, path: str, position: int, upto: int) -> bool:
        if position == 0 or (is_governed(path) and self.is_free(position)):
            return True
        for folder in self._folders(path, position):
            verdict = self._verdicts.landed_at(folder, position)
            done = verdict.completed if verdict is not None and verdict.is_in_force else None
            decision = self._verdicts.decision(folder, position) if done is not None else None
            if done is not None and done.position <= upto and decision is not None and path in decision.files:
                return True
        return False

    def _folders(self, path: str, position: int) -> list[str]:
        """Where a decision about the path could stand."""
        if is_governed(path):
            return [paths.GOVERNANCE]
        stages = f"{path.partition('/holds/')[0]}/stages"
        return [f"{stages}/{entry.name}" for entry in self._verdicts.tree(position).entries(stages)]


def rule_paths(one: Tree, other: Tree) -> set[str]:
    """The rules that differ between two trees: settings, people, rights, policies."""
    files = {path for path in _FILES if one.object_id(path) != other.object_id(path)}
    return files | set(differing(one, other, _POLICIES))


def _is_readable(tree: Tree) -> bool:
    try:
        _ = Rulebook(tree).protected, Rulebook(tree).rights
    except UNREADABLE:
        return False
    return True
