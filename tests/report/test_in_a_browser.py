"""Our pages as people meet them: in a browser, on a phone, in the dark, by keyboard, and read out (axe-core)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitreg.report import comparison_html
from tests.ci_node.browser import look_at
from tests.report.test_comparison import FOUND

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden"
PAGES = {
    "comparison": comparison_html(FOUND),
    **{page.stem: page.read_text(encoding="utf-8") for page in sorted(GOLDEN.glob("*.html"))},
}
DESK, PHONE = 1200, 360
BY_KEYBOARD = """
const heading = [...document.querySelectorAll("thead button")].find((each) => each.textContent === "depth");
heading.focus();
heading.click();
heading.click();
const rows = [...document.querySelectorAll("tbody tr")];
rows[0].focus();
rows[0].dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
({
  order: rows.map((row) => row.children[2].textContent),
  sorted: heading.parentNode.getAttribute("aria-sort"),
  at: rows.indexOf(document.activeElement),
  said: document.getElementById("shown").textContent,
})
"""
DRAWN = """
({
  lines: document.querySelectorAll("path.run").length,
  dots: document.querySelectorAll("circle.dot").length,
  rows: document.querySelectorAll("tbody tr[tabindex='0']").length,
  images: document.querySelectorAll("main img").length,
})
"""


@pytest.fixture
def page(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The page of this name as a file."""
    file = tmp_path / "page.html"
    file.write_text(PAGES[request.param], encoding="utf-8")
    return file


@pytest.mark.parametrize("page", PAGES, indirect=True)
@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_can_be_read_by_everybody(page: Path, width: int, scheme: str) -> None:
    seen = look_at(page, width, scheme)
    assert seen.violations == []
    assert seen.complaints == []
    assert not seen.overflows, "tables and pictures move sideways, the page does not"


@pytest.mark.parametrize("page", ["comparison"], indirect=True)
def test_a_line_a_dot_and_a_row_are_drawn_for_each_run(page: Path) -> None:
    assert look_at(page, script=DRAWN).said == {"lines": 3 + 2, "dots": 2, "rows": 3, "images": 0}


@pytest.mark.parametrize("page", ["comparison"], indirect=True)
def test_the_table_is_sorted_and_walked_by_keyboard(page: Path) -> None:
    seen = look_at(page, PHONE, script=BY_KEYBOARD)
    assert seen.said["order"] == ["6", "4", "2"]
    assert (seen.said["sorted"], seen.said["at"]) == ("descending", 1)
    assert seen.said["said"].endswith(" 22222222")
    assert seen.violations == []
