"""MLflow's tracking server over SQLite, at its best on one machine: one worker, and no jobs beside it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.tracking import peer_python

NAME = "MLflow's server"
_WAITED_S = 120.0


@contextlib.contextmanager
def mlflow_server(home: Path) -> Iterator[str]:
    """Its address, from when it answers until the `with` ends. Raises `TimeoutError`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{home}/mlflow.db", "--default-artifact-root", str(home / "artifacts")]
    program = [str(peer_python().with_name("mlflow")), *words]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ |= {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(program, env=environ, stdout=log, stderr=log, cwd=home, start_new_session=True)
        try:
            _wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def _wait_for(url: str) -> None:
    """`/health` answers before its worker does, so an experiment is asked for."""
    until = time.monotonic() + _WAITED_S
    while time.monotonic() < until:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            asked = f"{url}/api/2.0/mlflow/experiments/get?experiment_id=0"
            with urllib.request.urlopen(asked, timeout=5):  # noqa: S310 - it is http, on this machine
                return
        time.sleep(0.1)
    message = f"{NAME} did not answer in {_WAITED_S:g} s"
    raise TimeoutError(message)
