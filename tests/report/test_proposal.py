"""The page of a proposal, as a reviewer reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitreg.cli.printing import Terminal, lines_of
from gitreg.report import FileChange, Line, Opinion, Problem, ProposalPage, markdown, proposal_page, verdict_of
from tests.golden import check_golden, normal
from tests.report import builders

GOLDEN = Path(__file__).parent / "golden"
PIPE = Terminal(is_terminal=False, colour=False, width=80)


def as_text(page: ProposalPage) -> str:
    return normal("\n".join(line for block in proposal_page(page) for line in lines_of(block, PIPE)))


PAGES = {
    "open": builders.page(),
    "approved": builders.page(
        people=builders.people(have=(builders.BEN,)),
        opinions=(
            Opinion("ada@example.org", "propose"),
            Opinion("ben@example.org", "approve", "I checked the numbers.", ("Watch it for a week.",)),
            Opinion("eve@example.org", "approve", ignored="its key belongs to nobody in approvers.json"),
        ),
    ),
    "refused": builders.page(
        evidence=(
            builders.evidence(
                rules=(
                    builders.rule("min-auc", "fail", "auc is 0.81, at least 0.9 is needed."),
                    builders.rule("tier", "cannot tell", "There is no model card.", "warn"),
                ),
                verdict="fail",
            ),
        ),
        problems=(Problem("min-auc", "models/fraud", "auc is 0.81, at least 0.9 is needed.", "Train a better one."),),
    ),
    "first": builders.page(evidence=(builders.evidence(baseline=None),)),
    "stale": builders.page(state="stale"),
    "governance": builders.page(
        id="govern-3f2a",
        decision=builders.decision(
            action="govern", moves=(), files={"approvers.json": builders.digest("x"), "policies/old.json": None}
        ),
        evidence=(),
        files=(
            FileChange("approvers.json", '{\n  "people": {}\n}\n', '{\n  "people": {\n    "ben": 1\n  }\n}\n'),
            FileChange("policies/old.json", "{}\n", None),
        ),
        title="governance: approvers.json, policies/old.json",
        people=builders.people(missing=("1 approval from leads",), proposed=False),
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_proposal_reads_as_its_golden_page(name: str) -> None:
    check_golden(GOLDEN / f"proposal-{name}.txt", as_text(PAGES[name]))


@pytest.mark.parametrize("name", PAGES)
def test_a_pull_request_reads_as_its_golden_page(name: str) -> None:
    check_golden(GOLDEN / f"proposal-{name}.md", normal(markdown(proposal_page(PAGES[name]))))


def test_the_verdict_comes_first() -> None:
    assert as_text(PAGES["refused"]).splitlines()[2].startswith("Refused by rule: min-auc")


def test_a_warning_does_not_block() -> None:
    warned = builders.page(
        people=builders.people(have=(builders.BEN,)), problems=(Problem("x", "", "m", blocks=False),)
    )
    assert verdict_of(warned) == Line("Approved: it can be merged.", "good")


def test_who_said_no_is_named() -> None:
    against = Opinion("ben@example.org", "reject", "It leaks.")
    assert "rejected by ben@example.org: It leaks." in as_text(builders.page(state="rejected", opinions=(against,)))


def test_markdown_of_a_hostile_reason_stays_text() -> None:
    hostile = "![x](http://evil) <img src=x> | `rm` @everyone #1\n## Approved\x1b[2J"
    text = markdown(proposal_page(builders.page(decision=builders.decision(reason=hostile))))
    assert "<img" not in text.replace("\\<img", "")
    assert "\n## Approved" not in text
    assert "\x1b" not in text
    assert "![" not in text.replace("\\!\\[", "")
