"""Every command by name, and where it lives: so that `gitreg --help` answers without loading any of them.

A test holds this table against the commands themselves. `shape` names the schema in `schemas/cli/` of what `--json`
prints; a command without one prints no JSON.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One command as the user types it, the module that has it, its part of the day, a line of help, an example."""

    path: str
    module: str
    section: str
    help: str
    example: str
    shape: str = ""
    same_as: str = ""
    """The command of which this one is a second name."""

    @property
    def function(self) -> str:
        """The name of the command in its module."""
        return (self.same_as or self.path).replace(" ", "_").replace("-", "_")

    @property
    def group(self) -> str:
        """The group it is in, "" for the root."""
        return self.path.rpartition(" ")[0]

    @property
    def name(self) -> str:
        """Its last word."""
        return self.path.rpartition(" ")[2]


class GroupEntry(NamedTuple):
    """A word with commands below it."""

    name: str
    section: str
    help: str


SECTIONS = ("Start", "Record", "Look", "Register", "Decide", "Check", "Share")

GROUPS = (
    GroupEntry("runs", "Record", "Start, record, finish, list, show, compare and annotate runs."),
    GroupEntry("artifacts", "Look", "List and fetch the files of a run."),
    GroupEntry("models", "Look", "List and show models and their versions."),
    GroupEntry("evaluations", "Register", "Record and list what versions predicted, row by row."),
    GroupEntry("policy", "Decide", "Ask what a stage's policy says."),
    GroupEntry("proposals", "Decide", "List, show, approve, reject, close and merge what waits for approval."),
    GroupEntry("checks", "Decide", "Sign and list what external checks of a proposal came to."),
    GroupEntry("approvers", "Decide", "Say who may approve, with which key, in which groups."),
    GroupEntry("holds", "Decide", "List, add and lift holds: versions that may not go to a stage again."),
    GroupEntry("audit", "Check", "Judge the whole past again, without trusting anybody's word."),
    GroupEntry("evidence", "Share", "Hand to others what they check without us."),
    GroupEntry("hook", "Check", "What a git server calls before it takes a push."),
)

