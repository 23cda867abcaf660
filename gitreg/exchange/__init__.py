"""Coming and going: what other trackers recorded is read with their stores alone, none of them installed."""

from gitreg.exchange.balance import ImportReport, Line, Undecided
from gitreg.exchange.exporting import ExportReport, export_mlflow
from gitreg.exchange.importer import import_all
from gitreg.exchange.mlflow import described
from gitreg.exchange.opening import open_dvc, open_gto, open_mlflow, open_tensorboard, open_wandb
from gitreg.exchange.storing import Doors, Wishes
from gitreg.exchange.values import Left, Origin

__all__ = [
    "Doors",
    "ExportReport",
    "ImportReport",
    "Left",
    "Line",
    "Origin",
    "Undecided",
    "Wishes",
    "described",
    "export_mlflow",
    "import_all",
    "open_dvc",
    "open_gto",
    "open_mlflow",
    "open_tensorboard",
    "open_wandb",
]
