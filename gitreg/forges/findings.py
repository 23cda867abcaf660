"""Which promise of the registry each missing setting of a branch breaks, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.forges.values import BranchRules, Kind, Purpose

DEFAULT_CHECK = "validate"
"""The name of the job in the CI templates that judges a proposal."""
PEOPLE_CHECK = "gitreg"
"""The check that is not complete while a proposal waits for people."""


@dataclass(frozen=True)
class BranchFinding:
    """A setting that is missing (`broken`), or that this token may not see (`unknown`)."""

    id: str
    certainty: Literal["broken", "unknown"]
    promise: str
    """What cannot be relied on without it."""
    setting: str
    """What to change, in the forge's own words."""


@dataclass(frozen=True)
class _Demand:
    id: str
    promise: str
    github: str
    gitlab: str
    gitea: str

    def finding(self, kind: Kind, *, unknown: bool) -> BranchFinding:
        setting = {"github": self.github, "gitlab": self.gitlab, "gitea": self.gitea}[kind]
        return BranchFinding(self.id, "unknown" if unknown else "broken", self.promise, setting)


_FORCE_PUSH = _Demand(
    "force-push",
    "History only grows: whoever forces a push can take landed decisions or recorded facts away.",
    "Rule set: Block force pushes.",
    "Protected branch: Allowed to force push off.",
    "Branch protection: Enable force push off.",
)
_DELETION = _Demand(
    "deletion",
    "The branch stays: deleted, the record is gone wherever no clone kept it.",
    "Rule set: Restrict deletions.",
    "Protect the branch: git can then not delete it.",
    "Protect the branch.",
)
_PULL_REQUEST = _Demand(
    "pull-request",
    "Nothing reaches main unseen: who may push to it directly passes every check by.",
    "Rule set: Require a pull request before merging.",
    "Protected branch: Allowed to push and merge: No one.",
    "Branch protection: Disable push.",
)
_CHECK = _Demand(
    "required-check",
    "A proposal that the policy refuses is not merged by mistake: gitreg's check has to be green first.",
    "Rule set: Require status checks to pass, with the job that runs gitreg validate.",
    "Merge requests: Pipelines must succeed.",
    "Branch protection: Enable status check, with the job that runs gitreg validate.",
)
_REPORT_CHECK = _Demand(
    "people-check",
    "A proposal is not merged before its people have approved: validate is green while only they are missing, and the "
    "check gitreg is not.",
    "Rule set: Require status checks to pass, with gitreg as well.",
    "",
    "Branch protection: Enable status check, with gitreg as well.",
)
_CHECK_SOURCE = _Demand(
    "check-source",
    "The green check is ours: anybody whose token may write a commit status can set one of that name.",
    "Rule set: at the required check choose GitHub Actions as its source.",
    "",
    "",
)
_UP_TO_DATE = _Demand(
    "up-to-date",
    "What was judged is what lands: of two proposals that were each good against an older main, both land.",
    "Rule set: Require branches to be up to date before merging, or a merge queue.",
    "Merge requests: Merge method: Fast-forward or semi-linear; or merge trains.",
    "Branch protection: Block merge if pull request is outdated.",
)
_BYPASS = _Demand(
    "bypass",
    "The rules hold for everybody: who may bypass them can land what nobody approved.",
    "Rule set: empty the bypass list (branch protection: Do not allow bypassing the above settings).",
    "Protected branch: take people and roles out of Allowed to push and merge.",
    "Branch protection: take people and teams out of the push allow-list, apply the rules to administrators.",
)
_STARTS_CHECKS = _Demand(
    "starts-checks",
    "Every proposal is checked: a pull request opened with a workflow's own GITHUB_TOKEN starts no workflow, so that "
    "its required check never comes.",
    "Open pull requests with an app's token (GITREG_FORGE_TOKEN), or by hand.",
    "",
    "",
)


def branch_findings(rules: BranchRules, purpose: Purpose, *, check: str = DEFAULT_CHECK) -> list[BranchFinding]:
    """What the forge does not hold for us. gitreg judges each landing all the same: see what the promises say.

    `check` is the name of the required check. Whether its workflow is the base's no setting of a branch tells: on
    GitHub it has to run on `pull_request_target`, as our template does.
    """
    demands = _of_main(rules, check) if purpose == "main" else _of_any(rules)
    return [demand.finding(rules.kind, unknown=met is None) for demand, met in demands if not met]


def _of_any(rules: BranchRules) -> Iterator[tuple[_Demand, bool | None]]:
    yield _FORCE_PUSH, _not(rules.allows_force_push)
    yield _DELETION, _not(rules.allows_deletion)
    yield _BYPASS, None if rules.bypass is None else not rules.bypass


def _of_main(rules: BranchRules, check: str) -> Iterator[tuple[_Demand, bool | None]]:
    yield _PULL_REQUEST, rules.needs_pull_request
    found = [each for each in rules.required_checks or () if each.name == check or rules.kind == "gitlab"]
    yield _CHECK, None if rules.required_checks is None else bool(found)
    people = [each for each in rules.required_checks or () if each.name == PEOPLE_CHECK]
    if rules.kind != "gitlab":
        yield _REPORT_CHECK, None if rules.required_checks is None else bool(people)
    if rules.kind == "github" and (found or people):
        yield _CHECK_SOURCE, all(each.app for each in (*found, *people))
    yield _UP_TO_DATE, _either(rules.has_merge_queue, rules.needs_up_to_date)
    yield from _of_any(rules)
    yield _STARTS_CHECKS, rules.our_pull_requests_start_checks is not False


def _not(value: bool | None) -> bool | None:  # noqa: FBT001 - three-valued logic
    return None if value is None else not value


def _either(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001 - three-valued logic
    return True if one or other else None if None in (one, other) else False
