"""The page of a proposal, as a reviewer reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.cli.printing import lines_of
from gitreg.report import (
    Command,
    FileChange,
    Line,
    Opinion,
    Problem,
    ProposalPage,
    html,
    markdown,
    proposal_page,
    verdict_of,
)
from gitreg.terminal import Terminal
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
            Opinion("ci@example.org", "check", checks=(("integration", "pass"), ("fairness", "fail"))),
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
    "reviewed": builders.reviewed(),
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


@pytest.mark.parametrize("name", ["open", "reviewed", "governance"])
def test_the_offline_file_reads_as_its_golden_page(name: str) -> None:
    check_golden(GOLDEN / f"proposal-{name}.html", normal(html(PAGES[name].title, proposal_page(PAGES[name]))))


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


def test_who_could_still_approve_is_named() -> None:
    assert "Who could: ben@example.org or eve@example.org." in as_text(PAGES["reviewed"])
    assert "Nobody else in approvers.json could." in as_text(builders.page(able=()))


def test_the_reason_is_given_where_the_candidate_is_not_the_best() -> None:
    text = as_text(PAGES["reviewed"])
    assert "The candidate is number 2. It was chosen because: The first of them needs twice the memory." in text
    text = as_text(replace(PAGES["reviewed"], decision=builders.decision(because=None)))
    assert "The candidate is number 2. No reason was given for choosing it." in text


def test_a_group_that_gets_worse_for_certain_is_a_risk() -> None:
    text = as_text(PAGES["reviewed"])
    assert "auc is worse where region=islands" in text
    assert "auc is worse where region=south" not in text


def test_what_is_the_same_in_both_versions_is_not_listed_as_changed() -> None:
    text = as_text(PAGES["reviewed"])
    assert "param: depth" in text
    assert "param: seed" not in text


def test_the_models_of_a_set_are_told_apart() -> None:
    other = builders.evidence(candidate=builders.subject(3, 0.9).model_copy(update={"model": "churn"}))
    text = as_text(builders.page(evidence=(builders.evidence(), other)))
    assert "churn: the candidate and what is in production" in text
    assert "fraud: the candidate and what is in production" in text


def test_files_and_columns_that_changed_are_named() -> None:
    text = as_text(PAGES["reviewed"])
    assert "(4000 rows, 2 columns)" in text
    assert "The columns of the train data customers: +region, -age." in text
    assert "model.bin" in text
    assert "README.md" not in text


def test_there_is_a_way_back_even_from_the_first_version() -> None:
    assert "gitreg withdraw fraud --stage production" in as_text(PAGES["first"])
    assert "gitreg rollback fraud --stage production" in as_text(PAGES["open"])


def test_the_command_that_approves_names_the_whole_digest_and_comes_last() -> None:
    page = PAGES["reviewed"]
    assert [*proposal_page(page)][-1] == Command(f"gitreg approve {page.id} --decision {page.digest}")


def test_a_page_without_curves_says_why() -> None:
    text = as_text(builders.reviewed(curves=(), not_drawn=("No curves: The predictions are not here.",)))
    assert "No curves: The predictions are not here." in text
    assert "region=islands  ├" in text


@given(st.tuples(*[st.floats()] * 7))
def test_numbers_that_somebody_made_up_do_not_break_the_page(values: tuple[float, ...]) -> None:
    new, old, difference, low, high, p_value, confidence = values
    made_up = builders.compared(
        "a=b",
        difference,
        0.0,
        1,
        low=low,
        high=high,
        candidate_value=new,
        baseline_value=old,
        p_value=p_value,
        confidence=confidence,
    )
    found = builders.evidence(observations=(made_up, made_up.model_copy(update={"slice": ""})))
    page = builders.page(evidence=(found,))
    assert "The same, group by group" in as_text(page)
    assert html(page.title, proposal_page(page)).endswith("</html>\n")
