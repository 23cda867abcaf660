"""Good histories, drawn at random and landed in every way that forges know: the audit has nothing to say of any."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gitreg.decisions import Target, add_person
from gitreg.documents import ApprovalsRequirement, Digest, Policy, Rights, paths
from gitreg.errors import AlreadyExists, NotFound, StageNotFound, VersionHeld, VersionNotFound
from gitreg.store import CommitText, Person
from tests.audit.test_auditor import Site
from tests.decisions.world import START, TEAM, Files, Kept, candidate, key, left_to, mail, proposed, protected, version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitreg.decisions.drafting import Draft
    from gitreg.store import CommitId

HISTORIES, QUICK = 500, 25
MODELS, STAGES = ("churn", "fraud", "ranker"), ("production", "staging")
PEOPLE = ("ada", "ben", "cara")
WAYS = ("merge", "squash", "rebase", "fast-forward", "queue of merges", "queue of squashes")
ACTIONS = ("promote", "promote to both", "rollback", "withdraw", "hold", "lift")
RIGHTS = (
    left_to("cards", "models/*/model.json", "sets/**", by=PEOPLE),
    left_to("models", "models/*/stages/**", "models/*/holds/*", groups=("leads",), by=("cara",)),
    left_to("rules", "*.json", "allowed_signers", "policies/**", "governance/**", groups=("leads", "risk")),
)
IMPOSSIBLE = (AlreadyExists, NotFound, StageNotFound, VersionHeld, VersionNotFound)


def policy(count: int) -> Policy:
    return Policy(requirements=(ApprovalsRequirement(kind="approvals", rule="reviewed", count=count),))


@dataclass(frozen=True)
class Proposal:
    """A branch: where it began, and what each of its commits changes."""

    base: CommitId
    draft: Draft
    steps: tuple[Files, ...]

    @property
    def whole(self) -> Files:
        return {path: data for step in self.steps for path, data in step.items()}


@dataclass
class Story:
    """One history, told at once to a world, which drafts, and to a repository, which is audited."""

    site: Site
    drawn: random.Random
    asked: int = 1
    joined: int = 0
    versions: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    landed: int = 0

    def __post_init__(self) -> None:
        self.is_guarded = {"production": True, "staging": self.drawn.random() < 0.5}
        self.models = MODELS[: self.drawn.randint(2, 3)]
        self.world = protected(TEAM, policy(1), **self.is_guarded)
        if len(self.models) > MODELS.index("fraud") + 1:  # everybody may write what they decide, by some rule
            files = {paths.RIGHTS: Rights(rules=RIGHTS).to_bytes()}
            self.world.trees[-1] = self.world.tree.with_edits(files)
        self.world.cache = Kept()
        (self.tip,) = self.site.put(self.world)

    # What is decided

    def proposal(self, model: str) -> Proposal:
        """Something about the model that is possible now, with every word that it needs."""
        by, stage = self.drawn.choice(PEOPLE), self.drawn.choice(STAGES)
        action, draft = self._possible(Target(model, stage), by)
        self.told[action] += 1
        return self._signed(draft, by, 0 if action in ("rollback", "withdraw") else self.asked)

    def _possible(self, target: Target, by: str) -> tuple[str, Draft]:
        """The first of a random order of actions that can be drafted."""
        for action in self.drawn.sample(ACTIONS, len(ACTIONS)):
            try:
                return action, self._drafts[action](target, by)
            except IMPOSSIBLE:
                continue
        raise AssertionError("A new version can always be promoted.")

    @property
    def _drafts(self) -> dict[str, Callable[[Target, str], Draft]]:
        drafter, wish = self.world.drafter(), self.world.wish
        return {
            "promote": self._promote,
            "promote to both": lambda target, by: drafter.promote(
                candidate(self._new(target.model), target.model), STAGES, wish(by)
            ),
            "rollback": lambda target, by: drafter.rollback(target, wish(by)),
            "withdraw": lambda target, by: drafter.withdraw(target, wish(by)),
            "hold": lambda target, by: drafter.hold(target, self._old(target.model), wish(by)),
            "lift": lambda target, by: drafter.lift(target, self._old(target.model), wish(by)),
        }

    def _promote(self, target: Target, by: str, number: int = 0) -> Draft:
        """A new version, or one that was there before."""
        known = self.versions[target.model]
        chosen = number or (
            self.drawn.randint(1, known) if known and self.drawn.random() < 0.3 else self._new(target.model)
        )
        return self.world.promote(chosen, model=target.model, stage=target.stage, by=by)

    def _new(self, model: str) -> int:
        self.versions[model] += 1
        return self.versions[model]

    def _old(self, model: str) -> Digest:
        last = self.versions[model] or self._new(model)
        return version(self.drawn.randint(1, last), model).digest

    def governance(self) -> Proposal:
        """More or fewer approvals from now on, somebody who joins, or other owners of files."""
        by, kind = self.drawn.choice(PEOPLE), self.drawn.choice(("policy", "person", "owners"))
        if kind == "policy":
            wanted = 3 - self.asked
            edits: Files = {
                paths.policy(stage): policy(wanted).to_bytes() for stage, guarded in self.is_guarded.items() if guarded
            }
        elif kind == "person":
            self.joined += 1
            name = f"dan{self.joined}"
            edits = dict(add_person(self.world.tree, mail(name), key(name), ("leads",)))
        else:
            edits = {"CODEOWNERS": f"# {self.drawn.random()}\n".encode()}
        self.told[f"govern {kind}"] += 1
        found = self._signed(self.world.govern(edits, by), by, self.asked)
        self.asked = 3 - self.asked if kind == "policy" else self.asked
        return found

    def _signed(self, draft: Draft, by: str, count: int) -> Proposal:
        """Its commits: the decision as its proposer signed it, and approvals in one more commit, or in one each.

        As `gitreg collect` seals: nothing comes after what was enough.
        """
        base, decision = self.tip, draft.decision
        if not draft.evidence and decision.action != "govern":
            return Proposal(base, draft, ({**draft.edits},))
        others = [name for name in PEOPLE if name != by]
        first = {**draft.edits, **self.world.signed(decision, proposed(by))}
        if count == 0:
            return Proposal(base, draft, (first,))
        if count == 2 and self.drawn.random() < 0.5:
            return Proposal(base, draft, (first, *(self.world.signed(decision, name) for name in others)))
        approvers = self.drawn.sample(others, self.drawn.randint(count, 2))
        return Proposal(base, draft, (first, self.world.signed(decision, *approvers)))

    # How it lands

    def tell(self) -> None:
        """One proposal, or several that wait in a row, after whatever people did with files of their own."""
        way = self.drawn.choice(WAYS)
        count = self.drawn.randint(2, len(self.models)) if way.startswith("queue") else 1
        waiting = [self.proposal(model) for model in self.drawn.sample(self.models, count)]
        if way != "fast-forward" and self.drawn.random() < 0.3:
            self._add(self._commit(self.tip, {"README.md": str(self.drawn.random()).encode()}))
        for proposal in waiting:
            self._lands(proposal, way)
        if self.drawn.random() < 0.25:
            self._lands(self.governance(), self.drawn.choice(WAYS[:3]))
        self.site.store.set_ref(self.site.main, self.tip, self.site.store.tip(self.site.main))

    def _lands(self, proposal: Proposal, way: str) -> None:
        self.told[way] += 1
        self.landed += 1
        if "squash" in way:
            self._add(self._commit(self.tip, proposal.whole), proposal.whole)
        elif "merge" in way:
            branch = self._commits(proposal.base, proposal)[-1]
            there = self.site.store.snapshot(self.tip)
            self._add(
                self.site.store.write_commit((self.tip, branch), there, proposal.whole, self._text()), proposal.whole
            )
        else:
            for commit, step in zip(self._commits(self.tip, proposal), proposal.steps, strict=True):
                self._add(commit, step)

    def _commits(self, base: CommitId, proposal: Proposal) -> list[CommitId]:
        made = [base]
        for step in proposal.steps:
            made.append(self._commit(made[-1], step))
        return made[1:]

    def _commit(self, parent: CommitId, edits: Files) -> CommitId:
        made = self.site.store.commit_edits(parent, edits, self._text())
        assert made is not None
        return made

    def _add(self, commit: CommitId, edits: Files | None = None) -> None:
        self.tip = commit
        self.world.commit(edits or {})

    def _text(self) -> CommitText:
        """By anybody, at any time: clocks are wrong and nothing depends on them."""
        who = Person(self.drawn.choice(PEOPLE).title(), "someone@example.org")
        return CommitText("a commit\n", who, who, START + timedelta(hours=self.drawn.randint(-100, 100)))

    def facts(self) -> None:
        """The ledger, with every version that was ever registered."""
        found = [version(number, model) for model, last in self.versions.items() for number in range(1, last + 1)]
        numbers = [number for last in self.versions.values() for number in range(1, last + 1)]
        names = [paths.version(each.model, number, each.digest) for each, number in zip(found, numbers, strict=True)]
        self.site.commit(self.site.ledger, {name: each.to_bytes() for name, each in zip(names, found, strict=True)})


def story(site: Site, seed: int) -> Story:
    drawn = random.Random(seed)  # noqa: S311 - an example
    made = Story(site, drawn)
    wanted = drawn.randint(3, 8)
    while made.landed < wanted:
        made.tell()
    if drawn.random() < 0.5:
        made.facts()
    return made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.store.close()


SEEDS = [seed if seed < QUICK else pytest.param(seed, marks=pytest.mark.slow) for seed in range(HISTORIES)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_good_history_raises_nothing_however_it_landed(site: Site, seed: int) -> None:
    made = story(site, seed)
    report = site.audit()
    assert [(each.finding, each.commit) for each in report.objections] == []
    assert (report.outcome, report.main, report.landings) == ("pass", made.tip, made.landed)


def test_the_histories_have_everything_in_them(tmp_path: Path) -> None:
    told: Counter[str] = Counter()
    for seed in range(QUICK):
        folder = tmp_path / str(seed)
        folder.mkdir()
        made = Site(folder)
        told += story(made, seed).told
        made.store.close()
    assert set(told) == {*ACTIONS, *WAYS, "govern policy", "govern person", "govern owners"}
