"""A reviewer's page over real evaluations: numbers from the evidence, curves from the rows, while those are here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import gitreg
from tests.e2e.test_comparisons import RULE, Stage, scores

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Office

SLICED = {**RULE, "better_by": None, "not_worse_by": 0.5, "slices": ["region"], "slices_not_worse_by": 0.9}


@pytest.fixture
def proposed(protected: Office, tmp_path: Path) -> tuple[Stage, str]:
    """A better candidate, waiting for Ben."""
    stage = Stage(protected, tmp_path)
    stage.lands(stage.trained(scores(0.9)))
    stage.asks(SLICED)
    return stage, stage.office.promoted(stage.trained(scores(0.3)))


def test_a_reviewer_decides_from_one_page(proposed: tuple[Stage, str], tmp_path: Path) -> None:
    stage, name = proposed
    text = stage.office.ben.does("proposals", "show", name)
    assert "Who could: ben@example.org." in text
    assert "auc on holdout" in text
    assert "auc where region=EU" in text
    assert "The candidate is the best of them." in text
    assert "files: manifest" in text
    assert "ROC on holdout (400 rows)" in text
    page = tmp_path / "page.html"
    stage.office.ben.does("proposals", "show", name, "--format", "html", "-o", str(page))
    assert page.read_text().count("<svg ") == 3
    command = page.read_text().splitlines()[-4].removeprefix("<pre><code>gitreg ").removesuffix("</code></pre>")
    stage.office.ben.does(*command.split(), "--key", stage.office.ben.key)
    stage.office.ada.does("merge", name)
    why = stage.office.ada.reads("why", "models:/fraud@production")
    assert why["compared"][0]["difference"] > 0
    assert why["alternatives"][0]["best"][0]["run"] == why["built_from"]["run_id"]


def test_a_reviewer_sees_how_far_the_training_data_moved(protected: Office, tmp_path: Path) -> None:
    stage = Stage(protected, tmp_path)
    stage.lands(stage.trained(scores(0.9), ages=range(20, 60)))
    name = stage.office.promoted(stage.trained(scores(0.3), ages=range(40, 80)))
    text = stage.office.ben.does("proposals", "show", name)
    assert "train data customers: the candidate's against that in production (40 rows and 40 rows)" in text
    assert "age     0.52   median 59, was 39" in text
    blind = stage.office.promoted(stage.trained(scores(0.2)))
    assert "Drift of the data" not in stage.office.ben.does("proposals", "show", blind)


def test_without_the_rows_the_tables_stand_alone_and_the_page_says_so(proposed: tuple[Stage, str]) -> None:
    stage, name = proposed
    with gitreg.open(stage.office.registry) as registry:
        blobs = {each.predictions.digest for each in registry.evaluations.list()}
    for path in (stage.office.registry / ".git").rglob("sha256/*/*"):
        if f"sha256:{path.name}" in blobs:
            path.unlink()
    text = stage.office.ben.does("proposals", "show", name)
    assert "No curves: " in text
    assert "ROC on" not in text
    assert "auc where region=EU" in text
    assert "region=EU" in text.split("No curves: ")[0].split("Pictures")[1]
