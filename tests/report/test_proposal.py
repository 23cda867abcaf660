"""The page of a proposal, as a reviewer reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitreg.cli.printing import Terminal, lines_of
from gitreg.documents import Move
from gitreg.policy import PeopleVerdict
from gitreg.report import Line, Problem, ProposalPage, markdown, proposal_page, title_of, verdict_of
from tests.golden import check_golden, normal
from tests.report import builders

GOLDEN = Path(__file__).parent / "golden"
PIPE = Terminal(is_terminal=False, colour=False, width=80)


def as_text(page: ProposalPage) -> str:
    return normal("\n".join(line for block in proposal_page(page) for line in lines_of(block, PIPE)))


PAGES = {
    "open": builders.page(),
    "approved": builders.page(people=builders.people(have=(builders.BEN,))),
    "refused": builders.page(
        evidence=builders.evidence(
            rules=(
                builders.rule("min-auc", "fail", "auc is 0.81, at least 0.9 is needed."),
                builders.rule("tier", "cannot tell", "There is no model card.", "warn"),
            ),
            verdict="fail",
        ),
        problems=(Problem("min-auc", "models/fraud", "auc is 0.81, at least 0.9 is needed.", "Train a better one."),),
    ),
    "first": builders.page(evidence=builders.evidence(baseline=None)),
    "stale": builders.page(state="stale"),
    "governance": builders.page(
        id="govern-3f2a",
        decision=builders.decision(
            action="govern", moves=(), files={"approvers.json": builders.digest("x"), "policies/old.json": None}
        ),
        evidence=None,
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
    against = PeopleVerdict("fail", (), (), (), rejected_by=(builders.BEN,))
    assert "rejected by ben@example.org" in as_text(builders.page(state="rejected", people=against))


def test_a_withdrawal_is_titled_as_one() -> None:
    move = Move(model="fraud", stage="production", number=None, version=None, replaces=None)
    made = builders.decision(action="withdraw", moves=(move,))
    assert title_of(made, builders.evidence(candidate=None)) == "fraud: production 1 -> nothing (withdraw)"


def test_a_hold_is_titled_by_what_it_holds() -> None:
    path = f"models/fraud/holds/{builders.digest('x').short}.json"
    made = builders.decision(action="hold", files={path: builders.digest("x")})
    assert title_of(made) == f"fraud: hold ~{builders.digest('x').hex[:8]} (production)"


def test_markdown_of_a_hostile_reason_stays_text() -> None:
    hostile = "![x](http://evil) <img src=x> | `rm` @everyone #1\n## Approved\x1b[2J"
    text = markdown(proposal_page(builders.page(decision=builders.decision(reason=hostile))))
    assert "<img" not in text.replace("\\<img", "")
    assert "\n## Approved" not in text
    assert "\x1b" not in text
    assert "![" not in text.replace("\\!\\[", "")
