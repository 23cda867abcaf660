"""The registry: everything that people and programs do with one, behind one door."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, Unpack

from gitreg import decisions
from gitreg._registry.bytes import check_place, put_report
from gitreg._registry.parts import Parts
from gitreg._user import User
from gitreg.blobs import unwatched
from gitreg.documents import CheckReport
from gitreg.errors import InvalidName, NotPublished, StageNotFound
from gitreg.registry import Label, ModelAddress, RunAddress, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from gitreg._registry.auditing import Audits
    from gitreg._registry.blaming import Blame
    from gitreg._registry.deploying import Deployments
    from gitreg._registry.differing import Difference
    from gitreg._registry.erasing import Eraser
    from gitreg._registry.examining import Examiner
    from gitreg._registry.exporting import Exports
    from gitreg._registry.forging import Forging
    from gitreg._registry.lockfiles import LockFiles
    from gitreg._registry.resolved import Pulled, Resolution, StageView
    from gitreg._registry.resolving import Resolver
    from gitreg._registry.sets import Sets
    from gitreg._registry.syncing import Syncer
    from gitreg._registry.trials import Trials
    from gitreg._registry.versions import Versions
    from gitreg._registry.views import (
        Ailment,
        Anchored,
        Checkup,
        Deciding,
        Status,
        Synced,
    )
    from gitreg.audit import AsOf, AuditReport
    from gitreg.blobs import LayeredBlobs, Progress, Watch
    from gitreg.data import Data
    from gitreg.decisions import (
        Candidate,
        Claim,
        Finding,
        Landing,
        Outcome,
        PolicyCheck,
        Proposals,
        Record,
        Said,
        StageChange,
    )
    from gitreg.documents import ManifestEntry, RegistrySettings, Tree
    from gitreg.evaluation import CsvColumns
    from gitreg.exchange import ImportReport, Origin, Wishes
    from gitreg.folding import FoldedRun
    from gitreg.gathering import CaseAnswer, PolicyDifference
    from gitreg.index import Index
    from gitreg.registry import Adding, Evaluated, Evaluations, Models, Reference, Registered
    from gitreg.signing import Signer
    from gitreg.store import Store
    from gitreg.tracking import Recovered, Run, Runs, Spool, SpoolPublished, Start

Owner: TypeAlias = Literal["process", "none"]


class Registry:
    """One registry, through one clone of it. Open it with `gitreg.open()`; close it, or use it in a `with` block.

    `runs`, `models` and `proposals` are its parts. Reads show what this clone knows, decisions meet the remote first;
    what was recorded without the remote is published by `sync`. Every error is a `gitreg.errors.GitregError`.
    """

    def __init__(self, store: Store, *, why: str = "", watch: Watch = unwatched) -> None:
        """`why` says how this registry was found, `watch` shows whoever waits for a run's uploads how far they are.

        Raises `RegistryNotFound` for a repository that is none.
        """
        self._parts = Parts(store, User(store.surroundings), watch)
        self._why = why
        _ = self._parts.settings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of files. Runs that are open go on; what is asked for later opens the files again."""
        self._parts.close()

    def __repr__(self) -> str:
        return f"Registry({str(self.path)!r})"

    # What it is made of

    @property
    def path(self) -> Path:
        """Where this clone is."""
        return self.store.path

    @property
    def store(self) -> Store:
        """The git repository."""
        return self._parts.store

    @property
    def settings(self) -> RegistrySettings:
        """`gitreg.json` as it stands now."""
        return self._parts.settings

    @property
    def blobs(self) -> LayeredBlobs:
        """Bytes by digest."""
        return self._parts.blobs

    @property
    def index(self) -> Index:
        """The derived index."""
        return self._parts.index

    @property
    def runs(self) -> Runs:
        """Recorded runs."""
        return self._parts.runs

    @property
    def models(self) -> Models:
        """Models and their versions."""
        return self._parts.models

    @property
    def evaluations(self) -> Evaluations:
        """What versions were evaluated on."""
        return self._parts.evaluations

    @property
    def data(self) -> Data:
        """Versions of data."""
        return self._parts.data

    @property
    def proposals(self) -> Proposals:
        """Proposals, decisions, people and holds."""
        return self._parts.proposals

    # Recording

    def start_run(self, experiment: str = "default", **said: Unpack[Start]) -> Run:
        """Begin a run and make it the active one; see `gitreg.tracking.Starter.start_run`, and `Start`."""
        return self._parts.recorder.start_run(experiment, **said)

    def attach(self, run_id: str, *, strict: bool | None = None, owner: Owner = "process") -> Run:
        """Record into a run that is open in this clone; see `gitreg.tracking.Tracker.attach`."""
        return self._parts.recorder.attach(run_id, strict=strict, owner=owner)

    def recover(self, message: str | None = None) -> list[Recovered]:
        """End the runs whose process is certainly gone, and publish all that has ended; `message` says why."""
        return self._parts.tracker.recover(message)

    def make_spool(self, folder: Path) -> Spool:
        """Make a folder that others record runs of this registry into without it; see `gitreg.tracking.Spool`."""
        from gitreg.tracking import Spool  # noqa: PLC0415 - see `_audits`

        return Spool.init(folder, self.settings.registry)

    def publish_spool(
        self, folder: Path, message: str | None = None, progress: Progress | None = None
    ) -> SpoolPublished:
        """Take what has ended in a spool to the ledger; `message` says why. See `SpoolPublisher.publish`."""
        from gitreg.tracking import Spool  # noqa: PLC0415 - see `_audits`

        return self._parts.tracker.publish_spool(Spool(folder), message, progress)

    # Registering and deciding

    def register(self, address: str, model: str, *, message: str | None = None) -> Registered:
        """Make what a run made, `runs:/RUN/OUTPUT`, a numbered version of a model.

        Its metrics are pinned as they ended, those of a checkpoint (`runs:/RUN/model@40`) as they stood at its step.

        Raises `InvalidName`, `RunNotFound`, `ArtifactNotFound` that lists what is there, `Refused` for a run that has
        not finished, `BlobNotFound`.
        """
        found = parse_address(address)
        if not isinstance(found, RunAddress):
            hint = "Write runs:/RUN/OUTPUT; gitreg runs list shows the runs."
            raise InvalidName(f"{address!r:.80} is a version's address, not a run's.", subject=address[:80], hint=hint)
        run = self.runs.get(found.run)
        output = self.models.output(run, found.path)
        stood = self.runs.stood_at(run, output)
        return self.models.register(run, output, model, stood=stood, message=message)

    def promote(
        self, version: Reference, stage: str, reason: str, *, because: str | None = None, **how: Unpack[Deciding]
    ) -> Outcome:
        """Put a version into a stage: it lands, or becomes a proposal (see `Proposals.promote`).

        `because` says why this version, where runs evaluated on the same data did better.
        Nothing points at a version whose bytes are missing: raises `BlobNotFound`, and once `NotPublished` where there
        is a remote and they are only here. Also raises `VersionNotFound`, and `NotPublished` for a version that has no
        number yet.
        """
        candidate = self._candidate(version, dry_run=how.get("dry_run", False))
        return self.proposals.promote(replace(candidate, because=because), stage, reason, **how)

    def override(
        self, version: Reference, stage: str, reason: str, *, signer: Signer | None = None, dry_run: bool = False
    ) -> Outcome:
        """Put a version into a stage in an emergency (see `Proposals.override`); raises as `promote` does."""
        candidate = self._candidate(version, dry_run=dry_run)
        return self.proposals.override(candidate, stage, reason, signer=signer, dry_run=dry_run)

    def add_check(
        self,
        proposal: str,
        check: CheckReport,
        signer: Signer,
        *,
        report: Path | None = None,
        reason: str | None = None,
    ) -> Said:
        """Sign what an external check of a proposal came to, with its report as a blob (see `Proposals.add_check`).

        Raises `InvalidValue` for a report over 64 MiB.
        """
        if report is not None:
            blob = put_report(self.blobs, report)
            self._parts.upload([blob.digest])
            check = CheckReport(name=check.name, status=check.status, report=blob)
        return self.proposals.add_check(proposal, signer, check, reason)

    def _candidate(self, version: Reference, *, dry_run: bool) -> Candidate:
        view = self.models.version(version)
        self._syncer.check_bytes(view)
        if not dry_run:
            self._parts.publish()
            view = self.models.version(view.digest)
        if view.number is None:
            message = f"{view.label} has no number yet: the remote could not be asked for one."
            raise NotPublished(message, subject=view.label, hint="gitreg sync")
        return decisions.Candidate(view.document, view.number)

    def evaluate(
        self,
        version: Reference,
        dataset: str,
        file: Path,
        columns: CsvColumns | None = None,
        **how: Unpack[Adding],
    ) -> Evaluated:
        """Record what a version predicted on a dataset, from a CSV file; see `Evaluations.add`, `columns_in_csv`."""
        from gitreg.evaluation import columns_in_csv, table_of  # noqa: PLC0415 - see `_audits`

        with file.open(encoding="utf-8", newline="") as lines:
            table = table_of(columns_in_csv(lines, **(columns or {})))
        return self.evaluations.add(version, dataset, table, **how)

    def check_policy(self, version: Reference, stage: str) -> PolicyCheck:
        """What the stage's policy says to a version, rule by rule; nothing is proposed.

        Raises `VersionNotFound`, `StageNotFound` for a stage that is not protected, and `NotPublished` for a version
        without a number.
        """
        view = self.models.version(version)
        if view.number is None:
            raise NotPublished(f"{view.label} has no number yet.", subject=view.label, hint="gitreg sync")
        return self.proposals.check(decisions.Candidate(view.document, view.number), stage)

    def try_policies(self) -> list[CaseAnswer]:
        """What the policies say to their example cases, as edited in the work tree. Raises `InvalidDocument`."""
        return self._trials.cases()

    def keep_example(self, version: Reference, stage: str, name: str) -> str:
        """Write a version as an example case into the work tree; its path. Raises as `check_policy`, `InvalidValue`."""
        return self._trials.keep(self.check_policy(version, stage), name)

    def policy_differences(self) -> list[PolicyDifference]:
        """What the policies edited in the work tree make looser or tighter. Raises `InvalidDocument`."""
        return self._trials.differences()

    @property
    def _trials(self) -> Trials:
        from gitreg._registry.trials import Trials  # noqa: PLC0415 - see `_audits`

        return Trials(self._parts)

    # Reading

    @cached_property
    def _resolver(self) -> Resolver:
        from gitreg._registry.resolving import Resolver  # noqa: PLC0415 - see `_audits`

        return Resolver(self._parts)

    def resolve(self, address: str) -> Resolution:
        """What an address stands for now; see `Resolver.resolve`."""
        return self._resolver.resolve(address)

    def stages(self, model: str) -> list[StageView]:
        """What each stage of a model holds."""
        return self._resolver.stages(model)

    def pull(self, address: str, target: Path | str, progress: Progress | None = None) -> Pulled:
        """Write the files of an address to a new folder, every byte checked; see `Resolver.pull`."""
        return self._resolver.pull(address, Path(target), progress)

    def diff(
        self, old: str, new: str, *, rows: bool = True, key: Sequence[str] = (), progress: Progress | None = None
    ) -> Difference:
        """What changed from one version or run to another, by their addresses; see `Differ.diff`, and `LookAtData`."""
        from gitreg._registry.differing import Differ, LookAtData  # noqa: PLC0415 - see `_audits`

        return Differ(self._parts, self._resolver).diff(old, new, LookAtData(rows, tuple(key), progress))

    def blame(self, address: str) -> Blame:
        """Each field of a stage or version, and the change since which it is so; see `Blamer.blame`."""
        from gitreg._registry.blaming import Blamer  # noqa: PLC0415 - see `_audits`

        return Blamer(self._parts, self._resolver).blame(address)

    def pull_run(
        self, run: FoldedRun, target: Path | str, progress: Progress | None = None
    ) -> tuple[ManifestEntry, ...]:
        """Write what a run made to a new folder, such as that of `runs.best`; see `Resolver.pull_run`."""
        return self._resolver.pull_run(run, Path(target), progress)

    def artifacts(self, address: str) -> tuple[ManifestEntry, ...]:
        """The files of an address."""
        return self._resolver.manifest(self.resolve(address)).files

    def log(self, model: str | None = None, stage: str | None = None, *, limit: int | None = None) -> list[Landing]:
        """What landed on main, newest first; at most `limit` entries, and only those are read.

        Raises `ModelNotFound` for a model that nobody decided about and nobody registered.
        """
        found = self._parts.record.log(model, stage, limit=limit)
        if model is not None and not found:
            self.models.get(model)
        return found

    def log_length(self, model: str | None = None, stage: str | None = None) -> int:
        """How many entries the whole log has."""
        return decisions.count_landings(self._parts.office.judge(), model, stage)

    def changes(self, base: str, head: str) -> list[StageChange]:
        """The stages in which another version is in force at `head` than at `base`."""
        return self._parts.record.changes(base, head)

    def validate(self, base: str, head: str, *, is_push: bool = False) -> list[Finding]:
        """Whether `head` is good for main: as a proposal merged into `base`, or as a push on it."""
        look = self._parts.record.look(base, head, is_push=is_push)
        return [*look.findings(), *self._gathered_again(look.claims()), *self._tried(look.changed_policies())]

    def _tried(self, tree: Tree | None) -> Iterator[Finding]:
        """Whether policies that change still say to their example cases what those expect."""
        if tree is not None and tree.object_id("policies/cases") is not None:
            from gitreg.gathering import case_findings  # noqa: PLC0415 - see `_audits`

            yield from case_findings(tree)

    def _gathered_again(self, claims: list[Claim]) -> Iterator[Finding]:
        """Whether the evidence says what anybody sees who looks; nothing is loaded where there is none."""
        if claims:
            from gitreg.gathering import differences_of  # noqa: PLC0415 - see there

            for claim in claims:
                yield from differences_of(claim, self._parts.observer)

    def check_facts(self, before: str, after: str) -> list[Finding]:
        """Whether the ledger went from one commit to another by its rules."""
        return self._parts.record.check_facts(before, after)

    def audit(self, *, root: str | None = None, since: str | None = None, against: bytes | None = None) -> AuditReport:
        """Judge main's whole past again, from the commits alone; see `gitreg.audit.Auditor.audit`.

        `root` is the founding's digest and `against` a checkpoint, both from somewhere else; what came up to the commit
        `since` is taken on trust. Raises `CannotTell`, `InvalidValue`, `InvalidDocument`, `RevisionNotFound`.
        """
        return self._audits.verify(root, since, against)

    def as_of(self, address: str, at: datetime, *, skew: timedelta | None = None) -> AsOf:
        """What a stage held at a moment of the past: one answer, or every possible one with who bounds it how.

        `address` is `models:/MODEL@STAGE`; people's clocks may have been off by `skew` (a day). Raises `InvalidName`
        for another address, `StageNotFound`.
        """
        from gitreg.audit import SKEW  # noqa: PLC0415 - see `_audits`

        named = parse_address(address)
        if not isinstance(named, ModelAddress) or not isinstance(named.selector, Label):
            raise InvalidName(f"{address} names no stage.", subject=address, hint="models:/MODEL@STAGE")
        stage = self.models.stage(named.selector.name)
        if stage is None:
            raise StageNotFound(f"There is no stage {named.selector.name}.", subject=address, hint="gitreg status")
        return self._audits.as_of(named.model, stage, at, SKEW if skew is None else skew)

    def checkpoint(self, key: str | Path, *, message: str | None = None) -> Anchored:
        """Audit main and sign how long it is, its root, and what the audit said; the note goes to the ledger.

        `key` is an Ed25519 key file without a passphrase. Raises `InvalidKey`.
        """
        return self._audits.checkpoint(Path(key), message)

    def countersign(self, note: bytes, key: str | Path, *, message: str | None = None) -> Anchored:
        """Sign somebody's checkpoint too, with the time, once this clone bears it out; see `checkpoint`.

        Raises `InvalidDocument`, `InvalidKey`, and `Refused` where today's history does not extend it.
        """
        return self._audits.countersign(note, Path(key), message)

    @property
    def _audits(self) -> Audits:
        from gitreg._registry.auditing import Audits  # noqa: PLC0415 - nobody else has to wait for it

        return Audits(self._parts)

    @cached_property
    def forging(self) -> Forging:
        """The forge that the remote is on, if it is on one. Raises `MissingExtra` without `gitreg[forges]`."""
        from gitreg._registry.forging import Forging  # noqa: PLC0415 - httpx may be missing, and takes its time

        return Forging(self._parts)

    @cached_property
    def deployments(self) -> Deployments:
        """What became of versions on targets, and what is live; see `Deployments`."""
        from gitreg._registry.deploying import Deployments  # noqa: PLC0415 - see `_audits`

        return Deployments(self._parts, self.resolve)

    @property
    def versions(self) -> Versions:
        """Versions of all models, to be searched; see `Versions`."""
        from gitreg._registry.versions import Versions  # noqa: PLC0415 - see `_audits`

        return Versions(self._parts)

    @property
    def locks(self) -> LockFiles:
        """Lock files of applications; see `LockFiles`."""
        from gitreg._registry.lockfiles import LockFiles  # noqa: PLC0415 - see `_audits`

        return LockFiles(self._parts, self.resolve)

    @property
    def sets(self) -> Sets:
        """Models that move together; see `Sets`."""
        from gitreg._registry.sets import Sets  # noqa: PLC0415 - see `_audits`

        return Sets(self._parts, self._candidate)

    @cached_property
    def erasing(self) -> Eraser:
        """What names some bytes, and how they are erased; see `Eraser`."""
        from gitreg._registry.erasing import Eraser  # noqa: PLC0415 - see `_audits`

        return Eraser(self._parts, self.artifacts)

    @property
    def exports(self) -> Exports:
        """Where things come from and went to, and all of it as a file for others; see `Exports`."""
        from gitreg._registry.exporting import Exports  # noqa: PLC0415 - see `_audits`

        return Exports(self._parts)

    def bring(self, origin: Origin, wishes: Wishes) -> ImportReport:
        """Import what another tool recorded; see `gitreg.exchange.import_all`."""
        from gitreg._registry.importing import bring  # noqa: PLC0415 - see `_audits`

        return bring(self._parts, origin, wishes)

    @property
    def record(self) -> Record:
        """What was decided: holds, people, stages, log."""
        return self._parts.record

    # Keeping it well

    @cached_property
    def _syncer(self) -> Syncer:
        from gitreg._registry.syncing import Syncer  # noqa: PLC0415 - see `_audits`

        return Syncer(self._parts)

    @cached_property
    def _examiner(self) -> Examiner:
        from gitreg._registry.examining import Examiner  # noqa: PLC0415 - see `_audits`

        return Examiner(self._parts, self._syncer)

    def sync(self, progress: Progress | None = None, *, message: str | None = None) -> Synced:
        """Publish what is only here, fetch what is only there; see `Syncer.sync`."""
        return self._syncer.sync(progress, message=message)

    def status(self) -> Status:
        """Which registry this is and why, and how things stand in this clone."""
        return self._examiner.status(self._why, self.sets.list())

    def doctor(self, *, break_locks: bool = False) -> list[Ailment]:
        """What is wrong with this clone; what is safe to mend is mended."""
        return self._examiner.doctor(break_locks=break_locks)

    def fsck(self, progress: Progress | None = None) -> Checkup:
        """Read everything and check it: git objects, documents, bytes."""
        from gitreg._registry.inspecting import Inspection  # noqa: PLC0415 - see `_audits`

        return Inspection(self._parts).run(progress)

    def use_blobs(self, place: str) -> None:
        """Share this registry's bytes through a folder or URL of the user's choice; nobody else's choice changes.

        Raises `StorageError` or `CredentialsRefused` where the place does not answer; then nothing has changed.
        """
        chosen = check_place(place, self.settings.registry, self.store.git_dir)
        self._parts.user.set_blobs(self.settings.registry, chosen)
        self._parts.forget_blobs()

    def freshen(self) -> None:
        """Fetch what the remote has, if nothing of this clone waits to be published; see `Syncer.freshen`."""
        self._syncer.freshen()
