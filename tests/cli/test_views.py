"""Pages of what is rare: runs that disagree, were refused values, fell silent, lie on other machines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitreg._registry import Synced
from gitreg.cli.printing import lines_of
from gitreg.cli.views import runs, sharing
from gitreg.documents import (
    Actor,
    Attempt,
    AttemptId,
    Dropped,
    Environment,
    Principal,
    RunId,
    RunRecord,
    Source,
    WriterId,
)
from gitreg.folding import FoldedRun, fold
from gitreg.store import CommitId, SyncReport
from gitreg.terminal import Terminal
from gitreg.tracking import Health, Recovered

if TYPE_CHECKING:
    from gitreg.report import Blocks

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PIPE = Terminal(is_terminal=False, colour=False, width=80)


def text(blocks: Blocks) -> str:
    return "\n".join(line for block in blocks for line in lines_of(block, PIPE))


def attempt(number: int, **fields: Any) -> Attempt:  # noqa: ANN401 - any field of an attempt
    given: dict[str, Any] = {"host": "node", "status": "running", "started_at": AT.replace(minute=number), **fields}
    return Attempt(id=AttemptId(f"{number:032x}"), **given)


def folded(*attempts: Attempt) -> FoldedRun:
    return fold(
        [
            RunRecord(
                rev=1,
                writer=WriterId("0" * 32),
                run_id=RunId("imported-1"),
                experiment="churn",
                name="brave-otter",
                actor=Actor(principal=Principal("ada@example.org"), via="person"),
                attempts=attempts,
            )
        ]
    )


def test_what_a_run_has_to_say_about_itself_is_shown() -> None:
    source = Source(commit="a" * 40, dirty=True, command=("python", "train.py"))
    run = folded(
        attempt(1, params={"depth": 4}, tags={"a": "b"}),
        attempt(
            2,
            host="other",
            params={"depth": 8},
            dropped=(Dropped(key="loss", reason="not a number.", count=3),),
            source=source,
            environment=Environment(python="3.11"),
        ),
    )
    run = replace(run, note="too deep", deleted="a typo", layer="journal")
    shown = text(runs.show_page(run))
    for said in (
        "Note: too deep",
        "Deleted: a typo",
        "not published yet",
        "disagree about depth: 4, then 8",
        "Dropped 3 values of loss: not a number.",
        "command      python train.py",
        "with uncommitted changes",
        "Python 3.11 on ?",
        "2, the last on other",
    ):
        assert said in shown
    assert runs.status_cell(run).text == "running, deleted"
    assert runs.whole(run)["conflicts"] == [{"key": "depth", "values": [4, 8]}]


def test_a_run_that_fell_silent_is_not_called_dead() -> None:
    run = replace(folded(attempt(1)), silent_since=AT)
    assert runs.status_cell(run).text == "running, silent since 2026-11-21 09:00Z"


def test_a_run_that_could_not_be_published_says_so() -> None:
    run = folded(attempt(1, status="finished", dropped=(Dropped(key="x", reason="no.", count=1),)))
    trouble = Health(trouble=None, waiting=0, lost=0, dropped=(), unpublished="The ledger is checked out and edited.")
    shown = text(runs.finished_page(run, trouble))
    assert "Not published yet: The ledger" in shown
    assert "gitreg sync" in shown
    assert "Dropped 1 value of x" in shown


def test_a_journal_that_is_damaged_is_left_and_named() -> None:
    found = [Recovered(Path("j"), None, None, "It is damaged."), Recovered(Path("k"), RunId("r1"), "killed")]
    shown = text(runs.recovered_page(found))
    assert "j was left as it is: It is damaged." in shown
    assert "Published r1, killed." in shown


def test_a_sync_tells_what_it_did() -> None:
    report = SyncReport(
        main=CommitId("a" * 40),
        ledger=None,
        fetched=("refs/heads/main",),
        pushed=(f"refs/gitreg/approvals/x/{'b' * 64}",),
        removed=("refs/heads/proposals/x",),
        conflicts=("refs/heads/proposals/y",),
    )
    shown = text(sharing.synced_page(Synced(report, (RunId("r1"),), (), {"fraud/~3f2a9c01": 3})))
    assert shown.splitlines() == [
        "Published 1 run.",
        "fraud/~3f2a9c01 is now fraud/3.",
        "Fetched: main.",
        "Pushed: approvals/x/bbbbbbbb.",
        "Gone: proposals/x.",
        "proposals/y changed on both sides; it was left as it is.",
        "In step with the remote.",
    ]
