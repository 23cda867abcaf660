"""Every command by name, and where it lives: so that `gitreg --help` answers without loading any of them.

A test holds this table against the commands themselves. `shape` names the schema in `schemas/cli/` of what `--json`
prints; a command without one prints no JSON.
"""

from __future__ import annotations

from gitreg.cli.catalogue.checking import CHECKING
from gitreg.cli.catalogue.data import DATA
from gitreg.cli.catalogue.deciding import DECIDING
from gitreg.cli.catalogue.entry import Entry, GroupEntry
from gitreg.cli.catalogue.looking import LOOKING
from gitreg.cli.catalogue.recording import RECORDING
from gitreg.cli.catalogue.sets import SETS

__all__ = [
    "COMMANDS",
    "ENTRIES",
    "GROUPS",
    "GROUP_DEFAULTS",
    "SECTIONS",
    "SHORT_FORMS",
    "Entry",
    "GroupEntry",
    "entries_of",
    "groups_of",
]

SECTIONS = ("Start", "Record", "Look", "Register", "Decide", "Check", "Share")

GROUPS = (
    GroupEntry("runs", "Record", "Start, record, finish, list, show, compare and annotate runs."),
    GroupEntry("import", "Record", "Bring what other trackers recorded."),
    GroupEntry("spool", "Record", "Folders to record into where no registry is at hand."),
    GroupEntry("data", "Record", "Add, list, show, compare and fetch versions of files, folders and tables."),
    GroupEntry("artifacts", "Look", "List and fetch the files of a run."),
    GroupEntry("models", "Look", "List and show models and their versions."),
    GroupEntry("versions", "Look", "List the versions of a model, and search those of all.", "list"),
    GroupEntry("evaluations", "Register", "Record and list what versions predicted, row by row."),
    GroupEntry("deployments", "Register", "Record and list what became of versions on targets."),
    GroupEntry("sets", "Decide", "Make, show and move sets: models that move together."),
    GroupEntry("policy", "Decide", "Ask what a stage's policy says."),
    GroupEntry("proposals", "Decide", "List, show, approve, reject, close and merge what waits for approval."),
    GroupEntry("checks", "Decide", "Sign and list what external checks of a proposal came to."),
    GroupEntry("approvers", "Decide", "Say who may approve, with which key, in which groups."),
    GroupEntry("rights", "Decide", "Say who may write what, by path."),
    GroupEntry("holds", "Decide", "List, add and lift holds: versions that may not go to a stage again."),
    GroupEntry("audit", "Check", "Judge the whole past again, without trusting anybody's word."),
    GroupEntry("export", "Share", "Write what was recorded as other trackers keep it."),
    GroupEntry("evidence", "Share", "Hand to others what they check without us."),
    GroupEntry("hook", "Check", "What git calls: before it commits or takes a push, to merge and to diff."),
)

GROUP_DEFAULTS = {each.name: each.default for each in GROUPS}

COMMANDS = (*RECORDING, *DATA, *LOOKING, *DECIDING, *SETS, *CHECKING)


def _again(path: str, same_as: str, section: str = "") -> Entry:
    """A second name for a command."""
    first = next(entry for entry in COMMANDS if entry.path == same_as)
    return first._replace(path=path, same_as=same_as, section=section or first.section)


SHORT_FORMS = (
    *(_again(verb, f"proposals {verb}") for verb in ("approve", "reject", "collect", "close", "merge")),
    *(_again(f"models {verb}", verb) for verb in ("describe", "tag", "alias")),
    _again("models versions", "versions list"),
)

ENTRIES = {entry.path: entry for entry in (*COMMANDS, *SHORT_FORMS)}


def entries_of(group: str) -> dict[str, Entry]:
    """The commands directly in a group, by name, in the order of the user's day."""
    return {entry.name: entry for entry in ENTRIES.values() if entry.group == group}


def groups_of(group: str) -> dict[str, GroupEntry]:
    """The groups directly in a group: all of them are in the root."""
    return {each.name: each for each in GROUPS} if not group else {}
