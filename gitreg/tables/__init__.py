"""Tables in files, CSV and Parquet, read piece by piece: their shape, and what changed from one to another."""

from gitreg.tables.comparing import RowChanges, compare_rows
from gitreg.tables.reading import Shape, TableFile, is_table, names_in, of_path, shape_of
from gitreg.tables.sampling import SAMPLED_ROWS, sample_of

__all__ = [
    "SAMPLED_ROWS",
    "RowChanges",
    "Shape",
    "TableFile",
    "compare_rows",
    "is_table",
    "names_in",
    "of_path",
    "sample_of",
    "shape_of",
]
