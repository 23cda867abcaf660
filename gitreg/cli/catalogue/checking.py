"""Commands that check, and those that hand on."""

from __future__ import annotations

from gitreg.cli.catalogue.entry import Entry

CHECKING = (
    Entry(
        "lock",
        "locks",
        "Share",
        "Write down which versions an application uses.",
        "gitreg lock models:/fraud@production",
        "lock-file",
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
        "proposals attest",
        "forge",
        "Check",
        "Sign which reviews the forge shows.",
        "gitreg proposals attest 42 --key ci-key",
        "attestations",
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
    Entry(
        "hook pre-commit",
        "githooks",
        "Check",
        "Judge what is staged before it is a commit.",
        "exec gitreg hook pre-commit",
    ),
    Entry(
        "hook install", "githooks", "Check", "Check each commit of this clone before it is made.", "gitreg hook install"
    ),
    Entry(
        "hook merge",
        "githooks",
        "Check",
        "Merge one file for git: facts by rule, decisions by people.",
        "gitreg hook merge %O %A %B %P",
    ),
    Entry("hook diff", "githooks", "Check", "Tell a decision's change for git diff.", "gitreg hook diff"),
    Entry(
        "hook textconv", "githooks", "Check", "Tell a decision for git log -p.", "gitreg hook textconv decision.json"
    ),
    Entry(
        "git-setup",
        "githooks",
        "Check",
        "Let plain git merge and diff this clone's documents by our rules.",
        "gitreg git-setup",
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
    Entry(
        "export mlflow",
        "exchange",
        "Share",
        "Write runs, series, files, models and aliases as MLflow's folder mlruns.",
        "gitreg export mlflow -o mlruns",
        "exported",
    ),
)
