"""What stands in stages, put together from main alone; and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from gitreg.cli.views import deployments, facts
from gitreg.decisions import AskedOf, Rulebook, hear, read_document, standing_of
from gitreg.documents import (
    Alternatives,
    Evidence,
    MemoryTree,
    ModelCard,
    Version,
    format_time,
    paths,
    plain,
)
from gitreg.errors import CannotTell, GitregError, InvalidDocument, NotInForce, StageNotFound
from gitreg.registry import Live, following
from gitreg.report import (
    Held,
    ModelEntry,
    Signature,
    StageStanding,
    WaitingProposal,
    comparisons,
    conditions_of,
    today_of,
    undo,
)
from gitreg.store import CommitId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from gitreg._registry import Registry
    from gitreg.cli import shapes
    from gitreg.decisions import Judge, Standing, Target
    from gitreg.documents import Tree

LiveThere: TypeAlias = tuple[Live, str]
"""What a target runs, and in words how it differs from what is in force."""


def standing_at(registry: Registry, address: str) -> StageStanding:
    """What stands at `models:/MODEL@STAGE`. Raises as `resolve`, and `StageNotFound` for what is no stage."""
    found = registry.resolve(address)
    if found.stage is None or found.model is None:
        hint = f"gitreg models show {found.model}" if found.model else "gitreg models list"
        message = f"{address!r:.120} names no stage, and only what is in a stage was decided by anybody."
        raise StageNotFound(message, subject=address[:120], hint=hint)
    standing = registry.record.resolve(found.model, found.stage)
    return stood(registry, registry.record.office.judge(), standing)


def stood(registry: Registry, judge: Judge, standing: Standing, trouble: str = "") -> StageStanding:
    """A decision in force with its signatures and evidence, each read from the commit where it counts."""
    folder = standing.target.folder
    landed, since = standing.judgement.landed, standing.since
    after = judge.tree(since.position) if since else judge.tree()
    before = judge.tree(landed.position - 1) if landed and landed.position else MemoryTree()
    versions = {each for each in judge.earlier(folder) if each != standing.move.version}
    return StageStanding(
        decision=standing.decision,
        digest=standing.digest,
        move=standing.move,
        commit=since.commit if since else "",
        since=registry.store.commit(CommitId(since.commit)).committed_at if since else None,
        approved_by=standing.approved_by,
        is_unreviewed=standing.is_unreviewed,
        signatures=tuple(_signatures(standing, after, before)),
        version=standing.version,
        evidence=read_document(after, paths.evidence(folder), Evidence),
        has_earlier=bool(versions),
        trouble=trouble,
    )


def _signatures(standing: Standing, after: Tree, before: Tree) -> Iterator[Signature]:
    """Every signature verified anew: those that fit, whoever's they are, then those that do not."""
    hearing = hear(after, standing.target.folder, AskedOf(standing.decision, standing.digest, Rulebook(before)))
    for each in sorted(hearing.heard, key=lambda each: (each.statement.signed_at, each.key)):
        yield Signature(each.key, each.statement, each.person, each.reason)
    for finding in hearing.findings:
        if finding.rule != "approval-ignored":
            yield Signature(None, None, None, finding.message, holds=False)


def inventory_of(registry: Registry) -> list[ModelEntry]:
    """Every model of the ledger and of main, by name."""
    record = registry.record
    judge, targets = record.office.judge(), record.stages()
    rulebook = Rulebook(record.office.snapshot())
    names = {view.name for view in registry.models.list()} | {target.model for target in targets}
    open_ones, holds = registry.proposals.list(), record.holds()
    return [
        ModelEntry(
            name,
            _card(rulebook, name),
            tuple(_stages(registry, judge, [target for target in targets if target.model == name])),
            tuple(
                WaitingProposal(view.id, view.title, view.state, tuple(move.stage for move in view.decision.moves))
                for view in open_ones
                if name in {move.model for move in view.decision.moves}
            ),
            tuple(
                Held(str(hold.number) if hold.number else f"~{hold.version.hex[:8]}", hold.stages, hold.reason)
                for hold in holds
                if hold.model == name
            ),
        )
        for name in sorted(names)
    ]


def _card(rulebook: Rulebook, model: str) -> ModelCard | None:
    try:
        return rulebook.card(model)
    except InvalidDocument:  # fsck says so
        return None


def live_there(standing: StageStanding, live: Sequence[Live]) -> list[LiveThere]:
    """Of what runs on targets what follows this stage, each with how it differs from what is in force there."""
    move = standing.move
    approved = (move.number, move.version) if move.version is not None else None
    return [(each, each.drift(approved)) for each in following(live, move.model, move.stage)]


