"""Commands that start a registry and record runs."""

from __future__ import annotations

from gitreg.cli.catalogue.entry import Entry

RECORDING = (
    Entry(
        "init",
        "start",
        "Start",
        "Make a registry.",
        "gitreg init registry --protect production",
        "registry",
    ),
    Entry("use", "start", "Start", "Say which registry is meant here.", "gitreg use ../registry", "registry"),
    Entry("status", "start", "Start", "Show which registry and why, and what to do next.", "gitreg status", "status"),
    Entry("doctor", "start", "Start", "Find and mend what a crash left behind.", "gitreg doctor", "ailments"),
    Entry("run", "record", "Record", "Run a command and record it.", "gitreg run -e churn -- python train.py"),
    Entry(
        "runs start",
        "record",
        "Record",
        "Start a run from a shell and print its id.",
        'RUN=$(gitreg runs start -e churn --key "$JOB_ID")',
        "run",
    ),
    Entry(
        "runs record",
        "record",
        "Record",
        "Add params, metrics, tags and files to a run.",
        "gitreg runs record $RUN --param depth=4 --metric auc=0.91@12 --artifact out/",
        "run",
    ),
    Entry("runs finish", "record", "Record", "End a run.", "gitreg runs finish $RUN", "run"),
    Entry(
        "runs recover", "record", "Record", "Publish what killed runs left behind.", "gitreg runs recover", "recovered"
    ),
    Entry(
        "spool init",
        "spool",
        "Record",
        "Make a folder that jobs record into without a registry.",
        "gitreg spool init /scratch/team/spool",
        "spool",
    ),
    Entry(
        "publish",
        "spool",
        "Record",
        "Take the runs of a spool to the registry.",
        "gitreg publish /scratch/team/spool --follow",
        "spooled",
    ),
    Entry("runs tag", "record", "Record", "Set or remove tags of a run.", "gitreg runs tag @last team=risk", "run"),
    Entry("runs note", "record", "Record", "Say what a run was about.", 'gitreg runs note @last "Too deep."', "run"),
    Entry(
        "note",
        "saying",
        "Record",
        "Describe a run, version or model in Markdown.",
        'gitreg note runs:/@last "Too **deep**."',
        "described",
    ),
    Entry(
        "comment",
        "saying",
        "Record",
        "Say something about a run, version or model, under your name.",
        'gitreg comment fraud/7 "The holdout is from 2025."',
        "comments",
    ),
    Entry("runs delete", "record", "Record", "Hide a run from lists.", 'gitreg runs delete @last -m "a typo"', "run"),
    Entry(
        "erase",
        "erase",
        "Record",
        "Destroy bytes and their keys for good.",
        'gitreg erase runs:/3f2a9c41/rows.csv -m "They asked for it."',
        "erasing",
    ),
    Entry("erased", "erase", "Record", "List what was erased, by whom and why.", "gitreg erased", "erased"),
    Entry("runs restore", "record", "Record", "Bring a deleted run back.", "gitreg runs restore 3f2a9c41", "run"),
    Entry(
        "import mlflow",
        "exchange",
        "Record",
        "Bring runs, series, files, models and aliases from MLflow.",
        "gitreg import mlflow mlflow.db",
        "imported",
    ),
    Entry(
        "import tensorboard",
        "exchange",
        "Record",
        "Bring scalars and hyperparameters from TensorBoard's event files.",
        "gitreg import tensorboard logs",
        "imported",
    ),
    Entry(
        "import wandb",
        "exchange",
        "Record",
        "Bring runs from Weights & Biases' offline folders.",
        "gitreg import wandb wandb",
        "imported",
    ),
)
