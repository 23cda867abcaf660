"""What a run runs in: Python, machine, and exactly which packages, from a lock file or from what is installed."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitreg.documents import Descriptor, Environment
from gitreg.errors import GitregError
from gitreg.tracking.capture.secrets import lock_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitreg.blobs import BlobStore

LOCK_FILES: Final = (
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "pixi.lock",
    "Pipfile.lock",
    "conda-lock.yml",
    "pylock.toml",
    "requirements.lock",
    "requirements.txt",
    "environment.yml",
)
INSTALLED: Final = "installed-packages.txt"
_MAX_LOCK_BYTES: Final = 16 * 1024 * 1024
_GPU_PATIENCE_S: Final = 2.0


def capture_environment(blobs: BlobStore, code: Path, environ: Mapping[str, str]) -> Environment:
    """The environment of this process; `code` is the folder that a lock file is looked for in, and above up to the
    repository's top. What cannot be found out is left empty.
    """
    name, lock = _lock(blobs, code)
    return Environment(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        platform=platform.platform()[:250],
        cpu=_cpu(),
        cpus=_cpus(),
        memory_bytes=_memory_bytes(),
        gpus=_gpus(environ),
        lock=lock,
        lock_name=name,
    )


_NAME_LINE: Final = re.compile(r"^Name:[ \t]*(\S+)", re.MULTILINE)
_VERSION_LINE: Final = re.compile(r"^Version:[ \t]*(\S+)", re.MULTILINE)


def _lock(blobs: BlobStore, code: Path) -> tuple[str | None, Descriptor | None]:
    for path in _lock_files(code):
        try:
            if path.stat().st_size <= _MAX_LOCK_BYTES:
                text = path.read_bytes().decode(errors="surrogateescape")
                cut = lock_without_secrets(text).encode(errors="surrogateescape")
                return path.name, blobs.put(cut, media_type="text/plain")
        except (OSError, GitregError):
            continue
    try:
        return INSTALLED, blobs.put(installed_packages().encode(), media_type="text/plain")
    except GitregError:
        return None, None


def _lock_files(code: Path) -> Iterator[Path]:
    """Lock files beside the code or above it, the nearest first; not above the repository the code is in."""
    for folder in (code, *code.parents):
        for name in LOCK_FILES:
            if (folder / name).is_file():
                yield folder / name
        if (folder / ".git").exists():
            return


def installed_packages() -> str:
    """`name==version` of every installed distribution, one a line, sorted."""
    found: dict[str, str] = {}
    for each in metadata.distributions():
        # Read here, for `each.metadata` parses the whole description as an e-mail, which takes half a second for 200.
        told = (each.read_text("METADATA") or each.read_text("PKG-INFO") or "").partition("\n\n")[0]
        name, version = _NAME_LINE.search(told), _VERSION_LINE.search(told)
        if name and version:
            found[re.sub(r"[-_.]+", "-", name[1]).lower()] = version[1]
    return "".join(f"{name}=={found[name]}\n" for name in sorted(found))


def _cpu() -> str | None:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            line = next((line for line in lines if line.startswith("model name")), "")
    except OSError:
        line = ""
    return (line.partition(":")[2].strip() or platform.processor() or platform.machine())[:250] or None


def _cpus() -> int | None:
    """How many this process may use, which on a shared machine is not how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _gpus(environ: Mapping[str, str]) -> tuple[str, ...]:
    program = shutil.which("nvidia-smi", path=environ.get("PATH"))
    if program is None:
        return ()
    try:
        answer = subprocess.run(  # noqa: S603 - a program by its whole path, with words of our own
            [program, "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True,
            timeout=_GPU_PATIENCE_S,
            check=True,
            env=dict(environ),
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    lines = answer.stdout.decode(errors="replace").splitlines()
    return tuple(line.strip()[:250] for line in lines if line.strip())
