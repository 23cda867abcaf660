"""Files of metrics that other programs write are read row by row; what is wrong is named by its line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import InvalidValue, NotFound
from gitreg.tracking import check_metrics, record_metrics

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tracking.builders import Clone

JSONL = '{"step": 1, "auc": 0.8, "phase": "train"}\n\n{"step": 2, "auc": 0.9, "loss": {"val": 0.1}}\n'
CSV = "epoch,auc,note\n1,0.8,\n2,0.9,better\n"
Points = dict[str, list[tuple[int, float | str]]]


@pytest.mark.parametrize(
    ("name", "text", "points"),
    [
        ("m.json", '{"auc": 0.9, "loss": {"val": 0.1}, "ok": true}', {"auc": [(0, 0.9)], "loss.val": [(0, 0.1)]}),
        ("m.json", '[{"step": 3, "auc": "nan"}, {"step": 4, "auc": 1}]', {"auc": [(3, "nan"), (4, 1.0)]}),
        ("m.jsonl", JSONL, {"auc": [(1, 0.8), (2, 0.9)], "loss.val": [(2, 0.1)]}),
        ("m.csv", "\ufeff" + CSV, {"auc": [(1, 0.8), (2, 0.9)]}),
        ("m.tsv", CSV.replace(",", "\t"), {"auc": [(1, 0.8), (2, 0.9)]}),
        ("m.csv", "step,epoch,auc\n7,1,0.5\n", {"auc": [(7, 0.5)]}),
    ],
)
def test_every_number_becomes_a_point_at_its_rows_step(
    clone: Clone, tmp_path: Path, name: str, text: str, points: Points
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with clone.tracker.start_run("churn") as run:
        told = record_metrics(run, tmp_path / name)
    assert told.values == sum(map(len, points.values()))
    found: Points = {}
    for metric in clone.runs.get(run.run_id).metrics:
        series = clone.runs.series(run.run_id, metric.key)
        found[metric.key] = [(each.step, "nan" if math.isnan(each.value) else each.value) for each in series]
    assert found == points


def test_what_is_no_number_is_counted(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(JSONL)
    with clone.tracker.start_run("churn") as run:
        assert record_metrics(run, tmp_path / "m.jsonl").passed_over == {"phase": 1}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.json", '{"auc": 0.9,\n}', "m.json:2 is no JSON"),
        ("m.jsonl", '{"auc": 1}\n\nauc=1\n', "m.jsonl:3 is no JSON"),
        ("m.jsonl", "{}\n[1]\n", "Row 2 of .* is no object"),
        ("m.json", "[" * 100_000, "nested too deep|is no JSON"),
        ("m.txt", "auc 1", "no file of metrics"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidValue, match=said):
        check_metrics(tmp_path / name)


def test_bytes_that_are_no_text_and_a_file_that_is_not_there_are_said(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"auc\n\xff\n")
    with pytest.raises(InvalidValue, match="cannot be read as text"):
        check_metrics(tmp_path / "m.csv")
    with pytest.raises(NotFound, match=r"There is no file .*none\.csv"):
        check_metrics(tmp_path / "none.csv")
