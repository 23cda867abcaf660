"""Decisions: judged where they landed; proposed, approved, merged, resolved, validated."""

from gitreg.decisions.approving import Word
from gitreg.decisions.audit import Auditor, AuditReport, Founding, Objection
from gitreg.decisions.checkpoints import Checkpoint, roots_at
from gitreg.decisions.creation import creation_edits, default_settings
from gitreg.decisions.drafting import Candidate, Target
from gitreg.decisions.facts import check_facts
from gitreg.decisions.findings import Finding, outcome_of
from gitreg.decisions.governing import add_person, remove_key, remove_person
from gitreg.decisions.history import History, Line, Place, VerdictCache
from gitreg.decisions.judge import Judge, judge
from gitreg.decisions.judgement import Judgement
from gitreg.decisions.notes import Anchor, path_of_note
from gitreg.decisions.office import Office
from gitreg.decisions.proposals import Proposals
from gitreg.decisions.receiving import Receiver, receiver_of, refuse
from gitreg.decisions.record import Record
from gitreg.decisions.repository import line_of
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.signers import agent_signer, choose_signer
from gitreg.decisions.stages import LogEntry, StageChange, Standing, count_landings
from gitreg.decisions.statements import Heard
from gitreg.decisions.titles import title_of
from gitreg.decisions.validation import check_line, check_step
from gitreg.decisions.views import HoldView, Landing, Outcome, ProposalView, Said
from gitreg.decisions.workfiles import governed_edits

__all__ = [
    "Anchor",
    "AuditReport",
    "Auditor",
    "Candidate",
    "Checkpoint",
    "Finding",
    "Founding",
    "Heard",
    "History",
    "HoldView",
    "Judge",
    "Judgement",
    "Landing",
    "Line",
    "LogEntry",
    "Objection",
    "Office",
    "Outcome",
    "Place",
    "ProposalView",
    "Proposals",
    "Receiver",
    "Record",
    "Rulebook",
    "Said",
    "StageChange",
    "Standing",
    "Target",
    "VerdictCache",
    "Word",
    "add_person",
    "agent_signer",
    "check_facts",
    "check_line",
    "check_step",
    "choose_signer",
    "count_landings",
    "creation_edits",
    "default_settings",
    "governed_edits",
    "judge",
    "line_of",
    "outcome_of",
    "path_of_note",
    "receiver_of",
    "refuse",
    "remove_key",
    "remove_person",
    "roots_at",
    "title_of",
]
