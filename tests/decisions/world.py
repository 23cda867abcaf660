"""A registry's main as a list of trees in memory, with people who have real keys. No git anywhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gitreg.decisions.creation import creation_edits, default_settings
from gitreg.decisions.drafting import Candidate, Draft, Drafter, Target, Wish
from gitreg.decisions.governing import draft_govern
from gitreg.decisions.history import Line
from gitreg.decisions.judging import Judge
from gitreg.decisions.landing import folders_of
from gitreg.documents import (
    Action,
    Actor,
    Approver,
    Approvers,
    Branch,
    DatasetUse,
    Decision,
    Descriptor,
    Digest,
    Key,
    MemoryTree,
    Part,
    PinnedMetric,
    Policy,
    Principal,
    RegistryId,
    RegistrySettings,
    Rights,
    RightsRule,
    StageSettings,
    Statement,
    Verdict,
    Version,
    paths,
)
from gitreg.policy import default_policy
from gitreg.signing import NAMESPACE, PublicKey, render_allowed_signers, sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.decisions.judgement import Judgement

REGISTRY = RegistryId("0123456789abcdef0123456789abcdef")
START = datetime(2026, 11, 21, 9, tzinfo=UTC)
TARGET = Target("fraud", "production")
FOLDER = TARGET.folder
GOVERNANCE = "governance"
Files = dict[str, bytes | None]


@cache
def private_key(seed: str) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )


@cache
def public_key(seed: str) -> PublicKey:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return PublicKey.from_ed25519(raw)


def key(seed: str, **window: datetime) -> Key:
    return Key(type="ssh-ed25519", key=public_key(seed).base64, **window)


def mail(name: str) -> Principal:
    return Principal(f"{name}@example.org")


def actor(name: str) -> Actor:
    return Actor(principal=mail(name), via="person")


def people(**groups: tuple[str, ...]) -> Approvers:
    """Each person by name with her groups; her key's seed is her name."""
    return Approvers(people={mail(name): Approver(groups=of, keys=(key(name),)) for name, of in groups.items()})


TEAM = people(ada=("leads",), ben=("leads", "risk"), cara=("risk",))


def settings(**protected: bool) -> RegistrySettings:
    stages = {name: StageSettings(protected=is_so, policy=name if is_so else None) for name, is_so in protected.items()}
    return RegistrySettings(registry=REGISTRY, stages=stages)


def version(number: int, model: str = "fraud", **metrics: float) -> Version:
    """A version whose digest follows from its number (and metrics)."""
    digest = Digest.of(f"{model}/{number}".encode())
    use = DatasetUse(name="holdout", role="test", digest=Digest.of(b"holdout"), document=Digest.of(b"document"))
    pinned = {"auc": 0.9, **metrics}
    return Version(
        model=model,
        output="model",
        artifacts=Descriptor(media_type="application/vnd.gitreg.manifest.v1+json", digest=digest, size=1),
        datasets=(use,),
        metrics=tuple(
            PinnedMetric(key=name, dataset=use.digest, step=1, value=v) for name, v in sorted(pinned.items())
        ),
    )


def candidate(number: int, model: str = "fraud", **metrics: float) -> Candidate:
    return Candidate(version(number, model, **metrics), number)


@dataclass
class Signed:
    """Who says what with whose key."""

    name: str
    verdict: Verdict = "approve"
    seed: str = ""
    at: datetime | None = None

    def files(self, decision: Decision, folders: tuple[str, ...] | None = None, now: datetime = START) -> Files:
        seed = self.seed or self.name
        statement = Statement(
            decision=decision.digest, verdict=self.verdict, actor=actor(self.name), signed_at=self.at or now
        )
        data = statement.to_bytes()
        found: Files = {}
        for folder in folders or folders_of(decision):
            path = paths.statement(folder, public_key(seed).fingerprint)
            found |= {path: data, f"{path}.sig": sign(private_key(seed), data, NAMESPACE)}
        return found


def proposed(name: str = "ada") -> Signed:
    return Signed(name, "propose")


class Kept(dict[tuple[str, str], str]):
    """A verdict cache in a dict."""

    def verdict(self, commit: str, key: str) -> str | None:
        return self.get((commit, key))

    def put_verdict(self, commit: str, key: str, value: str) -> None:
        self[commit, key] = value


