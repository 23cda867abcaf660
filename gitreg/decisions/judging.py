"""A decision is judged where it landed, never where it is read.

Before is the first parent of the commit where decision.json first became D; its people, keys, policies and holds judge.
After is the first tree from there on in which all that D names is present and approved, while D stands and governance
has not changed. What happens later changes no verdict, so that one is kept by commit.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from gitreg.decisions.asking import stage_quorum
from gitreg.decisions.authority import Authority, rule_paths
from gitreg.decisions.completion import Completion, Waiting
from gitreg.decisions.evidence import subject_of
from gitreg.decisions.findings import UNREADABLE, Finding, outcome_of
from gitreg.decisions.governance import check_governance
from gitreg.decisions.history import PROPOSED, Continued, History, PathChange, Place, VerdictCache
from gitreg.decisions.judgement import NOT_ASKED, Judgement, cache_key
from gitreg.decisions.landing import HOLDING, Case, exact_paths, frame, replaces
from gitreg.decisions.moves import Past, Question, check_move, move_of
from gitreg.decisions.rights import check_proposer
from gitreg.decisions.rulebook import Rulebook, read_document
from gitreg.documents import Decision, Digest, Move, Subject, Tree, Version, parse_json, paths
from gitreg.errors import GitregError, InvalidDocument, NotFound, UnsafeRepository
from gitreg.policy import Quorum, governance_quorum

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DEEPEN = "Fetch the whole history: git fetch --unshallow"


def judge(history: History, folder: str, digest: Digest, cache: VerdictCache | None = None) -> Judgement:
    """The verdict on decision `digest` in `folder`. Raises `NotFound` where it never stood there."""
    return Judge(history, cache).judge(folder, digest)


class Steps:
    """What stood in one folder, step by step."""

    def __init__(self, changes: Sequence[PathChange]) -> None:
        self.all = changes
        self.positions = [change.position for change in changes]
        self.first: dict[str | None, int] = {}
        for change in changes:
            self.first.setdefault(change.object_id, change.position)

    def upto(self, position: int) -> Iterator[PathChange]:
        """The steps up to a position, newest first."""
        for index in range(bisect_right(self.positions, position) - 1, -1, -1):
            yield self.all[index]

    def end(self, step: PathChange, tip: int) -> int:
        """The last position at which this step's decision stands."""
        after = bisect_right(self.positions, step.position)
        return self.positions[after] - 1 if after < len(self.positions) else tip


