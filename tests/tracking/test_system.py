"""System metrics go beside a run under MLflow's names, and never in its way."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import InvalidValue, MissingExtra
from gitreg.tracking.system import DOUBLE_AFTER, INTERVAL_S, Gauges, Sampler, _read_gpu, interval_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.tracking.builders import Clone

OF_MLFLOW = {
    "system/cpu_utilization_percentage",
    "system/disk_available_megabytes",
    "system/disk_usage_megabytes",
    "system/disk_usage_percentage",
    "system/network_receive_megabytes",
    "system/network_transmit_megabytes",
    "system/system_memory_usage_megabytes",
    "system/system_memory_usage_percentage",
}
OURS = {"system/process_cpu_utilization_percentage", "system/process_memory_usage_megabytes"}


def test_a_short_run_has_one_sample_of_each(clone: Clone) -> None:
    with clone.tracker.start_run(system_metrics=True) as run:
        pass
    found = clone.runs.get(run.run_id)
    assert {each.key for each in found.metrics if "/gpu_" not in each.key} == OF_MLFLOW | OURS
    assert {each.count for each in found.metrics} == {1}
    memory = found.metric("system/process_memory_usage_megabytes")
    assert memory
    assert memory.last.value > 1


def test_samples_follow_each_other_until_the_run_ends(clone: Clone) -> None:
    run = clone.tracker.start_run(system_metrics=0.1)
    assert run._sampler
    while not run._sampler._count:
        run._sampler._stopped.wait(0.01)
    run.finish()
    assert not run._sampler._thread.is_alive()
    assert clone.runs.series(run.run_id, "system/cpu_utilization_percentage")[0].step == 0


def test_a_forked_child_does_not_sample(clone: Clone) -> None:
    run = clone.tracker.start_run(system_metrics=3600)
    child = os.fork()
    if not child:
        os._exit(0 if run._sampler is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    run.finish()


def test_a_long_run_is_sampled_more_and_more_seldom() -> None:
    sampler = Sampler(dict, lambda _: None, 10.0)
    waits = []
    for count in (0, DOUBLE_AFTER - 1, DOUBLE_AFTER, 3 * DOUBLE_AFTER):
        sampler._count = count
        waits.append(sampler.wait_s())
    assert waits == [10.0, 10.0, 20.0, 80.0]


@pytest.mark.parametrize(
    ("wish", "variable", "expected"),
    [
        (None, None, None),
        (None, "1", INTERVAL_S),
        (None, "0", None),
        (None, "2.5", 2.5),
        (True, "0", INTERVAL_S),
        (False, "1", None),
        (3, None, 3.0),
    ],
)
def test_what_was_said_goes_before_the_environment(
    wish: bool | float | None,  # noqa: FBT001 - as callers say it
    variable: str | None,
    expected: float | None,
) -> None:
    assert interval_of(wish, variable) == expected


@pytest.mark.parametrize(("wish", "variable"), [(0.01, None), (float("nan"), None), (None, "often")])
def test_what_is_no_interval_is_refused_before_the_run_begins(
    clone: Clone, wish: float | None, variable: str | None
) -> None:
    with pytest.raises(InvalidValue):
        interval_of(wish, variable)
    if wish is not None:
        with pytest.raises(InvalidValue):
            clone.tracker.start_run(system_metrics=wish)
    assert clone.journals == []


def test_without_psutil_the_extra_is_named_and_no_run_begins(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(MissingExtra, match=r"gitreg\[system\]"):
        clone.tracker.start_run(system_metrics=True)
    assert clone.journals == []


def test_gauges_that_break_leave_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    gauges = Gauges()

    def broken() -> Mapping[str, float]:
        raise OSError("no disk")

    monkeypatch.setattr(gauges, "_machine", broken)
    assert set(gauges.read()) >= OURS


class NVMLError(Exception):
    """As pynvml's."""


def test_a_gpu_tells_what_it_knows() -> None:
    """A stand-in for NVML, which no machine of ours has; its calls are those of nvidia-ml-py 13."""

    def no_power(_: object) -> int:
        raise NVMLError("not supported")

    nvml = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlDeviceGetUtilizationRates=lambda _: SimpleNamespace(gpu=40, memory=3),
        nvmlDeviceGetMemoryInfo=lambda _: SimpleNamespace(used=2_000_000_000, total=8_000_000_000),
        nvmlDeviceGetPowerUsage=no_power,
        nvmlDeviceGetEnforcedPowerLimit=lambda _: 300_000,
    )
    assert _read_gpu(nvml, object()) == {
        "utilization_percentage": 40.0,
        "memory_usage_megabytes": 2000.0,
        "memory_usage_percentage": 25.0,
    }
    nvml.nvmlDeviceGetPowerUsage = lambda _: 150_000
    assert _read_gpu(nvml, object())["power_usage_percentage"] == 50.0
