"""Decisions: judged where they landed; proposed, approved, merged, resolved, validated."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg.decisions.adopting import adopt, hindrances
    from gitreg.decisions.approving import Word
    from gitreg.decisions.armour import Offered, armoured, offered_in
    from gitreg.decisions.bounds import Milestone
    from gitreg.decisions.checking import PolicyCheck
    from gitreg.decisions.claims import Claim, claims_at
    from gitreg.decisions.creation import creation_edits, default_settings
    from gitreg.decisions.drafting import Candidate, Choice, Target
    from gitreg.decisions.evidence import TOLERANCE, Inputs, Observe, facts_of
    from gitreg.decisions.facts import check_facts, check_ledger
    from gitreg.decisions.findings import UNREADABLE, Finding, outcome_of
    from gitreg.decisions.governing import OnForge, account, add_person, remove_key, remove_person, report_compromise
    from gitreg.decisions.granting import add_rights, remove_rights
    from gitreg.decisions.history import History, Line, Place, VerdictCache, differing
    from gitreg.decisions.judgement import Judgement
    from gitreg.decisions.judging import Judge, judge
    from gitreg.decisions.looking import Look
    from gitreg.decisions.office import Office
    from gitreg.decisions.proposals import Proposals
    from gitreg.decisions.pushers import NOBODY, Pusher, pusher_of
    from gitreg.decisions.receiving import Receiver, receiver_of, refuse
    from gitreg.decisions.record import Record
    from gitreg.decisions.refusing import awaited
    from gitreg.decisions.repository import line_of
    from gitreg.decisions.reviewing import Attested, Attestor, PassedOver, ShownReview
    from gitreg.decisions.rights import Writers
    from gitreg.decisions.rulebook import Rulebook, read_document
    from gitreg.decisions.sealing import Sealed, Sealer, Weighed
    from gitreg.decisions.signers import agent_signer, choose_signer
    from gitreg.decisions.stages import (
        LogEntry,
        StageChange,
        Standing,
        count_landings,
        in_force,
        log,
        stages_of,
        standing_of,
    )
    from gitreg.decisions.statements import AskedOf, Heard, hear
    from gitreg.decisions.telling import decision_in, told, told_conflict
    from gitreg.decisions.titles import title_of
    from gitreg.decisions.validation import check_line, check_step
    from gitreg.decisions.views import CheckView, HoldView, Landing, Outcome, OverrideView, ProposalView, Said
    from gitreg.decisions.workfiles import governed_edits

__all__ = [
    "NOBODY",
    "TOLERANCE",
    "UNREADABLE",
    "AskedOf",
    "Attested",
    "Attestor",
    "Candidate",
    "CheckView",
    "Choice",
    "Claim",
    "Finding",
    "Heard",
    "History",
    "HoldView",
    "Inputs",
    "Judge",
    "Judgement",
    "Landing",
    "Line",
    "LogEntry",
    "Look",
    "Milestone",
    "Observe",
    "Offered",
    "Office",
    "OnForge",
    "Outcome",
    "OverrideView",
    "PassedOver",
    "Place",
    "PolicyCheck",
    "ProposalView",
    "Proposals",
    "Pusher",
    "Receiver",
    "Record",
    "Rulebook",
    "Said",
    "Sealed",
    "Sealer",
    "ShownReview",
    "StageChange",
    "Standing",
    "Target",
    "VerdictCache",
    "Weighed",
    "Word",
    "Writers",
    "account",
    "add_person",
    "add_rights",
    "adopt",
    "agent_signer",
    "armoured",
    "awaited",
    "check_facts",
    "check_ledger",
    "check_line",
    "check_step",
    "choose_signer",
    "claims_at",
    "count_landings",
    "creation_edits",
    "decision_in",
    "default_settings",
    "differing",
    "facts_of",
    "governed_edits",
    "hear",
    "hindrances",
    "in_force",
    "judge",
    "line_of",
    "log",
    "offered_in",
    "outcome_of",
    "pusher_of",
    "read_document",
    "receiver_of",
    "refuse",
    "remove_key",
    "remove_person",
    "remove_rights",
    "report_compromise",
    "stages_of",
    "standing_of",
    "title_of",
    "told",
    "told_conflict",
]

__getattr__ = lazily(
    __name__,
    {
        "adopting": ("adopt", "hindrances"),
        "approving": ("Word",),
        "armour": ("Offered", "armoured", "offered_in"),
        "bounds": ("Milestone",),
        "checking": ("PolicyCheck",),
        "claims": ("Claim", "claims_at"),
        "creation": ("creation_edits", "default_settings"),
        "drafting": ("Candidate", "Choice", "Target"),
        "evidence": ("TOLERANCE", "Inputs", "Observe", "facts_of"),
        "facts": ("check_facts", "check_ledger"),
        "findings": ("UNREADABLE", "Finding", "outcome_of"),
        "governing": ("OnForge", "account", "add_person", "remove_key", "remove_person", "report_compromise"),
        "granting": ("add_rights", "remove_rights"),
        "history": ("History", "Line", "Place", "VerdictCache", "differing"),
        "judging": ("Judge", "judge"),
        "judgement": ("Judgement",),
        "looking": ("Look",),
        "office": ("Office",),
        "proposals": ("Proposals",),
        "pushers": ("NOBODY", "Pusher", "pusher_of"),
        "receiving": ("Receiver", "receiver_of", "refuse"),
        "record": ("Record",),
        "refusing": ("awaited",),
        "repository": ("line_of",),
        "reviewing": ("Attested", "Attestor", "PassedOver", "ShownReview"),
        "rights": ("Writers",),
        "rulebook": ("Rulebook", "read_document"),
        "sealing": ("Sealed", "Sealer", "Weighed"),
        "signers": ("agent_signer", "choose_signer"),
        "stages": (
            "LogEntry",
            "StageChange",
            "Standing",
            "count_landings",
            "in_force",
            "log",
            "stages_of",
            "standing_of",
        ),
        "statements": ("Heard", "hear", "AskedOf"),
        "telling": ("decision_in", "told", "told_conflict"),
        "titles": ("title_of",),
        "validation": ("check_line", "check_step"),
        "views": ("CheckView", "HoldView", "Landing", "Outcome", "OverrideView", "ProposalView", "Said"),
        "workfiles": ("governed_edits",),
    },
)
