"""What the real MLflow sees in a folder `mlruns`, as JSON: run by the Python of an environment that has it.

python mlflow_reads.py FOLDER
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import ViewType


def run_of(client: Any, run: Any) -> dict[str, Any]:  # noqa: ANN401 - MLflow's own
    """A run: its status, params, tags, the history of each metric, and every file by its sha256."""
    histories = {
        key: sorted(
            (each.step, each.timestamp, repr(each.value)) for each in client.get_metric_history(run.info.run_id, key)
        )
        for key in run.data.metrics
    }
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "deleted": run.info.lifecycle_stage == "deleted",
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": histories,
        "files": dict(files_of(client, run.info.run_id, "")),
    }


def files_of(client: Any, run: str, folder: str) -> Any:  # noqa: ANN401 - MLflow's own
    """Path and digest of each artifact."""
    for each in client.list_artifacts(run, folder or None):
        if each.is_dir:
            yield from files_of(client, run, each.path)
        else:
            yield each.path, hashlib.sha256(Path(client.download_artifacts(run, each.path)).read_bytes()).hexdigest()


def main(folder: str) -> None:
    """All of it, to standard output."""
    client = MlflowClient(Path(folder).absolute().as_uri(), Path(folder).absolute().as_uri())
    experiments = client.search_experiments(view_type=ViewType.ALL)
    runs = client.search_runs(
        [each.experiment_id for each in experiments], run_view_type=ViewType.ALL, max_results=1000
    )
    models = {
        model.name: {
            "versions": sorted(
                (int(each.version), each.run_id) for each in client.search_model_versions(f"name = '{model.name}'")
            ),
            "aliases": {alias: int(version) for alias, version in model.aliases.items()},
        }
        for model in client.search_registered_models()
    }
    found = {
        "experiments": sorted(each.name for each in experiments),
        "runs": {run.info.run_id: run_of(client, run) for run in runs},
        "models": models,
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
