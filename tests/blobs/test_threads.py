from __future__ import annotations

import subprocess
import sys

import pytest

from gitreg.blobs._threads import Threads


def test_threads_share_the_work() -> None:
    with Threads(2) as pool:
        assert list(pool.map(lambda number: number + 1, range(10))) == list(range(1, 11))


def test_a_pool_that_takes_no_more_work_has_it_done_by_its_caller() -> None:
    pool = Threads(2)
    pool.shutdown()
    assert pool.submit(lambda: 1).result() == 1
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result()


def test_work_goes_on_while_the_interpreter_exits() -> None:
    body = """
import atexit
from gitreg.blobs._threads import Threads
def work():
    with Threads(2) as pool:
        print(sum(pool.map(int, "123")))
atexit.register(work)
"""
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "6"
