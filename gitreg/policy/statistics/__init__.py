"""Is one model better than another on the same rows? Metrics, intervals and tests, each named and kept for ever.

Pure Python over plain sequences. A method answers with numbers or with `CannotTell`, never with a guess;
`docs/methods.md` has the formulas, their sources and their limits.
"""

from gitreg.policy.statistics.answers import CannotTell, Interval
from gitreg.policy.statistics.bootstrap import (
    MAX_RESAMPLES,
    PAIRED_BOOTSTRAP,
    Resampling,
    paired_bootstrap,
    resamples_needed,
)
from gitreg.policy.statistics.delong import DELONG, DeLong, delong
from gitreg.policy.statistics.margins import Verdict, corrected_confidence, holm, verdict_of
from gitreg.policy.statistics.mcnemar import MCNEMAR, McNemar, mcnemar, mcnemar_of
from gitreg.policy.statistics.metrics import METRICS, Metric, metric_named
from gitreg.policy.statistics.predictions import Label, Predictions
from gitreg.policy.statistics.repeats import REPEATS, Repeated, RepeatedDifference, repeated_difference
from gitreg.policy.statistics.stream import GENERATOR, resample, seed_of

__all__ = [
    "DELONG",
    "GENERATOR",
    "MAX_RESAMPLES",
    "MCNEMAR",
    "METRICS",
    "PAIRED_BOOTSTRAP",
    "REPEATS",
    "CannotTell",
    "DeLong",
    "Interval",
    "Label",
    "McNemar",
    "Metric",
    "Predictions",
    "Repeated",
    "RepeatedDifference",
    "Resampling",
    "Verdict",
    "corrected_confidence",
    "delong",
    "holm",
    "mcnemar",
    "mcnemar_of",
    "metric_named",
    "paired_bootstrap",
    "repeated_difference",
    "resample",
    "resamples_needed",
    "seed_of",
    "verdict_of",
]
