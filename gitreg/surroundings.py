"""What the outside world tells the library: clock, host, environment. The library itself asks none of them.

`Surroundings.of_process()` is the one place that reads them, and only the rim calls it; everything below takes the
value.
"""

from __future__ import annotations

import os
import platform
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Surroundings:
    """One process's view of its machine. Tests build their own."""

    environ: Mapping[str, str]
    host: str
    boot_id: str
    """Changes when the machine starts anew, so that a process id means something."""
    machine_id: str
    """Stays with the machine; a copied clone is told from its original by it."""
    now: Callable[[], datetime]
    """The current time, in UTC."""
    home: Path
    pid_space: str = ""
    """Within which a process id means something: a container has its own. Empty where nothing tells."""

    @classmethod
    def of_process(cls) -> Self:
        """The surroundings of this very process."""
        host = socket.gethostname() or "localhost"
        return cls(
            environ=dict(os.environ),
            host=host,
            boot_id=_boot_id(),
            machine_id=_first_line(Path("/etc/machine-id")) or host,
            now=lambda: datetime.now(UTC),
            home=Path.home(),
            pid_space=_pid_space(),
        )


def _boot_id() -> str:
    """Linux's boot id; elsewhere the kernel's version, which is all that can be had without a subprocess."""
    return _first_line(Path("/proc/sys/kernel/random/boot_id")) or platform.version()


def _pid_space() -> str:
    """Linux's process id namespace."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    except OSError:
        return ""
