"""Sets as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.report import Cell, Heading, Line, Table, counted, listed, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg._registry import Member, SetStage, SetView
    from gitreg.cli import shapes
    from gitreg.report import Block


def model_set(found: SetView) -> shapes.ModelSet:
    """One set."""
    return {
        "name": found.name,
        "models": [*found.models],
        "stages": [
            {"stage": each.stage, "agrees": each.agrees, "members": [_member(member) for member in each.members]}
            for each in found.stages
        ],
    }


def _member(found: Member) -> shapes.SetMember:
    return {
        "model": found.model,
        "version": found.number,
        "digest": found.version,
        "decision": found.decision,
        "set": found.of_set,
        "trouble": found.trouble,
    }


def list_page(found: Sequence[SetView]) -> Iterator[Block]:
    """A line for each set."""
    if not found:
        yield "There are no sets. Make one: gitreg sets create NAME MODEL MODEL... -m WHY"
        return
    rows = tuple(
        (
            Cell(each.name, "strong"),
            str(len(each.models)),
            Cell(_agreement(each), "warn" if each.disagreeing else "good"),
        )
        for each in found
    )
    yield Table(("set", "models", "agree"), rows, whole=("set",))


def _agreement(found: SetView) -> str:
    if found.disagreeing:
        return f"not in {listed(found.disagreeing)}"
    return "yes" if found.stages else "in no stage yet"


def show_page(found: SetView) -> Iterator[Block]:
    """Each stage with its members; those that stand out are told."""
    yield Line(f"{found.name}: {counted(len(found.models), 'model')}", "strong")
    if not found.stages:
        yield f"In no stage yet: {', '.join(found.models)}"
    for stage in found.stages:
        yield Heading(f"{stage.stage}: {'they agree' if stage.agrees else 'they do not agree'}")
        rows = tuple(
            (
                each.model,
                "-" if each.number is None else str(each.number),
                short(each.decision),
                each.of_set or "alone",
                Cell(each.trouble, "bad"),
            )
            for each in stage.members
        )
        yield Table(("model", "version", "decision", "moved by", ""), rows, whole=("model",))
        yield from _hint(found, stage)


def _hint(found: SetView, stage: SetStage) -> Iterator[Block]:
    if not stage.agrees:
        yield Line(f"To bring them together: {found.mend(stage.stage)}", "dim")


def disagreeing_page(found: Sequence[SetView]) -> Iterator[Block]:
    """Sets whose models do not agree: which is where."""
    for each in found:
        for stage in each.stages:
            if not stage.agrees:
                where = listed([f"{member.model} {_standing(member)}" for member in stage.members])
                yield Line(f"{each.name} does not agree in {stage.stage}: {where}", "warn")


def _standing(member: Member) -> str:
    by = f"by {member.of_set}" if member.of_set else "alone"
    return f"at {member.number} ({by})" if member.number is not None else "not there"
