"""Why a version stands where it stands, and the inventory of all of them."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.cli.printing import lines_of
from gitreg.documents import Actor, Fingerprint, ModelCard, Principal, Statement
from gitreg.report import (
    Blocks,
    Held,
    ModelEntry,
    Signature,
    StageStanding,
    WaitingProposal,
    due_in,
    html,
    inventory_csv,
    inventory_page,
    why_page,
)
from gitreg.terminal import Terminal
from tests.golden import check_golden, normal
from tests.report import builders

GOLDEN = Path(__file__).parent / "golden"
PIPE = Terminal(is_terminal=False, colour=False, width=80)
NOW = builders.AT + timedelta(days=120)


def as_text(blocks: Blocks) -> str:
    return normal("\n".join(line for block in blocks for line in lines_of(block, PIPE)))


def signature(person: Principal, verdict: Any = "approve", trouble: str = "", **fields: Any) -> Signature:  # noqa: ANN401 - any field of a statement
    said = Statement(
        decision=builders.decision().digest,
        verdict=verdict,
        actor=Actor(principal=person, via="person"),
        signed_at=builders.AT,
        **fields,
    )
    return Signature(Fingerprint.of(person.encode()), said, None if trouble else person, trouble)


def standing(**fields: Any) -> StageStanding:  # noqa: ANN401 - any field of a standing
    page = builders.reviewed()
    given: dict[str, Any] = {
        "decision": page.decision,
        "digest": page.digest,
        "move": page.decision.moves[0],
        "commit": "c" * 40,
        "since": builders.AT,
        "approved_by": (builders.BEN,),
        "is_unreviewed": False,
        "signatures": (
            signature(builders.ADA, "propose"),
            signature(
                builders.BEN,
                reason="I read it.",
                conditions=("Recalibrate by 2027-03-01.", "Watch the islands until 2027-06-30.", "Tell the board."),
            ),
            signature(Principal("eve@example.org"), trouble="its key belongs to nobody in approvers.json"),
            Signature(None, None, None, "The signature does not fit.", holds=False),
        ),
        "version": page.versions[0],
        "evidence": page.evidence[0],
        "has_earlier": True,
    }
    return StageStanding(**{**given, **fields})


def entries() -> list[ModelEntry]:
    card = ModelCard(name="fraud", owner=Principal("owner@example.org"), use="Scores card payments.", tier="high")
    return [
        ModelEntry("churn", None),
        ModelEntry(
            "fraud",
            card,
            (standing(), standing(is_unreviewed=True, signatures=(), approved_by=())),
            (WaitingProposal("fraud-3-production-1a2b", "fraud: production 2 -> 3", "open", ("production",)),),
            (Held("1", ("production",), "It leaks."),),
        ),
    ]


def test_why_reads_as_its_golden_page() -> None:
    check_golden(GOLDEN / "why.txt", as_text(why_page(standing(), NOW)))


def test_the_inventory_reads_as_its_golden_pages() -> None:
    check_golden(GOLDEN / "inventory.txt", as_text(inventory_page(entries(), NOW)))
    check_golden(GOLDEN / "inventory.csv", normal(inventory_csv(entries(), NOW)))
    check_golden(GOLDEN / "inventory.html", normal(html("Inventory", inventory_page(entries(), NOW))))


def test_an_unreviewed_version_is_said_to_be_unreviewed() -> None:
    found = standing(is_unreviewed=True, signatures=(), approved_by=(), evidence=None, has_earlier=False)
    text = as_text(why_page(found, NOW))
    assert "Nobody had to approve it: it is unreviewed." in text
    assert "gitreg withdraw fraud --stage production -m WHY" in text


def test_why_fits_on_one_screen() -> None:
    assert len(as_text(why_page(standing(), NOW)).splitlines()) <= 60


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Recalibrate by 2027-03-31.", date(2027, 3, 31)),
        ("2027-02-30 is no day, 2027-03-01 is", date(2027, 3, 1)),
        ("before 2027-04-01 or 2027-05-01", date(2027, 4, 1)),
        ("ticket 12027-03-31", None),
        ("2027-03-31-b", None),
        ("٢٠٢٧-٠٣-٣١", None),
        ("some day", None),
    ],
)
def test_the_first_day_in_a_condition_is_when_it_is_due(text: str, expected: date | None) -> None:
    assert due_in(text) == expected


def test_a_condition_is_overdue_only_after_its_day() -> None:
    found = ModelEntry("fraud", None, (standing(),))
    on_the_day = builders.AT.replace(year=2027, month=3, day=1, hour=23)
    assert "OVERDUE" not in as_text(inventory_page([found], on_the_day))
    assert "OVERDUE" in as_text(inventory_page([found], on_the_day + timedelta(hours=2)))


def test_the_condition_of_somebody_who_does_not_count_is_none() -> None:
    ignored = signature(builders.BEN, trouble="the key was valid only until then", conditions=("By 2020-01-01.",))
    assert "2020-01-01" not in as_text(
        inventory_page([ModelEntry("fraud", None, (standing(signatures=(ignored,)),))], NOW)
    )


def test_an_override_stands_in_the_inventory_until_it_is_regularised() -> None:
    override = builders.decision(action="override", regularise_by=builders.AT)
    found = ModelEntry("fraud", None, (standing(decision=override),))
    text = as_text(inventory_page([found], NOW))
    assert "2026-11-21  OVERDUE  fraud@production  It is an override, to be regularised by" in text


NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.builds(str.__add__, st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n="]), st.text(max_size=9)),
)


@given(NAMES, NAMES)
def test_no_cell_of_the_table_is_a_formula(model: str, reason: str) -> None:
    found = ModelEntry(model, None, (standing(),), (), (Held(reason, (), reason),))
    rows = [*csv.reader(io.StringIO(inventory_csv([found], NOW)), strict=True)]
    assert [len(row) for row in rows] == [16, 16]
    assert not [value for value in rows[1] if value.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]
