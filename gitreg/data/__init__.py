"""Data: versions of files, folders and tables, by the digest of their whole content; and what changed between two."""

from gitreg.data.addresses import DATASETS, DataAddress, parse_data_address
from gitreg.data.catalogue import DataCatalogue
from gitreg.data.data import Adding, Data
from gitreg.data.differing import ColumnChange, DataDifference, FileChange, TableChanges, changed_uses
from gitreg.data.references import CLAIMED
from gitreg.data.sketches import Overlap, SketchChanges
from gitreg.data.views import Added, DatasetView, DataVersion, Fetched

__all__ = [
    "CLAIMED",
    "DATASETS",
    "Added",
    "Adding",
    "ColumnChange",
    "Data",
    "DataAddress",
    "DataCatalogue",
    "DataDifference",
    "DataVersion",
    "DatasetView",
    "Fetched",
    "FileChange",
    "Overlap",
    "SketchChanges",
    "TableChanges",
    "changed_uses",
    "parse_data_address",
]