def live_of(entries: Sequence[ModelEntry], live: Sequence[Live]) -> list[LiveThere]:
    """The same of every stage, each target and model once."""
    return [*dict.fromkeys(found for each in entries for stage in each.stages for found in live_there(stage, live))]


def _stages(registry: Registry, judge: Judge, targets: list[Target]) -> Iterator[StageStanding]:
    for target in targets:
        judgement = judge.in_force(target.folder)
        if judgement is not None:
            found = standing_of(judge, target, judgement)
            yield stood(registry, judge, found, _trouble(registry, judge, found))


def _trouble(registry: Registry, judge: Judge, standing: Standing) -> str:
    """Why what stands there now is not what is in force; empty where it is."""
    folder, since = standing.target.folder, standing.since
    if since and judge.tree(since.position).object_id(folder) == judge.tree().object_id(folder):
        return ""
    try:
        registry.record.resolve(standing.target.model, standing.target.stage)
    except StageNotFound:  # withdrawn
        return ""
    except (NotInForce, CannotTell) as error:
        return error.message
    except GitregError as error:
        return f"It cannot be read: {error.message}"
    return ""


# As JSON


def why(address: str, standing: StageStanding, now: datetime, live: Sequence[LiveThere]) -> shapes.Why:
    """Everything that the screen says, for programs."""
    move, decision, evidence = standing.move, standing.decision, standing.evidence
    observations = evidence.observations if evidence else ()
    return {
        "address": address,
        "model": move.model,
        "stage": move.stage,
        "version": move.number,
        "digest": move.version,
        "since": facts.time(standing.since),
        "commit": standing.commit,
        "decision": standing.digest,
        "action": decision.action,
        "proposer": decision.proposer.principal,
        "proposed_at": format_time(decision.proposed_at),
        "reason": decision.reason,
        "unreviewed": standing.is_unreviewed,
        "approved_by": [*standing.approved_by],
        "signatures": [_signature(each) for each in standing.signatures],
        "conditions": _conditions(standing, today_of(now)),
        "policy": evidence.policy if evidence else None,
        "verdict": evidence.verdict if evidence else None,
        "compared": [plain(each) for each in comparisons(evidence)] if evidence else [],
        "alternatives": [plain(each) for each in observations if isinstance(each, Alternatives)],
        "built_from": _built(standing.version),
        "undo": undo(standing),
        "live": [deployments.live(*each) for each in live],
    }


def _signature(each: Signature) -> shapes.Signature:
    said = each.statement
    return {
        "person": each.person,
        "key": each.key,
        "verdict": said.verdict if said else None,
        "reason": said.reason if said else None,
        "signed_at": format_time(said.signed_at) if said else None,
        "holds": each.holds,
        "counts": each.holds and not each.trouble,
        "trouble": each.trouble,
    }


def _conditions(standing: StageStanding, today: date) -> list[shapes.Condition]:
    return [
        {
            "person": each.person,
            "text": each.text,
            "due": str(each.due) if each.due else None,
            "overdue": each.is_overdue(today),
        }
        for each in conditions_of(standing)
    ]


def _built(version: Version | None) -> shapes.Built | None:
    if version is None:
        return None
    source, environment = version.source, version.environment
    return {
        "run_id": version.run,
        "output": version.output,
        "repository": source.repository if source else None,
        "commit": source.commit if source else None,
        "dirty": source.dirty if source else None,
        "python": environment.python if environment else None,
        "lock": environment.lock.digest if environment and environment.lock else None,
        "datasets": facts.datasets(version.datasets),
        "artifacts": facts.descriptor(version.artifacts),
    }


def inventory(entries: list[ModelEntry], now: datetime, live: Sequence[Live]) -> list[shapes.InventoryModel]:
    """The inventory for programs."""
    return [_model(entry, today_of(now), live) for entry in entries]


def _model(entry: ModelEntry, today: date, live: Sequence[Live]) -> shapes.InventoryModel:
    card = entry.card
    return {
        "model": entry.model,
        "owner": card.owner if card else None,
        "tier": card.tier if card else None,
        "use": card.use if card else None,
        "stages": [_stage(each, today, live) for each in entry.stages],
        "proposals": [each.id for each in entry.proposals],
        "holds": [{"version": each.version, "stages": [*each.stages], "reason": each.reason} for each in entry.holds],
    }


def _stage(each: StageStanding, today: date, live: Sequence[Live]) -> shapes.InventoryStage:
    return {
        "stage": each.move.stage,
        "version": each.move.number,
        "digest": each.move.version,
        "since": facts.time(each.since),
        "approved_by": [*each.approved_by],
        "unreviewed": each.is_unreviewed,
        "trouble": each.trouble,
        "conditions": _conditions(each, today),
        "live": [deployments.live(*found) for found in live_there(each, live)],
    }
