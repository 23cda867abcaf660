"""Blobs into a folder and out of it, against sha256 and `cp` with `sync`.

Each round works in folders of its own and the small files of all rounds go at the end: ext4 is slow to make files where
many were just removed, and would charge it to whoever comes next.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench._figures import ROUNDS, Figure, Measure, compare, timed
from gitreg.blobs import FolderBlobs, get_manifest, put_folder
from gitreg.documents import Manifest, RegistryId

GIBIBYTE = 1024**3
FILES = 10_000
FILE_BYTES = 2_000
REGISTRY = RegistryId("0" * 32)


def run(large_bytes: int = GIBIBYTE, files: int = FILES, rounds: int = ROUNDS) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        return [*_large(home / "large", large_bytes, rounds), *_small(home / "small", files, rounds)]


def _large(home: Path, size: int, rounds: int) -> list[Figure]:
    source = home / "source"
    home.mkdir()
    with source.open("wb") as file:
        for _ in range(size // 2**20):
            file.write(os.urandom(2**20))
    stores = {number: FolderBlobs(home / f"store-{number}", REGISTRY) for number in range(rounds)}
    floors: dict[str, Measure] = {
        "sha256": lambda _: timed(lambda: _sha256(source)),
        "cp and sync": lambda _: _copied(source, home / "copy"),
    }
    digest = FolderBlobs(home / "first", REGISTRY).put(source).digest
    label = _size(size)

    def put(number: int) -> float:
        os.sync()
        seconds = timed(lambda: stores[number].put(source))
        shutil.rmtree(home / f"store-{number}")
        return seconds

    def put_again(_: int) -> float:
        return timed(lambda: FolderBlobs(home / "first", REGISTRY).put(source))

    def get(_: int) -> float:
        os.sync()
        seconds = timed(lambda: FolderBlobs(home / "first", REGISTRY).get(digest, home / "out"))
        (home / "out").unlink()
        return seconds

    figures = [
        compare(f"put {label}", put, floors, target=0.9, rounds=rounds),
        compare(f"put {label} again", put_again, {"sha256": floors["sha256"]}, target=0.9, rounds=rounds),
        compare(f"get {label}", get, floors, rounds=rounds),
    ]
    shutil.rmtree(home)
    return figures


def _small(home: Path, count: int, rounds: int) -> list[Figure]:
    source = home / "source"
    source.mkdir(parents=True)
    for number in range(count):
        (source / str(number)).write_bytes(os.urandom(FILE_BYTES))
    store = FolderBlobs(home / "first", REGISTRY)
    manifest = put_folder(store, source)
    hashing: Measure = lambda _: timed(lambda: [_sha256(path) for path in source.iterdir()])  # noqa: E731 - one of a kind
    copying: Measure = lambda _: _copied(source, _new(home))  # noqa: E731

    def put(_: int) -> float:
        os.sync()
        return timed(lambda: put_folder(FolderBlobs(_new(home), REGISTRY), source))

    def put_again(_: int) -> float:
        return timed(lambda: put_folder(FolderBlobs(home / "first", REGISTRY), source))

    def get(_: int) -> float:
        os.sync()
        return timed(lambda: _get(store, manifest, _new(home)))

    label = f"{count:,} files"
    return [
        compare(f"put {label}", put, {"sha256": hashing, "cp -r and sync": copying}, rounds=rounds),
        compare(f"put {label} again", put_again, {"sha256": hashing}, rounds=rounds),
        compare(f"get {label}", get, {"sha256": hashing, "cp -r and sync": copying}, rounds=rounds),
    ]


def _get(store: FolderBlobs, manifest: Manifest, target: Path) -> None:
    get_manifest(store, manifest, target)


def _sha256(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copied(source: Path, target: Path) -> float:
    """`cp` and then `sync` of what it wrote, as a person would do it."""
    os.sync()
    seconds = timed(lambda: _copy_and_sync(source, target))
    if target.is_file():
        target.unlink()
    return seconds


def _copy_and_sync(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-r", "--reflink=never", source, target], check=True)
    os.sync()


def _new(home: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=home)) / "new"


def _size(count: int) -> str:
    return f"{count / GIBIBYTE:g} GiB" if count >= GIBIBYTE else f"{count / 2**20:g} MiB"
