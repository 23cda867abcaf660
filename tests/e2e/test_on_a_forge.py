"""The whole walk on a forge: the stand-in GitHub, which really merges, squashes and rebases, beside a git server.

Each exchange with it is checked against GitHub's own description (tests/forges/serving.py).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.forge_hub import Hub

THRESHOLD = {
    "kind": "threshold",
    "rule": "min-auc",
    "metric": "auc",
    "dataset": None,
    "at_least": 0.9,
    "at_most": None,
    "message": "Less is of no use.",
    "severity": "block",
    "reference": None,
}


def _ask_for_more(hub: Hub) -> None:
    """Two approvals and an AUC of 0.9 from now on: a governed file, changed by a proposal."""
    file = hub.ada.folder / "policies/production.json"
    policy = json.loads(file.read_text())
    for rule in policy["requirements"]:
        if rule["kind"] == "approvals":
            rule["count"] = 2
    policy["requirements"].append(THRESHOLD)
    file.write_text(json.dumps(policy))
    told = hub.ada.reads("govern", "-m", "Two, and 0.9.", "--key", hub.ada.key, "policies/production.json")
    hub.ben.does("approve", told["proposal"]["id"], "--key", hub.ben.key)
    hub.ada.does("merge", told["proposal"]["id"])


def _main_takes_no_push(hub: Hub) -> None:
    """As a rule set of the forge refuses it."""
    hook = hub.project.git.path / "hooks/update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "GH013: Repository rule violations"; exit 1; }\n')
    hook.chmod(0o755)


def _collected_and_merged(hub: Hub, proposal: str, method: str) -> None:
    """CI seals what it finds and reports; then somebody presses the button."""
    assert hub.ci.reads("collect", proposal)["met"]
    told = hub.ci.reads("proposals", "comment", proposal)
    pull = hub.project.pulls[max(hub.project.pulls)]
    head = hub.project.git.branch(pull.head)
    assert (told["check"], told["commit"]) == ("success", head)
    hub.presses(pull.number, method)
    for clerk in (hub.ada, hub.ben):
        clerk.does("sync")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["squash", "rebase", "merge"])
def test_the_whole_walk(hub: Hub, method: str) -> None:
    ada, ben, cleo = hub.ada, hub.ben, hub.cleo
    _ask_for_more(hub)
    _main_takes_no_push(hub)
    refused = ada.run("promote", "fraud", "3", "--to", "production", "-m", "why", "--key", ada.key)
    assert (refused.code, "0.5" in refused.err, len(hub.project.pulls)) == (6, True, 1), refused
    proposal = hub.proposed(2)
    pull = hub.project.pulls[max(hub.project.pulls)]
    assert pull.title == "fraud: production 1 -> 2"
    assert hub.ci.reads("proposals", "comment", proposal)["check"] == "pending"
    assert hub.ci.run("collect", proposal).code == 1
    ben.does("approve", proposal, "--key", ben.key)
    block = cleo.does("approve", proposal, "--print", "--key", cleo.key)
    hub.app.say(hub.project, pull.number, hub.app._accounts["cleo"], block)
    _collected_and_merged(hub, proposal, method)
    resolved = ben.reads("resolve", "models:/fraud@production")
    assert (resolved["version"], resolved["approved_by"]) == (2, [ben.email, cleo.email])
    assert pull.title in hub.project.git.git("log", "--format=%s", "main")

    back = ada.reads("rollback", "fraud", "--stage", "production", "-m", "Scores drifted.", "--key", ada.key)
    assert "takes no direct commit" in str(back["warnings"])
    assert hub.project.pulls[max(hub.project.pulls)].title == "fraud: production 2 -> 1 (rollback)"
    ben.does("approve", back["proposal"]["id"], "--key", ben.key)
    _collected_and_merged(hub, back["proposal"]["id"], method)
    assert ben.reads("resolve", "models:/fraud@production")["version"] == 1
    audit = hub.ci.reads("audit", "verify")
    assert (audit["outcome"], audit["objections"]) == ("pass", [])


@pytest.mark.slow
@pytest.mark.parametrize("method", ["squash", "rebase"])
def test_what_the_forge_merged_too_early_does_not_resolve_and_is_named(hub: Hub, method: str) -> None:
    hub.proposed(2)
    hub.presses(hub.only_pull().number, method)
    hub.ben.does("sync")
    told = hub.ben.run("resolve", "models:/fraud@production")
    assert told.code == 6, told
    assert "Needs 1 approval" in told.err
    assert "fraud/1" in told.err, told.err
    audit = hub.ci.run("audit", "verify", "--json")
    assert audit.code == 1
    assert "approvals" in {each["rule"] for each in audit.json["objections"]}
