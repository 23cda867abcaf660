"""The registry driven at random, against a model of it that fits on a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from gitreg.decisions import Target, check_line
from gitreg.documents import ApprovalsRequirement, OverrideClause, Policy
from gitreg.errors import AlreadyExists, NotFound, StageNotFound, VersionHeld, VersionNotFound
from tests.decisions.world import Kept, Signed, World, candidate, proposed, protected, rules_of, version

if TYPE_CHECKING:
    from gitreg.decisions.drafting import Draft

PEOPLE = ("ada", "ben", "cara")
STAGES = {"staging": False, "production": True}
REVIEWED = ApprovalsRequirement(kind="approvals", rule="reviewed", count=1)
RULES = Policy(requirements=(REVIEWED,), override=OverrideClause())
NUMBERS = st.integers(1, 4)


@dataclass
class Proposal:
    """An open proposal: what it was drafted on, who said what."""

    draft: Draft
    stage: str
    by: str
    number: int | None
    on: int
    said: dict[str, str] = field(default_factory=dict)


@dataclass
class Model:
    """All that a registry is: per stage the versions that were in force, latest last, and the held ones."""

    past: dict[str, list[int | None]] = field(default_factory=lambda: {stage: [] for stage in STAGES})
    held: dict[str, set[int]] = field(default_factory=lambda: {stage: set() for stage in STAGES})
    landings: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    approved: dict[str, list[int | None]] = field(default_factory=lambda: {stage: [] for stage in STAGES})
    """As `past`, without what came by an override."""
    overridden: set[str] = field(default_factory=set)
    """Where the present version came by an override that nothing regularised."""

    def now(self, stage: str) -> int | None:
        return self.past[stage][-1] if self.past[stage] else None

    def land(self, stage: str, number: int | None) -> None:
        self.keep(stage, number)
        self.approved[stage].append(number)
        self.overridden.discard(stage)

    def keep(self, stage: str, number: int | None) -> None:
        self.past[stage].append(number)
        self.landings[stage] += 1

    def rollback_target(self, stage: str) -> int | None:
        free = (n for n in reversed(self.approved[stage]) if n not in (None, self.now(stage), *self.held[stage]))
        return next(free, None)


class Registry(RuleBasedStateMachine):
    """Promote, override, approve, merge, go back, withdraw, hold, lift; every landing judged, and no more in force."""

    proposals = Bundle("proposals")

    def __init__(self) -> None:
        super().__init__()
        self.world: World = protected(policy=RULES, staging=False, production=True)
        self.world.cache = Kept()
        self.model = Model()

    @rule(target=proposals, number=NUMBERS, stage=st.sampled_from(sorted(STAGES)), by=st.sampled_from(PEOPLE))
    def promote(self, number: int, stage: str, by: str) -> Proposal:
        try:
            draft = self.world.promote(number, stage=stage, by=by)
        except VersionHeld:
            assert number in self.model.held[stage]
            return _nothing(self.world)
        except AlreadyExists:
            assert number == self.model.now(stage)
            assert stage not in self.model.overridden
            return _nothing(self.world)
        assert number not in self.model.held[stage]
        return Proposal(draft, stage, by, number, self.model.landings[stage])

    @rule(proposal=proposals, who=st.sampled_from(PEOPLE), word=st.sampled_from(["approve", "reject"]))
    def say(self, proposal: Proposal, who: str, word: str) -> None:
        proposal.said[who] = word

    @rule(proposal=consumes(proposals))
    def merge(self, proposal: Proposal) -> None:
        if proposal.number is None:
            return
        stage, model = proposal.stage, self.model
        others = {word for who, word in proposal.said.items() if who != proposal.by}
        is_fresh = proposal.on == model.landings[stage] and proposal.number not in model.held[stage]
        is_right = is_fresh and (not STAGES[stage] or others == {"approve"})
        assert self._try(proposal) == is_right
        if is_right:
            model.land(stage, proposal.number)

    def _try(self, proposal: Proposal) -> bool:
        """Land it if the verdict is good; take it back otherwise, as a server would refuse it."""
        world = self.world
        words = [Signed(who, "approve" if word == "approve" else "reject") for who, word in proposal.said.items()]
        others = [each for each in words if each.name != proposal.by]
        if STAGES[proposal.stage]:
            world.land(proposal.draft, proposed(proposal.by), *others)
        else:
            world.land(proposal.draft)
        is_good = world.verdict(Target("fraud", proposal.stage).folder).is_in_force
        if not is_good:
            assert rules_of(world.verdict(Target("fraud", proposal.stage).folder))
            world.take_back()
        return is_good

    @rule(stage=st.sampled_from(sorted(STAGES)), by=st.sampled_from(PEOPLE))
    def roll_back(self, stage: str, by: str) -> None:
        wanted = self.model.rollback_target(stage)
        target = Target("fraud", stage)
        try:
            draft = self.world.rolled_back(by=by, target=target)
        except VersionNotFound:
            assert wanted is None
            return
        self.world.land(draft, *([proposed(by)] if STAGES[stage] else []))
        assert self.world.verdict(target.folder).outcome == "pass", self.world.verdict(target.folder).findings
        removed = self.model.now(stage)
        if removed is not None:
            self.model.held[stage].add(removed)
        self.model.land(stage, wanted)

    @rule(stage=st.sampled_from(sorted(STAGES)))
    def withdraw(self, stage: str) -> None:
        target = Target("fraud", stage)
        try:
            draft = self.world.drafter().withdraw(target, self.world.wish())
        except StageNotFound:
            assert self.model.now(stage) is None
            return
        self.world.land(draft, *([proposed()] if STAGES[stage] else []))
        assert self.world.verdict(target.folder).is_in_force
        self.model.land(stage, None)

    @rule(stage=st.sampled_from(sorted(STAGES)), number=NUMBERS, lift=st.booleans())
    def hold_or_lift(self, stage: str, number: int, lift: bool) -> None:  # noqa: FBT001 - drawn
        target, digest = Target("fraud", stage), version(number).digest
        drafter = self.world.drafter()
        try:
            draft = (drafter.lift if lift else drafter.hold)(target, digest, self.world.wish())
        except (AlreadyExists, NotFound):
            assert (number in self.model.held[stage]) != lift
            return
        self.world.land(draft, *([proposed(), Signed("ben")] if STAGES[stage] else []))
        assert self.world.verdict(target.folder).outcome == "pass", self.world.verdict(target.folder).findings
        (self.model.held[stage].discard if lift else self.model.held[stage].add)(number)
        self.model.keep(stage, self.model.now(stage))

    @rule(number=NUMBERS, by=st.sampled_from(PEOPLE))
    def override(self, number: int, by: str) -> None:
        try:
            draft = self.world.drafter().override(candidate(number), "production", self.world.wish(by))
        except VersionHeld:
            assert number in self.model.held["production"]
            return
        except AlreadyExists:
            assert number == self.model.now("production")
            return
        self.world.land(draft, proposed(by))
        assert self.world.verdict().outcome == "pass", self.world.verdict().findings
        self.model.keep("production", number)
        self.model.overridden.add("production")

    @precondition(lambda self: any(self.model.landings.values()))
    @rule(stage=st.sampled_from(sorted(STAGES)), back=st.integers(0, 5))
    def put_an_old_folder_back(self, stage: str, back: int) -> None:
        """As `git revert` would: it never brings anything into force, and is taken out again."""
        folder = Target("fraud", stage).folder
        old = self.world.trees[max(0, len(self.world.trees) - 1 - back)]
        names = {*dict(old.walk(folder)), *dict(self.world.tree.walk(folder))}
        self.world.commit({path: old.read(path) for path in names})
        assert self.world.number(Target("fraud", stage)) == self.model.now(stage)
        self.world.take_back()

    @invariant()
    def what_is_in_force_is_what_the_model_says(self) -> None:
        for stage in STAGES:
            assert self.world.number(Target("fraud", stage)) == self.model.now(stage)
            is_open = self.world.judge().overridden(Target("fraud", stage).folder) is not None
            assert is_open == (stage in self.model.overridden)

    def teardown(self) -> None:
        self.world.cache = None
        found = check_line(self.world.judge(), -1, self.world.now)
        assert [finding for finding in found if finding.severity == "block"] == []


def _nothing(world: World) -> Proposal:
    return Proposal(
        world.drafter().hold(Target("fraud", "staging"), candidate(9).version.digest, world.wish()), "", "", None, 0
    )


TestRegistry = Registry.TestCase
TestRegistry.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
