"""A folder store's own promises: its layout, what a kill or a full disk leaves, what is synced before it is named."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gitreg.blobs import FolderBlobs
from gitreg.documents import Digest, RegistryId
from gitreg.errors import BlobNotFound, StorageError

REGISTRY = RegistryId("0" * 31 + "1")
LARGE = hashlib.shake_256(b"folder").digest(5 * 1024 * 1024 + 3)
SMALL = b"small"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def store(root: Path) -> FolderBlobs:
    return FolderBlobs(root, REGISTRY)


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def finished(root: Path) -> list[Path]:
    return files_below(root / REGISTRY / "sha256")


def is_sound(path: Path) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() == path.name and path.parent.name == path.name[:2]


# --- layout ----------------------------------------------------------------------------------------------------------


def test_a_blob_lies_read_only_where_the_format_says(root: Path, store: FolderBlobs) -> None:
    digest = store.put(SMALL).digest
    path = root / REGISTRY / "sha256" / digest.hex[:2] / digest.hex
    assert finished(root) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert is_sound(path)


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_nothing_is_left_beside_the_blob(root: Path, store: FolderBlobs, data: bytes) -> None:
    store.put(data)
    store.put(data, durable=False)
    store.flush()
    assert [path for path in files_below(root) if "seen" not in path.parts] == finished(root)


def test_two_registries_share_a_folder_and_no_blob(root: Path, store: FolderBlobs) -> None:
    other = FolderBlobs(root, RegistryId("0" * 31 + "2"))
    digest = store.put(SMALL).digest
    assert not other.has(digest)
    assert list(other.list()) == []


def test_what_is_not_a_blob_is_not_listed(root: Path, store: FolderBlobs) -> None:
    digest = store.put(SMALL).digest
    shard = root / REGISTRY / "sha256" / digest.hex[:2]
    (shard / "README").write_text("not a blob")
    (shard.parent / "lost+found").mkdir()
    assert list(store.list()) == [digest]


def test_a_relative_root_stays_where_it_was_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = FolderBlobs(Path("blobs"), REGISTRY)
    digest = store.put(SMALL).digest
    monkeypatch.chdir("/")
    assert store.read(digest) == SMALL


# --- the second put --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_a_second_put_writes_nothing(root: Path, tmp_path: Path, store: FolderBlobs, data: bytes) -> None:
    """Nor does it try: the folder that every write begins in is gone."""
    file = tmp_path / "file"
    file.write_bytes(data)
    digest = store.put(file).digest
    shutil.rmtree(root / REGISTRY / "incoming")
    before = finished(root)[0].stat()
    for again in (store, FolderBlobs(root, REGISTRY)):
        assert again.put(file).digest == digest
        assert again.put(file, durable=False).digest == digest
        again.flush()
    assert finished(root)[0].stat().st_mtime_ns == before.st_mtime_ns


def test_a_large_file_alike_in_its_samples_is_stored_for_what_it_is(store: FolderBlobs) -> None:
    """Only bytes between the samples differ, so the guess is wrong and the hash finds out."""
    other = bytearray(LARGE)
    other[100_000] ^= 1
    first, second = store.put(LARGE).digest, store.put(bytes(other)).digest
    assert first != second
    assert (store.read(first), store.read(second)) == (LARGE, bytes(other))


@pytest.mark.parametrize("note", [b"", b"\xff", b"sha256:" + b"0" * 64, b"../../etc/passwd"])
def test_a_guess_that_is_nonsense_costs_nothing_but_a_write(root: Path, store: FolderBlobs, note: bytes) -> None:
    store.put(LARGE)
    for path in files_below(root / REGISTRY / "seen"):
        path.write_bytes(note)
    assert store.put(LARGE).digest == Digest.of(LARGE)
    assert all(is_sound(path) for path in finished(root))


def test_without_the_guesses_everything_still_works(root: Path, store: FolderBlobs) -> None:
    store.put(LARGE)
    shutil.rmtree(root / REGISTRY / "seen")
    (root / REGISTRY / "seen").write_text("a file in its place")
    store.put(LARGE)
    assert store.read(Digest.of(LARGE)) == LARGE


# --- kill -9 ---------------------------------------------------------------------------------------------------------

WRITER = """
import hashlib, sys
from pathlib import Path
from gitreg.blobs import FolderBlobs
from gitreg.documents import RegistryId
store = FolderBlobs(Path(sys.argv[1]), RegistryId(sys.argv[2]))
durable = sys.argv[3] == "durable"
for number in range(100_000):
    size = 5_000_000 if number % 3 == 0 else 3_000
    stored = store.put(hashlib.shake_256(f"{sys.argv[4]} {number}".encode()).digest(size), durable=durable)
    print(stored.digest, flush=True)
