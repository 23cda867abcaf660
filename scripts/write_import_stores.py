"""Writes the small stores that the tests of `gitreg import` read, with the real tools.

    python3 -m venv /tmp/mlflow && /tmp/mlflow/bin/pip install mlflow==3.17.2
    MLFLOW_ALLOW_FILE_STORE=true /tmp/mlflow/bin/python scripts/write_import_stores.py files mlflow-3.17.2-files.zip

Each store in `tests/exchange/stores/` is named by the tool and the version that wrote it:

    mlflow-3.17.2-sqlite.zip  mlflow-3.17.2-files.zip    MLflow 3.17.2
    mlflow-2.22.5-sqlite.zip  mlflow-2.22.5-files.zip    MLflow 2.22.5 with SQLAlchemy 2.0
    mlflow-3.17.2-server.zip    what `mlflow server` 3.17.2 answered to an import by the gitreg that GITREG names
    wandb-0.31.0.zip            wandb 0.31.0, offline
    tensorboardx-2.6.5.zip      tensorboardX 2.6.5: scalars as floats, hyperparameters, a text, a run in two files
    gto-1.10.1.zip              gto 1.10.1
    dvc-3.67.1.zip              dvc 3.67.1 with dvclive 3.49.1
    tensorboard-2.21.0.zip      tensorboard 2.21.0: scalars as tensors, hyperparameters
"""

# ruff: noqa: S310, S603 - it starts real tools and talks to the server that it started

from __future__ import annotations

import base64
import http.server
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any, ClassVar

T0 = 1_760_000_000_000


def populate(mlflow: Any) -> None:  # noqa: ANN401 - the module
    """Experiments, runs, series, datasets, artifacts and models of all kinds that the import knows."""
    client = mlflow.MlflowClient()
    mlflow.set_experiment("fraud")
    client.set_experiment_tag(mlflow.get_experiment_by_name("fraud").experiment_id, "team", "risk")
    versions = [train(mlflow, client, depth) for depth in (3, 4)]
    odd_runs(mlflow, client)
    gone = client.create_experiment("gone")
    client.log_param(client.create_run(gone).info.run_id, "a", "1")
    client.delete_experiment(gone)
    name_models(client, versions)


def train(mlflow: Any, client: Any, depth: int) -> str:  # noqa: ANN401 - as above
    """A finished run with everything, a child, and a model registered from it; its id."""
    with mlflow.start_run(run_name=f"depth-{depth}", description="The *first* try.") as run:
        mlflow.log_params({"depth": depth, "lr": 0.1, "verbose": True, "loss": "log_loss", "eps": "1e-3"})
        for step in range(20):
            client.log_metric(run.info.run_id, "auc", 0.5 + step * depth / 200, timestamp=T0 + step * 1000, step=step)
        client.log_metric(run.info.run_id, "val/loss", math.nan, timestamp=T0, step=0)
        client.log_metric(run.info.run_id, "val/loss", 0.25, timestamp=T0 + 1, step=0)
        client.log_metric(run.info.run_id, "worst", math.inf, timestamp=T0, step=-1)
        client.log_metric(run.info.run_id, "worst", -math.inf, timestamp=T0, step=2)
        mlflow.log_text("hello", "notes/readme.txt")
        mlflow.log_dict({"a": 1}, "config.json")
        mlflow.set_tag("colour", "grün")
        log_table(mlflow)
        with mlflow.start_run(run_name="child", nested=True):
            mlflow.log_param("fold", 1)
        logged = log_model(mlflow)
        mlflow.register_model(logged.model_uri, "fraud model")
    return str(run.info.run_id)


def log_table(mlflow: Any) -> None:  # noqa: ANN401 - as above
    """A dataset with its schema."""
    import pandas as pd  # noqa: PLC0415 - only MLflow's environment has it

    table = pd.DataFrame({"amount": [1.0, 2.0], "country": ["de", "fr"]})
    mlflow.log_input(mlflow.data.from_pandas(table, source="s3://bucket/train.parquet", name="train"), "training")


def log_model(mlflow: Any) -> Any:  # noqa: ANN401 - as above
    """A small pyfunc model."""

    class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
        def predict(self, context: Any, model_input: list[str]) -> list[str]:  # noqa: ANN401, ARG002 - MLflow's
            return model_input

    name = {"name": "model"} if mlflow.__version__ >= "3" else {"artifact_path": "model"}
    return mlflow.pyfunc.log_model(python_model=Model(), pip_requirements=["numpy"], input_example=["a"], **name)


