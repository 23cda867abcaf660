"""Small files and folders are read once; whoever closes the store reads them from disk again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitreg.errors import CorruptRepository
from gitreg.store.objects import BLOB, make
from tests.store.builders import put

if TYPE_CHECKING:
    from gitreg.store import Store


def test_what_was_read_is_read_anew_after_closing(store: Store) -> None:
    commit = put(store, a__txt="one")
    blob = make(BLOB, b"one", "sha1").id
    assert store.snapshot(commit).read("a.txt") == b"one"
    file = store.layout.objects / blob[:2] / blob[2:]
    file.chmod(0o600)
    file.write_bytes(b"damaged")
    assert store.snapshot(commit).read("a.txt") == b"one"
    store.close()
    with pytest.raises(CorruptRepository):
        store.snapshot(commit).read("a.txt")


def test_a_blob_is_no_folder_whatever_was_read_before(store: Store) -> None:
    put(store, a__txt="one")
    blob = make(BLOB, b"one", "sha1").id
    assert store.objects.raw(blob, BLOB) == b"one"
    with pytest.raises(CorruptRepository):
        store.objects.tree(blob)
