"""The audit: the whole past judged again from a clone, and checkpoints that hold it still."""

from gitreg.audit.auditor import Auditor, AuditReport, Founding, Objection
from gitreg.audit.moments import SKEW, Asked, AsOf, Bound, Tenure, as_of
from gitreg.audit.notes import Anchor, path_of_note
from gitreg.audit.roots import Roots, roots_at

__all__ = [
    "SKEW",
    "Anchor",
    "AsOf",
    "Asked",
    "AuditReport",
    "Auditor",
    "Bound",
    "Founding",
    "Objection",
    "Roots",
    "Tenure",
    "as_of",
    "path_of_note",
    "roots_at",
]
