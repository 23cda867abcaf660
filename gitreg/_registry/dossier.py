"""Everything about one decision in force, gathered for an evidence pack: each document with its own bytes."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from gitreg.blobs import read_manifest
from gitreg.decisions import UNREADABLE, AskedOf, Rulebook, hear, read_document
from gitreg.documents import Evidence, MemoryTree, check_artifact_path, paths
from gitreg.errors import GitregError, StageNotFound
from gitreg.packs import Bytes, Landed, Material, Signed, Standing
from gitreg.report import Signature, StageStanding
from gitreg.store import CommitId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitreg._registry.parts import Parts
    from gitreg.decisions import Heard, Landing
    from gitreg.decisions import Standing as Decided
    from gitreg.documents import Evaluation, Json, Manifest, Tree, Version
    from gitreg.lineage import Lineage

MAX_LOG = 2_000
"""Entries of a stage's log in a pack, the newest; the registry has all."""
MAX_EVALUATIONS = 1_000


class Dossier:
    """Reads main where the decision landed and came into force, and the ledger as it is now."""

    def __init__(self, parts: Parts, decided: Decided) -> None:
        """Raises `StageNotFound` for a withdrawal: there is no version to speak of."""
        if decided.version is None:
            raise StageNotFound(f"{decided.target} was withdrawn.", subject=str(decided.target))
        self._parts = parts
        self._decided = decided
        self._version: Version = decided.version
        self._missing: list[str] = []
        self._judge = judge = parts.office.judge()
        landed, since = decided.judgement.landed, decided.since
        self._has_before = landed is not None and landed.position > 0
        position = landed.position - 1 if landed is not None and self._has_before else 0
        self._before_commit = judge.history.commits[position]
        self._before: Tree = judge.tree(position) if self._has_before else MemoryTree()
        self._after_commit = since.commit if since else judge.history.commits[judge.tip]
        self._after = judge.tree(since.position) if since else judge.tree()
        self._heard = self._hear()

    @property
    def address(self) -> str:
        """`models:/fraud@production`."""
        return f"models:/{self._decided.target}"

    def manifest(self, *, is_needed: bool) -> Manifest | None:
        """The list of the model's files; None, with a word about it, where it cannot be read and nobody needs it."""
        try:
            found = read_manifest(self._parts.blobs, self._version.artifacts.digest)
            for entry in found.files:
                check_artifact_path(entry.path)
        except GitregError as error:
            if is_needed:
                raise
            self._missing.append(f"the list of the model's files: {error.message}")
            return None
        return found

    def material(
        self, lineage: Lineage, manifest: Manifest | None, signature: bytes | None, *, with_model: bool
    ) -> Material:
        """All of it."""
        standing, records = (
            self._standing(),
            self._parts.index.records([self._version.run] if self._version.run else []),
        )
        opened = self._parts.blobs.open if with_model else None
        rulebook = Rulebook(self._after)
        return Material(
            address=self.address,
            registry=self._parts.settings.registry,
            standing=standing,
            version=self._version,
            card=rulebook.card(self._decided.target.model),
            documents=dict(self._documents()),
            signed=tuple(self._signed()),
            runs=tuple(record for group in records.values() for record in group),
            datasets=tuple(
                each
                for each in self._parts.index.datasets()
                if each.digest in {use.document for use in self._version.datasets}
            ),
            evaluations=self._evaluations(),
            log=tuple(self._log()),
            lineage=_plain(lineage),
            holds=tuple(
                f"{each.reason} ({', '.join(each.stages) or 'every stage'})"
                for each in self._parts.record.holds(self._decided.target.model)
                if each.version == self._version.digest
            ),
            now=self._committed(self._parts.office.main),
            bytes=None if manifest is None else Bytes(manifest, opened, signature),
            missing=tuple(self._missing),
        )

    # --- main -------------------------------------------------------------------------------------------------------

    def _hear(self) -> tuple[Heard, ...]:
        question = AskedOf(self._decided.decision, self._decided.digest, Rulebook(self._before))
        return hear(self._after, self._decided.target.folder, question).heard

    def _committed(self, commit: str) -> datetime:
        """A commit's time, which is in its committer's zone."""
        return self._parts.store.commit(CommitId(commit)).committed_at.astimezone(UTC)

    def _standing(self) -> StageStanding:
        decided, folder = self._decided, self._decided.target.folder
        earlier = {each for each in self._judge.earlier(folder) if each != decided.move.version}
        return StageStanding(
            decision=decided.decision,
            digest=decided.digest,
            move=decided.move,
            commit=self._after_commit,
            since=self._committed(self._after_commit),
            approved_by=decided.approved_by,
            is_unreviewed=decided.is_unreviewed,
            signatures=tuple(Signature(each.key, each.statement, each.person, each.reason) for each in self._heard),
            version=self._version,
            evidence=read_document(self._after, paths.evidence(folder), Evidence),
            has_earlier=bool(earlier),
        )

    def _documents(self) -> Iterator[tuple[str, Standing]]:
        """What main has: the decision's files from where it came into force, the rules from before it landed."""
        target = self._decided.target
        after = {
            "decision/decision.json": paths.decision(target.folder),
            "decision/version.json": paths.stage_version(target.folder),
            "decision/evidence.json": paths.evidence(target.folder),
            "model/card.json": paths.model_card(target.model),
        }
        rules = {
            "decision/allowed_signers": paths.ALLOWED_SIGNERS,
            "rules/approvers.json": paths.APPROVERS,
            "rules/gitreg.json": paths.SETTINGS,
            "rules/rights.json": paths.RIGHTS,
            **self._policy(),
        }
        for tree, commit, wanted in (
            (self._after, self._after_commit, after),
            (self._before, self._before_commit, rules),
        ):
            for name, path in wanted.items():
                data = tree.read(path)
                if data is not None:
                    yield name, Standing(data, path, commit)

    def _policy(self) -> dict[str, str]:
        """The one that the stage had."""
        if not self._has_before:
            return {}
        try:
            found = Rulebook(self._before).stage(self._decided.target.stage)
        except UNREADABLE:
            return {}
        return {"rules/policy.json": paths.policy(found.policy)} if found and found.policy else {}

    def _signed(self) -> Iterator[Signed]:
        folder, owners = self._decided.target.folder, Rulebook(self._before).owners
        for each in self._heard:
            path, owner = paths.statement(folder, each.key), owners.get(each.key)
            yield Signed(
                each.key,
                each.statement,
                self._after.read(path) or b"",
                self._after.read(paths.signature(path)) or b"",
                each.person,
                owner is not None and (owner.key.valid_after or owner.key.valid_before) is not None,
                each.reason,
            )

    def _log(self) -> Iterator[Landed]:
        target = self._decided.target
        found = self._parts.record.log(target.model, target.stage, limit=MAX_LOG + 1)
        if len(found) > MAX_LOG:
            self._missing.append(f"all but the newest {MAX_LOG:,} entries of the stage's log.")
        yield from map(_landed, found[:MAX_LOG])

    # --- the ledger -------------------------------------------------------------------------------------------------

    def _evaluations(self) -> tuple[Evaluation, ...]:
        """Of the version, and of the run that made it; on the ledger they may come later than the decision."""
        try:
            found = self._parts.evaluations.list(self._version.digest)
        except GitregError as error:
            self._missing.append(f"evaluations: {error.message}")
            return ()
        if len(found) > MAX_EVALUATIONS:
            self._missing.append(f"{len(found) - MAX_EVALUATIONS} of {len(found)} evaluations.")
        return tuple(sorted(found, key=lambda each: each.digest)[:MAX_EVALUATIONS])


def _landed(landing: Landing) -> Landed:
    entry = landing.entry
    return Landed(
        landing.title,
        entry.place.commit,
        landing.at.astimezone(UTC),
        entry.digest,
        entry.judgement.outcome,
        entry.judgement.is_unreviewed,
        tuple(entry.judgement.people.have),
        entry.decision.reason if entry.decision else None,
    )


def _plain(lineage: Lineage) -> Json:
    """What the stage comes from, as JSON."""
    nodes = dict.fromkeys((*lineage.starts, *lineage.above.nodes))
    return {
        "start": [node.id for node in lineage.starts],
        "nodes": [{"id": each.id, "kind": each.kind, "name": each.name, "note": each.note} for each in nodes],
        "edges": [{"made": each.made, "origin": each.origin, "how": each.how} for each in lineage.above.edges],
        "whole": lineage.above.is_whole,
    }
