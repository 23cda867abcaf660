"""The edge of this room: the one place where decisions meet the repository, its remote and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gitreg.decisions.judging import Judge
from gitreg.decisions.repository import LineIndex, line_of
from gitreg.documents import Actor, Edits, Principal
from gitreg.errors import InvalidValue, RaceLost, RegistryNotFound, RevisionNotFound
from gitreg.store import CommitId, CommitText, Person, RefUpdate, Remote, Snapshot, Store, push_main, sync

if TYPE_CHECKING:
    from datetime import datetime

    from gitreg.decisions.history import History, VerdictCache

APPROVALS = "refs/gitreg/approvals/"
CLOSED = "refs/gitreg/closed/"
RemoteOf = Callable[[], Remote | None]


class Office:
    """One clone of a registry, as decisions use it."""

    def __init__(
        self,
        store: Store,
        index: LineIndex | None = None,
        remote_of: RemoteOf | None = None,
        verdicts: VerdictCache | None = None,
    ) -> None:
        """`index` makes it quick, and keeps verdicts where nothing else does.

        `remote_of` gives the remote, for whom the store's own answer is not enough.
        """
        self.store = store
        self.index = index
        self._verdicts = verdicts or index
        self._remote_of = remote_of or store.remote

    @property
    def now(self) -> datetime:
        """The clock of this process."""
        return self.store.surroundings.now()

    @property
    def main(self) -> CommitId:
        """The tip of the decisions branch. Raises `RegistryNotFound`."""
        tip = self.store.main_tip()
        if tip is None:
            message = f"{self.store.path} has no branch {self.store.branches.main}."
            raise RegistryNotFound(message, subject=str(self.store.path), hint="Make a registry: gitreg init PATH")
        return tip

    def remote(self) -> Remote | None:
        """The remote, where there is one."""
        return self._remote_of()

    def refresh(self) -> None:
        """Meet the remote, if there is one: fetch, publish, and bring main forward. Raises `Diverged` and its kin."""
        remote = self.remote()
        if remote is not None:
            sync(self.store, remote, self.text("ledger: sync"))

    def history(self, tip: CommitId | None = None) -> History:
        """The first-parent line of main, or of another tip."""
        return line_of(self.store, tip or self.main, self.index, self.store.branches.main)

    def judge(self, tip: CommitId | None = None) -> Judge:
        """The judge of that line."""
        return Judge(self.history(tip), self._verdicts)

    def snapshot(self, commit: CommitId | None = None) -> Snapshot:
        """The files of main's tip, or of another commit."""
        return self.store.snapshot(commit or self.main)

    def commit_at(self, text: str) -> CommitId:
        """A commit from what people type. Raises `RevisionNotFound`."""
        if not text:
            raise RevisionNotFound("No commit was named.")
        return self.store.resolve(text)

    # Who, and what commits say

    def actor(self) -> Actor:
        """Who decides. Raises `IdentityMissing`, `InvalidValue` where the e-mail is none."""
        email = self.store.author().required().email
        try:
            principal = Principal(email.lower())
        except InvalidValue:
            hint = "git config --global user.email YOU@EXAMPLE.ORG"
            raise InvalidValue(f"{email!r:.80} is not an e-mail address.", subject=email[:80], hint=hint) from None
        is_ci = bool(self.store.surroundings.environ.get("CI"))
        return Actor(principal=principal, via="ci" if is_ci else "person", host=self.store.surroundings.host or None)

    def text(self, message: str, author: Person | None = None, *, why: str | None = None) -> CommitText:
        """A commit's text, by whom this clone says it is; `why` stands below the rest."""
        message = f"{message.rstrip()}\n\n{why}\n" if why else message
        committer = self.store.committer().person
        return CommitText(message, author or self.store.author().person, committer, self.now)

    # Refs, here and there

    def land(self, change: Callable[[Snapshot], Edits], text: CommitText) -> CommitId | None:
        """Make a change land on main, here and at the remote."""
        return push_main(self.store, self.remote(), change, text)

    def move(self, moves: Mapping[str, CommitId | None]) -> None:
        """Move refs from where they are here to new places, at the remote first. Raises `RaceLost`, `RemoteRefused`."""
        remote = self.remote()
        here = {ref: self.store.tip(ref) for ref in moves}
        if remote is not None:
            there = {ref: self.store.tip(remote.tracking(ref)) for ref in moves}
            updates = [RefUpdate(ref, new, there[ref]) for ref, new in moves.items() if new != there[ref]]
            remote.push(updates)
            self.store.track(remote, moves)
        for ref, new in moves.items():
            if new != here[ref]:
                self.store.move(RefUpdate(ref, new, here[ref]))

    def tidy(self, refs: list[str]) -> tuple[str, ...]:
        """Take refs away; those that somebody moved meanwhile stay, and are answered."""
        left: list[str] = []
        for ref in refs:
            try:
                self.move({ref: None})
            except RaceLost:
                left.append(ref)
        return tuple(left)
