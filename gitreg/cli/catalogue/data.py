"""Commands about data."""

from __future__ import annotations

from gitreg.cli.catalogue.entry import Entry

DATA = (
    Entry(
        "data add",
        "data",
        "Record",
        "Store a version of a file, folder or table.",
        "gitreg data add claims.csv",
        "data-added",
    ),
    Entry("data list", "data", "Look", "List datasets, or the versions of one.", "gitreg data list claims", "datasets"),
    Entry("data show", "data", "Look", "Show one version of a dataset.", "gitreg data show claims", "dataset"),
    Entry(
        "data diff",
        "data",
        "Look",
        "Show what changed between two versions of a dataset.",
        "gitreg data diff claims@3f2a claims --key id",
        "data-difference",
    ),
    Entry(
        "data get",
        "data",
        "Look",
        "Write a version of a dataset to a new file or folder.",
        "gitreg data get claims@3f2a -o claims.csv",
        "data-fetched",
    ),
    Entry(
        "data describe",
        "data",
        "Record",
        "Say what a version of a dataset is.",
        'gitreg data describe claims "Up to March."',
        "described",
    ),
    Entry(
        "data tag",
        "data",
        "Record",
        "Set or remove tags of a version of a dataset.",
        "gitreg data tag claims@3f2a audited=yes",
        "tagged",
    ),
)
