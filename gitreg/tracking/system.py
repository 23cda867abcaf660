"""How busy machine and process are, as metrics of the run: sampled beside it, never in its way.

Names and units are MLflow's (its `mlflow.system_metrics`), so that runs of both can be laid side by side. They are of
the whole machine, as MLflow's are; the two that begin with `process_` are ours, of the run's process and all below it.

    system/cpu_utilization_percentage           of all cores, since the sample before
    system/system_memory_usage_megabytes        in use; a megabyte is 10^6 bytes
    system/system_memory_usage_percentage
    system/disk_usage_megabytes                 of the file system of the root folder
    system/disk_usage_percentage
    system/disk_available_megabytes
    system/network_receive_megabytes            since the run began, over all interfaces
    system/network_transmit_megabytes
    system/gpu_<i>_utilization_percentage       since the sample before, as NVML tells it
    system/gpu_<i>_memory_usage_megabytes
    system/gpu_<i>_memory_usage_percentage
    system/gpu_<i>_power_usage_watts
    system/gpu_<i>_power_usage_percentage       of the limit that is in force
    system/process_cpu_utilization_percentage   100 is one core
    system/process_memory_usage_megabytes       resident, summed; what is shared counts in each process
"""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import InvalidValue, MissingExtra
from gitreg.tracking.journal import log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INTERVAL_S: Final = 10.0
MIN_INTERVAL_S: Final = 0.1
DOUBLE_AFTER: Final = 1_000
"""After so many samples the interval doubles, and again after as many: a run of a month is not a gigabyte."""
PREFIX: Final = "system/"
_MB: Final = 1e6
_JOIN_S: Final = 5.0
_FAILURES: Final = (OSError, RuntimeError, ValueError, ArithmeticError, AttributeError, LookupError)


class Gauges:
    """What can be read off this machine. Raises `MissingExtra` where psutil is not there."""

    def __init__(self) -> None:
        """Counters that only grow are told from here on."""
        self._psutil = _psutil()
        self._troubles: tuple[type[Exception], ...] = (self._psutil.Error, *_FAILURES)
        self._root = self._psutil.Process(os.getpid())
        self._gpus = _gpus()
        self._psutil.cpu_percent()  # the first answer means nothing
        self._network = self._psutil.net_io_counters()
        self._cpu_s, _ = self._tree()
        self._read_at_s = time.monotonic()

    def read(self, host: str = "") -> dict[str, float]:
        """Everything, by name; of another host than the run's first, its name stands in it. What cannot be read is left
        out.
        """
        prefix = f"{PREFIX}{host}/" if host else PREFIX
        found: dict[str, float] = {}
        for part in (self._machine, self._traffic, self._process, self._gpu):
            try:
                found |= part()
            except self._troubles as error:
                log.info("gitreg could not read system metrics: %s", error)
        return {prefix + name: value for name, value in found.items()}

    def _machine(self) -> dict[str, float]:
        memory, disk = self._psutil.virtual_memory(), self._psutil.disk_usage(os.sep)
        return {
            "cpu_utilization_percentage": self._psutil.cpu_percent(),
            "system_memory_usage_megabytes": memory.used / _MB,
            "system_memory_usage_percentage": memory.used / memory.total * 100,
            "disk_usage_megabytes": disk.used / _MB,
            "disk_usage_percentage": disk.percent,
            "disk_available_megabytes": disk.free / _MB,
        }

    def _traffic(self) -> dict[str, float]:
        now, before = self._psutil.net_io_counters(), self._network
        if now is None or before is None:
            return {}
        return {
            "network_receive_megabytes": (now.bytes_recv - before.bytes_recv) / _MB,
            "network_transmit_megabytes": (now.bytes_sent - before.bytes_sent) / _MB,
        }

    def _process(self) -> dict[str, float]:
        (cpu_s, memory_bytes), now_s = self._tree(), time.monotonic()
        passed_s, self._read_at_s = max(now_s - self._read_at_s, 1e-6), now_s
        spent_s, self._cpu_s = max(cpu_s - self._cpu_s, 0.0), cpu_s
        return {
            "process_cpu_utilization_percentage": spent_s / passed_s * 100,
            "process_memory_usage_megabytes": memory_bytes / _MB,
        }

    def _tree(self) -> tuple[float, int]:
        """Seconds of CPU that our process and all below it have used, the ended ones too, and their memory now."""
        cpu_s, memory_bytes = 0.0, 0
        for each in (self._root, *self._root.children(recursive=True)):
            try:
                times = each.cpu_times()
                cpu_s += times.user + times.system
                cpu_s += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
                memory_bytes += each.memory_info().rss
            except self._psutil.Error:
                continue  # ended since the list was made
        return cpu_s, memory_bytes

    def _gpu(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for place, gpu in enumerate(self._gpus):
            found |= {f"gpu_{place}_{name}": value for name, value in gpu().items()}
        return found


def _psutil() -> Any:  # noqa: ANN401 - a module
    try:
        import psutil  # noqa: PLC0415 - only those who ask for it have it
    except ImportError:
        raise MissingExtra("System metrics are read by psutil.", hint="pip install gitreg[system]") from None
    return psutil


def _gpus() -> list[Callable[[], dict[str, float]]]:
    """A reader for each GPU that NVML knows; none where there is no NVML."""
    try:
        import pynvml  # type: ignore[import-untyped] # noqa: PLC0415 - as psutil
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(place) for place in range(pynvml.nvmlDeviceGetCount())]
    except (pynvml.NVMLError, *_FAILURES):
        return []
    return [partial(_read_gpu, pynvml, handle) for handle in handles]


