"""Lock files hold versions and hashes, and no address (docs/decisions/0001)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = [*sorted((ROOT / "locks").glob("*.txt")), ROOT / "tests/ci_node/package-lock.json"]
HOSTS_OF_INDEXES = re.compile(r"pypi|pythonhosted|npmjs|--(extra-)?index-url|--find-links|\"resolved\"")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_names_no_index(lock: Path) -> None:
    assert HOSTS_OF_INDEXES.findall(lock.read_text()) == []


@pytest.mark.parametrize("lock", LOCKS[:-1], ids=lambda path: path.name)
def test_every_locked_package_has_an_exact_version_and_a_hash(lock: Path) -> None:
    entries = lock.read_text().replace("\\\n", " ").splitlines()
    assert entries
    assert [entry for entry in entries if not re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)] == []
