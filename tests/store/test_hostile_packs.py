"""Packs that a server sends to fill our memory or our disk."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zlib
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import RemoteError, UnsafeRepository
from gitreg.store import Store
from gitreg.store.packs import MAX_FETCHED_BYTES, check_pack
from tests.store.builders import MAIN, git, put
from tests.support.http_server import git_server

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.surroundings import Surroundings

BLOB, OFS_DELTA, REF_DELTA = 3, 6, 7
SHA1_BYTES = 20
BASE = bytes(0x10000)


def pack(*entries: bytes) -> bytes:
    data = b"PACK" + (2).to_bytes(4) + len(entries).to_bytes(4) + b"".join(entries)
    return data + hashlib.sha1(data, usedforsecurity=False).digest()


def head(kind: int, size: int) -> bytes:
    rest = size >> 4
    made = [kind << 4 | size & 0x0F]
    while rest:
        made[-1] |= 0x80
        made.append(rest & 0x7F)
        rest >>= 7
    return bytes(made)


def sizes(*numbers: int) -> bytes:
    made = b""
    for number in numbers:
        rest = number
        while rest > 0x7F:
            made, rest = made + bytes([rest & 0x7F | 0x80]), rest >> 7
        made += bytes([rest])
    return made


def blob(data: bytes, says: int | None = None) -> bytes:
    return head(BLOB, len(data) if says is None else says) + zlib.compress(data)


def delta(result: int) -> bytes:
    """A delta that copies its base again and again."""
    data = sizes(len(BASE), result) + b"\x80" * min(result // len(BASE), 100_000)
    base = hashlib.sha1(b"blob %d\0" % len(BASE) + BASE, usedforsecurity=False).digest()
    return head(REF_DELTA, len(data)) + base + zlib.compress(data)


def near(result: int) -> bytes:
    """The same by the distance to its base."""
    data = sizes(len(BASE), result)
    return head(OFS_DELTA, len(data)) + b"\x81\x00" + zlib.compress(data)


@pytest.mark.parametrize(
    "made",
    [
        pack(blob(b"x" * 100, says=2**40)),
        pack(blob(BASE), delta(2**34)),
        pack(blob(BASE), near(2**34)),
        pack(blob(b"x"), head(BLOB, 2**63 - 1) + zlib.compress(b"")),
        pack(blob(BASE), head(REF_DELTA, 30) + bytes(20) + zlib.compress(b"\xff" * 30)),
    ],
    ids=["declared", "delta", "near", "63 bits", "endless number"],
)
def test_a_pack_that_would_become_gigabytes_is_refused_before_it_is_inflated(made: bytes) -> None:
    with pytest.raises((UnsafeRepository, IndexError)):
        check_pack(io.BytesIO(made), SHA1_BYTES)


@pytest.mark.parametrize(
    "made",
    [
        b"",
        b"PACK",
        b"JUNK" + bytes(60),
        pack(blob(bytes(10_000_000), says=10)),
        pack(blob(b"x" * 1000))[:30],
        pack(head(BLOB, 3) + b"not deflated at all"),
        b"PACK" + (2).to_bytes(4) + (2**32 - 1).to_bytes(4) + blob(b"x"),
        pack(b"\xff" * 1000),
    ],
)
def test_bytes_that_are_no_pack_are_told(made: bytes) -> None:
    with pytest.raises((ValueError, zlib.error, UnsafeRepository)):
        check_pack(io.BytesIO(made), SHA1_BYTES)


def test_an_honest_pack_passes(store: Store) -> None:
    for n in range(30):
        put(store, **{f"f{n}": "".join(f"{m} {n % 7}\n" for m in range(3000)), "big": "ab" * 100_000 + str(n)})
    listed = git(store.path, "rev-list", "--objects", "--all")
    names = "".join(f"{line.split()[0]}\n" for line in listed.splitlines())
    made = subprocess.run(
        ["git", "pack-objects", "--stdout", "--delta-base-offset", "--window=20"],
        cwd=store.path,
        input=names.encode(),
        capture_output=True,
        check=True,
    ).stdout
    check_pack(io.BytesIO(made), SHA1_BYTES)
    check_pack(io.BytesIO(pack(blob(BASE), delta(2**20), near(MAX_FETCHED_BYTES))), SHA1_BYTES)


def test_a_clone_of_a_bomb_is_refused_and_leaves_nothing(
    tmp_path: Path, world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "served").mkdir()
    with Store.init(tmp_path / "served/origin", world, bare=True) as origin:
        put(origin, big="x" * 3_000_000)
    monkeypatch.setattr("gitreg.store.packs.MAX_FETCHED_BYTES", 1_000_000)
    with git_server(tmp_path / "served", {}) as server:
        with pytest.raises((UnsafeRepository, RemoteError), match="declares 3000000 bytes"):
            Store.clone(server.url("origin"), tmp_path / "clone", world)
        with Store.init(tmp_path / "mine", world, bare=True) as mine:
            git(mine.path, "remote", "add", "origin", server.url("origin"))
            remote = mine.remote()
            assert remote
            with pytest.raises(UnsafeRepository, match="declares"):
                remote.fetch([MAIN])
            assert list((mine.git_dir / "objects").glob("**/*.pack")) == []
    assert not (tmp_path / "clone").exists()
