"""Findings beside the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gitreg.cli.annotations import annotation

if TYPE_CHECKING:
    from gitreg.cli.shapes import Finding


def finding(**fields: str) -> Finding:
    made: Finding = {
        "rule": "min-auc",
        "path": "models/fraud/model.json",
        "message": "auc is 0.81.",
        "hint": "Train a better one.",
        "severity": "block",
        "outcome": "fail",
    }
    return {**made, **fields}  # type: ignore[typeddict-item] # a test gives what it means


def test_a_finding_is_an_error_at_its_file() -> None:
    assert annotation(finding()) == (
        "::error file=models/fraud/model.json,title=min-auc::auc is 0.81. Train a better one."
    )


def test_a_warning_without_a_path_has_no_file() -> None:
    assert annotation(finding(severity="warn", path="", hint="")) == "::warning title=min-auc::auc is 0.81."


def test_nothing_in_a_finding_can_begin_another_command() -> None:
    hostile = finding(message="x\n::set-output name=a::b\r50%", rule="a,b:c", path="p\n::error::")
    assert annotation(hostile) == (
        "::error file=p%0A%3A%3Aerror%3A%3A,title=a%2Cb%3Ac::x%0A::set-output name=a::b%0D50%25 Train a better one."
    )


@given(st.text(), st.text(), st.text())
def test_an_annotation_is_one_line(message: str, rule: str, path: str) -> None:
    shown = annotation(finding(message=message, rule=rule, path=path))
    assert "\n" not in shown
    assert "\r" not in shown
