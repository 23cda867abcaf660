"""Evaluations: predictions row by row as one blob, what they come to, and the document that says so."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg.evaluation.evaluating import evaluation_of, groups_of, measures, slices_of
    from gitreg.evaluation.making import Columns, EvaluationOptions, columns_of, table_of
    from gitreg.evaluation.reading import CsvColumns, columns_in_csv
    from gitreg.evaluation.table import MAX_PREDICTIONS_BYTES, PredictionTable, read_table

__all__ = [
    "MAX_PREDICTIONS_BYTES",
    "Columns",
    "CsvColumns",
    "EvaluationOptions",
    "PredictionTable",
    "columns_in_csv",
    "columns_of",
    "evaluation_of",
    "groups_of",
    "measures",
    "read_table",
    "slices_of",
    "table_of",
]

__getattr__ = lazily(
    __name__,
    {
        "evaluating": ("evaluation_of", "groups_of", "measures", "slices_of"),
        "making": ("Columns", "EvaluationOptions", "columns_of", "table_of"),
        "reading": ("CsvColumns", "columns_in_csv"),
        "table": ("MAX_PREDICTIONS_BYTES", "PredictionTable", "read_table"),
    },
)
