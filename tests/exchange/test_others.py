"""What TensorBoard and Weights & Biases wrote comes over; torn and hostile logs are read up to where they are good."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import InvalidDocument
from gitreg.exchange.wire import Torn, fields, masked_crc32c, tf_records, wandb_records
from tests.exchange.builders import unpacked

if TYPE_CHECKING:
    from tests.e2e.clerk import Clerk


def counts(told: Any) -> dict[str, tuple[int, int, int]]:  # noqa: ANN401 - a report
    return {each["kind"]: (each["there"], each["left"], each["here"]) for each in told["lines"]}


def test_an_offline_run_of_wandb_comes_over(ada: Clerk, tmp_path: Path) -> None:
    told = ada.reads("import", "wandb", unpacked("wandb-0.31.0", tmp_path / "store"))
    assert told["agrees"]
    assert counts(told)["point"] == (81, 20, 61)  # 20 texts are no numbers
    run = ada.reads("runs", "show", "depth-4")
    assert run["params"] == {"depth": 4, "lr": 0.1, "model.kind": "gbm"}
    assert (run["experiment"], run["status"], run["note"]) == ("fraud", "finished", "The first try.")
    assert run["tags"]["wandb.tag.first"] == "true"
    metrics = {each["key"]: each for each in run["metrics"]}
    assert (metrics["auc"]["value"], metrics["auc"]["step"], metrics["auc"]["count"]) == (0.88, 19, 20)
    assert metrics["best"]["value"] == 0.88
    assert metrics["nested.a"]["max"] == 19
    assert "note.txt" in {each["path"] for each in ada.reads("artifacts", "list", run["run_id"])}
    assert ada.reads("import", "wandb", tmp_path / "store" / "wandb")["already"] == 1


@pytest.mark.parametrize("store", ["tensorboardx-2.6.5", "tensorboard-2.21.0"])
def test_scalars_of_both_forms_come_over(ada: Clerk, tmp_path: Path, store: str) -> None:
    logs = unpacked(store, tmp_path / "store") / "logs"
    told = ada.reads("import", "tensorboard", logs)
    assert told["agrees"]
    run = next(each for each in ada.reads("runs", "list") if each["name"] in ("run1", "train"))
    series = ada.reads("runs", "series", run["run_id"], "auc")
    assert [each["step"] for each in series] == list(range(20))
    assert series[0]["time"] == "2025-10-09T08:53:20.000000Z"
    assert series[19]["value"] == pytest.approx(0.88)
    assert ada.reads("import", "tensorboard", logs)["already"] == told["lines"][1]["there"]


def test_hyperparameters_become_params(ada: Clerk, tmp_path: Path) -> None:
    ada.does("import", "tensorboard", unpacked("tensorboardx-2.6.5", tmp_path / "store") / "logs")
    params = ada.reads("runs", "show", "run1/hp")["params"]
    assert {key: params[key] for key in ("lr", "depth", "opt")} == {"lr": 0.1, "depth": 4, "opt": "adam"}


@pytest.mark.parametrize("store", ["tensorboardx-2.6.5", "wandb-0.31.0"])
@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_log_that_a_crash_tore_is_read_up_to_there_and_told(ada: Clerk, tmp_path: Path, store: str, cut: int) -> None:
    folder = unpacked(store, tmp_path / "store")
    log = max(
        path for path in folder.rglob("*") if path.is_file() and ("tfevents" in path.name or path.suffix == ".wandb")
    )
    log.write_bytes(log.read_bytes()[:-cut])
    told = ada.reads("import", store.partition("-")[0].removesuffix("x"), folder)
    assert told["agrees"]
    assert any("record" in each["why"] for each in told["left"])


def test_a_byte_that_was_changed_is_found(tmp_path: Path) -> None:
    log = next(unpacked("wandb-0.31.0", tmp_path).rglob("*.wandb"))
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(Torn):
        list(wandb_records(io.BytesIO(data)))


def test_the_checksum_is_castagnolis() -> None:
    """RFC 3720, appendix B.4: 32 bytes of zero have the CRC 0x8A9136AA."""
    crc = 0x8A9136AA
    assert masked_crc32c(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_a_record_of_claimed_terabytes_is_not_read() -> None:
    head = struct.pack("<Q", 1 << 40)
    with pytest.raises(Torn, match="more than"):
        list(tf_records(io.BytesIO(head + struct.pack("<I", masked_crc32c(head)))))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_an_error_of_ours(data: bytes) -> None:
    try:
        found = list(fields(data))
    except InvalidDocument:
        return
    assert sum(len(value) for _, value in found if isinstance(value, bytes)) <= len(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_log_or_an_error_of_ours(data: bytes) -> None:
    for read in (tf_records, wandb_records):
        try:
            list(read(io.BytesIO(data)))
        except InvalidDocument:
            continue


def test_other_folders_are_told_apart(ada: Clerk) -> None:
    assert "no event files" in ada.run("import", "tensorboard", ada.folder).err
    assert "no .wandb files" in ada.run("import", "wandb", ada.folder).err
