"""Scipy and statsmodels, which ship no types: what the tests take of them, in one place."""

from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]
from scipy.stats import binom, chisquare, norm, ttest_ind  # type: ignore[import-untyped]
from scipy.stats import t as student
from statsmodels.stats.contingency_tables import mcnemar  # type: ignore[import-untyped]
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

__all__ = [
    "binom",
    "chisquare",
    "mcnemar",
    "minimize_scalar",
    "multipletests",
    "norm",
    "proportion_confint",
    "student",
    "ttest_ind",
]
