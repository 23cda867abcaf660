"""Rule sets to import and owners' files, as text. gitreg prints them and sends them to nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gitreg.errors import InvalidValue
from gitreg.forges.findings import DEFAULT_CHECK, PEOPLE_CHECK

if TYPE_CHECKING:
    from gitreg.forges.values import Kind

_ACTIONS_APP = 15368
_MAX_APPROVALS = {"github": 10, "gitlab": 100, "gitea": 100}
_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*|[^@\s#]+@[A-Za-z0-9.-]+")


def ruleset(kind: Kind, branch: str, approvals: int | None, group: str = "", *, check: str = DEFAULT_CHECK) -> str:
    """The rules of a branch as JSON: on GitHub a file for Settings, Rules, Import; on GitLab and Gitea the API calls
    that make them, which an administrator sends.

    `approvals` of None asks for what the ledger needs: pushes, and a history that only grows. `group` is who has to be
    among the approvers, by code ownership on GitHub and GitLab (see `codeowners`), by allow-list on Gitea. Raises
    `InvalidValue` for a number that the forge does not take.
    """
    if approvals is not None and not 0 <= approvals <= _MAX_APPROVALS[kind]:
        raise InvalidValue(f"{approvals} approvals is not something that {kind} can ask for.")
    make = {"github": _github, "gitlab": _gitlab, "gitea": _gitea}[kind]
    return json.dumps(make(branch, approvals, group, check), indent=2) + "\n"


def codeowners(owners: Mapping[str, Sequence[str]]) -> str:
    """A CODEOWNERS file from a path pattern to its owners (`@login`, `@organisation/team`, an address).

    The last line that fits a path counts, so patterns keep their order. Raises `InvalidValue` for what would be another
    line, or a comment.
    """
    lines = ["# Written by gitreg from the registry's owners; changes here are lost."]
    for pattern, names in owners.items():
        if not pattern or pattern.startswith(("#", "[", "!", "^")) or not pattern.isprintable():
            raise InvalidValue(f"{pattern!r:.80} cannot stand in a CODEOWNERS file.")
        wrong = [name for name in names if not _OWNER.fullmatch(name)]
        if wrong:
            raise InvalidValue(f"{wrong[0]!r:.80} is no owner: @login, @organisation/team or an address is.")
        lines.append(" ".join([pattern.replace(" ", "\\ "), *names]))
    return "\n".join(lines) + "\n"


def _github(branch: str, approvals: int | None, group: str, check: str) -> dict[str, Any]:
    rules: list[dict[str, Any]] = [{"type": "deletion"}, {"type": "non_fast_forward"}]
    if approvals is not None:
        rules += [
            {"type": "pull_request", "parameters": _github_reviews(approvals, group)},
            {"type": "required_status_checks", "parameters": _github_checks(check)},
        ]
    return {
        "name": f"gitreg {branch}",
        "target": "branch",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": [f"refs/heads/{branch}"], "exclude": []}},
        "rules": rules,
    }


def _github_reviews(approvals: int, group: str) -> dict[str, Any]:
    """Approvals survive the commit that seals them in: the judge counts each only for the decision it names."""
    return {
        "required_approving_review_count": approvals,
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": bool(group),
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
    }


def _github_checks(check: str) -> dict[str, Any]:
    return {
        "strict_required_status_checks_policy": True,
        "required_status_checks": [{"context": each, "integration_id": _ACTIONS_APP} for each in (check, PEOPLE_CHECK)],
    }


def _gitlab(branch: str, approvals: int | None, group: str, check: str) -> dict[str, Any]:  # noqa: ARG001 - one shape
    no_one, maintainers, developers = 0, 40, 30
    push = developers if approvals is None else no_one
    protect: dict[str, Any] = {
        "name": branch,
        "push_access_level": push,
        "merge_access_level": maintainers,
        "allow_force_push": False,
    }
    calls = [{"method": "POST", "path": "/projects/:id/protected_branches", "body": protect}]
    if approvals is not None:
        protect["code_owner_approval_required"] = bool(group)
        project = {"only_allow_merge_if_pipeline_succeeds": True, "merge_method": "ff"}
        rule = {"name": f"gitreg {branch}", "approvals_required": approvals}
        calls += [
            {"method": "PUT", "path": "/projects/:id", "body": project},
            {"method": "POST", "path": "/projects/:id/approval_rules", "body": rule},
        ]
    return {"calls": calls}


def _gitea(branch: str, approvals: int | None, group: str, check: str) -> dict[str, Any]:
    body: dict[str, Any] = {"rule_name": branch, "enable_push": approvals is None, "enable_force_push": False}
    if approvals is not None:
        body |= {
            "required_approvals": approvals,
            "enable_approvals_whitelist": bool(group),
            "approvals_whitelist_teams": [group] if group else [],
            "enable_status_check": True,
            "status_check_contexts": [check, PEOPLE_CHECK],
            "block_on_outdated_branch": True,
            "block_admin_merge_override": True,
        }
    return {"calls": [{"method": "POST", "path": "/repos/:owner/:repo/branch_protections", "body": body}]}