class Judge:
    """All verdicts of one line. Cheap to make; what it finds out it keeps."""

    def __init__(self, history: History, cache: VerdictCache | None = None) -> None:
        """`cache` keeps verdicts between processes; it is never the only copy of anything."""
        self.history = history
        self.cache = cache
        self._verdicts: dict[tuple[str, int], Judgement] = {}
        self._decisions: dict[tuple[str, int], Decision | None] = {}
        self._steps: dict[str, Steps] = {}
        self._doubts = 0
        self.authority = Authority(self)

    def after(self, tree: Tree) -> Judge:
        """The judge of main as it would be with one more commit; verdicts that nothing can change are taken along."""
        other = Judge(Continued(self.history, {PROPOSED: tree}), self.cache)
        other._verdicts = {key: found for key, found in self._verdicts.items() if found.settled is not None}
        return other

    @property
    def tip(self) -> int:
        """The position of the last commit; -1 where there is none."""
        return len(self.history.commits) - 1

    def tree(self, position: int | None = None) -> Tree:
        """The files at a position; at the tip where none is given."""
        return self.history.tree(self.history.commits[self.tip if position is None else position])

    @property
    def rulebook(self) -> Rulebook:
        """The rules in force at the tip. Raises `NotFound` where there is no registry."""
        rules = self.authority.rules_at(self.tip)
        if rules is None:
            raise NotFound("There is no gitreg.json: this is not a registry.", subject=paths.SETTINGS)
        return Rulebook(self.tree(rules))

    def judge(self, folder: str, digest: Digest) -> Judgement:
        """See the function `judge`."""
        for step in self.steps(folder).upto(self.tip):
            if step.object_id is not None and self._digest_at(folder, step.position) == digest:
                first = PathChange(self.steps(folder).first[step.object_id], step.object_id)
                return self.verdict(folder, first)
        raise NotFound(f"The decision {digest.short} never stood in {folder}.", subject=digest)

    def steps(self, folder: str) -> Steps:
        """Everything that stood in the folder; object id None where it was removed."""
        if folder not in self._steps:
            self._steps[folder] = Steps(self.history.changes(paths.decision(folder)))
        return self._steps[folder]

    def standing(self, folder: str, upto: int | None = None) -> PathChange | None:
        """What stands in the folder as of a position; None where nothing does."""
        last = self.tip if upto is None else upto
        step = next(self.steps(folder).upto(last), None)
        return step if step is not None and step.object_id is not None else None

    def decision(self, folder: str, position: int) -> Decision | None:
        """The decision that stands in the folder at a position. Raises `InvalidDocument`."""
        if (folder, position) not in self._decisions:
            self._decisions[folder, position] = read_document(self.tree(position), paths.decision(folder), Decision)
        return self._decisions[folder, position]

    def readable(self, folder: str, position: int) -> Decision | None:
        """The decision that stands; None where what stands is none: the next decision can replace that, too."""
        try:
            return self.decision(folder, position)
        except (InvalidDocument, UnsafeRepository):
            return None

    def judged(self, folder: str, step: PathChange, verdict: Judgement) -> Decision | None:
        """The decision that a verdict is about, None where what came to stand at `step` is none.

        One in force was read from its tree when it was judged, and its digest is known: its bytes alone will do then.
        """
        key = (folder, step.position)
        if key not in self._decisions and verdict.is_in_force and step.object_id is not None:
            data = self.history.blob(step.object_id) if self.history.commits[step.position] != PROPOSED else None
            if data is not None and Digest.of(data) == verdict.digest:
                self._decisions[key] = Decision.from_json(parse_json(data))
        return self.readable(folder, step.position)

    def in_force(self, folder: str, upto: int | None = None) -> Judgement | None:
        """The last decision that was in force in the folder as of a position."""
        return next(self.forces(folder, upto), None)

    def forces(self, folder: str, upto: int | None = None) -> Iterator[Judgement]:
        """Every decision that was in force in the folder as of a position, newest first."""
        last = self.tip if upto is None else upto
        self._prepare(folder, last)
        for step in self.steps(folder).upto(last):
            found = self.verdict(folder, step) if step.object_id is not None else None
            if found is not None and found.completed is not None and found.completed.position <= last:
                yield found

    def _prepare(self, folder: str, last: int) -> None:
        """Judge oldest first from the last verdict that is known, so that long histories need no deep recursion."""
        waiting: list[PathChange] = []
        for step in self.steps(folder).upto(last):
            known = self._known(folder, step) if step.object_id is not None else None
            if known is not None and known.is_in_force:
                break
            if step.object_id is not None:
                waiting.append(step)
        for step in reversed(waiting):
            self.verdict(folder, step)

    def verdict(self, folder: str, step: PathChange) -> Judgement:
        """The verdict on the decision that came to stand in the folder at `step`."""
        known = self._known(folder, step)
        if known is None:
            known = self._judge(folder, step)
            self._keep(folder, step, known)
        self._doubts += known.is_doubtful
        return known

    def _known(self, folder: str, step: PathChange) -> Judgement | None:
        key = (folder, step.position)
        commit = self.history.commits[step.position]
        if key not in self._verdicts and self.cache is not None and commit != PROPOSED:
            text = self.cache.verdict(commit, cache_key(folder))
            found = Judgement.from_text(text) if text is not None else None
            if found is not None and self._holds_here(found, Place(step.position, commit)):
                self._verdicts[key] = found
        return self._verdicts.get(key)

    def _holds_here(self, found: Judgement, landed: Place) -> bool:
        """Whether a verdict that was kept is about this line.

        A commit has one past, so a line that has the landing and the settling commit where the verdict saw them is the
        one that it saw, up to there. A branch that goes on otherwise from the landing, or ends before, is another.
        """
        settled = found.settled
        return (
            found.landed == landed
            and settled is not None
            and settled.position <= self.tip
            and self.history.commits[settled.position] == settled.commit
        )

    def _keep(self, folder: str, step: PathChange, found: Judgement) -> None:
        self._verdicts[folder, step.position] = found
        commit = self.history.commits[step.position]
        is_of_commits = found.settled is not None and PROPOSED not in (commit, found.settled.commit)
        if self.cache is not None and is_of_commits:
            self.cache.put_verdict(commit, cache_key(folder), found.to_text())

    # Judging one landing

    def _judge(self, folder: str, step: PathChange) -> Judgement:
        doubts, digest = self._doubts, self._digest_at(folder, step.position)
        place = Place(step.position, self.history.commits[step.position])
        try:
            findings = tuple(self._blocked(folder, step))
            done, is_asked = Completion(None, NOT_ASKED), False
            if not findings:
                case = self._case(folder, digest, step.position)
                quorum = self._quorum(case, step.position)
                is_asked = quorum is not None
                findings = tuple(self._landing(case, folder, step.position))
                if outcome_of(findings) == "pass":
                    end = self.steps(folder).end(step, self.tip)
                    done = Waiting(case, quorum, self.history).complete(step.position, end)
        except UNREADABLE as error:
            return Judgement(folder, digest, "cannot tell", (_unreadable(folder, error),), place)
        so_far = Judgement(folder, digest, "fail", findings, place, is_unreviewed=not is_asked)
        # What rests on a verdict that nobody can give here may be another elsewhere.
        settled = self._settled(step, so_far, done) if self._doubts == doubts else None
        return self._sum(so_far, done, settled)

    def _settled(self, step: PathChange, so_far: Judgement, done: Completion) -> Place | None:
        """From which commit on the verdict stays as it is, whoever asks."""
        is_sure = done.is_sure and all(finding.outcome != "cannot tell" for finding in so_far.findings)
        end = self.steps(so_far.folder).end(step, self.tip)
        if outcome_of(so_far.findings) != "pass":
            position: int | None = step.position
        elif done.is_pending:
            position = end + 1 if end < self.tip else None  # something else stands there since
        else:
            position = done.settled
        return Place(position, self.history.commits[position]) if is_sure and position is not None else None

    def _sum(self, so_far: Judgement, done: Completion, settled: Place | None) -> Judgement:
        findings = (*so_far.findings, *done.findings)
        return Judgement(
            so_far.folder,
            so_far.digest,
            outcome_of(findings),
            findings,
            so_far.landed,
            None if done.position is None else Place(done.position, self.history.commits[done.position]),
            so_far.is_unreviewed,
            done.is_pending,
            done.is_broken,
            done.people,
            settled,
        )

    def _case(self, folder: str, digest: Digest, position: int) -> Case:
        decision = Decision.from_bytes(self._read(folder, position), paths.decision(folder))
        rules = self.authority.rules_at(position - 1)
        if rules is None:
            raise NotFound("There was no registry before this commit.", subject=paths.SETTINGS)
        return Case(decision, digest, self.tree(position - 1), self.tree(position), self.tree(rules))

    def _blocked(self, folder: str, step: PathChange) -> Iterator[Finding]:
        """What makes looking closer pointless."""
        where = paths.decision(folder)
        if not self.history.is_whole:
            message = "The history here is cut off, so nobody can tell what stood before."
            yield Finding("history", where, message, _DEEPEN, outcome="cannot tell")
        elif self.steps(folder).first[step.object_id] != step.position:
            message = "This decision stood here before; putting its bytes back decides nothing."
            yield Finding("replay", where, message, "To go back to a version: gitreg rollback")
        elif step.position == 0:
            yield Finding("root", where, "The decision is in the first commit, before which there was no registry.")

    def _landing(self, case: Case, folder: str, position: int) -> Iterator[Finding]:
        framed = tuple(frame(case, folder))
        yield from framed
        if framed:
            return
        yield from exact_paths(case)
        yield from check_proposer(case)
        if case.is_governance:
            yield from self._replaces(case, folder, case.decision.replaces, position)
            yield from check_governance(case, is_founded=self.is_founded(position - 1))
            yield from _unnamed(case)
        else:
            yield from self.authority.usurped(position - 1)
            yield from self._unsettled(case, position - 1)
        for each, move in case.moves():
            yield from self._first(each, position)
            yield from self._replaces(case, each, move.replaces, position)
            yield from check_move(Question(case, each, move, self.past(each, position - 1, case.decision.action)))

    def _first(self, folder: str, position: int) -> Iterator[Finding]:
        """A set stands in all its folders for the first time at once."""
        if self.steps(folder).first.get(self.tree(position).object_id(paths.decision(folder))) != position:
            yield Finding("replay", paths.decision(folder), "This decision stood here before.")

    def _replaces(self, case: Case, folder: str, expected: Digest | None, position: int) -> Iterator[Finding]:
        ever = any(self.steps(folder).upto(position - 1))
        yield from replaces(case, folder, expected, ever_stood=ever)

    def _quorum(self, case: Case, position: int) -> Quorum | None:
        """Whose word the decision needs by the rules of before; None where nobody is asked."""
        if case.is_governance:
            policies = case.rulebook.policies()
            return governance_quorum(policies.values()) if policies and self.is_founded(position - 1) else None
        return stage_quorum(case.decision, case.rulebook, case.after)

    def past(self, folder: str, upto: int, action: str = "") -> Past:
        """What the line says about a stage as of a position; earlier versions only where a rollback asks for them."""
        standing = self.standing(folder, upto)
        now = self.readable(folder, upto) if standing is not None else None
        in_force = self.in_force(folder, upto)
        place = in_force.landed if in_force else None
        is_settled = standing is None if place is None else standing is not None and standing.position == place.position
        earlier = self.earlier(folder, upto) if action == "rollback" else {}
        numbers = {version: self.move(found).number for version, found in earlier.items()}
        override, approved = self._overridden(folder, upto)
        move = self.move(in_force) if in_force else None
        return Past(now, move, self._subject(in_force), is_settled, numbers, override, self._subject(approved))

    def earlier(self, folder: str, upto: int | None = None, *, with_overrides: bool = False) -> dict[Digest, Judgement]:
        """Every version that was in force in the folder, latest first, each with the last decision that chose it.

        Those that only an override brought were approved by nobody as the policy asks, and are left out.
        """
        found: dict[Digest, Judgement] = {}
        left_out = HOLDING if with_overrides else HOLDING | {"override"}
        for judgement in self.forces(folder, upto):
            decision = self.decision_of(judgement)
            move = move_of(decision, folder)
            if decision is not None and decision.action not in left_out and move is not None and move.version:
                found.setdefault(move.version, judgement)
        return found

    def overridden(self, folder: str, upto: int | None = None) -> Decision | None:
        """The override by which the version in force came; None once a promotion, or another version, follows it."""
        return self._overridden(folder, upto)[0]

    def _overridden(self, folder: str, upto: int | None) -> tuple[Decision | None, Judgement | None]:
        """The override that is not regularised, and the last decision in force before it that was none."""
        override: Decision | None = None
        for judgement in self.forces(folder, upto):
            decision = self.decision_of(judgement)
            action = decision.action if decision is not None else None
            if action == "override":
                override = override or decision
            elif action not in HOLDING:
                return override, judgement if override is not None else None
            elif override is not None:
                return override, judgement
        return override, None

    def decision_of(self, judgement: Judgement) -> Decision | None:
        """A decision in force, as it stood in its folder."""
        step = self.standing(judgement.folder, _position(judgement))
        return self.judged(judgement.folder, step, judgement) if step is not None else None

    def move(self, judgement: Judgement) -> Move:
        """The move that a decision in force made in its folder."""
        move = move_of(self.decision_of(judgement), judgement.folder)
        if move is None:
            raise NotFound(f"The decision {judgement.digest.short} makes no move.", subject=judgement.folder)
        return move

    def version(self, judgement: Judgement) -> Version | None:
        """The version document that a decision in force put into its folder; None where it is a withdrawal."""
        return read_document(self.tree(_position(judgement)), paths.stage_version(judgement.folder), Version)

    def _subject(self, judgement: Judgement | None) -> Subject | None:
        version = self.version(judgement) if judgement is not None else None
        if version is None or judgement is None:
            return None
        return subject_of(version, self.move(judgement).number)

    def is_founded(self, upto: int) -> bool:
        """Whether the registry's people could meet every quorum at some position up to this one."""
        return self.authority.is_founded(upto)

    def landed_at(self, folder: str, position: int) -> Judgement | None:
        """The verdict on the decision that came to stand in the folder at this very position; None where none did."""
        step = self.standing(folder, position)
        return self.verdict(folder, step) if step is not None and step.position == position else None

    def _unsettled(self, case: Case, upto: int) -> Iterator[Finding]:
        """Cards and holds that the decision rests on, changed by nobody who may."""
        for move in case.decision.moves:
            held = [paths.hold(move.model, move.version)] if move.version is not None else []
            for path in (paths.model_card(move.model), *held):
                yield from self.authority.unsettled(path, upto)

    def _read(self, folder: str, position: int) -> bytes:
        return self.tree(position).read(paths.decision(folder)) or b""

    def _digest_at(self, folder: str, position: int) -> Digest:
        """Of what is no file that we read (a link, one past every limit) that of nothing: no decision has it."""
        try:
            return Digest.of(self._read(folder, position))
        except UnsafeRepository:
            return Digest.of(b"")


def _unnamed(case: Case) -> Iterator[Finding]:
    """What somebody changed without a decision in force does not come into force with another decision."""
    for path in sorted(rule_paths(case.rules, case.after) - case.decision.files.keys()):
        message = "This file had been changed without a decision in force, and this decision does not name it."
        yield Finding("usurped", path, message, "Bring it back, or name it in the decision.")


def _position(judgement: Judgement) -> int:
    """Where its files are read: where it came into force."""
    place = judgement.completed or judgement.landed
    return place.position if place else 0


def _unreadable(folder: str, error: GitregError) -> Finding:
    """What the verdict needs cannot be read, so it is no verdict."""
    where = error.subject or paths.decision(folder)
    return Finding("unreadable", where, error.message, error.hint, outcome="cannot tell")
