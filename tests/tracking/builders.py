"""Small builders: a clone that records, and programs that record into it in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from gitreg.blobs import BlobSettings, LayeredBlobs, open_blobs
from gitreg.documents import RegistryId, RegistrySettings
from gitreg.index import Index
from gitreg.store import Store
from gitreg.surroundings import Surroundings
from gitreg.tracking import Runs, Sharing, Tracker

REGISTRY = RegistryId("0123456789abcdef0123456789abcdef")
SETTINGS = RegistrySettings(registry=REGISTRY, blobs=None, stages={})
ROOT = Path(__file__).parent.parent.parent


def machine(home: Path, **environ: str) -> Surroundings:
    """This machine and its clock, as one user with an empty home sees it."""
    real = Surroundings.of_process()
    names = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"}
    names |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in names.items()}
    base = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", **names}
    return replace(real, environ={**base, **environ}, home=home)


@dataclass
class Clone:
    """A registry's clone with all that records into it."""

    store: Store
    blobs: LayeredBlobs
    tracker: Tracker
    runs: Runs

    @classmethod
    def open(cls, path: Path, surroundings: Surroundings, shared: str | None = None) -> Clone:
        store = Store.open(path, surroundings)
        blobs = open_blobs(store.git_dir, REGISTRY, BlobSettings(of_user=shared))

        def upload(digests: object) -> None:
            blobs.upload(digests)  # type: ignore[arg-type]

        tracker = Tracker(store, blobs, surroundings, SETTINGS, Sharing(upload))
        index = Index.open(None, store, main=store.branches.main, ledger=store.branches.ledger)
        return cls(store, blobs, tracker, Runs(tracker, index))

    @classmethod
    def make(cls, path: Path, surroundings: Surroundings, shared: str | None = None) -> Clone:
        Store.init(path, surroundings).close()
        return cls.open(path, surroundings, shared)

    @property
    def journals(self) -> list[Path]:
        return sorted(self.tracker.yard.folder.glob("*.journal"))

    def ledger_log(self) -> list[str]:
        tip = self.store.ledger_tip()
        return [] if tip is None else [self.store.commit(id_).message.strip() for id_ in self.store.first_parents(tip)]

    def as_seen_by(self, change: Callable[[Surroundings], Surroundings]) -> Clone:
        """The same clone, opened by another process."""
        return Clone.open(self.store.path, change(self.tracker.surroundings))


PRELUDE = """
import os, sys, signal, time
from pathlib import Path
from tests.tracking.builders import Clone, machine
given = {name: value for name, value in os.environ.items() if name.startswith("GITREG_")}
clone = Clone.open(Path(sys.argv[1]), machine(Path(sys.argv[2]), **given), os.environ.get("SHARED_BLOBS"))
tracker = clone.tracker
"""


def program(clone: Clone, body: str, **environ: str) -> subprocess.Popen[str]:
    """Start Python that records into the clone: `tracker` is there."""
    home = clone.tracker.surroundings.home
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + body, str(clone.store.path), str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
    )


def completed(clone: Clone, body: str, **environ: str) -> str:
    """What such a program prints; it must end well."""
    process = program(clone, body, **environ)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def later(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)
