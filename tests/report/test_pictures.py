"""Curves from rows, and the pictures of them: fixed digits, words for those who do not see, characters for pipes."""

from __future__ import annotations

import math
from pathlib import Path
from unicodedata import normalize
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.report import Curves, curve_of
from gitreg.report.curves import MAX_POINTS, hits_at
from gitreg.report.pictures import MAX_SLICES, bar, calibration_picture, roc_picture, slices_picture
from tests.golden import check_golden
from tests.report import builders

GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
SLICES = [builders.compared("", 0.02, 0.01, 4000), builders.compared("region=<b>&", -0.08, 0.05, 100)]
ROWS = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=60)


def test_the_pictures_are_as_their_golden_files() -> None:
    found = [roc_picture(builders.curves()), calibration_picture(builders.curves()), slices_picture(SLICES, "auc")]
    for name, picture in zip(("roc", "calibration", "slices"), found, strict=True):
        assert picture is not None
        check_golden(GOLDEN / f"picture-{name}.svg", picture.svg + "\n")


def test_a_drawing_is_xml_with_a_title_and_a_description() -> None:
    for picture in (roc_picture(builders.curves()), slices_picture(SLICES, "a < b & c")):
        assert picture is not None
        root = ET.fromstring(picture.svg)  # noqa: S314 - our own
        assert [each.tag for each in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
        assert root[0].text == picture.title
        assert "http" not in picture.svg.replace("http://www.w3.org/2000/svg", "")


def test_lines_are_told_apart_without_colour() -> None:
    picture = roc_picture(builders.curves())
    assert picture is not None
    root = ET.fromstring(picture.svg)  # noqa: S314 - our own
    lines = root.findall(f"{SVG}polyline")
    assert {line.get("stroke") for line in lines} == {"currentColor"}
    assert len({line.get("stroke-dasharray") for line in lines}) == 2


def test_a_perfect_model_finds_every_hit_without_a_false_alarm() -> None:
    curve = curve_of("m", [0, 1, 0, 1], [0.1, 0.9, 0.2, 0.8])
    assert curve.roc == ((0.0, 0.0), (0.0, 0.5), (0.0, 1.0), (0.5, 1.0), (1.0, 1.0))
    assert hits_at(curve, 0.01) == 1.0


def test_rows_with_one_score_come_on_the_curve_together() -> None:
    assert curve_of("m", [0, 1, 0, 1], [0.5] * 4).roc == ((0.0, 0.0), (1.0, 1.0))


@given(ROWS)
def test_the_area_under_the_curve_is_the_share_of_pairs_in_order(rows: list[tuple[int, float]]) -> None:
    curve = curve_of("m", *map(list, zip(*rows, strict=True)))
    yes, no = ([score for target, score in rows if target == wanted] for wanted in (1, 0))
    if not yes or not no:
        assert curve.roc == ()
        return
    area = sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in zip(curve.roc, curve.roc[1:], strict=False))
    ordered = sum((a > b) + 0.5 * (a == b) for a in yes for b in no) / (len(yes) * len(no))
    assert math.isclose(area, ordered, abs_tol=1e-9)


@given(ROWS)
def test_every_row_is_in_one_bin(rows: list[tuple[int, float]]) -> None:
    curve = curve_of("m", *map(list, zip(*rows, strict=True)))
    assert sum(each.rows for each in curve.bins) == len(rows)
    assert math.isclose(sum(each.was * each.rows for each in curve.bins), sum(target for target, _ in rows))


def test_a_curve_of_many_rows_has_few_points_and_both_ends() -> None:
    curve = curve_of("m", [row % 2 for row in range(5000)], [(row * 7919 % 5000) / 5000 for row in range(5000)])
    assert len(curve.roc) == MAX_POINTS
    assert (curve.roc[0], curve.roc[-1]) == ((0.0, 0.0), (1.0, 1.0))


def test_scores_that_are_no_probabilities_have_no_calibration() -> None:
    curve = curve_of("m", [0, 1], [-3.0, 4.0])
    assert curve.bins == ()
    assert calibration_picture(Curves("d", 2, (curve,))) is None


def test_one_class_alone_has_no_roc() -> None:
    assert roc_picture(Curves("d", 2, (curve_of("m", [1, 1], [0.1, 0.2]),))) is None


def test_many_groups_are_cut_and_counted() -> None:
    many = [builders.compared(f"shop={place}", 0.01, 0.02, 10) for place in range(MAX_SLICES + 3)]
    picture = slices_picture(many, "auc")
    assert picture is not None
    assert picture.lines[-1] == "and 3 more groups"


@given(*[st.floats(allow_nan=False, allow_infinity=False)] * 3)
def test_an_interval_is_drawn_inside_its_strip(one: float, other: float, third: float) -> None:
    low, middle, high = sorted((one, other, third))
    each = builders.compared("a=b", middle, 0.0, 10, low=low, high=high)
    picture = slices_picture([each], "auc")
    assert picture is not None
    assert len(picture.lines) == 2


@given(st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: normalize("NFC", text)))
def test_a_drawing_is_xml_whatever_a_group_is_called(name: str) -> None:
    picture = slices_picture([builders.compared(name, 0.1, 0.2, 10)], name)
    assert picture is not None
    assert len(ET.fromstring(picture.svg).findall(f"{SVG}circle")) == 1  # noqa: S314 - our own


def test_what_is_no_number_is_not_drawn() -> None:
    assert slices_picture([builders.compared("", math.nan, 0.1, 10)], "auc") is None


@pytest.mark.parametrize(("share", "full"), [(0.0, 0), (0.5, 10), (1.0, 20), (7.0, 20), (-1.0, 0)])
def test_a_bar_has_twenty_characters(share: float, full: int) -> None:
    assert bar(share) == "█" * full + "░" * (20 - full)
