"""What would come onto main, looked at once: by the judge, and for whoever can look at more than main."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gitreg.decisions.claims import Claim, claims_at
from gitreg.decisions.collecting import edits_between, statements_about
from gitreg.decisions.findings import UNREADABLE, Finding
from gitreg.decisions.pushers import Pusher, check_main
from gitreg.decisions.validation import check_line, check_step, decisions_in, sealed
from gitreg.errors import Conflict

if TYPE_CHECKING:
    from gitreg.decisions.judging import Judge
    from gitreg.decisions.office import Office
    from gitreg.documents import Tree
    from gitreg.store import CommitId


@dataclass(frozen=True)
class Look:
    """`after` on `before`: a push, commit by commit, or a proposal's branch as one commit."""

    office: Office
    before: CommitId | None
    after: CommitId
    is_push: bool

    @cached_property
    def _judge(self) -> Judge:
        """The line as it would be. Raises `Conflict`, and what reading a tree that somebody else wrote raises."""
        if self.is_push or self.before is None:
            return self.office.judge(self.after)
        edits = dict(edits_between(self.office, self.before, self.after))
        tip = self.office.store.snapshot(self.before)
        decisions = {each.digest: each for each in decisions_in(tip, tip.with_edits(edits)).values()}
        for digest, decision in decisions.items():
            edits = sealed(edits, decision, statements_about(self.office, digest))
        return self.office.judge(self.before).after(tip.with_edits(edits))

    @property
    def _start(self) -> int | None:
        """The position of the base; -1 before the first commit, None where it is not on the line."""
        if not self.is_push:
            return self._judge.tip - 1
        return self._judge.history.position(self.before) if self.before is not None else -1

    def findings(self) -> list[Finding]:
        """Everything that is wrong with it."""
        return self._of_push() if self.is_push else self._of_proposal()

    def _of_push(self) -> list[Finding]:
        """The old tip stays on the line (format 16), and each commit after it is good."""
        if self._start is None:
            message = "Main's old tip is not on the new tip's first-parent line: landings would drop off it."
            hint = "Rebase onto main, or merge the branch into main and not main into the branch."
            return [Finding("line", self.office.store.branches.main, message, hint)]
        # A registry that moves to a new server brings its past with it, whose proposals are long expired.
        return check_line(self._judge, self._start, self.office.now if self.before is not None else None)

    def _of_proposal(self) -> list[Finding]:
        try:
            judge = self._judge
        except Conflict as error:
            return [Finding("conflict", error.subject, error.message, error.hint)]
        except UNREADABLE as error:
            return [Finding("unreadable", error.subject, error.message, error.hint, outcome="cannot tell")]
        return list(dict.fromkeys(check_step(judge, judge.tip, self.office.now)))

    def forbidden(self, pusher: Pusher) -> list[Finding]:
        """What whoever pushes may not write, and no signed decision lands. The push that makes a registry is free."""
        if self.before is None or self._start is None:
            return []
        try:
            return list(dict.fromkeys(check_main(self._judge, self._start, pusher)))
        except UNREADABLE as error:
            return [Finding("unreadable", error.subject, error.message, error.hint, outcome="cannot tell")]

    def claims(self) -> list[Claim]:
        """The evidence that was judged, for whoever can look again at what it was gathered from.

        What cannot be read has no claim: the findings say so.
        """
        try:
            start = -1 if self._start is None else self._start
            places = range(max(start + 1, 1), self._judge.tip + 1)
            return [claim for place in places for claim in claims_at(self._judge, place)]
        except (*UNREADABLE, Conflict):
            return []

    def changed_policies(self) -> Tree | None:
        """The tree that was judged, if its policies are others than the base's; else None."""
        try:
            start = -1 if self._start is None else self._start
            tree = self._judge.tree()
            same = start >= 0 and self._judge.tree(start).object_id("policies") == tree.object_id("policies")
        except (*UNREADABLE, Conflict):
            return None
        return None if same else tree