def _read_gpu(nvml: Any, handle: object) -> dict[str, float]:  # noqa: ANN401 - the module
    """One GPU's figures. Those that it does not tell (virtual ones tell no power) are left out."""
    found: dict[str, float] = {}
    for part in (_gpu_load, _gpu_memory, _gpu_power):
        try:
            found |= part(nvml, handle)
        except nvml.NVMLError:
            continue
    return found


def _gpu_load(nvml: Any, handle: object) -> dict[str, float]:  # noqa: ANN401 - as above
    return {"utilization_percentage": float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)}


def _gpu_memory(nvml: Any, handle: object) -> dict[str, float]:  # noqa: ANN401 - as above
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    return {
        "memory_usage_megabytes": memory.used / _MB,
        "memory_usage_percentage": memory.used / memory.total * 100,
    }


def _gpu_power(nvml: Any, handle: object) -> dict[str, float]:  # noqa: ANN401 - as above
    milliwatts = nvml.nvmlDeviceGetPowerUsage(handle)
    limit = nvml.nvmlDeviceGetEnforcedPowerLimit(handle)
    return {"power_usage_watts": milliwatts / 1000, "power_usage_percentage": milliwatts / limit * 100}


def interval_of(wish: bool | float | None, variable: str | None) -> float | None:  # noqa: FBT001 - see `Start`
    """Seconds between samples; None where none are wished. `variable` is what the environment says.

    Raises `InvalidValue` for what is neither yes, no nor a number of seconds.
    """
    if wish is None:
        wish = {"": False, "0": False, "1": True}.get(variable or "")
        wish = _seconds(variable or "") if wish is None else wish
    if isinstance(wish, bool):
        return INTERVAL_S if wish else None
    if not MIN_INTERVAL_S <= wish < float("inf"):
        raise InvalidValue(f"Seconds between samples are {MIN_INTERVAL_S} or more, not {wish}.")
    return float(wish)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidValue(f"GITREG_SYSTEM_METRICS is 0, 1 or seconds, not {text!r:.40}.") from None


class Sampler:
    """A daemon thread that logs what gauges say, until it is stopped. In a forked child there is none."""

    def __init__(
        self, read: Callable[[], Mapping[str, float]], take: Callable[[Mapping[str, float]], None], interval_s: float
    ) -> None:
        """`take` gets each sample, from the thread; it must not raise."""
        self._read = read
        self._take = take
        self._interval_s = interval_s
        self._count = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gitreg-system-metrics", daemon=True)

    def start(self) -> None:
        """The first sample is after one interval."""
        self._thread.start()

    def stop(self) -> None:
        """No further sample. A run shorter than an interval has had none: it gets one now."""
        self._stopped.set()
        self._thread.join(_JOIN_S)
        if not self._count and not self._thread.is_alive():
            self._sample()

    def wait_s(self) -> float:
        """How long until the next sample."""
        return float(self._interval_s * 2 ** (self._count // DOUBLE_AFTER))

    def _run(self) -> None:
        while not self._stopped.wait(self.wait_s()):
            self._sample()

    def _sample(self) -> None:
        self._count += 1
        self._take(self._read())
