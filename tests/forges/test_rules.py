"""Branch rules: read, judged in words, and printed as a set to import."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gitreg.errors import InvalidValue
from gitreg.forges import BranchRules, RequiredCheck, branch_findings, codeowners, ruleset
from gitreg.testing.forges import GiteaStandIn, GitLabStandIn, Reply
from tests.forges.conftest import PROJECT, SECRET, Repository, Served, forge_at
from tests.forges.serving import serving

if TYPE_CHECKING:
    from gitreg.forges import Forge, Kind, Purpose

VALIDATE, PEOPLE = RequiredCheck("validate", "15368"), RequiredCheck("gitreg", "15368")
GOOD = BranchRules(
    kind="github",
    branch="main",
    needs_pull_request=True,
    approvals=2,
    required_checks=(VALIDATE, PEOPLE),
    needs_up_to_date=True,
    allows_force_push=False,
    allows_deletion=False,
)


def ids(rules: BranchRules, purpose: Purpose = "main") -> list[tuple[str, str]]:
    return [(each.id, each.certainty) for each in branch_findings(rules, purpose)]


def test_a_branch_that_holds_everything_has_no_findings() -> None:
    assert ids(GOOD) == []
    assert ids(replace(GOOD, needs_up_to_date=False, has_merge_queue=True)) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"needs_pull_request": False}, [("pull-request", "broken")]),
        ({"required_checks": ()}, [("required-check", "broken"), ("people-check", "broken")]),
        ({"required_checks": (RequiredCheck("build", "15368"), PEOPLE)}, [("required-check", "broken")]),
        ({"required_checks": (VALIDATE,)}, [("people-check", "broken")]),
        ({"required_checks": (RequiredCheck("validate"), PEOPLE)}, [("check-source", "broken")]),
        ({"required_checks": (VALIDATE, RequiredCheck("gitreg"))}, [("check-source", "broken")]),
        ({"needs_up_to_date": False}, [("up-to-date", "broken")]),
        ({"needs_up_to_date": False, "has_merge_queue": None}, [("up-to-date", "unknown")]),
        ({"allows_force_push": True}, [("force-push", "broken")]),
        ({"allows_deletion": True}, [("deletion", "broken")]),
        ({"allows_deletion": None}, [("deletion", "unknown")]),
        ({"bypass": ("RepositoryRole 5",)}, [("bypass", "broken")]),
        ({"bypass": None}, [("bypass", "unknown")]),
        ({"our_pull_requests_start_checks": False}, [("starts-checks", "broken")]),
    ],
)
def test_each_missing_setting_is_one_finding(change: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert ids(replace(GOOD, **change)) == found


def test_the_ledger_needs_only_that_history_grows() -> None:
    assert ids(BranchRules("github", "ledger"), "ledger") == [("force-push", "broken"), ("deletion", "broken")]
    assert ids(BranchRules("github", "ledger", allows_force_push=False, allows_deletion=False), "ledger") == []


@pytest.mark.parametrize("kind", ["github", "gitlab", "gitea"])
def test_every_finding_says_what_breaks_and_what_to_set(kind: Kind) -> None:
    worst = BranchRules(kind, "main", bypass=("x",), our_pull_requests_start_checks=kind != "github" or False)
    found = branch_findings(worst, "main")
    assert {"pull-request", "required-check", "up-to-date", "force-push", "deletion", "bypass"} <= {e.id for e in found}
    assert all(each.promise.endswith(".") and each.setting.endswith(".") for each in found)


# --- GitHub --------------------------------------------------------------------------------------------------------


def import_rules(served: Served, text: str) -> None:
    url = f"{served.address}/api/v3/repos/{PROJECT}/rulesets"
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    assert httpx.post(url, content=text, headers=headers, trust_env=False).status_code == 201


def test_the_printed_set_imported_on_github_leaves_nothing_to_find(github: Served, repository: Repository) -> None:
    repository.push("ledger", {"a": "1"})
    before = github.forge().branch_rules("main")
    import_rules(github, ruleset("github", "main", 2, "risk"))
    import_rules(github, ruleset("github", "ledger", None))
    rules = github.forge().branch_rules("main")
    assert ids(before) != []
    assert (rules.approvals, rules.needs_owner_review, rules.bypass) == (2, True, ())
    assert ids(rules) == ids(github.forge().branch_rules("ledger"), "ledger") == []


def test_a_merge_that_the_rules_forbid_is_refused(github: Served, repository: Repository) -> None:
    import_rules(github, ruleset("github", "main", 1))
    repository.push("proposals-one", {"a": "1"})
    pull = github.forge().open_pull_request("proposals-one", "main", title="t", body="b")
    headers = {"Authorization": f"Bearer {SECRET}"}
    url = f"{github.address}/api/v3/repos/{PROJECT}/pulls/{pull.number}"
    assert httpx.put(f"{url}/merge", json={}, headers=headers, trust_env=False).status_code == 405


def test_who_may_bypass_is_unknown_to_who_may_not_change_the_rules(github: Served) -> None:
    github.app.add_token("reader", "reader", may=frozenset())
    import_rules(github, ruleset("github", "main", 2))
    assert ids(github.forge("reader").branch_rules("main")) == [("bypass", "unknown")]


def test_somebody_who_may_bypass_is_named(github: Served) -> None:
    text = json.loads(ruleset("github", "main", 2))
    text["bypass_actors"] = [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]
    import_rules(github, json.dumps(text))
    assert github.forge().branch_rules("main").bypass == ("RepositoryRole 5",)


PROTECTION: dict[str, Any] = {
    "required_pull_request_reviews": {
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": False,
        "required_approving_review_count": 3,
    },
    "required_status_checks": {
        "strict": True,
        "contexts": ["validate", "gitreg"],
        "checks": [{"context": "validate", "app_id": 15368}, {"context": "gitreg", "app_id": 15368}],
    },
    "enforce_admins": {"url": "https://api.github.com/x", "enabled": False},
    "allow_force_pushes": {"enabled": False},
    "allow_deletions": {"enabled": False},
}


def test_the_older_branch_protection_counts_too(github: Served) -> None:
    github.project.protections["main"] = PROTECTION
    rules = github.forge().branch_rules("main")
    assert (rules.approvals, rules.dismisses_stale_approvals) == (3, True)
    assert ids(rules) == [("bypass", "broken")]
    assert rules.bypass == ("administrators",)


def test_what_a_reader_may_not_see_is_unknown_and_not_missing(github: Served) -> None:
    github.project.protections["main"] = PROTECTION
    github.app.add_token("reader", "reader", may=frozenset())
    found = ids(github.forge("reader").branch_rules("main"))
    assert {certainty for _, certainty in found} == {"unknown"}
    assert "required-check" not in {name for name, _ in found}


def test_a_workflows_own_token_is_warned_of(github: Served) -> None:
    github.app.add_token("job", "github-actions[bot]", is_app=True)
    forge = forge_at("github", github.address, {"GITHUB_TOKEN": "job", "GITHUB_ACTIONS": "true"})
    assert ("starts-checks", "broken") in ids(forge.branch_rules("main"))


# --- the others ----------------------------------------------------------------------------------------------------


def send(forge_url: str, project: str, text: str, headers: dict[str, str]) -> None:
    for call in json.loads(text)["calls"]:
        path = call["path"].replace(":owner/:repo", PROJECT).replace(":id", project)
        done = httpx.request(call["method"], forge_url + path, json=call["body"], headers=headers, trust_env=False)
        assert done.is_success, done.text


def test_the_printed_calls_leave_nothing_to_find_on_gitlab(repository: Repository) -> None:
    app = GitLabStandIn(PROJECT, repository.bare)
    app.add_token("adas", "ada")
    with serving(app) as address:
        send(f"{address}/api/v4", "1", ruleset("gitlab", "main", 2, "risk"), {"PRIVATE-TOKEN": "adas"})
        forge: Forge = forge_at("gitlab", address, {"GITREG_FORGE_TOKEN": "adas"})
        rules = forge.branch_rules("main")
    assert (rules.approvals, rules.needs_owner_review) == (2, True)
    assert ids(rules) == []


def test_the_printed_calls_leave_nothing_to_find_on_gitea(repository: Repository) -> None:
    app = GiteaStandIn(PROJECT, repository.bare)
    app.add_token("adas", "ada")
    with serving(app) as address:
        send(f"{address}/api/v1", "", ruleset("gitea", "main", 2, "risk"), {"Authorization": "token adas"})
        rules = forge_at("gitea", address, {"GITREG_FORGE_TOKEN": "adas"}).branch_rules("main")
    assert rules.approvals == 2
    assert ids(rules) == []


def test_more_approvals_than_a_forge_takes_are_refused() -> None:
    for approvals in (-1, 11):
        with pytest.raises(InvalidValue):
            ruleset("github", "main", approvals)


def test_a_codeowners_file() -> None:
    owners = {"*": ["@acme/ml"], "/models/fraud card/": ["@ada", "risk@acme.org"], "/open/": []}
    assert codeowners(owners).splitlines()[1:] == ["* @acme/ml", "/models/fraud\\ card/ @ada risk@acme.org", "/open/"]


@pytest.mark.parametrize(
    ("pattern", "owner"),
    [
        ("/a\n* @mallory", "@ada"),
        ("/a", "@ada\n* @mallory"),
        ("", "@ada"),
        ("#a", "@ada"),
        ("[a", "@ada"),
        ("/a", "ada"),
    ],
)
def test_a_codeowners_line_cannot_become_two(pattern: str, owner: str) -> None:
    with pytest.raises(InvalidValue):
        codeowners({pattern: [owner]})


def test_what_gitlab_hides_is_unknown(repository: Repository) -> None:
    app = GitLabStandIn(PROJECT, repository.bare)
    app.add_token("adas", "ada")
    with serving(app) as address:
        forge = forge_at("gitlab", address, {"GITREG_FORGE_TOKEN": "adas"})
        app.next_replies = [Reply(200, app.project), Reply(403, {"message": "403 Forbidden"})]
        hidden = ids(forge.branch_rules("main"))
        send(f"{address}/api/v4", "1", ruleset("gitlab", "main", 2), {"PRIVATE-TOKEN": "adas"})
        free = [Reply(200, app.project), Reply(200, app.protections["main"]), Reply(404, {"message": "404 Not Found"})]
        app.next_replies = free
        rules = forge.branch_rules("main")
    assert {name for name, certainty in hidden if certainty == "unknown"} == {
        "pull-request",
        "force-push",
        "deletion",
        "bypass",
    }
    assert (rules.approvals, ids(rules)) == (None, [])


def test_who_may_push_past_review_on_gitlab_is_named(repository: Repository) -> None:
    app = GitLabStandIn(PROJECT, repository.bare)
    app.add_token("adas", "ada")
    with serving(app) as address:
        send(f"{address}/api/v4", "1", ruleset("gitlab", "main", None), {"PRIVATE-TOKEN": "adas"})
        rules = forge_at("gitlab", address, {"GITREG_FORGE_TOKEN": "adas"}).branch_rules("main")
    assert rules.bypass == ("Developers + Maintainers",)
    assert ("pull-request", "broken") in ids(rules)


def test_what_gitea_hides_is_unknown(repository: Repository) -> None:
    app = GiteaStandIn(PROJECT, repository.bare)
    app.add_token("adas", "ada")
    with serving(app) as address:
        app.next_replies = [Reply(200, {"name": "main", "protected": True}), Reply(403, {"message": "no"})]
        found = ids(forge_at("gitea", address, {"GITREG_FORGE_TOKEN": "adas"}).branch_rules("main"))
    unknown = ["pull-request", "required-check", "people-check", "up-to-date", "force-push", "bypass"]
    assert found == [(name, "unknown") for name in unknown]


def test_gitea_reviews_name_their_commit(repository: Repository) -> None:
    app = GiteaStandIn(PROJECT, repository.bare)
    app.add_token("adas", "ada")
    sha = repository.push("proposals/one", {"a": "1"})
    with serving(app) as address:
        forge = forge_at("gitea", address, {"GITREG_FORGE_TOKEN": "adas"})
        number = forge.open_pull_request("proposals/one", "main", title="t", body="b").number
        for state in ("REQUEST_REVIEW", "PENDING", "COMMENT", "REQUEST_CHANGES", "APPROVED"):
            app.review(number, "ben", state, sha)
        app.review(number, "eve", "APPROVED", sha, dismissed=True)
        reviews = forge.reviews(number)
    assert [(each.author, each.state, each.commit) for each in reviews] == [
        ("ben", "commented", sha),
        ("ben", "changes_requested", sha),
        ("ben", "approved", sha),
        ("eve", "dismissed", sha),
    ]


def test_who_is_let_past_the_older_protection_is_named(github: Served) -> None:
    old = json.loads(json.dumps(PROTECTION))
    old["enforce_admins"]["enabled"] = True
    old["required_pull_request_reviews"]["bypass_pull_request_allowances"] = {"users": [], "teams": [], "apps": []}
    github.project.protections["main"] = old
    assert ids(github.forge().branch_rules("main")) == []
