"""Load a model that was pulled, predict, and compare with what the training run recorded: predict.py MODEL RECORDED."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import joblib
from train import TARGET, data


def main() -> None:
    """Exit 1 where a single prediction differs in a single bit."""
    pulled, recorded = (Path(argument) for argument in sys.argv[1:3])
    model = joblib.load(pulled / "model.joblib")
    expected = json.loads((recorded / "predictions.json").read_text(encoding="utf-8"))["predictions"]
    _, test = data()
    found = model.predict_proba(test.drop(columns=TARGET))[:, 1].tolist()
    same = found == expected
    print(f"{len(found)} predictions, {'all the same as' if same else 'other than'} in training")
    raise SystemExit(0 if same else 1)


if __name__ == "__main__":
    main()
