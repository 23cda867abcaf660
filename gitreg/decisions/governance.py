"""Governance: the rules about the rules, which are judged by the same function as everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.blobs import check_blobs_url
from gitreg.decisions.findings import UNREADABLE, Finding
from gitreg.decisions.landing import Case, is_governed
from gitreg.decisions.rights import check_rights, why_stuck, why_unwritable
from gitreg.decisions.rulebook import Rulebook
from gitreg.documents import Tree, paths
from gitreg.errors import GitregError, InvalidKey, Refused
from gitreg.policy import governance_quorum, quorum_of, unmeetable
from gitreg.signing import public_key_of, render_allowed_signers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

_SEE = "See docs/format.md for what the document may hold."


def check_governance(case: Case, *, is_founded: bool) -> Iterator[Finding]:
    """What holds for a governance decision but its approvals."""
    for path in case.decision.files:
        if not is_governed(path):
            yield Finding("files", path, "Governance changes only governed files; this one has its own decisions.")
    after = Rulebook(case.after)
    yield from check_constitution(case.after, case.decision.files, case.decision.proposed_at)
    if after.settings.registry != case.rulebook.settings.registry:
        yield Finding("registry", paths.SETTINGS, "A registry's id never changes.")
    if is_founded:
        yield from _meetable(case)


def check_constitution(tree: Tree, changed: Iterable[str], at: datetime | None = None) -> Iterator[Finding]:
    """Whether the governed documents that changed can be read, and all of them agree with each other.

    `at` leaves out keys that have expired by then.
    """
    yield from unreadable(tree, changed)
    rulebook = Rulebook(tree)
    try:
        yield from _signers(rulebook)
        yield from _rights(rulebook, at)
        for stage in rulebook.protected:
            rulebook.policy(stage)
        if rulebook.settings.blobs is not None:
            check_blobs_url(rulebook.settings.blobs)
    except (*UNREADABLE, Refused) as error:
        yield Finding("governed", error.subject or paths.SETTINGS, error.message, error.hint or _SEE)


def unreadable(tree: Tree, changed: Iterable[str]) -> Iterator[Finding]:
    """Owned paths that are no document of ours, or do not hold what they should."""
    for path in changed:
        kind = paths.classify_main(path)
        if kind is None and path.startswith(paths.DOCUMENT_FOLDERS):
            yield Finding("unknown-path", path, "gitreg owns this folder and knows no such file.", "Move it elsewhere.")
        problem = _problem(tree, path) if kind and kind.document else None
        if problem is not None:
            yield Finding("schema", path, problem.message, problem.hint or _SEE)


def _problem(tree: Tree, path: str) -> GitregError | None:
    kind = paths.classify_main(path)
    try:
        data = tree.read(path)
        if data is not None and kind is not None and kind.document is not None:
            kind.document.from_bytes(data, path)
    except UNREADABLE as error:
        return error
    return None


def _signers(rulebook: Rulebook) -> Iterator[Finding]:
    """`allowed_signers` is rendered from approvers.json, and one key has one owner."""
    owners = rulebook.owners
    found, path = rulebook.tree.read(paths.ALLOWED_SIGNERS), paths.ALLOWED_SIGNERS
    has_people = rulebook.tree.read(paths.APPROVERS) is not None
    try:
        for owner in owners.values():
            public_key_of(owner.key)
        expected = render_allowed_signers(rulebook.approvers) if has_people else None
    except InvalidKey as error:
        yield Finding("approvers", paths.APPROVERS, error.message, error.hint)
        return
    if found != expected:
        message = "The file is not what approvers.json says, byte for byte."
        yield Finding("allowed-signers", path, message, "gitreg govern -m WHY renders it.")


def _rights(rulebook: Rulebook, at: datetime | None) -> Iterator[Finding]:
    """Nothing is left to nobody, and rights can be given back."""
    yield from check_rights(rulebook)
    problem = why_unwritable(rulebook, at)
    if problem is None and rulebook.rights is not None and rulebook.protected and why_unmeetable(rulebook) is None:
        problem = why_stuck(rulebook, at)
    if problem:
        message = f"After this change {problem}."
        yield Finding("unmeetable", paths.RIGHTS, message, "Leave them to somebody who can sign, in the same change.")


def _meetable(case: Case) -> Iterator[Finding]:
    problem = why_unmeetable(Rulebook(case.after), case)
    if problem:
        message = f"After this change nobody could ever approve: {problem}."
        yield Finding("unmeetable", paths.APPROVERS, message, "Add people or ask for fewer, in the same change.")


def why_unmeetable(rulebook: Rulebook, case: Case | None = None) -> str | None:
    """Why some quorum of the tree can never be met; None where all can."""
    policies = rulebook.policies()
    at = case.decision.proposed_at if case else None
    quorums = {
        **{f"{stage}: ": quorum_of(policy, "promote") for stage, policy in policies.items()},
        **{f"{stage}, rollback: ": quorum_of(policy, "rollback") for stage, policy in policies.items()},
        **{
            f"{stage}, override: ": quorum_of(policy, "override")
            for stage, policy in policies.items()
            if policy.override
        },
        **({"governance: ": governance_quorum(policies.values())} if policies else {}),
    }
    problems = {name: unmeetable(quorum, rulebook.approvers, at) for name, quorum in quorums.items()}
    return next((f"{name}{problem}" for name, problem in problems.items() if problem), None)


def is_able(tree: Tree) -> bool:
    """Whether the tree protects something and its people can meet every quorum."""
    rulebook = Rulebook(tree)
    try:
        return bool(rulebook.protected) and bool(rulebook.owners) and why_unmeetable(rulebook) is None
    except UNREADABLE:
        return False


def governs_alike(one: Tree, other: Tree) -> bool:
    """Whether two trees have the same rules and people, by the same decision."""
    rules = (paths.SETTINGS, paths.APPROVERS, paths.RIGHTS, "policies", paths.decision(paths.GOVERNANCE))
    return all(one.object_id(path) == other.object_id(path) for path in rules)
