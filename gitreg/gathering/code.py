"""The history of the code that trains, where it is on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.errors import GitregError, InvalidValue
from gitreg.store import CommitId

if TYPE_CHECKING:
    from gitreg.store import Store


@dataclass(frozen=True)
class CodeHistory:
    """A clone of the code's repository."""

    store: Store

    def reaches(self, branch: str, commit: str) -> tuple[CommitId, bool]:
        """The branch's tip, as the remote has it where there is one, and whether the commit is in its history.

        Raises `InvalidValue` for a branch that is not there, and where the history here is cut off.
        """
        for ref in (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}"):
            tip = self.store.tip(ref)
            if tip is not None:
                return tip, self._is_in(CommitId(commit), tip)
        raise InvalidValue(f"The code's repository here has no branch {branch}.")

    def _is_in(self, commit: CommitId, tip: CommitId) -> bool:
        try:
            found = self.store.has_object(commit) and self.store.is_ancestor(commit, tip)
        except GitregError as error:
            raise InvalidValue(f"The code's history cannot be read: {error.message}") from None
        if not found and self.store.shallow():
            raise InvalidValue("The clone of the code is shallow, so nobody can see whether the commit is in it.")
        return found
