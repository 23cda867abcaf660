"""A registry as a whole, as JSON and as pages."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from gitreg.cli.views import decisions, facts, sets
from gitreg.report import Cell, Command, Heading, Line, Table, counted, listed, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg._registry import Status
    from gitreg.cli import shapes
    from gitreg.report import Block, Tone
    from gitreg.tracking import LiveRun

_STATES: dict[str, tuple[str, Tone]] = {
    "active": ("recording", "good"),
    "open": ("open, started from a shell", "good"),
    "ended": ("ended, not published yet", "warn"),
    "lost": ("its process died", "bad"),
    "elsewhere": ("recorded on another machine", "dim"),
    "damaged": ("its journal cannot be read", "bad"),
}


def registry(found: Status) -> shapes.Registry:
    """Which registry this is."""
    return {
        "path": str(found.path),
        "registry": found.registry,
        "why": found.why,
        "blobs": found.blobs,
        "remote": found.remote,
        "stages": dict(found.stages),
    }


def init_page(found: Status, *, bare: bool) -> Iterator[Block]:
    """A registry that was just made, and the first steps in it."""
    yield Line(f"Made a registry at {found.path}.", "good")
    guarded = [stage for stage, protected in found.stages.items() if protected]
    free = [stage for stage, protected in found.stages.items() if not protected]
    if guarded:
        yield f"{listed(guarded)} needs approval by somebody who did not propose it (policies/{guarded[0]}.json)."
    if free:
        yield f"{listed(free)} {'are' if len(free) > 1 else 'is'} open: promoting there lands at once, unreviewed."
    yield "Next:"
    if bare:
        yield Command(f"git clone {quote(str(found.path))} registry")
        return
    if guarded:
        yield Command("gitreg approvers add YOU@EXAMPLE.ORG --key ~/.ssh/id_ed25519.pub")
    yield Command(f"gitreg use {quote(str(found.path))}")
    yield Command("gitreg run -e first -- python train.py")


def use_page(found: Status, written: str) -> Iterator[Block]:
    """Which registry is meant from now on."""
    yield Line(f"{found.path} is meant here.", "good")
    if written:
        yield Line(f"Written to {written}.", "dim")
    yield f"Bytes are kept in {found.blobs}."
    yield Command("gitreg status")


def status(found: Status) -> shapes.Status:
    """The state of things."""
    return {
        "registry": registry(found),
        "main": found.main,
        "remote_seen": facts.time(found.remote_seen),
        "runs": found.runs,
        "models": found.models,
        "live": [live(each) for each in found.live],
        "proposals": [decisions.proposal(view) for view in found.proposals],
        "overrides": [decisions.override(view) for view in found.overrides],
        "sets": [sets.model_set(each) for each in found.sets],
        "unpushed": {"main": found.unpushed.main, "ledger": found.unpushed.ledger} if found.unpushed else None,
        "next": [*found.next_steps],
    }


def live(each: LiveRun) -> shapes.Live:
    """A journal that has not reached the ledger."""
    header = each.header
    return {
        "run_id": header.run_id if header else None,
        "name": header.name if header else None,
        "experiment": header.experiment if header else None,
        "state": each.state,
        "journal": str(each.journal),
        "problem": each.problem,
    }


def status_page(found: Status) -> Iterator[Block]:
    """The state of things, the most pressing last: what to do next."""
    yield Line(f"Registry {found.path}", "strong")
    yield Line(f"  because {found.why}", "dim")
    yield f"  bytes in {found.blobs}"
    yield from _remote(found)
    stages = [f"{name} (protected)" if protected else name for name, protected in found.stages.items()]
    yield f"  {counted(found.runs, 'run')}, {counted(found.models, 'model')}; stages {listed(stages)}"
    if found.live:
        yield Heading("Runs of this machine")
        yield Table(("run", "name", "experiment", "state"), tuple(_live_row(each) for each in found.live))
    if found.proposals:
        yield Heading("Open proposals")
        yield from decisions.list_page(found.proposals)
    if found.overrides:
        yield Heading("Overrides")
        for view in found.overrides:
            yield decisions.override_line(view, f"{view.model}@{view.stage} is version {view.number}: ")
    if found.sets:
        yield Heading("Sets")
        yield from sets.disagreeing_page(found.sets)
    if found.next_steps:
        yield Heading("Next")
        yield from (Command(step) for step in found.next_steps)


def _remote(found: Status) -> Iterator[Block]:
    if found.remote is None:
        yield Line("  no remote: everything is in this clone alone", "dim")
        return
    seen = f"met {when(found.remote_seen)}" if found.remote_seen else "never synced from here"
    yield f"  remote {found.remote}, {seen}"
    if found.unpushed and (found.unpushed.main or found.unpushed.ledger):
        only = [counted(found.unpushed.main, "commit of main", "commits of main")] if found.unpushed.main else []
        only += [counted(found.unpushed.ledger, "fact")] if found.unpushed.ledger else []
        yield Line(f"  only here: {listed(only)}", "warn")


def _live_row(each: LiveRun) -> tuple[str | Cell, ...]:
    words, tone = _STATES.get(each.state, (each.state, "plain"))
    if each.header is None:
        return ("-", each.journal.name, "-", Cell(words, tone))
    return (each.header.run_id.short, each.header.name, each.header.experiment, Cell(words, tone))
