"""Hosts that share a clone and a spool: real ones, as far as a kernel can make them, each in namespaces of its own.

Both programs have the same process id, and each sees only its own processes. Where they have different names they are
two nodes of a cluster; where they have one name and no locks, two containers of one machine on a network mount.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitreg.tracking import Spool
from gitreg.tracking.yard import has_end
from tests.tracking.builders import PRELUDE, REGISTRY, ROOT, Clone

pytestmark = pytest.mark.slow

BODY = """
import json
from gitreg.tracking import Spool, SpoolTracker
spool = Spool(Path(sys.argv[3]))
runs = [tracker.start_run("sweep"), SpoolTracker(spool, tracker.surroundings).start_run("sweep")]
for run in runs:
    run.log_metric("auc", 0.5)

def tell(**said):
    print(json.dumps(said), flush=True)

tell(pid=os.getpid(), host=tracker.surroundings.host, runs=[run.run_id for run in runs])
for line in sys.stdin:
    if line == "look\\n":
        recovered = [str(each.run_id) for each in tracker.recover()]
        published = tracker.publish_spool(spool)
        problems = [str(each.error) for each in published.damaged]
        tell(recovered=recovered, published=len(published.runs), problems=problems)
    else:
        for run in runs:
            run.finish()
        tell(ended=True)
"""


@dataclass
class Host:
    """A program in namespaces of its own, which has one run in the clone and one in the spool."""

    process: subprocess.Popen[str]
    hello: dict[str, Any]

    def ask(self, word: str) -> dict[str, Any]:
        """What it answers."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return self.heard(self.process)

    @staticmethod
    def heard(process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            process.kill()
            pytest.fail(process.communicate()[1])
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass
class Site:
    """What the hosts share."""

    clone: Clone
    spool: Spool

    @contextmanager
    def host(self, name: str, *, has_locks: bool = True) -> Iterator[Host]:
        namespaces = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        unprivileged = [] if os.geteuid() == 0 else ["--map-root-user"]
        python = [sys.executable, *([] if has_locks else ["-m", "tests.support.lockless", sys.executable])]
        named = ["sh", "-c", 'hostname "$0" && exec "$@"', name]
        places = [str(self.clone.store.path), str(self.clone.tracker.surroundings.home), str(self.spool.folder)]
        process = subprocess.Popen(
            [*namespaces, *unprivileged, *named, *python, "-c", PRELUDE + BODY, *places],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        with process:
            try:
                yield Host(process, Host.heard(process))
            finally:
                process.kill()

    def statuses(self, host: Host) -> tuple[str, bool]:
        """How the host's run in the clone stands, and whether its journal in the spool has an end (or is away)."""
        in_clone, in_spool = host.hello["runs"]
        (path,) = [*self.spool.journals.glob(f"{in_spool}.*"), *self.spool.published.glob(f"*/{in_spool}.*")]
        return self.clone.runs.get(in_clone).status, has_end(path)


@pytest.fixture
def site(clone: Clone, tmp_path: Path) -> Site:
    return Site(clone, Spool.init(tmp_path / "spool", REGISTRY))


@pytest.fixture(params=[("node1", "node2", True), ("pod", "pod", False)], ids=["two nodes", "two containers, no locks"])
def hosts(request: pytest.FixtureRequest, site: Site) -> Iterator[tuple[Host, Host]]:
    one, two, has_locks = request.param
    with ExitStack() as stack:
        yield (
            stack.enter_context(site.host(one, has_locks=has_locks)),
            stack.enter_context(site.host(two, has_locks=has_locks)),
        )


def test_neither_host_can_say_that_the_others_runs_were_killed(site: Site, hosts: tuple[Host, Host]) -> None:
    one, two = hosts
    assert one.hello["pid"] == two.hello["pid"]
    for host in hosts:
        assert host.ask("look") == {"recovered": [], "published": 0, "problems": []}
    assert [site.statuses(host) for host in hosts] == [("running", False), ("running", False)]
    for host in hosts:
        host.ask("end")
    assert two.ask("look")["published"] == 2
    assert [site.statuses(host) for host in hosts] == [("finished", True), ("finished", True)]


def test_not_even_when_they_were(site: Site, hosts: tuple[Host, Host]) -> None:
    """It cannot know: the one that fell silent may be behind a partition, and still compute."""
    one, two = hosts
    one.process.kill()
    one.process.wait()
    assert two.ask("look") == {"recovered": [], "published": 0, "problems": []}
    assert site.statuses(one) == ("running", False)
    assert [each.last.value for each in site.clone.runs.get(one.hello["runs"][0]).metrics] == [0.5]