def odd_runs(mlflow: Any, client: Any) -> None:  # noqa: ANN401 - as above
    """Failed, killed, deleted, still running; a secret in a tag."""
    experiment = mlflow.get_experiment_by_name("fraud").experiment_id
    for status in ("FAILED", "KILLED", "RUNNING", "FINISHED"):
        run = client.create_run(experiment, start_time=T0, run_name=status.lower())
        client.log_metric(run.info.run_id, "auc", 0.5, timestamp=T0, step=0)
        client.set_terminated(run.info.run_id, status, end_time=T0 + 5000) if status != "RUNNING" else None
    client.delete_run(run.info.run_id)
    odd = client.create_run(experiment, start_time=T0, run_name="secretive")
    client.set_tag(odd.info.run_id, "aws", "AKIA" + "IOSFODNN7QXAMPLX")
    client.log_param(odd.info.run_id, "long", "x" * 6000)
    client.set_tag(odd.info.run_id, "a:b/c", "v")
    client.set_terminated(odd.info.run_id, "FINISHED", end_time=T0 + 1000)


def name_models(client: Any, runs: list[str]) -> None:  # noqa: ANN401 - as above
    """Stages, aliases, tags, descriptions; a number that was taken back; a model without versions."""
    client.create_model_version("fraud model", f"runs:/{runs[0]}/notes", run_id=runs[0])
    client.create_model_version("fraud model", f"runs:/{runs[1]}/notes", run_id=runs[1])
    client.delete_model_version("fraud model", "3")
    client.transition_model_version_stage("fraud model", "1", "Archived")
    client.transition_model_version_stage("fraud model", "2", "Production")
    client.set_registered_model_alias("fraud model", "champion", "2")
    client.set_registered_model_tag("fraud model", "owner", "ada")
    client.set_model_version_tag("fraud model", "2", "approved", "yes")
    client.update_registered_model("fraud model", "Scores card payments.")
    client.update_model_version("fraud model", "2", "The second.")
    client.create_registered_model("empty")


