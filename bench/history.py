"""What was decided, long ago and often: 200 models, 10,000 landings, 50 people whose clocks are wrong.

The script that makes the registry knows when everything really landed, and every answer of `as-of` is held against
that: an answer that leaves the truth out ends the benchmark. Checkpoints are signed by a witness whose clock is right.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import gitreg
from bench._figures import ROUNDS, Figure, Measure, compare, timed
from bench.lists import GTO, GTO_NEEDS
from bench.tracking import peer_python
from gitreg.audit import Roots, path_of_note
from gitreg.documents import (
    Actor,
    Approver,
    Approvers,
    Checkpoint,
    Decision,
    Descriptor,
    Digest,
    Evidence,
    Key,
    Move,
    Note,
    Principal,
    RegistryId,
    RegistrySettings,
    StageSettings,
    Statement,
    Subject,
    Version,
    WriterId,
    paths,
)
from gitreg.policy import default_policy
from gitreg.signing import NAMESPACE, FileSigner, SignedNote, render_allowed_signers, sign
from gitreg.store import Store
from gitreg.surroundings import Surroundings

MODELS, LANDINGS, PEOPLE, ASKED = 200, 10_000, 50, 1_000
APART = timedelta(minutes=30)
SKEW_H = 20
CHECKPOINT_EVERY = 50
FACTS = 40_000
TAGS = (500, 1_500)
START = datetime(2026, 1, 1, tzinfo=UTC)
REGISTRY = RegistryId("0123456789abcdef0123456789abcdef")
POLICY = default_policy()
PROMISED_S = 0.1
_ADA = Actor(principal=Principal("ada@example.org"), via="person")


@dataclass
class Somebody:
    """A person with a key and a clock that is off."""

    email: str
    private: bytes
    line: Key
    fingerprint: str
    skew: timedelta


@dataclass
class Made:
    """The registry, and what its maker knows."""

    origin: Path
    people: list[Somebody]
    landed: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    standing: dict[str, tuple[Digest, Subject]] = field(default_factory=dict)
    statements: dict[str, tuple[str, ...]] = field(default_factory=dict)
    checkpoints: list[tuple[datetime, int]] = field(default_factory=list)

    def truth(self, model: str, at: datetime) -> int | None:
        known = self.landed.get(model, [])
        place = bisect_right(known, at, key=lambda each: each[0])
        return known[place - 1][1] if place else None


def run(models: int = MODELS, landings: int = LANDINGS, asked: int = ASKED, rounds: int = ROUNDS) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        made = make(home, models, landings)
        clone = home / "clone"
        subprocess.run(["git", "clone", "--quiet", home / "origin.git", clone], check=True)
        return [
            *reading(made, clone, asked, rounds),
            *_checking(clone, rounds),
            *_growing(clone, home / "grown", rounds),
            *_peers(home, clone, rounds),
        ]


# --- making it --------------------------------------------------------------------------------------------------------


def make(home: Path, models: int, landings: int) -> Made:
    """Landings by squash: one commit each, signed by its proposer and one other, as gitreg itself would write them.

    `git fast-import` stores them, which takes a minute where landing them one by one takes ten.
    """
    drawn = random.Random(7)  # noqa: S311 - the same registry each time
    people = [_somebody(number, drawn) for number in range(PEOPLE)]
    made = Made(home / "origin.git", people)
    Store.init(made.origin, _surroundings(home), bare=True).close()
    witness = home / "witness"
    witness.write_bytes(people[0].private)
    with _Importer(made.origin) as main, _Importer(made.origin) as ledger:
        roots = Roots()
        main.commit("main", _founding(people), "registry: created", START, roots)
        for number in range(landings):
            at = START + number * APART
            model = "fraud" if number % (models // 4) == 0 else f"model-{drawn.randrange(models - 1)}"
            facts, edits = _landing(made, model, at, drawn)
            ledger.commit("ledger", facts, f"{model}: registered", at)
            tip = main.commit("main", edits, f"{model}: production", at, roots)
            if number % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
                seen = at + APART / 2
                said = Checkpoint(REGISTRY, number + 2, roots.root, main.id_of(tip), "pass", seen)
                note = SignedNote(said.to_text()).signed(witness, people[0].email)
                ledger.commit("ledger", {path_of_note(note): note.to_bytes()}, "checkpoint", seen)
                made.checkpoints.append((seen, number + 2))
    subprocess.run(["git", "repack", "-a", "-d", "-q"], cwd=made.origin, check=True)
    return made


class _Importer:
    """One branch written by `git fast-import`."""

    def __init__(self, repository: Path, starts: Mapping[str, str] | None = None) -> None:
        """`starts` says on which commit a branch goes on that is not there yet."""
        words = ["git", "fast-import", "--quiet", "--force"]
        self._git = subprocess.Popen(words, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._marks = 0
        self._starts = dict(starts or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._git.communicate(b"done\n")

    def commit(
        self, branch: str, edits: dict[str, bytes | None], subject: str, at: datetime, roots: Roots | None = None
    ) -> int:
        """One more commit on a branch, its leaf added to the roots; the mark by which `id_of` knows it."""
        self._marks += 1
        lines = [f"commit refs/heads/{branch}\nmark :{self._marks}\n".encode()]
        lines.append(f"committer Ada <ada@example.org> {int(at.timestamp())} +0000\n".encode())
        lines.append(b"data %d\n%b\n" % (len(subject) + 1, f"{subject}\n".encode()))
        start = self._starts.pop(branch, None)
        lines += [f"from {start}\n".encode()] if start is not None else []
        for path, data in edits.items():
            if data is None:
                lines.append(f"D {path}\n".encode())
            else:
                lines.append(b"M 100644 inline %b\ndata %d\n%b\n" % (path.encode(), len(data), data))
        self._write(b"".join(lines))
        if roots is not None:
            roots.add(_leaf(edits))
        return self._marks

    def id_of(self, mark: int) -> str:
        """The id of a commit."""
        self._write(f"get-mark :{mark}\n".encode())
        return self._git.stdout.readline().decode().strip() if self._git.stdout is not None else ""

    def _write(self, data: bytes) -> None:
        if self._git.stdin is not None:
            self._git.stdin.write(data)
            self._git.stdin.flush()


def _leaf(edits: dict[str, bytes | None]) -> bytes:
    """What a commit changed, as `gitreg.audit.roots` writes it: no landing here leaves a file as it was."""
    lines = (
        f"{'-' if data is None else Digest.of(data).hex}  {path}\n"
        for path, data in sorted(edits.items(), key=lambda each: each[0].split("/"))
    )
    return "".join(lines).encode()


def _somebody(number: int, drawn: random.Random) -> Somebody:
    key = Ed25519PrivateKey.from_private_bytes(drawn.randbytes(32))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    private = key.private_bytes(*pem)
    raw = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    kind, _, body = key.public_key().public_bytes(*raw).decode().partition(" ")
    line = Key(type=kind, key=body)
    # The first of them is the witness.
    skew = timedelta(hours=drawn.uniform(-SKEW_H, SKEW_H)) if number else timedelta(0)
    with tempfile.NamedTemporaryFile() as file:
        file.write(private)
        file.flush()
        fingerprint = FileSigner.open(Path(file.name)).public_key.fingerprint
    return Somebody(f"person{number}@example.org", private, line, fingerprint, skew)


def _founding(people: list[Somebody]) -> dict[str, bytes | None]:
    everybody = {Principal(each.email): Approver(groups=("leads",), keys=(each.line,)) for each in people}
    approvers = Approvers(people=everybody)
    stages = {"production": StageSettings(protected=True, policy="production")}
    return {
        paths.SETTINGS: RegistrySettings(registry=REGISTRY, stages=stages).to_bytes(),
        paths.ATTRIBUTES: paths.ATTRIBUTES_CONTENT,
        paths.APPROVERS: approvers.to_bytes(),
        paths.ALLOWED_SIGNERS: render_allowed_signers(approvers),
        paths.policy("production"): POLICY.to_bytes(),
    }


def _landing(
    made: Made, model: str, at: datetime, drawn: random.Random
) -> tuple[dict[str, bytes | None], dict[str, bytes | None]]:
    """What a landing adds to the ledger before, and what it changes on main."""
    folder = paths.stage_folder(model, "production")
    before = made.standing.get(model)
    number = len(made.landed.setdefault(model, [])) + 1
    version = _version(model, number)
    subject = Subject(model=model, number=number, version=version.digest)
    baseline = before[1] if before else None
    evidence = Evidence(
        action="promote",
        stage="production",
        candidate=subject,
        baseline=baseline,
        policy="production",
        policy_digest=POLICY.digest,
        model_card=None,
        verdict="pass",
    )
    files = {paths.stage_version(folder): version.to_bytes(), paths.evidence(folder): evidence.to_bytes()}
    proposer, approver = drawn.sample(made.people[1:], 2)
    move = Move(
        model=model, stage="production", number=number, version=version.digest, replaces=before[0] if before else None
    )
    decision = Decision(
        registry=REGISTRY,
        action="promote",
        moves=(move,),
        files={path: Digest.of(data) for path, data in files.items()},
        reason="Better.",
        proposer=_actor(proposer),
        proposed_at=at - APART / 3 + proposer.skew,
        expires_at=at + timedelta(days=3650),  # the last is validated by today's clock
    )
    statements = {
        **_statement(folder, decision, proposer, "propose", at - APART / 3),
        **_statement(folder, decision, approver, "approve", at - APART / 6),
    }
    gone = dict.fromkeys(made.statements.get(model, ()))
    made.statements[model] = tuple(statements)
    made.landed[model].append((at, number))
    made.standing[model] = (decision.digest, subject)
    facts: dict[str, bytes | None] = {paths.version(model, number, version.digest): version.to_bytes()}
    return facts, {**gone, **files, **statements, paths.decision(folder): decision.to_bytes()}


def _version(model: str, number: int) -> Version:
    manifest = Descriptor(
        media_type="application/vnd.gitreg.manifest.v1+json", digest=Digest.of(f"{model}/{number}".encode()), size=1
    )
    return Version(model=model, output="model", artifacts=manifest)


def _actor(who: Somebody) -> Actor:
    return Actor(principal=Principal(who.email), via="person")


def _statement(folder: str, decision: Decision, who: Somebody, verdict: str, at: datetime) -> dict[str, bytes]:
    said = Statement(
        decision=decision.digest,
        verdict=verdict,  # type: ignore[arg-type]
        actor=_actor(who),
        signed_at=at + who.skew,
    )
    path = paths.statement(folder, who.fingerprint)  # type: ignore[arg-type]
    return {path: said.to_bytes(), paths.signature(path): sign(who.private, said.to_bytes(), NAMESPACE)}


def _surroundings(home: Path) -> Surroundings:
    return Surroundings({"HOME": str(home)}, "here", "boot", "machine", lambda: datetime.now(UTC), home)


# --- asking it --------------------------------------------------------------------------------------------------------


def reading(made: Made, clone: Path, asked: int, rounds: int) -> list[Figure]:
    """What asking costs in a fresh clone; ends the program where an answer leaves out the truth."""
    with gitreg.open(clone) as registry:
        first = timed(lambda: registry.resolve("models:/fraud@production"))
        ledger = timed(registry.deployments.live)
        built = timed(registry.record.log)
        costs, single, separated = _ask(made, registry, asked)
        log = [timed(lambda: registry.record.log("fraud", limit=50)) for _ in range(rounds)]
    p50 = median(costs)
    landings = sum(map(len, made.landed.values()))
    return [
        Figure(f"first resolve in a fresh clone, {landings:,} landings", first, first, 1.0),
        Figure(f"first look at the ledger, {landings:,} versions", ledger, first, first / ledger),
        Figure(f"every landing judged once, {landings:,} landings", built, built, 1.0),
        Figure("as-of, warm, p50", p50, PROMISED_S, PROMISED_S / p50, target=1.0, floor_name="100 ms promised",
               rounds=asked),
        Figure("as-of with one answer", single, separated, single / max(separated, 1), "", 1.0, "checkpoint between"),
        Figure("log of one model, warm", median(log), PROMISED_S, PROMISED_S / median(log), target=1.0,
               floor_name="100 ms promised", rounds=rounds),
    ]  # fmt: skip


def _ask(made: Made, registry: gitreg.Registry, asked: int) -> tuple[list[float], int, int]:
    """What each answer cost; how many were single; and in how many cases checkpoints leave one answer possible."""
    drawn, costs, single, separated = random.Random(11), [], 0, 0  # noqa: S311 - the same questions
    names = sorted(made.landed)
    last = max(each[-1][0] for each in made.landed.values())
    for _ in range(asked):
        model = drawn.choice(names)
        at = START + drawn.random() * (last - START)
        began = time.perf_counter()
        found = registry.as_of(f"models:/{model}@production", at)
        costs.append(time.perf_counter() - began)
        truth = made.truth(model, at)
        numbers = [each.standing.move.number for each in found.candidates]
        if not (found.may_be_nothing if truth is None else truth in numbers):
            raise SystemExit(f"as-of {at} for {model} left out the truth: {truth} is not in {numbers}")
        if _is_separated(made, model, at):
            separated += 1
            single += found.is_certain
            if not found.is_certain:
                raise SystemExit(f"as-of {at} for {model} has {len(numbers)} answers, where checkpoints leave one")
    return costs, single, separated


def _is_separated(made: Made, model: str, at: datetime) -> bool:
    """Whether no landing of the model lies between the checkpoints on both sides of the moment."""
    times = [when for when, _ in made.checkpoints]
    place = bisect_right(times, at)
    if not 0 < place < len(times):
        return False
    return not any(times[place - 1] <= when <= times[place] for when, _ in made.landed[model])


# --- checking it ------------------------------------------------------------------------------------------------------


def _checking(clone: Path, rounds: int) -> list[Figure]:
    whole = _program(clone, "audit", "verify")(0)
    since = subprocess.run(["git", "rev-parse", "HEAD~100"], cwd=clone, capture_output=True, text=True, check=True)
    rest = _program(clone, "audit", "verify", "--from", since.stdout.strip())(0)
    validate = _validate(clone)
    return [
        Figure("audit verify of everything", whole, whole, 1.0),
        Figure("audit verify of the last 100 commits", rest, whole, whole / rest, floor_name="of everything"),
        Figure("validate of one landing, cold", median(validate(n) for n in range(rounds)), whole, 1.0),
    ]


def _validate(clone: Path) -> Measure:
    """The last landing, as the proposal that it was."""
    return _program(clone, "validate", "--base", "HEAD~1", "--head", "HEAD")


def _growing(clone: Path, grown: Path, rounds: int) -> list[Figure]:
    """`validate` beside itself where the ledger holds many facts more: it must not take longer for them."""
    shutil.copytree(clone, grown, symlinks=True)
    at = START + timedelta(days=3650)
    note = Note(
        rev=1, writer=WriterId("a" * 32), subject="models/fraud", name="tag.NUMBER", value="x", actor=_ADA, at=at
    ).to_bytes()
    folder = paths.model_notes("fraud")
    facts: dict[str, bytes | None] = {
        paths.note(folder, f"tag.{number}"): note.replace(b"NUMBER", str(number).encode()) for number in range(FACTS)
    }
    with _Importer(grown, {"ledger": "refs/remotes/origin/ledger^0"}) as ledger:
        ledger.commit("ledger", facts, "tags", at)
    name = f"validate, with {FACTS:,} facts more on the ledger"
    return [compare(name, _validate(grown), {"without them": _validate(clone)}, target=0.8, rounds=rounds)]


def _program(clone: Path, *words: str) -> Measure:
    """gitreg as a program, which has to find nothing wrong."""
    program = [str(Path(sys.executable).with_name("gitreg")), "-C", str(clone), *words]
    return lambda _: timed(lambda: subprocess.run(program, capture_output=True, check=True))


# --- beside others ----------------------------------------------------------------------------------------------------


def _peers(home: Path, clone: Path, rounds: int) -> list[Figure]:
    log = _program(clone, "log", "fraud", "--stage", "production")
    git = _other(["git", "log", "--oneline", "--", "models/fraud/stages/production"], clone)
    figures = [compare("log fraud, cold", log, {"git log with a path": git}, rounds=rounds)]
    for tags in TAGS:
        resolve = _program(clone, "resolve", "models:/fraud@production")
        peer = _other([str(peer_python(GTO, *GTO_NEEDS).with_name("gto")), "show"], _tagged(home / f"gto-{tags}", tags))
        figures.append(
            compare(f"resolve, cold, beside {tags:,} tags of GTO", resolve, {"gto show": peer}, rounds=rounds)
        )
    return figures


def _other(words: list[str], folder: Path) -> Measure:
    return lambda _: timed(lambda: subprocess.run(words, cwd=folder, capture_output=True, check=True))


def _tagged(folder: Path, tags: int) -> Path:
    """A repository with as many of GTO's tags: versions of 50 models, each assigned to a stage."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for number in range(tags // 2):
        model, version = number % 50, number // 50 + 1
        if model == 0:  # it takes no two versions of a model on one commit
            words = ["commit", "--quiet", "--allow-empty", "-m", f"version {version}"]
            subprocess.run(["git", *who, *words], cwd=folder, check=True)
        for tag in (f"model{model}@v0.{version}.0", f"model{model}#prod#{version}"):
            subprocess.run(["git", *who, "tag", "-a", tag, "-m", tag], cwd=folder, check=True)
    return folder
