"""`gitreg as-of`: what a stage held at a moment, as a person asks for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gitreg.cli.params import moment
from tests.e2e.conftest import Office, alone, offices, protected, templates

__all__ = ["alone", "offices", "protected", "templates"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T14:30Z", datetime(2026, 11, 21, 14, 30, tzinfo=UTC)),
        ("2026-11-21T14:30+02:00", datetime(2026, 11, 21, 12, 30, tzinfo=UTC)),
        ("2026-11-21T14:30", datetime(2026, 11, 21, 14, 30, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 21, 23, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read(text: str, expected: datetime) -> None:
    assert moment(text) == expected


def test_a_stage_is_asked_about_a_moment(protected: Office) -> None:
    ada = protected.ada
    asked = ("as-of", "2099-01-01", "models:/fraud@production")
    approved = ada.reads(*asked)["approved"]
    assert (approved["version"], approved["certain"], approved["by"]) == (1, True, [protected.ben.email])
    assert approved["since"]["not_before"]["by"] in (ada.email, protected.ben.email)
    assert approved["evidence"].startswith("sha256:")
    assert "version 1." in ada.does(*asked)
    before = ada.reads("as-of", "2000-01-01", "models:/fraud@production")["approved"]
    assert (before["version"], before["candidates"], before["nothing"]) == (None, [], True)
    protected.landed(2)
    assert ada.reads(*asked)["approved"]["version"] == 2
    signed = ada.reads(*asked)["approved"]["candidates"][0]["claimed"]
    told = ada.does("as-of", signed, "models:/fraud@production")
    assert "other answers are possible" in told
    assert "gitreg audit checkpoint" in told
    before = f"{datetime.fromisoformat(signed) - timedelta(microseconds=1):%Y-%m-%dT%H:%M:%S.%fZ}"
    exact = ada.reads("as-of", before, "models:/fraud@production", "--skew", "0")["approved"]
    assert 2 not in [each["version"] for each in exact["candidates"]]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("yesterday", "models:/fraud@production"), 2),
        (("2026-11-21", "models:/fraud/1"), 2),
        (("2026-11-21", "models:/fraud@nowhere"), 3),
    ],
)
def test_what_is_no_moment_or_no_stage_is_told(alone: Office, words: tuple[str, str], code: int) -> None:
    assert alone.ada.run("as-of", *words).code == code
