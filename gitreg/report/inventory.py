"""The inventory: every model with its owner, what is in its stages since when, and what is due."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING

from gitreg.report.compared import named
from gitreg.report.layout import Cell, Heading, Line, Table
from gitreg.report.spelling import counted, guarded, listed, when
from gitreg.report.standing import Condition, StageStanding, conditions_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from gitreg.documents import ModelCard
    from gitreg.report.layout import Block

COLUMNS = (
    *("model", "owner", "tier", "use", "stage", "version", "digest", "since", "approved_by", "unreviewed"),
    *("in_force", "conditions", "next_due", "overdue", "proposals", "holds"),
)


@dataclass(frozen=True)
class WaitingProposal:
    """An open proposal about a model."""

    id: str
    title: str
    state: str
    stages: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """A version that may not go to these stages; to none, where no stage is named."""

    version: str
    stages: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class ModelEntry:
    """One model with all that is known of its stages."""

    model: str
    card: ModelCard | None
    stages: tuple[StageStanding, ...] = ()
    proposals: tuple[WaitingProposal, ...] = ()
    holds: tuple[Held, ...] = ()


def today_of(now: datetime) -> date:
    """The day, in UTC: conditions are due by days."""
    return now.astimezone(UTC).date()


def inventory_page(entries: Sequence[ModelEntry], now: datetime) -> Iterator[Block]:
    """The models, then what is due, what waits, and what is held."""
    due = [(each, stage, found) for each in entries for stage in each.stages for found in conditions_of(stage)]
    late = sum(1 for _, _, found in due if found.is_overdue(today_of(now)))
    yield Heading("Models")
    overdue = f", {counted(late, 'condition')} overdue" if late else ""
    yield Line(f"{counted(len(entries), 'model')} as of {when(now)}{overdue}.", "bad" if late else "plain")
    if entries:
        yield _models(entries)
    if due:
        yield Heading("Conditions and reviews")
        yield _due([(stage, found) for _, stage, found in due], today_of(now))
    yield from _waiting(entries)


def _models(entries: Sequence[ModelEntry]) -> Table:
    columns = ("model", "owner", "tier", "stage", "version", "since", "approved by", "use")
    rows = tuple(row for each in entries for row in _rows(each))
    return Table(columns, rows, whole=("model", "stage", "version", "since"))


def _rows(entry: ModelEntry) -> Iterator[tuple[str | Cell, ...]]:
    card = entry.card
    owner, tier, use = (card.owner, card.tier, card.use) if card else (None, None, None)
    head = (Cell(entry.model, "strong"), owner or "-", tier or "-")
    if not entry.stages:
        yield (*head, "-", "-", "-", "-", use or "-")
    for stage in entry.stages:
        yield (*head, stage.move.stage, version_of(stage), when(stage.since), _approved(stage), use or "-")


def version_of(stage: StageStanding) -> str:
    """What is in the stage, as people call it."""
    return named(stage.move.number, stage.move.version) if stage.move.version else "none"


def _approved(stage: StageStanding) -> Cell:
    if stage.trouble:
        return Cell(f"NOT IN FORCE NOW: {stage.trouble}", "bad")
    if stage.is_unreviewed:
        return Cell("unreviewed", "warn")
    return Cell(listed(stage.approved_by) or "-")


def _due(found: Sequence[tuple[StageStanding, Condition]], today: date) -> Table:
    in_order = sorted(found, key=lambda pair: (pair[1].due or date.max, pair[0].move.model, pair[1].text))
    rows = tuple(
        (
            Cell(str(each.due or "-"), "bad" if each.is_overdue(today) else "plain"),
            Cell("OVERDUE", "bad") if each.is_overdue(today) else "",
            f"{stage.move.model}@{stage.move.stage}",
            each.text,
            each.person,
        )
        for stage, each in in_order
    )
    return Table(("due", "", "where", "condition", "asked by"), rows, whole=("due",))


def _waiting(entries: Sequence[ModelEntry]) -> Iterator[Block]:
    waiting = {proposal.id: proposal for entry in entries for proposal in entry.proposals}
    if waiting:
        yield Heading("Open proposals")
        rows = tuple((Cell(each.id, "strong"), each.title, each.state) for each in waiting.values())
        yield Table(("proposal", "what", "state"), rows, whole=("proposal",))
    held = [(entry, hold) for entry in entries for hold in entry.holds]
    if held:
        yield Heading("Holds")
        rows = tuple(
            (Cell(f"{entry.model}/{hold.version}", "strong"), listed(hold.stages) or "all", hold.reason)
            for entry, hold in held
        )
        yield Table(("version", "stages", "why"), rows, whole=("version",))


def inventory_csv(entries: Sequence[ModelEntry], now: datetime) -> str:
    """One line for each model and stage (RFC 4180). No cell begins as a spreadsheet's formula would."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in entries:
        for stage in entry.stages or (None,):
            writer.writerow([guarded(value) for value in _line(entry, stage, today_of(now))])
    return text.getvalue()


def _line(entry: ModelEntry, stage: StageStanding | None, today: date) -> list[str]:
    card = entry.card
    known = [entry.model, *((card.owner or "", card.tier or "", card.use or "") if card else ("", "", ""))]
    proposals = [each.id for each in entry.proposals if stage is None or stage.move.stage in each.stages]
    holds = [f"{hold.version}: {hold.reason}" for hold in entry.holds]
    return [*known, *_of_stage(stage, today), "; ".join(proposals), "; ".join(holds)]


def _of_stage(stage: StageStanding | None, today: date) -> list[str]:
    if stage is None:
        return [""] * (len(COLUMNS) - 6)
    conditions = [*conditions_of(stage)]
    dates = sorted(each.due for each in conditions if each.due)
    return [
        stage.move.stage,
        str(stage.move.number or ""),
        str(stage.move.version or ""),
        when(stage.since),
        "; ".join(stage.approved_by),
        "yes" if stage.is_unreviewed else "no",
        "no" if stage.trouble else "yes",
        "; ".join(each.text for each in conditions),
        str(dates[0]) if dates else "",
        "yes" if any(each.is_overdue(today) for each in conditions) else "no",
    ]
