"""Many runs on one page: whole in itself, and safe whatever runs are called."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from typing import Any

from gitreg.report import Column, Compared, Courses, comparison_html, sparkline

HOSTILE = "</script><img src=x onerror=alert(1)><!--"
FOUND = Compared(
    title=f"3 runs {HOSTILE}",
    names=("calm-owl", HOSTILE, "brave\u202eotter"),
    shorts=("11111111", "22222222", "33333333"),
    columns=(
        Column("auc", (0.9, 0.8, None), (0,)),
        Column("depth", (2, 4, 6)),
        Column("kind", ("tree", HOSTILE, None)),
        Column("extra", (math.nan, math.nan, math.inf)),
    ),
    same=(("epochs", 20), (HOSTILE, HOSTILE)),
    courses=(Courses("val_loss", (((0, 1.0), (1, 0.5)), (), ((0, 0.9), (5, 0.7)))),),
    primary="auc",
    best=(0,),
)


def data_of(page: str) -> Any:  # noqa: ANN401 - JSON
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_page_carries_what_it_shows_as_data() -> None:
    data = data_of(comparison_html(FOUND))
    assert [each["name"] for each in data["runs"]][:2] == ["calm-owl", HOSTILE]
    assert data["columns"][0] == {"label": "auc", "values": [0.9, 0.8, None], "best": [0]}
    assert data["columns"][3]["values"] == [None, None, "inf"]
    assert data["curves"][0]["courses"][2] == [[0, 0.9], [5, 0.7]]
    assert (data["best"], data["x"], data["y"]) == ([0], 1, 0)


def test_no_name_leaves_the_place_that_it_is_in() -> None:
    page = comparison_html(FOUND)
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert "\u202e" not in page


def test_only_the_script_of_the_file_may_run_and_nothing_is_fetched() -> None:
    page = comparison_html(FOUND)
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert f"{policy}; script-src 'sha256-{digest}'" in page
    assert re.findall(r"(?:src|href)=", page.replace(script[0], "").replace(HOSTILE, "").replace("src=x", "")) == []
    assert "innerHTML" not in script[0]


def test_a_course_in_a_line_of_characters_goes_from_the_least_to_the_greatest() -> None:
    assert sparkline([0.0, 1.0], 4) == "▁▁██"
    assert sparkline([5.0, 5.0, 5.0], 3) == "▁▁▁"
    assert sparkline([5.0]) == ""
