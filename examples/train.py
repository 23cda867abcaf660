"""Train one model on the breast-cancer data that scikit-learn ships, and record all of it.

    python examples/train.py --rounds 60 --depth 2

Without a registry around it records to your personal one; inside `gitreg run -- python examples/train.py` to that run.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import matplotlib as mpl
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import ConfusionMatrixDisplay, roc_auc_score
from sklearn.model_selection import train_test_split

import gitreg

if TYPE_CHECKING:
    import pandas as pd

TARGET = "target"


def settings() -> argparse.Namespace:
    """What to train with."""
    parser = argparse.ArgumentParser(description="Train one model and record it.")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--depth", type=int, default=2)
    parser.add_argument("--rate", type=float, default=0.2)
    return parser.parse_args()


def data() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same split each time."""
    frame = load_breast_cancer(as_frame=True).frame
    train, test = train_test_split(frame, test_size=0.3, random_state=0, stratify=frame[TARGET])
    return train, test


def record_model(run: gitreg.Run, model: GradientBoostingClassifier, test: pd.DataFrame) -> None:
    """The model as a folder, its predictions, and a picture of where it errs."""
    rows = test.drop(columns=TARGET)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model").mkdir()
        joblib.dump(model, folder / "model/model.joblib")
        run.log_model(folder / "model", "model")
        ConfusionMatrixDisplay.from_estimator(model, rows, test[TARGET])
        plt.savefig(folder / "confusion.png")
        run.log_artifact(folder / "confusion.png")
    run.log_dict({"predictions": model.predict_proba(rows)[:, 1].tolist()}, "predictions.json")


def main() -> None:
    """Train and record."""
    mpl.use("agg")
    chosen = settings()
    train, test = data()
    with gitreg.start_run("breast-cancer") as run:
        run.log_params(vars(chosen))
        run.log_dataset("patients", train, role="train", target=TARGET)
        run.log_dataset("holdout", test, role="test", target=TARGET)
        model = GradientBoostingClassifier(
            n_estimators=chosen.rounds, max_depth=chosen.depth, learning_rate=chosen.rate, random_state=0
        ).fit(train.drop(columns=TARGET), train[TARGET])
        for step, answer in enumerate(model.staged_predict_proba(test.drop(columns=TARGET)), start=1):
            run.log_metric("auc", roc_auc_score(test[TARGET], answer[:, 1]), step=step, dataset="holdout")
        record_model(run, model, test)


if __name__ == "__main__":
    main()
