"""A spool at the terminal: made where the registry is, recorded into without it, published."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.cli.views import spooling
from gitreg.documents import RunId
from gitreg.report import Line
from gitreg.tracking import OpenRun, SpoolPublished
from tests.cli.transcript import Transcript

if TYPE_CHECKING:
    from tests.cli.conftest import Gitreg


def test_a_cluster_records_into_a_spool_and_a_login_node_publishes_it(gitreg: Gitreg, tmp_path: Path) -> None:
    story = Transcript(gitreg, tmp_path)
    story.run("init registry", tmp_path)
    here, node = tmp_path / "registry", tmp_path / "node"
    node.mkdir()
    spool = {"GITREG_MODE": "journal", "GITREG_SPOOL": str(tmp_path / "spool")}
    story.run("run -e sweep -- true", node, code=2, env={"GITREG_MODE": "journal"})
    story.run("run -e sweep -- true", node, code=5, env=spool)
    story.run("spool init ../spool", here)
    story.run("spool init ../spool", here)
    story.run("run -e sweep --name first -- true", node, env=spool)
    story.run("run -e sweep --name second -- false", node, code=1, env=spool)
    story.run("run -e sweep -m why -- true", node, code=2, env=spool)
    story.run("publish", here, code=2)
    story.run("publish ../spool -m 'Monday night.'", here)
    story.run("publish", here, env=spool)
    story.run("runs list", here)
    (tmp_path / "spool/journals/noise.journal").write_bytes(b"noise")
    story.run("publish ../spool", here, code=1)
    story.run("init other", tmp_path)
    story.run("publish ../spool", tmp_path / "other", code=4)
    story.check("spool")


def test_a_pass_is_told_in_one_sentence() -> None:
    since = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
    running = (
        OpenRun(RunId("0" * 32), "brave-otter-417", "node7", since),
        OpenRun(RunId("1" * 32), "calm-fox-2", "node8", None),
    )
    runs = tuple(RunId(f"{number:032x}") for number in range(498))

    page = [*spooling.published_page(SpoolPublished(runs, 5, running, ()))]

    assert page == [
        Line("published 498 runs in 5 commits; 2 still running"),
        Line("  silent since 2026-11-21 08:30Z: brave-otter-417 (00000000) on node7"),
    ]
