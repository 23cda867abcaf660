"""Looking at a registry as a whole: how it stands (`status`), what is wrong with this clone (`doctor`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitreg._registry.views import Ailment, Status
from gitreg.documents import WriterBinding
from gitreg.errors import CredentialsRefused, GitregError, InvalidDocument
from gitreg.store import describe_checkout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitreg._registry.parts import Parts
    from gitreg._registry.syncing import Syncer
    from gitreg._registry.views import SetView
    from gitreg.tracking import LiveRun

_STATES = {"lost": "Its process died.", "damaged": "Its journal cannot be read."}


class Examiner:
    """Answers `status` and `doctor`."""

    def __init__(self, parts: Parts, syncer: Syncer) -> None:
        """Nothing is looked at yet."""
        self._parts = parts
        self._syncer = syncer

    def status(self, why: str, sets: Iterable[SetView]) -> Status:
        """How things stand here, with those of all `sets` that do not agree.

        Only this clone is looked at; `remote_seen` says how old that may be.
        """
        parts, store = self._parts, self._parts.store
        live = tuple(parts.tracker.live())
        status = Status(
            path=store.path,
            why=why,
            registry=parts.settings.registry,
            main=store.main_tip(),
            remote=store.config.shown_url("origin"),
            remote_seen=store.met_remote(),
            blobs=parts.blobs.location,
            live=live,
            proposals=tuple(parts.proposals.list()),
            overrides=tuple(parts.record.overrides()),
            sets=tuple(each for each in sets if each.disagreeing),
            unpushed=self._syncer.unpushed(),
            runs=parts.index.run_count(),
            models=len(parts.index.models()),
            stages={name: stage.protected for name, stage in parts.settings.stages.items()},
        )
        return replace(status, next_steps=tuple(_next_steps(status, self._latest_model())))

    def doctor(self, *, break_locks: bool = False) -> list[Ailment]:
        """What is wrong with this clone; what is safe to mend is mended. `break_locks` removes git's locks, too."""
        found = [
            Ailment(each.kind, each.subject, each.message, severity="mended" if each.mended else "block")
            for each in self._parts.store.doctor(break_locks=break_locks)
        ]
        checks = (
            self._identity,
            self._unlocked,
            self._copied,
            self._edited,
            self._index,
            self._journals,
            self._remote,
            self._bytes,
            self._numbers,
        )
        return [*found, *(ailment for check in checks for ailment in check())]

    def _latest_model(self) -> str | None:
        models = self._parts.index.models()
        return models[0] if models else None

    def _identity(self) -> Iterator[Ailment]:
        if self._parts.store.author().is_fallback:
            message = "git does not know who you are: runs are recorded, but you cannot decide."
            hint = "git config --global user.email YOU@EXAMPLE.ORG"
            yield Ailment("identity", "user.email", message, hint, severity="warn")

    def _unlocked(self) -> Iterator[Ailment]:
        """Some network file systems refuse locks: nothing is lost there, but no lock left by a kill is ever broken."""
        store = self._parts.store
        if not store.has_flock:
            message = "This file system knows no locks: every race is decided by git's own refs alone."
            hint = "Let jobs record into a spool: gitreg spool init FOLDER"
            yield Ailment("locks", str(store.path), message, hint, severity="warn")

    def _copied(self) -> Iterator[Ailment]:
        """A clone that was copied with its git folder must not write under the original's id (format 27)."""
        store = self._parts.store
        try:
            binding = WriterBinding.from_bytes((store.layout.own / "writer.json").read_bytes())
        except (FileNotFoundError, InvalidDocument):
            return
        if binding.writer != store.writer:
            message = "This clone was copied, or moved to another machine; it writes under an id of its own now."
            yield Ailment("writer", str(store.path), message, severity="mended")

    def _edited(self) -> Iterator[Ailment]:
        """Edited files of main stand in the way of the next decision."""
        store = self._parts.store
        found = None if store.work_tree is None else describe_checkout(store.work_tree, store.surroundings)
        if found is not None and found.is_dirty and store.head() == store.branches.main:
            message = "Files of the decisions branch are edited and not committed."
            hint = "Governed files: gitreg govern -m WHY; others: git commit"
            yield Ailment("edited", str(store.work_tree), message, hint, severity="warn")

    def _index(self) -> Iterator[Ailment]:
        problem = self._parts.index.check()
        if problem:
            yield Ailment("index", "index.sqlite", f"The index was damaged ({problem}).", severity="mended")
        if self._parts.index.trouble:
            yield Ailment("index", "index.sqlite", self._parts.index.trouble, severity="warn")
        for path, reason in self._parts.index.unreadable().items():
            yield Ailment("document", path, reason, "gitreg fsck", severity="warn")

    def _journals(self) -> Iterator[Ailment]:
        for live in self._parts.tracker.live():
            if live.state in _STATES:
                yield Ailment(
                    "journal", _name(live), live.problem or _STATES[live.state], "gitreg runs recover", "warn"
                )

    def _remote(self) -> Iterator[Ailment]:
        try:
            remote = self._parts.remote()
            if remote is not None:
                remote.refs([self._parts.store.branches.main])
        except GitregError as error:
            severity = "block" if isinstance(error, CredentialsRefused) else "warn"
            yield Ailment("remote", error.subject or "origin", error.message, error.hint, severity)

    def _bytes(self) -> Iterator[Ailment]:
        """Whether the shared place answers, and what of the versions is not there yet."""
        blobs = self._parts.blobs
        named = [row.document.artifacts.digest for row in self._parts.index.versions()]
        if blobs.shared is None:
            if self._parts.ledger.has_remote() and named:
                message = "There is a remote, and the bytes lie in this clone only."
                yield Ailment("bytes", blobs.location, message, "gitreg use --blobs PLACE", "warn")
            return
        try:
            missing = blobs.missing_from_shared(named)
        except GitregError as error:
            yield Ailment("bytes", error.subject or blobs.shared.location, error.message, error.hint)
            return
        if missing:
            message = f"{len(missing)} versions have bytes that others cannot read yet."
            yield Ailment("bytes", blobs.shared.location, message, "gitreg sync", "warn")

    def _numbers(self) -> Iterator[Ailment]:
        """Versions without a number of their own: registered without the remote, or under one that others claimed."""
        models = self._parts.models
        for name in self._parts.index.models():
            count = len(models.numbering(name).unnumbered())
            if count:
                message = f"{count} of {name}'s versions have no number of their own yet."
                yield Ailment("number", name, message, "gitreg sync", "warn")


def _name(live: LiveRun) -> str:
    return live.header.name if live.header is not None else live.journal.name


def _next_steps(status: Status, model: str | None) -> Iterator[str]:
    """Commands that are likely next, the most pressing first; at most three are worth reading."""
    yield from _of_live(status.live)
    for proposal in status.proposals:
        yield f"gitreg {'merge' if proposal.state == 'approved' else 'proposals show'} {proposal.id}"
    yield from (each.mend(stage) for each in status.sets for stage in each.disagreeing)
    if status.unpushed is not None and (status.unpushed.main or status.unpushed.ledger):
        yield "gitreg sync"
    if not status.runs and not status.live:
        yield "gitreg run -- python train.py"
    elif status.runs and model is None:
        yield "gitreg register runs:/@last/model --name NAME"
    elif model is not None and not status.proposals:
        yield f"gitreg models show {model}"


def _of_live(runs: tuple[LiveRun, ...]) -> Iterator[str]:
    """What the runs of this machine wait for."""
    if {live.state for live in runs} & {"lost", "ended"}:
        yield "gitreg runs recover"
    for live in runs:
        if live.state == "open" and live.header is not None:
            yield f"gitreg runs finish {live.header.run_id.short}"
