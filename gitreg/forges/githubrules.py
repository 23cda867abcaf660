"""What GitHub enforces on a branch: rule sets and the older branch protection, put together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gitreg.errors import CredentialsRefused, NotFound
from gitreg.forges.reading import at, is_on, number_or, rows, rows_or_empty, text_or_empty
from gitreg.forges.values import BranchRules, RequiredCheck

if TYPE_CHECKING:
    from gitreg.forges.web import Web

_BY_RULES_ALONE = "Branch not protected"
_READ, _ADMIN = "Metadata: read", "Administration: read"


def branch_rules_of(web: Web, repo: str, branch: str, *, is_job_token: bool) -> BranchRules:
    """The rules of a branch; None where only an administrator's token could tell."""
    name = quote(branch, safe="")
    pages = web.pages(f"{repo}/rules/branches/{name}", _READ)
    active = [rule for page in pages for rule in rows(page)]
    rules = _of_rule_sets(branch, active, _bypass(web, repo, active))
    rules = replace(rules, our_pull_requests_start_checks=False if is_job_token else None)
    return _with_protection(web, f"{repo}/branches/{name}", rules)


def _of_rule_sets(branch: str, active: list[Any], bypass: tuple[str, ...] | None) -> BranchRules:
    """Several rules of one type add up: the strictest holds."""
    kinds = {text_or_empty(rule, "type") for rule in active}
    pulls = [at(rule, "parameters") for rule in active if text_or_empty(rule, "type") == "pull_request"]
    checks = [at(rule, "parameters") for rule in active if text_or_empty(rule, "type") == "required_status_checks"]
    return BranchRules(
        kind="github",
        branch=branch,
        needs_pull_request=bool(pulls) or "merge_queue" in kinds,
        approvals=max((number_or(0, each, "required_approving_review_count") for each in pulls), default=0),
        dismisses_stale_approvals=any(is_on(each, "dismiss_stale_reviews_on_push") for each in pulls),
        needs_owner_review=any(is_on(each, "require_code_owner_review") for each in pulls),
        required_checks=tuple(
            _check(raw, "integration_id") for each in checks for raw in rows_or_empty(each, "required_status_checks")
        ),
        needs_up_to_date=any(is_on(each, "strict_required_status_checks_policy") for each in checks),
        has_merge_queue="merge_queue" in kinds,
        allows_force_push="non_fast_forward" not in kinds,
        allows_deletion="deletion" not in kinds,
        bypass=bypass,
    )


def _check(raw: object, app_field: str) -> RequiredCheck:
    app = number_or(-1, raw, app_field)
    return RequiredCheck(text_or_empty(raw, "context"), str(app) if app > 0 else "")


def _bypass(web: Web, repo: str, active: list[Any]) -> tuple[str, ...] | None:
    """Who may pass over the repository's own rule sets. An organisation's rule sets say so only to its owners."""
    found: list[str] = []
    for number in sorted({number_or(0, rule, "ruleset_id") for rule in active}):
        try:
            rule_set = web.get(f"{repo}/rulesets/{number}", _ADMIN)
        except (CredentialsRefused, NotFound):
            return None
        if at(rule_set, "bypass_actors") is None:
            return None
        found += [_actor(each) for each in rows(rule_set, "bypass_actors")]
    return tuple(dict.fromkeys(found))


def _actor(raw: object) -> str:
    kind, number = text_or_empty(raw, "actor_type"), number_or(0, raw, "actor_id")
    return f"{kind} {number}" if number else kind


def _with_protection(web: Web, path: str, rules: BranchRules) -> BranchRules:
    """The older branch protection laid over the rule sets: either may forbid, neither lifts the other's ban."""
    shown = web.get(path, "Contents: read")
    if not is_on(shown, "protected"):
        return rules
    try:
        old = web.get(f"{path}/protection", _ADMIN)
    except NotFound as error:
        if _BY_RULES_ALONE in error.message:
            return rules
        return _unknown_where_lacking(rules, shown)  # GitHub hides from whom it may not show
    except CredentialsRefused:
        return _unknown_where_lacking(rules, shown)
    return _laid_over(rules, old)


def _laid_over(rules: BranchRules, old: object) -> BranchRules:
    reviews, checks = at(old, "required_pull_request_reviews"), at(old, "required_status_checks")
    old_checks = [_check(each, "app_id") for each in rows_or_empty(checks, "checks")]
    return replace(
        rules,
        needs_pull_request=rules.needs_pull_request or reviews is not None,
        approvals=max(rules.approvals or 0, number_or(0, reviews, "required_approving_review_count")),
        dismisses_stale_approvals=rules.dismisses_stale_approvals or is_on(reviews, "dismiss_stale_reviews"),
        needs_owner_review=rules.needs_owner_review or is_on(reviews, "require_code_owner_reviews"),
        required_checks=tuple(dict.fromkeys([*(rules.required_checks or ()), *old_checks])),
        needs_up_to_date=rules.needs_up_to_date or is_on(checks, "strict"),
        allows_force_push=rules.allows_force_push and is_on(old, "allow_force_pushes", "enabled"),
        allows_deletion=rules.allows_deletion and is_on(old, "allow_deletions", "enabled"),
        bypass=None if rules.bypass is None else (*rules.bypass, *_old_bypass(old)),
    )


def _old_bypass(old: object) -> list[str]:
    allowed = at(old, "required_pull_request_reviews", "bypass_pull_request_allowances")
    people = [text_or_empty(each, "login") for each in rows_or_empty(allowed, "users")]
    groups = [text_or_empty(each, "slug") for kind in ("teams", "apps") for each in rows_or_empty(allowed, kind)]
    return [*([] if is_on(old, "enforce_admins", "enabled") else ["administrators"]), *people, *groups]


def _unknown_where_lacking(rules: BranchRules, shown: object) -> BranchRules:
    """What the rule sets do not settle, the protection may; this token is told only which checks it requires."""
    checks = rows_or_empty(shown, "protection", "required_status_checks", "checks")
    return replace(
        rules,
        needs_pull_request=rules.needs_pull_request or None,
        approvals=rules.approvals or None,
        dismisses_stale_approvals=rules.dismisses_stale_approvals or None,
        needs_owner_review=rules.needs_owner_review or None,
        required_checks=tuple(
            dict.fromkeys([*(rules.required_checks or ()), *(_check(each, "app_id") for each in checks)])
        ),
        needs_up_to_date=rules.needs_up_to_date or None,
        allows_force_push=rules.allows_force_push and None,
        allows_deletion=rules.allows_deletion and None,
        bypass=None,
    )
