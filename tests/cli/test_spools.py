"""A spool at the terminal: made where the registry is, recorded into without it, published."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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


@pytest.mark.timeout(60)
def test_following_publishes_what_comes_later(gitreg: Gitreg, tmp_path: Path) -> None:
    gitreg("init", "registry", at=tmp_path)
    here = tmp_path / "registry"
    gitreg("spool", "init", "../spool", at=here)
    environ = {**os.environ, "HOME": str(tmp_path), "GITREG_REPO": str(here)}
    words = [sys.executable, "-m", "gitreg", "publish", str(tmp_path / "spool"), "--follow", "--every", "0.1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environ) as following:
        spool = {"GITREG_MODE": "journal", "GITREG_SPOOL": str(tmp_path / "spool")}
        gitreg("run", "-e", "sweep", "--", "true", at=tmp_path, env=spool)
        assert following.stdout is not None
        said = following.stdout.readline()
        following.terminate()

    assert said == "published 1 run in 1 commit; 0 still running\n"


def test_doctor_says_where_locks_are_refused(gitreg: Gitreg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    gitreg("init", "registry", at=tmp_path)
    monkeypatch.setattr(fcntl, "flock", refuse)

    told = gitreg("doctor", at=tmp_path / "registry")

    assert "This file system knows no locks" in told.out
    assert "gitreg spool init FOLDER" in told.out