"""


def killed_writer(root: Path, mode: str, seed: int) -> list[Digest]:
    """Run a writer for a random while, kill it, and say what it was promised."""
    command = [sys.executable, "-c", WRITER, str(root), REGISTRY, mode, str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seed * 0.037 % 0.2)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    return [Digest(line) for line in (first + rest).splitlines() if len(line) == 71]


def check_kills(root: Path, rounds: int) -> None:
    for seed in range(rounds):
        store = FolderBlobs(root, REGISTRY)
        promised = killed_writer(root, "durable" if seed % 2 else "staged", seed)
        assert all(is_sound(path) for path in finished(root))
        for digest in promised:
            with store.open(digest) as stream:
                assert Digest.of(stream.read()) == digest
        store.adopt()
        assert all(is_sound(path) for path in finished(root))
        assert {digest.hex for digest in promised} <= {path.name for path in finished(root)}
        assert files_below(root / REGISTRY / "staged") == []
        shutil.rmtree(root / REGISTRY / "sha256")


def test_a_killed_writer_leaves_only_whole_blobs_and_loses_none_it_was_promised(root: Path) -> None:
    check_kills(root, 8)


@pytest.mark.stress
def test_two_hundred_killed_writers(root: Path) -> None:
    check_kills(root, 200)


def test_what_a_killed_writer_left_half_written_is_swept_once_it_is_old(root: Path, store: FolderBlobs) -> None:
    store.put(SMALL)
    debris = root / REGISTRY / "incoming" / "debris"
    debris.write_bytes(b"half")
    now = datetime.now(UTC)
    assert store.sweep(now - timedelta(days=1)) == 0
    assert store.sweep(now + timedelta(seconds=5)) == 1
    assert not debris.exists()
    assert FolderBlobs(root.parent / "empty", REGISTRY).sweep(now) == 0


def test_a_staged_blob_torn_by_a_power_cut_is_dropped_and_not_finished(root: Path, store: FolderBlobs) -> None:
    digest = store.put(LARGE, durable=False).digest
    staged = root / REGISTRY / "staged" / digest.hex
    staged.chmod(0o644)
    staged.write_bytes(bytes(len(LARGE)))
    assert FolderBlobs(root, REGISTRY).adopt() == 0
    assert finished(root) == []
    with pytest.raises(StorageError, match="is not there"):
        store.flush()


def test_another_process_finds_what_is_staged(root: Path, store: FolderBlobs) -> None:
    digest = store.put(SMALL, durable=False).digest
    other = FolderBlobs(root, REGISTRY)
    assert finished(root) == []
    assert other.read(digest) == SMALL
    assert other.adopt() == 1
    store.flush()
    assert [path.name for path in finished(root)] == [digest.hex]


# --- power cuts ------------------------------------------------------------------------------------------------------


class Disk:
    """What was synced and named, in order, as the operating system was asked for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[str, str]] = []
        real_sync, real_replace = os.fsync, os.replace

        def fsync(descriptor: int) -> None:
            self.events.append(("sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
            real_sync(descriptor)

        def replace(source: str, target: str) -> None:
            self.events.append(("name", f"{source} {target}"))
            real_replace(source, target)

        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(os, "replace", replace)

    def first(self, kind: str, text: str) -> int:
        return next(at for at, (what, path) in enumerate(self.events) if what == kind and text in path)

    def last(self, kind: str, text: str) -> int:
        return max(at for at, (what, path) in enumerate(self.events) if what == kind and path.endswith(text))


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_bytes_are_synced_before_they_are_named_and_the_name_before_it_is_promised(
    store: FolderBlobs, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    digest = store.put(data).digest
    bytes_synced = disk.last("sync", disk.events[disk.first("name", digest.hex)][1].split()[0])
    assert bytes_synced < disk.first("name", digest.hex) < disk.last("sync", f"sha256/{digest.hex[:2]}")
    assert disk.first("sync", REGISTRY) < disk.first("name", digest.hex)


def test_a_flush_syncs_all_bytes_then_names_then_syncs_the_names(
    store: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = [store.put(bytes([number]), durable=False).digest for number in range(20)]
    disk = Disk(monkeypatch)
    store.flush()
    for digest in digests:
        shard = f"sha256/{digest.hex[:2]}"
        named = disk.first("name", f"{shard}/{digest.hex}")
        assert disk.last("sync", f"staged/{digest.hex}") < named < disk.last("sync", shard)


def test_a_name_that_another_process_made_is_synced_before_we_promise_it(
    root: Path, store: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = store.put(SMALL).digest
    disk = Disk(monkeypatch)
    other = FolderBlobs(root, REGISTRY)
    other.put(SMALL)
    assert disk.last("sync", f"sha256/{digest.hex[:2]}") >= 0
    disk.events.clear()
    other.put(SMALL, durable=False)
    assert disk.events == []
    other.flush()
    assert disk.last("sync", f"sha256/{digest.hex[:2]}") >= 0


def test_after_a_failed_sync_the_bytes_are_written_anew(
    root: Path, store: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel calls a page clean after it could not write it: syncing the same file again would prove nothing."""
    digest = store.put(SMALL, durable=False).digest
    staged = root / REGISTRY / "staged" / digest.hex
    inode = staged.stat().st_ino
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", _failing)
        with pytest.raises(StorageError):
            store.flush()
    assert finished(root) == []
    store.flush()
    assert [path.stat().st_ino != inode for path in finished(root)] == [True]
    assert store.read(digest) == SMALL


def test_a_put_whose_sync_fails_leaves_nothing(root: Path, store: FolderBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(b"so that the folders are there")
    monkeypatch.setattr(os, "fsync", _failing)
    for data in (SMALL, LARGE):
        with pytest.raises(StorageError):
            store.put(data)
    assert len(finished(root)) == 1
    assert files_below(root / REGISTRY / "incoming") == []


def _failing(_descriptor: int) -> None:
    raise OSError(5, "Input/output error")


# --- a disk that refuses ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow further: EFBIG, as a full quota would be EDQUOT."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Permissions bind everyone but root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_disk_that_is_full_is_said_to_be_and_nothing_is_left(root: Path, store: FolderBlobs) -> None:
    store.put(b"so that the folders are there")
    with largest_file(2 * 1024 * 1024), pytest.raises(StorageError, match="No space") as caught:
        store.put(LARGE)
    assert str(root) in caught.value.subject
    assert len(finished(root)) == 1
    assert files_below(root / REGISTRY / "incoming") == []
    store.put(LARGE)


FILLED = """
import sys
from pathlib import Path
from gitreg.blobs import FolderBlobs
from gitreg.documents import RegistryId
from gitreg.errors import StorageError
store = FolderBlobs(Path(sys.argv[1]), RegistryId.random())
kept = []
try:
    for number in range(1000):
        kept.append(store.put(bytes([number % 256]) * 100_000, durable=number % 2 == 0).digest)
        kept.append(store.put(str(number).encode() * 500_000, durable=False).digest)
except StorageError as error:
    assert "No space left" in str(error), error
left = [path for path in Path(store.location, "incoming").iterdir()]
assert left == [], left
assert kept and all(store.read(digest) for digest in kept)
print("refused and sound")
"""


def test_a_file_system_without_space_is_survived(tmp_path: Path) -> None:
    """A real one of four megabytes, in a mount namespace of its own, where the kernel lets us have one."""
    mount = f"mount -t tmpfs -o size=4m none {tmp_path} && exec {sys.executable} -c '{FILLED}' {tmp_path}"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no mount namespaces here")
    assert done.stdout == "refused and sound\n", done.stderr


def test_a_folder_that_may_not_be_written_is_said_to_be(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        with contextlib.suppress(PermissionError):
            parent.chmod(0o755)
    store = FolderBlobs(tmp_path / "locked" / "blobs", REGISTRY)
    (tmp_path / "locked").mkdir(mode=0o555)
    with as_nobody(), pytest.raises(StorageError, match="may not be used"):
        store.put(SMALL)


def test_a_disk_that_is_not_mounted_is_not_stood_in_for(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path / "mnt" / "share" / "blobs", REGISTRY)
    with pytest.raises(StorageError, match="is not there"):
        store.put(SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_a_folder_that_vanishes_is_said_to_have(root: Path, store: FolderBlobs, data: bytes) -> None:
    store.put(data, durable=False)
    shutil.rmtree(root)
    with pytest.raises(StorageError):
        store.put(b"more" + data)
    with pytest.raises(StorageError):
        store.flush()
    with pytest.raises(BlobNotFound):
        store.read(Digest.of(data))
    assert not root.exists()


def test_a_file_where_a_folder_should_be_is_said_to_be(root: Path, store: FolderBlobs) -> None:
    root.write_text("a file")
    for ask in (lambda: store.put(SMALL), lambda: store.has(Digest.of(SMALL)), lambda: list(store.list())):
        with pytest.raises(StorageError, match=str(root)):
            ask()


def test_a_target_that_cannot_be_written_is_said_to_be_the_problem(tmp_path: Path, store: FolderBlobs) -> None:
    digest = store.put(LARGE).digest
    with pytest.raises(StorageError, match="absent"):
        store.get(digest, tmp_path / "absent" / "out")
    with largest_file(1024 * 1024), pytest.raises(StorageError, match=r"No space is left in .*out"):
        store.get(digest, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- memory ----------------------------------------------------------------------------------------------------------


def test_memory_stays_the_same_however_large_the_blob(tmp_path: Path, store: FolderBlobs) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(160 * 1024 * 1024)
    tracemalloc.start()
    try:
        digest = store.put(tmp_path / "sparse").digest
        store.get(digest, tmp_path / "out")
        with store.open(digest) as stream:
            while stream.read(1024 * 1024):
                pass
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 48 * 1024 * 1024


# --- while Python exits ----------------------------------------------------------------------------------------------

EXITING = """
import atexit, sys
from pathlib import Path
from gitreg.blobs import FolderBlobs, put_files
from gitreg.documents import RegistryId
store = FolderBlobs(Path(sys.argv[1]), RegistryId(sys.argv[2]))
def publish():
    manifest = put_files(store, {str(number): bytes([number]) * 9_000_000 for number in range(6)})
    print(len(manifest.files))
atexit.register(publish)
"""


def test_bytes_are_taken_while_python_exits(root: Path, store: FolderBlobs) -> None:
    command = [sys.executable, "-c", EXITING, str(root), REGISTRY]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("6\n", "")
    assert sorted(store.list()) == sorted(Digest.of(bytes([number]) * 9_000_000) for number in range(6))
