"""Opening and finding pull requests: the same on every forge, over what each of them asks and answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from gitreg.errors import Conflict, NotFound, ProposalNotFound
from gitreg.forges.texts import MAX_TITLE, clipped

if TYPE_CHECKING:
    from gitreg.errors import GitregError
    from gitreg.forges.values import PullRequest


class Pulls(ABC):
    """The part of a `Forge` that is about pull requests. A subclass says how one request is made and read."""

    noun: ClassVar[str] = "pull request"
    mark: ClassVar[str] = "#"
    """What stands before its number."""
    already_there: ClassVar[type[GitregError]] = Conflict
    """What the forge answers where the head has an open one."""

    @abstractmethod
    def _open_ones(self, head: str, base: str = "") -> list[PullRequest]:
        """The open ones from this branch (onto that one), none of them from a fork."""

    @abstractmethod
    def _create(self, head: str, base: str, title: str, body: str) -> PullRequest: ...

    @abstractmethod
    def _change(self, number: int, title: str, body: str) -> PullRequest: ...

    @abstractmethod
    def _close(self, number: int) -> PullRequest: ...

    @abstractmethod
    def _fetch(self, number: int) -> PullRequest: ...

    def open_pull_request(self, head: str, base: str, *, title: str, body: str) -> PullRequest:
        """See `Forge`. Two that open the same at once end with one: the slower one updates it."""
        title, body = clipped(title, MAX_TITLE), clipped(body)
        standing = self._open_ones(head, base)
        if not standing:
            try:
                return self._create(head, base, title, body)
            except self.already_there:
                standing = self._open_ones(head, base)
                if not standing:
                    raise
        found = standing[0]
        if (found.title, found.body) == (title, body):
            return found
        return self._change(found.number, title, body)

    def close_pull_request(self, number: int) -> PullRequest:
        """See `Forge`."""
        found = self.pull_request(number)
        return self._close(number) if found.state == "open" else found

    def pull_request(self, which: int | str) -> PullRequest:
        """See `Forge`."""
        if isinstance(which, str):
            found = self._open_ones(which)
            if not found:
                raise ProposalNotFound(f"No open {self.noun} comes from {which}.", subject=which)
            return found[0]
        try:
            return self._fetch(which)
        except NotFound as error:
            raise ProposalNotFound(error.message, subject=f"{self.mark}{which}", hint=error.hint) from None