class Recorder(http.server.BaseHTTPRequestHandler):
    """Hands each request on to the real server, and keeps what it answered."""

    behind = ""
    kept: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        """A reading request."""
        self._hand_on(None)

    def do_POST(self) -> None:
        """A search."""
        self._hand_on(self.rfile.read(int(self.headers["Content-Length"])))

    def _hand_on(self, body: bytes | None) -> None:
        asked = urllib.request.Request(self.behind + self.path, data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(asked) as answer:
                status, data = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, data = error.code, error.read()
        self.kept.append(
            {
                "method": self.command,
                "path": self.path,
                "asked": None if body is None else json.loads(body),
                "status": status,
                "body": base64.b64encode(data).decode(),
            }
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def record_server(target: Path) -> None:
    """Fill a real server, import from it through a recorder, keep the answers."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", "sqlite:///mlflow.db"]
        server = subprocess.Popen([*command, "--port", "5988", "--workers", "1"])
        try:
            Recorder.behind = "http://127.0.0.1:5988"
            _wait_for(Recorder.behind)
            import mlflow  # noqa: PLC0415 - in the folder that it shall write to

            mlflow.set_tracking_uri(Recorder.behind)
            populate(mlflow)
            recorder = http.server.ThreadingHTTPServer(("127.0.0.1", 5989), Recorder)
            threading.Thread(target=recorder.serve_forever, daemon=True).start()
            gitreg = os.environ["GITREG"]
            subprocess.run([gitreg, "init", "registry"], check=True)
            subprocess.run([gitreg, "-C", "registry", "import", "mlflow", "http://127.0.0.1:5989"], check=True)
        finally:
            server.terminate()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("answers.json", json.dumps(Recorder.kept, indent=1))


def _wait_for(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{url}/health").close()
        except OSError:
            time.sleep(0.5)
        else:
            return


def write_wandb() -> None:
    """One run, offline, with everything."""
    os.environ |= {"WANDB_MODE": "offline", "WANDB_CONSOLE": "off", "WANDB_DISABLE_GIT": "true"}
    import wandb  # noqa: PLC0415 - only its own environment has it

    config = {"depth": 4, "lr": 0.1, "model": {"kind": "gbm"}}
    run = wandb.init(project="fraud", name="depth-4", config=config, tags=["first"], notes="The first try.", group="g")
    for step in range(20):
        loss = math.nan if step == 0 else 1.0 / step
        run.log({"auc": 0.5 + step / 50, "val/loss": loss, "nested": {"a": step}, "text": "x"})
    run.summary["best"] = 0.88
    Path(run.dir, "note.txt").write_text("hello")
    run.finish()
    wandb.teardown()  # its service writes the file


def write_tensorboardx() -> None:
    """Scalars in the old form, in two files as after a restart."""
    from tensorboardX import SummaryWriter  # noqa: PLC0415 - only its own environment has it

    for first in (0, 10):
        writer = SummaryWriter("logs/run1", filename_suffix=f".{first}")
        for step in range(first, first + 10):
            writer.add_scalar("auc", 0.5 + step / 50, step, walltime=T0 / 1000 + step)
        writer.add_scalar("val/loss", math.nan, first, walltime=T0 / 1000)
        writer.add_text("note", "hi", 0)
        if first:
            writer.add_hparams({"lr": 0.1, "depth": 4, "opt": "adam", "bn": True}, {"hparam/auc": 0.9}, name="hp")
        writer.close()
        time.sleep(1.1)


def write_tensorboard() -> None:
    """Scalars as tensors, as TensorFlow 2 writes them."""
    from tensorboard.compat.proto.event_pb2 import Event  # noqa: PLC0415 - only its own environment has it
    from tensorboard.plugins.hparams import summary_v2 as hparams  # noqa: PLC0415
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb  # noqa: PLC0415
    from tensorboard.summary.writer.event_file_writer import EventFileWriter  # noqa: PLC0415

    writer = EventFileWriter("logs/train")
    for step in range(20):
        writer.add_event(Event(summary=scalar_pb("auc", 0.5 + step / 50), step=step, wall_time=T0 / 1000 + step))
    params = hparams.hparams_pb({"lr": 0.1, "units": 32, "opt": "adam"}, trial_id="t1")
    writer.add_event(Event(summary=params, wall_time=T0 / 1000))
    writer.close()


def _tool(*words: str) -> None:
    """A program beside this Python, or git."""
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(words, check=True, env={**os.environ, "PATH": here}, stdout=subprocess.DEVNULL)


def _repository() -> None:
    _tool("git", "init", "-q", "--template=", ".")
    _tool("git", "config", "user.email", "ada@example.org")
    _tool("git", "config", "user.name", "Ada")


def _commit() -> None:
    _tool("git", "add", "-A")
    _tool("git", "commit", "-qm", "work")


def write_gto() -> None:
    """Two versions, the first of them taken back, and stages."""
    _repository()
    Path("models").mkdir()
    Path("artifacts.yaml").write_text("fraud:\n  path: models/fraud.bin\n  description: Scores payments\n")
    for content in ("1", "2", "3"):
        Path("models/fraud.bin").write_text(content)
        _commit()
        _tool("gto", "register", "fraud", "--version", f"v1.{content}.0", "-m", f"try {content}")
        time.sleep(1.1)
    _tool("gto", "assign", "fraud", "--version", "v1.2.0", "--stage", "prod")
    _tool("gto", "assign", "fraud", "--version", "v1.3.0", "--stage", "dev")
    time.sleep(1.1)
    _tool("gto", "assign", "fraud", "--version", "v1.3.0", "--stage", "prod")
    _tool("gto", "deprecate", "fraud", "v1.1.0")


DVC_STAGE = """
from dvclive import Live
with Live("dvclive", save_dvc_exp=False, report=None) as live:
    live.log_param("seed", 7)
    for step in range(10):
        live.log_metric("auc", 0.5 + step / 20)
        live.log_metric("val/loss", 1 / (step + 1))
        live.next_step()
open("model.bin", "w").write("weights")
"""
DVC_YAML = """
stages:
  train:
    cmd: python train.py
    deps: [data.csv, train.py]
    params: [train.depth, train.lr]
    outs: [model.bin]
"""


def write_dvc() -> None:
    """A pipeline of one stage that logs with DVCLive."""
    _repository()
    _tool("dvc", "init", "-q")
    Path("params.yaml").write_text("train:\n  depth: 4\n  lr: 0.1\n")
    Path("train.py").write_text(DVC_STAGE)
    Path("data.csv").write_text("a,b\n")
    Path("dvc.yaml").write_text(DVC_YAML)
    _commit()
    _tool("dvc", "repro")
    shutil.rmtree(".git")
    shutil.rmtree(".dvc")


def write_mlflow(kind: str, folder: str) -> None:
    """A store of MLflow's own."""
    import mlflow  # noqa: PLC0415 - in the folder that it shall write to

    mlflow.set_tracking_uri("sqlite:///mlflow.db" if kind == "sqlite" else f"file://{folder}/mlruns")
    populate(mlflow)
    time.sleep(0.1)


OTHERS = {
    "wandb": write_wandb,
    "tensorboardx": write_tensorboardx,
    "tensorboard": write_tensorboard,
    "gto": write_gto,
    "dvc": write_dvc,
}


def main() -> None:
    """KIND is `files`, `sqlite`, `server` or one of OTHERS; TARGET the zip to write."""
    kind, target = sys.argv[1], Path(sys.argv[2]).absolute()
    if kind == "server":
        record_server(target)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if kind in OTHERS:
            OTHERS[kind]()
        else:
            write_mlflow(kind, folder)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path().rglob("*")):
                archive.write(path, path)


if __name__ == "__main__":
    main()
