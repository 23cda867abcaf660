"""Whole repositories that somebody made to harm their reader, read by every command that looks.

Each command runs in a process that the kernel holds to ten seconds of processor and a gigabyte; the answer is a few
lines, and nothing is written beside the repository. What each layer refuses by itself is in
tests/store/test_hostile*.py; here is what a person meets.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.bounded_program import CPU_S, MEMORY_BYTES
from tests.e2e.clerk import assert_clean, commit_by_hand

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.clerk import Clerk
    from tests.e2e.conftest import Office

STAGE = "models/fraud/stages/production"
DECISION = f"{STAGE}/decision.json"
RESOLVE = ["resolve", "models:/fraud@production"]
READS = [["status"], ["runs", "search"], ["models", "list"], ["log"], RESOLVE, ["validate"], ["fsck"]]
READS += [["doctor"], ["audit", "verify"]]
MOST_LINES = 12
"""Of an error with its hint; lists of findings have a line each and are bounded too."""


def _object(clerk: Clerk, kind: bytes, data: bytes, size: int | None = None) -> str:
    """A loose object that git would refuse to write, or whose header lies."""
    whole = kind + b" %d\0" % (len(data) if size is None else size) + data
    name = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    path = clerk.folder / ".git/objects" / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(whole, 9))
    return name


def _tree(*rows: tuple[bytes, bytes, str]) -> bytes:
    ordered = sorted(rows, key=lambda row: row[1] + (b"/" if row[0] == b"40000" else b""))
    return b"".join(mode + b" " + name + b"\0" + bytes.fromhex(found) for mode, name, found in ordered)


def _grafted(clerk: Clerk, folder: str, tree: str, ref: str = "main") -> None:
    """Commit a tree as a folder at the root of a branch, and leave files and index of the work tree alone."""
    rows = clerk.git("ls-tree", ref).splitlines()
    kept = [row for row in rows if row.partition("\t")[2] != folder]
    root = clerk.git("mktree", "--missing", stdin="\n".join([*kept, f"040000 tree {tree}\t{folder}"]) + "\n").strip()
    commit = clerk.git("commit-tree", root, "-p", ref, "-m", "by hand").strip()
    clerk.git("update-ref", f"refs/heads/{ref}", commit)


def _inflating(clerk: Clerk) -> None:
    """Two megabytes on disk that become two gigabytes, where the decision stands."""
    press = zlib.compressobj(9)
    size = 2 * 2**30
    head = b"blob %d\0" % size
    body = press.compress(head) + b"".join(press.compress(bytes(2**24)) for _ in range(size // 2**24)) + press.flush()
    name = "ba" * 20
    path = clerk.folder / ".git/objects" / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(body)
    _pointing_at(clerk, name)


def _pointing_at(clerk: Clerk, blob: str, mode: str = "100644") -> None:
    """The decision's entry in main's tree is this object."""
    index = {"GIT_INDEX_FILE": str(clerk.desk.home / "index-of-a-stranger")}
    plumbing = clerk.having(**index)
    plumbing.git("read-tree", "main")
    plumbing.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{DECISION}")
    tree = plumbing.git("write-tree", "--missing-ok").strip()
    clerk.git("update-ref", "refs/heads/main", clerk.git("commit-tree", tree, "-p", "main", "-m", "by hand").strip())


def _lying_header(clerk: Clerk) -> None:
    _pointing_at(clerk, _object(clerk, b"blob", b"x" * 1000, size=2**62))


def _million_entries(clerk: Clerk, folder: str, ref: str) -> None:
    blob = clerk.git("hash-object", "-w", "--stdin", stdin="{}\n").strip()
    rows = b"".join(b"100644 %08d.json\0" % n + bytes.fromhex(blob) for n in range(1_200_000))
    _grafted(clerk, folder, _object(clerk, b"tree", rows), ref)


def _wide_main(clerk: Clerk) -> None:
    _million_entries(clerk, "models", "main")


def _wide_ledger(clerk: Clerk) -> None:
    _million_entries(clerk, "runs", "ledger")


def _many_documents(clerk: Clerk) -> None:
    """Just under the limit of a folder, each entry a run by its name: work without end, if each were told."""
    blob = clerk.git("hash-object", "-w", "--stdin", stdin="{}\n").strip()
    rows = b"".join(b"100644 %032x-%032x.json\0" % (n, n) + bytes.fromhex(blob) for n in range(60_000))
    tree = _object(clerk, b"tree", rows)
    for name in (b"10", b"21", b"2026-11"):
        tree = _object(clerk, b"tree", _tree((b"40000", name, tree)))
    _grafted(clerk, "runs", tree, "ledger")


def _cyclic(clerk: Clerk, folder: str, ref: str) -> None:
    """Forty folders deep and each ten times in the one above: the same few objects look like 10^40 files."""
    blob = clerk.git("hash-object", "-w", "--stdin", stdin="{}\n").strip()
    tree = _object(clerk, b"tree", _tree((b"100644", b"decision.json", blob)))
    for _ in range(40):
        tree = _object(clerk, b"tree", _tree(*((b"40000", b"d%d" % n, tree) for n in range(10))))
    _grafted(clerk, folder, tree, ref)


def _cyclic_main(clerk: Clerk) -> None:
    _cyclic(clerk, "models", "main")


def _cyclic_ledger(clerk: Clerk) -> None:
    _cyclic(clerk, "runs", "ledger")


def _bottomless(clerk: Clerk) -> None:
    tree = _object(clerk, b"tree", b"")
    for _ in range(20_000):
        tree = _object(clerk, b"tree", _tree((b"40000", b"d", tree)))
    _grafted(clerk, "models", tree)


def _link(clerk: Clerk) -> None:
    _pointing_at(clerk, clerk.git("hash-object", "-w", "--stdin", stdin="/etc/passwd").strip(), "120000")


def _submodule(clerk: Clerk) -> None:
    _pointing_at(clerk, "1" * 40, "160000")


def _linked_ledger(clerk: Clerk) -> None:
    blob = clerk.git("hash-object", "-w", "--stdin", stdin="../../../../etc").strip()
    rows = [(b"120000", b"2026-11", blob), (b"160000", b"2026-12", "1" * 40)]
    _grafted(clerk, "runs", _object(clerk, b"tree", _tree(*rows)), "ledger")


def _broken_pack(clerk: Clerk) -> None:
    clerk.git("repack", "-a", "-d", "-q")
    [pack] = (clerk.folder / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o600)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2 :: 7] = b"\xff" * len(data[len(data) // 2 :: 7])
    pack.write_bytes(data)


def _short_pack(clerk: Clerk) -> None:
    clerk.git("repack", "-a", "-d", "-q")
    [pack] = (clerk.folder / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:200])


def _lying_pack_index(clerk: Clerk) -> None:
    clerk.git("repack", "-a", "-d", "-q")
    [index] = (clerk.folder / ".git/objects/pack").glob("*.idx")
    index.chmod(0o600)
    data = bytearray(index.read_bytes())
    data[8 : 8 + 1024] = b"\x7f\xff\xff\xff" * 256
    index.write_bytes(data)


def _controls_in_refs(clerk: Clerk) -> None:
    """Names that would move a cursor, packed by hand since git refuses to make them; and thousands of them."""
    tip = clerk.git("rev-parse", "main").strip()
    rows = [f"{tip} refs/heads/proposals/a\x1b]0;pwned\x07\n", f"{tip} refs/heads/../../outside\n"]
    rows += [f"{tip} refs/heads/proposals/p\x9b{n:05}\n" for n in range(5_000)]
    rows += [f"{tip} refs/gitreg/approvals/\x1b[2Jx{n:05}/{'f' * 64}\n" for n in range(5_000)]
    packed = "# pack-refs with: peeled fully-peeled \n" + "".join(rows)
    (clerk.folder / ".git/packed-refs").write_bytes(packed.encode("latin-1"))


def _ref_to_a_ref_to_itself(clerk: Clerk) -> None:
    (clerk.folder / ".git/refs/heads/ledger").write_text("ref: refs/heads/other\n")
    (clerk.folder / ".git/refs/heads/other").write_text("ref: refs/heads/ledger\n")


def _many_parents(clerk: Clerk) -> None:
    tip, tree = (clerk.git("rev-parse", name).strip() for name in ("main", "main^{tree}"))
    who = "A <a@example.org> 1 +0000"
    parents = f"parent {tip}\n" * 100_000
    body = f"tree {tree}\n{parents}author {who}\ncommitter {who}\n\nmany\n"
    clerk.git("update-ref", "refs/heads/main", _object(clerk, b"commit", body.encode()))


def _long_message(clerk: Clerk) -> None:
    tip, tree = (clerk.git("rev-parse", name).strip() for name in ("main", "main^{tree}"))
    who = "A\x1b[31m <a@example.org> 99999999999999 +9999"
    body = f"tree {tree}\nparent {tip}\nauthor {who}\ncommitter {who}\n\n" + "\x1b[2J" * 10_000_000
    clerk.git("update-ref", "refs/heads/main", _object(clerk, b"commit", body.encode()))


def _settings_of_megabytes(clerk: Clerk) -> None:
    commit_by_hand(clerk, {"gitreg.json": b'{"a":' * 2_000_000})


def _regex_of_hours(clerk: Clerk) -> None:
    """A document of one long line: whatever is looked for in it by pattern must not go back and forth."""
    commit_by_hand(clerk, {DECISION: b'{"schema": "' + b"a" * 4_000_000 + b'"}\n'})


HOSTILE: list[Callable[[Clerk], None]] = [
    _inflating,
    _lying_header,
    _wide_main,
    _wide_ledger,
    _many_documents,
    _cyclic_main,
    _cyclic_ledger,
    _bottomless,
    _link,
    _submodule,
    _linked_ledger,
    _broken_pack,
    _short_pack,
    _lying_pack_index,
    _controls_in_refs,
    _ref_to_a_ref_to_itself,
    _many_parents,
    _long_message,
    _settings_of_megabytes,
    _regex_of_hours,
]


def _asked(clerk: Clerk, commands: list[list[str]]) -> list[dict[str, Any]]:
    program = Path(__file__).parent / "bounded_program.py"
    done = subprocess.run(
        [sys.executable, str(program)],
        input=json.dumps(commands),
        cwd=clerk.folder,
        env={**clerk.desk.environment, "XDG_DATA_HOME": str(clerk.desk.home / "data")},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _beside(root: Path) -> set[str]:
    """Every file that is not of the registry and not of anybody's home."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if "registry" not in path.parts}


@pytest.mark.slow
@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__.strip("_"))
def test_a_hostile_repository_is_answered_in_bounds(alone: Office, make: Callable[[Clerk], None]) -> None:
    make(alone.ada)
    before = _beside(alone.root)
    for told in _asked(alone.ada, READS):
        shown = f"{told['command']}: {str(told)[:3000]}"
        assert told["status"] == 0, shown
        assert told["cpu_s"] < CPU_S, shown
        assert told["memory_bytes"] < MEMORY_BYTES, shown
        assert_clean(told["out"] + told["err"])
        assert told["err"].count("\n") <= MOST_LINES, shown
        assert len(told["out"]) < 100_000, shown
    assert _beside(alone.root) - before <= {name for name in _beside(alone.root) if name.startswith("home-ada/")}
