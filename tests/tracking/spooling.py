"""Small builders: spools, and the machines that record into them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from gitreg.documents import Actor, AttemptId, Hex32, Principal, RunId
from gitreg.tracking import Run, Spool, SpoolTracker
from gitreg.tracking.frames import FILE_MAGIC
from gitreg.tracking.journal import journal_name
from gitreg.tracking.records import EndRecord, JournalHeader, MetricRecord, ParamEvent, encode_record
from tests.tracking.builders import REGISTRY, machine

START_US = 1_790_000_000_000_000


def on(spool: Spool, home: Path, host: str = "node1", **environ: str) -> SpoolTracker:
    """What a process on another host, which started at its own time, records with."""
    around = replace(machine(home, **environ), host=host, boot_id=f"boot of {host}", pid_space=f"pid:[{host}]")
    return SpoolTracker(spool, around)


def recorded(tracker: SpoolTracker, experiment: str = "sweep", *, auc: float = 0.5, **said: str) -> Run:
    """A whole run."""
    with tracker.start_run(experiment, **said) as run:  # type: ignore[arg-type] # only texts are said here
        run.log_metric("auc", auc)
    return run


def header(number: int, **changes: object) -> JournalHeader:
    """The header of a journal that another host wrote."""
    made = JournalHeader(
        registry=REGISTRY,
        run_id=RunId.keyed(REGISTRY, "sweep", str(number)),
        experiment="sweep",
        name=f"task-{number}",
        parent=None,
        attempt=AttemptId(f"{number:032x}"),
        journal=Hex32(f"{number:032x}"),
        segment=False,
        owner="process",
        host="node1",
        boot_id="boot of node1",
        pid=1,
        pid_started="1",
        pid_space="pid:[node1]",
        started_at_us=START_US + number,
        actor=Actor(principal=Principal("ada@example.org"), via="person", host="node1"),
    )
    return made.model_copy(update=changes)


def write(spool: Spool, head: JournalHeader, *, has_ended: bool = True) -> Path:
    """A journal as it lies in a spool."""
    records = [head, ParamEvent(key="task", value=head.name), MetricRecord(id=0, key="auc", dataset=None)]
    ends = [EndRecord(status="finished", at_us=head.started_at_us + 1)] if has_ended else []
    path = spool.journals / journal_name(head)
    path.write_bytes(FILE_MAGIC + b"".join(encode_record(record) for record in (*records, *ends)))
    return path


def forget(path: Path, seconds: float) -> None:
    """Make a file look as if nobody had written to it for so long."""
    touched = path.stat().st_mtime - seconds
    os.utime(path, (touched, touched))
