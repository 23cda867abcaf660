"""The audit: the whole past judged again from a clone, and checkpoints that hold it still."""

from gitreg.audit.auditor import Auditor, AuditReport, Founding, Objection
from gitreg.audit.notes import Anchor, path_of_note
from gitreg.audit.roots import roots_at

__all__ = ["Anchor", "AuditReport", "Auditor", "Founding", "Objection", "path_of_note", "roots_at"]
