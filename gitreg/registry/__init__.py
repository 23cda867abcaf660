"""Models and versions: registered, numbered, described, bookmarked; and how people address them."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg.registry.addresses import (
        Address,
        DigestStart,
        Label,
        Latest,
        ModelAddress,
        Number,
        Proposed,
        RunAddress,
        parse_address,
    )
    from gitreg.registry.bringing import Bringing, Kept
    from gitreg.registry.catalogue import Catalogue, Reference
    from gitreg.registry.deployments import Live, called, following, in_order, live_at
    from gitreg.registry.evaluations import Adding, Evaluated, Evaluations
    from gitreg.registry.ledger import Ledger, Recorded, Upload
    from gitreg.registry.models import Models, Registered
    from gitreg.registry.numbers import Numbering, claim, claim_missing, claims_in
    from gitreg.registry.pinning import RecordedRun, blobs_of, pin
    from gitreg.registry.views import ModelView, Remarked, Remarks, VersionView, remarks_of

__all__ = [
    "Adding",
    "Address",
    "Bringing",
    "Catalogue",
    "DigestStart",
    "Evaluated",
    "Evaluations",
    "Kept",
    "Label",
    "Latest",
    "Ledger",
    "Live",
    "ModelAddress",
    "ModelView",
    "Models",
    "Number",
    "Numbering",
    "Proposed",
    "Recorded",
    "RecordedRun",
    "Reference",
    "Registered",
    "Remarked",
    "Remarks",
    "RunAddress",
    "Upload",
    "VersionView",
    "blobs_of",
    "called",
    "claim",
    "claim_missing",
    "claims_in",
    "following",
    "in_order",
    "live_at",
    "parse_address",
    "pin",
    "remarks_of",
]

__getattr__ = lazily(
    __name__,
    {
        "addresses": (
            "Address",
            "DigestStart",
            "Label",
            "Latest",
            "ModelAddress",
            "Number",
            "Proposed",
            "RunAddress",
            "parse_address",
        ),
        "catalogue": ("Catalogue", "Reference"),
        "deployments": ("Live", "called", "following", "in_order", "live_at"),
        "ledger": ("Ledger", "Recorded", "Upload"),
        "models": ("Models", "Registered"),
        "numbers": ("Numbering", "claim", "claim_missing", "claims_in"),
        "pinning": ("RecordedRun", "blobs_of", "pin"),
        "views": ("ModelView", "Remarked", "Remarks", "VersionView", "remarks_of"),
        "bringing": ("Bringing", "Kept"),
        "evaluations": ("Adding", "Evaluated", "Evaluations"),
    },
)