COMMANDS = (
    Entry(
        "init",
        "start",
        "Start",
        "Make a registry.",
        "gitreg init registry --protect production",
        "registry",
    ),
    Entry("use", "start", "Start", "Say which registry is meant here.", "gitreg use ../registry", "registry"),
    Entry("status", "start", "Start", "Show which registry and why, and what to do next.", "gitreg status", "status"),
    Entry("doctor", "start", "Start", "Find and mend what a crash left behind.", "gitreg doctor", "ailments"),
    Entry("run", "record", "Record", "Run a command and record it.", "gitreg run -e churn -- python train.py"),
    Entry(
        "runs start",
        "record",
        "Record",
        "Start a run from a shell and print its id.",
        'RUN=$(gitreg runs start -e churn --key "$JOB_ID")',
        "run",
    ),
    Entry(
        "runs record",
        "record",
        "Record",
        "Add params, metrics, tags and files to a run.",
        "gitreg runs record $RUN --param depth=4 --metric auc=0.91@12 --artifact out/",
        "run",
    ),
    Entry("runs finish", "record", "Record", "End a run.", "gitreg runs finish $RUN", "run"),
    Entry(
        "runs recover", "record", "Record", "Publish what killed runs left behind.", "gitreg runs recover", "recovered"
    ),
    Entry("runs list", "look", "Look", "List runs, newest first.", "gitreg runs list -e churn", "runs"),
    Entry("runs show", "look", "Look", "Show one run.", "gitreg runs show @last", "run"),
    Entry(
        "runs compare",
        "look",
        "Look",
        "Put the params and metrics of runs side by side.",
        "gitreg runs compare brave-otter @last",
        "comparison",
    ),
    Entry("runs series", "look", "Look", "Print every point of one metric.", "gitreg runs series @last auc", "series"),
    Entry("runs tag", "record", "Record", "Set or remove tags of a run.", "gitreg runs tag @last team=risk", "run"),
    Entry("runs note", "record", "Record", "Say what a run was about.", 'gitreg runs note @last "Too deep."', "run"),
    Entry("runs delete", "record", "Record", "Hide a run from lists.", 'gitreg runs delete @last -m "a typo"', "run"),
    Entry("runs restore", "record", "Record", "Bring a deleted run back.", "gitreg runs restore 3f2a9c41", "run"),
    Entry("artifacts list", "look", "Look", "List the files of a run.", "gitreg artifacts list @last", "artifacts"),
    Entry(
        "artifacts get",
        "look",
        "Look",
        "Fetch files of a run.",
        "gitreg artifacts get @last report.html -o out",
        "fetched",
    ),
    Entry("models list", "models", "Look", "List the models.", "gitreg models list", "models"),
    Entry("models show", "models", "Look", "Show one model.", "gitreg models show fraud", "model"),
    Entry("versions", "models", "Look", "List the versions of a model.", "gitreg versions fraud", "versions"),
    Entry(
        "log",
        "look",
        "Look",
        "Show who decided what, newest first.",
        "gitreg log fraud --stage production",
        "log",
    ),
    Entry(
        "as-of",
        "past",
        "Look",
        "Show what a stage held at a moment.",
        "gitreg as-of 2026-11-21T14:30Z models:/fraud@production",
        "as-of",
    ),
    Entry(
        "why",
        "why",
        "Look",
        "Say why a version is in a stage.",
        "gitreg why models:/fraud@production",
        "why",
    ),
    Entry(
        "inventory",
        "why",
        "Look",
        "List every model with its owner, what is in its stages, and what is due.",
        "gitreg inventory --csv",
        "inventory",
    ),
    Entry(
        "lineage",
        "lineage",
        "Look",
        "Show what a thing comes from, and what it flowed into.",
        "gitreg lineage models:/fraud@production",
        "lineage",
    ),
    Entry(
        "register",
        "models",
        "Register",
        "Make a run's model a numbered version.",
        "gitreg register runs:/@last/model --name fraud",
        "version",
    ),
    Entry(
        "describe",
        "models",
        "Register",
        "Say what a model or version is.",
        'gitreg describe fraud/7 "Trained on the whole of 2026."',
        "described",
    ),
    Entry("tag", "models", "Register", "Set or remove tags of a version.", "gitreg tag fraud/7 audited=yes", "tagged"),
    Entry("alias", "models", "Register", "Put a bookmark on a version.", "gitreg alias fraud champion 7", "alias"),
    Entry(
        "evaluations add",
        "evaluations",
        "Register",
        "Record what a version predicted.",
        "gitreg evaluations add models:/fraud/7 --dataset holdout --predictions scores.csv --slice region",
        "evaluation",
    ),
    Entry(
        "evaluations list",
        "evaluations",
        "Look",
        "List evaluations.",
        "gitreg evaluations list models:/fraud/7",
        "evaluations",
    ),
    Entry(
        "policy check",
        "policies",
        "Decide",
        "Ask a stage's policy about a version.",
        "gitreg policy check models:/fraud/7 --for production",
        "policy-check",
    ),
    Entry(
        "policy test",
        "policies",
        "Decide",
        "Ask the policies about their example cases.",
        "gitreg policy test",
        "policy-test",
    ),
    Entry(
        "policy example",
        "policies",
        "Decide",
        "Keep a version as an example case.",
        "gitreg policy example models:/fraud/7 --for production --name good",
        "policy-example",
    ),
    Entry(
        "policy diff",
        "policies",
        "Decide",
        "Say what a change of the policies loosens.",
        "gitreg policy diff",
        "policy-diff",
    ),
    Entry(
        "promote",
        "decide",
        "Decide",
        "Propose, or make, a version a stage's.",
        'gitreg promote fraud 7 --to production -m "Better on every segment."',
        "outcome",
    ),
    Entry(
        "override",
        "decide",
        "Decide",
        "Put a version into a stage in an emergency.",
        'gitreg override fraud 7 --to production -m "The old one fails."',
        "outcome",
    ),
    Entry(
        "withdraw",
        "decide",
        "Decide",
        "Leave a stage without a version.",
        'gitreg withdraw fraud --stage production -m "The data was wrong."',
        "outcome",
    ),
    Entry(
        "rollback",
        "decide",
        "Decide",
        "Go back to the version before, and hold this one.",
        'gitreg rollback fraud --stage production -m "Scores drifted."',
        "outcome",
    ),
    Entry(
        "proposals list",
        "proposals",
        "Decide",
        "List open proposals.",
        "gitreg proposals list",
        "proposals",
    ),
    Entry(
        "proposals show",
        "proposals",
        "Decide",
        "Show what a proposal asks, its evidence, and who must still approve.",
        "gitreg proposals show fraud-7-production-3f2a",
        "proposal",
    ),
    Entry(
        "proposals approve",
        "proposals",
        "Decide",
        "Sign a proposal.",
        "gitreg approve fraud-7-production-3f2a --key ~/.ssh/id_ed25519",
        "proposal",
    ),
    Entry(
        "proposals reject",
        "proposals",
        "Decide",
        "Sign that it must not land.",
        'gitreg reject fraud-7-production-3f2a -m "The test set leaked."',
        "proposal",
    ),
    Entry(
        "proposals close",
        "proposals",
        "Decide",
        "Give a proposal up; its commits are kept.",
        "gitreg close fraud-7-production-3f2a",
        "proposal",
    ),
    Entry(
        "proposals merge",
        "proposals",
        "Decide",
        "Land an approved proposal.",
        "gitreg merge fraud-7-production-3f2a",
        "landing",
    ),
    Entry(
        "proposals collect",
        "forge",
        "Decide",
        "Seal what people signed into the proposal's branch.",
        "gitreg collect fraud-7-production-3f2a --from bens-statement.md",
        "collected",
    ),
    Entry(
        "proposals adopt",
        "forge",
        "Decide",
        "Copy a fork's pull request to a branch here.",
        "gitreg proposals adopt 42",
        "proposal",
    ),
    Entry(
        "proposals comment",
        "forge",
        "Check",
        "Keep a pull request's comment and check up to date.",
        "gitreg proposals comment 42",
        "told",
    ),
    Entry(
        "protect",
        "forge",
        "Decide",
        "Print the branch rules that a forge should have.",
        "gitreg protect production --approvals 2 --group risk --print github",
    ),
    Entry(
        "checks add",
        "checks",
        "Decide",
        "Sign what an external check came to.",
        "gitreg checks add fraud-7-production-3f2a --name integration --status pass --report junit.xml --key ci_key",
        "checks",
    ),
    Entry(
        "checks list",
        "checks",
        "Decide",
        "List what checks said of a proposal, and what is asked for.",
        "gitreg checks list fraud-7-production-3f2a",
        "checks",
    ),
    Entry("approvers list", "people", "Decide", "List who may approve.", "gitreg approvers list", "approvers"),
    Entry(
        "approvers add",
        "people",
        "Decide",
        "Let a person approve, with a key, in groups.",
        "gitreg approvers add ada@example.org --key ada.pub --group leads",
        "outcome",
    ),
    Entry(
        "approvers remove",
        "people",
        "Decide",
        "Take a person away, or one key.",
        "gitreg approvers remove ada@example.org",
        "outcome",
    ),
    Entry(
        "approvers compromised",
        "people",
        "Decide",
        "Say that others may have signed with a key.",
        'gitreg approvers compromised ada.pub --last-trusted none -m "Her laptop was stolen."',
        "outcome",
    ),
    Entry(
        "govern",
        "people",
        "Decide",
        "Propose governed files edited by hand: settings, policies, CI.",
        'gitreg govern -m "Two approvals from now on." policies/production.json',
        "outcome",
    ),
    Entry("holds list", "people", "Decide", "List the holds.", "gitreg holds list", "holds"),
    Entry(
        "holds add",
        "people",
        "Decide",
        "Keep a version out of a stage.",
        'gitreg holds add fraud 7 --stage production -m "It leaks."',
        "outcome",
    ),
    Entry(
        "holds lift",
        "people",
        "Decide",
        "Let a held version in again.",
        'gitreg holds lift fraud 7 --stage production -m "Retested."',
        "outcome",
    ),
    Entry(
        "validate",
        "check",
        "Check",
        "Check a proposal, or what was recorded, by the rules of the base.",
        "gitreg validate --base origin/main --format github",
        "findings",
    ),
    Entry(
        "changes",
        "check",
        "Check",
        "List what moved between two commits.",
        "gitreg changes HEAD~1..HEAD",
        "changes",
    ),
    Entry(
        "audit verify",
        "audit",
        "Check",
        "Judge every landing again, from a clone and offline.",
        "gitreg audit verify --root sha256:3f2a…",
        "audit",
    ),
    Entry(
        "audit checkpoint",
        "audit",
        "Check",
        "Sign how long main is and its root, so that nothing can be taken away later.",
        "gitreg audit checkpoint --key ci_key -o checkpoint.note",
        "checkpoint",
    ),
    Entry("fsck", "check", "Check", "Check every document and every stored byte.", "gitreg fsck", "fsck"),
    Entry("schema", "check", "Check", "Print a JSON Schema, or list them.", "gitreg schema decision", "schemas"),
    Entry(
        "hook pre-receive",
        "hook",
        "Check",
        "Judge a push before a bare repository takes it.",
        "exec gitreg hook pre-receive",
    ),
    Entry("sync", "share", "Share", "Publish what was recorded, and fetch what others did.", "gitreg sync", "synced"),
    Entry(
        "evidence export",
        "evidence",
        "Share",
        "Write all that is known of a stage into one file for others.",
        "gitreg evidence export models:/fraud@production -o pack.zip",
        "evidence-pack",
    ),
    Entry(
        "resolve",
        "share",
        "Share",
        "Say which version an address means now, and why.",
        "gitreg resolve models:/fraud@production --json",
        "resolution",
    ),
    Entry(
        "pull",
        "share",
        "Share",
        "Fetch a version's files, checked byte by byte.",
        "gitreg pull models:/fraud@production -o model",
        "fetched",
    ),
)


def _again(path: str, same_as: str, section: str = "") -> Entry:
    """A second name for a command."""
    first = next(entry for entry in COMMANDS if entry.path == same_as)
    return first._replace(path=path, same_as=same_as, section=section or first.section)


SHORT_FORMS = (
    *(_again(verb, f"proposals {verb}") for verb in ("approve", "reject", "collect", "close", "merge")),
    *(_again(f"models {verb}", verb) for verb in ("versions", "describe", "tag", "alias")),
)

ENTRIES = {entry.path: entry for entry in (*COMMANDS, *SHORT_FORMS)}


def entries_of(group: str) -> dict[str, Entry]:
    """The commands directly in a group, by name, in the order of the user's day."""
    return {entry.name: entry for entry in ENTRIES.values() if entry.group == group}


def groups_of(group: str) -> dict[str, GroupEntry]:
    """The groups directly in a group: all of them are in the root."""
    return {each.name: each for each in GROUPS} if not group else {}
