"""Spools as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.report import Line, counted, when

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg.cli import shapes
    from gitreg.errors import GitregError
    from gitreg.report import Block
    from gitreg.tracking import Run, Spool, SpoolPublished

_SHOWN = 20


def made(spool: Spool) -> shapes.Spool:
    """A spool."""
    return {"folder": str(spool.folder), "registry": spool.header.registry}


def made_page(spool: Spool) -> Iterator[Block]:
    """How to use it."""
    yield Line(f"Jobs record into {spool.folder} where this is set:")
    yield Line(f"  export GITREG_MODE=journal GITREG_SPOOL={spool.folder}")
    yield Line("What they recorded reaches the registry, now or every minute, by:")
    yield Line(f"  gitreg publish {spool.folder} --follow")


def recorded_page(run: Run, folder: Path) -> Iterator[Block]:
    """A run that is in a spool now."""
    yield Line(f"{run.status}: {run.name} ({run.run_id.short}) is in the spool {folder}.")
    for dropped in run.health.dropped:
        yield Line(f"  dropped {dropped.key}: {dropped.reason} ({dropped.count})")


def published(found: SpoolPublished) -> shapes.Spooled:
    """A pass over a spool."""
    return {
        "runs": [*found.runs],
        "commits": found.commits,
        "running": [
            {"run_id": run.run_id, "name": run.name, "host": run.host, "silent_since": facts.time(run.silent_since)}
            for run in found.running
        ],
        "damaged": [{"journal": each.path.name, "problem": each.error.message} for each in found.damaged],
    }


def published_page(found: SpoolPublished) -> Iterator[Block]:
    """The same in words."""
    running = len({run.run_id for run in found.running})
    done = f"{counted(len(found.runs), 'run')} in {counted(found.commits, 'commit')}" if found.runs else "nothing"
    yield Line(f"published {done}; {running} still running")
    silent = [run for run in found.running if run.silent_since is not None]
    for run in silent[:_SHOWN]:
        yield Line(f"  silent since {when(run.silent_since)}: {run.name} ({run.run_id.short}) on {run.host}")
    if len(silent) > _SHOWN:
        yield Line(f"  and {len(silent) - _SHOWN} more that are silent")
    for each in found.damaged:
        named = "" if each.path.name in each.error.message else f"{each.path.name}: "
        yield Line(f"  left in place: {named}{each.error.message}", tone="bad")


def waiting_page(error: GitregError) -> Iterator[Block]:
    """Nothing could be published now."""
    yield Line(f"waiting: {error.message}")