@dataclass
class World:
    """The first-parent line of main. Every commit moves the clock by a minute, every wish by a microsecond."""

    trees: list[MemoryTree] = field(default_factory=list)
    is_whole: bool = True
    cache: Kept | None = None
    names: list[str] = field(default_factory=list)
    made: int = 0
    wishes: int = 0

    @property
    def tree(self) -> MemoryTree:
        return self.trees[-1]

    @property
    def now(self) -> datetime:
        return START + timedelta(minutes=len(self.trees), microseconds=self.wishes)

    @property
    def line(self) -> Line:
        return Line(
            tuple(self.names), dict(zip(self.names, self.trees, strict=True)).__getitem__, is_whole=self.is_whole
        )

    def judge(self) -> Judge:
        return Judge(self.line, self.cache)

    def drafter(self) -> Drafter:
        return Drafter(self.judge())

    def wish(self, name: str = "ada", reason: str = "because") -> Wish:
        self.wishes += 1
        return Wish(actor(name), reason, self.now)

    def commit(self, edits: Mapping[str, bytes | None]) -> int:
        """Make a commit; answers its position."""
        self.trees.append((self.tree if self.trees else MemoryTree()).with_edits(edits))
        self.names.append(f"commit {self.made}")
        self.made += 1
        return len(self.trees) - 1

    def take_back(self) -> None:
        """The last commit never was."""
        self.trees.pop()
        self.names.pop()

    def signed(self, decision: Decision, *who: Signed | str) -> Files:
        found: Files = {}
        for each in who:
            found |= (Signed(each) if isinstance(each, str) else each).files(decision, now=self.now)
        return found

    def land(self, draft: Draft, *who: Signed | str, also: Files | None = None) -> int:
        """One commit with the draft, statements, and whatever an attacker adds."""
        return self.commit({**draft.edits, **self.signed(draft.decision, *who), **(also or {})})

    def promote(self, number: int, *, model: str = "fraud", stage: str = "production", by: str = "ada") -> Draft:
        return self.drafter().promote(candidate(number, model), [stage], self.wish(by))

    def promoted(self, number: int, *, by: str = "ada", approver: str = "ben", stage: str = "production") -> Draft:
        """A promotion that landed, approved."""
        draft = self.promote(number, by=by, stage=stage)
        self.land(draft, proposed(by), approver)
        return draft

    def rolled_back(self, to: int | None = None, *, by: str = "ada", target: Target = TARGET) -> Draft:
        return self.drafter().rollback(target, self.wish(by), to)

    def govern(self, edits: Files, by: str = "ada") -> Draft:
        draft = draft_govern(self.judge(), edits, self.wish(by))
        assert isinstance(draft, Draft)
        return draft

    def verdict(self, folder: str = FOLDER) -> Judgement:
        """The judgement of what stands in the folder."""
        judge = self.judge()
        step = judge.standing(folder)
        assert step is not None
        return judge.verdict(folder, step)

    def number(self, target: Target = TARGET) -> int | None:
        """The number of the version in force."""
        judge = self.judge()
        found = judge.in_force(target.folder)
        return judge.move(found).number if found else None


def unprotected() -> World:
    world = World()
    world.commit(creation_edits(default_settings(REGISTRY)))
    return world


def protected(approvers: Approvers = TEAM, policy: Policy | None = None, **stages: bool) -> World:
    """Protected from the first commit, with everybody in it: founded at once."""
    world = World()
    rules = settings(**(stages or {"staging": False, "production": True}))
    files: Files = dict(creation_edits(rules))
    for name, stage in rules.stages.items():
        if stage.protected:
            files[paths.policy(name)] = (policy or default_policy()).to_bytes()
    files[paths.APPROVERS] = approvers.to_bytes()
    files[paths.ALLOWED_SIGNERS] = render_allowed_signers(approvers)
    world.commit(files)
    return world


def left_to(
    name: str, *patterns: str, groups: tuple[str, ...] = (), by: tuple[str, ...] = (), branch: Branch = "main"
) -> RightsRule:
    """Paths that are left to some groups and people."""
    who = tuple(mail(each) for each in by)
    return RightsRule(name=name, branch=branch, paths=patterns, groups=groups, people=who)


def with_rights(*rules: RightsRule, world: World | None = None) -> World:
    """A protected registry in which governance left paths to people."""
    world = world or protected()
    world.land(world.govern({paths.RIGHTS: Rights(rules=rules).to_bytes()}), proposed(), "ben")
    assert world.verdict(GOVERNANCE).is_in_force
    return world


def rules_of(judgement: Judgement) -> set[str]:
    """The rules that stop it."""
    return {finding.rule for finding in judgement.findings if finding.severity == "block"}


P = TypeVar("P", bound=Part)


def changed(document: P, **changes: object) -> P:
    """The document with other fields. (`model_copy` would keep the old one's bytes.)"""
    fields = {name: getattr(document, name) for name in type(document).model_fields}
    return type(document)(**{**fields, **changes})


def redone(draft: Draft, **changes: object) -> Draft:
    """The draft with its decision changed, consistently, as a careful attacker would."""
    decision = changed(draft.decision, **changes)
    edits = {path: data for path, data in draft.edits.items() if not path.endswith("/decision.json")}
    folders = folders_of(decision)
    return Draft(decision, {**edits, **{paths.decision(each): decision.to_bytes() for each in folders}}, draft.evidence)


ACTIONS: tuple[Action, ...] = ("promote", "rollback", "withdraw", "hold", "lift", "govern")
