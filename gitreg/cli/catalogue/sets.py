"""Commands about sets."""

from __future__ import annotations

from gitreg.cli.catalogue.entry import Entry

SETS = (
    Entry("sets list", "sets", "Decide", "List sets, and whether their models agree.", "gitreg sets list", "sets"),
    Entry(
        "sets show",
        "sets",
        "Decide",
        "Show what each model of a set is at, stage by stage.",
        "gitreg sets show motor",
        "set",
    ),
    Entry(
        "sets create",
        "sets",
        "Decide",
        "Say which models move together.",
        'gitreg sets create motor fraud churn -m "One tariff."',
        "outcome",
    ),
    Entry(
        "sets promote",
        "sets",
        "Decide",
        "Put a version of each model into a stage, in one landing.",
        'gitreg sets promote motor fraud=7 --to production -m "The new tariff."',
        "outcome",
    ),
    Entry(
        "sets rollback",
        "sets",
        "Decide",
        "Bring a stage of every model back to what was there before.",
        'gitreg sets rollback motor --stage production -m "The tariff was wrong."',
        "outcome",
    ),
)
