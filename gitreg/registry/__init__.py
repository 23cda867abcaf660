"""Models and versions: registered, numbered, described, bookmarked; and how people address them."""

from gitreg.registry.addresses import (
    Address,
    DigestStart,
    Label,
    Latest,
    ModelAddress,
    Number,
    RunAddress,
    parse_address,
)
from gitreg.registry.catalogue import Catalogue, Reference
from gitreg.registry.evaluations import Evaluated, Evaluations
from gitreg.registry.ledger import Ledger, Recorded, Upload
from gitreg.registry.models import Models, Registered
from gitreg.registry.numbers import Numbering, claim, claim_missing, claims_in
from gitreg.registry.pinning import RecordedRun, blobs_of
from gitreg.registry.views import ModelView, Remarks, VersionView

__all__ = [
    "Address",
    "Catalogue",
    "DigestStart",
    "Evaluated",
    "Evaluations",
    "Label",
    "Latest",
    "Ledger",
    "ModelAddress",
    "ModelView",
    "Models",
    "Number",
    "Numbering",
    "Recorded",
    "RecordedRun",
    "Reference",
    "Registered",
    "Remarks",
    "RunAddress",
    "Upload",
    "VersionView",
    "blobs_of",
    "claim",
    "claim_missing",
    "claims_in",
    "parse_address",
]
