from __future__ import annotations

import io
import math
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import CorruptJournal, NewerFormat
from gitreg.tracking.frames import (
    END,
    EVENT,
    FILE_MAGIC,
    HEADER,
    METRIC,
    Frame,
    Points,
    encode,
    pack_row,
    point_prefix,
    read_frames,
)

INTEGERS = st.integers(-(2**63), 2**63 - 1)
POINTS = st.tuples(st.integers(0, 2**32 - 1), INTEGERS, INTEGERS, st.floats())
BODIES = st.tuples(st.sampled_from([HEADER, METRIC, EVENT, END]), st.binary(max_size=60))
RECORDS = st.lists(POINTS | BODIES, max_size=12)
GOLDEN = Path(__file__).parent / "golden" / "journal.hex"

Record = tuple[int, int, int, float] | tuple[int, bytes]


def encode_point(metric: int, step: int, time_us: int, value: float) -> bytes:
    """As `Recording.point` does it."""
    prefix, crc = point_prefix(metric)
    row = pack_row(step, time_us, value)
    return prefix + row + crc32(row, crc).to_bytes(4, "little")


def frame_of(record: Record) -> bytes:
    return encode(*record) if len(record) == 2 else encode_point(*record)


def journal_of(records: list[Record]) -> bytes:
    return FILE_MAGIC + b"".join(map(frame_of, records))


def read(data: bytes, start: int = 0) -> list[Record]:
    found: list[Record] = []
    for each in read_frames(io.BytesIO(data), "j", start):
        if isinstance(each, Points):
            found += each.rows
        else:
            found.append((each.kind, each.body))
    return found


def same(one: list[Record], other: list[Record]) -> bool:
    return repr(one) == repr(other)


@given(RECORDS)
def test_what_was_written_is_read(records: list[Record]) -> None:
    assert same(read(journal_of(records)), records)


@given(RECORDS, st.data())
def test_a_journal_cut_anywhere_gives_the_records_before_the_cut(records: list[Record], data: st.DataObject) -> None:
    whole = journal_of(records)
    cut = data.draw(st.integers(0, len(whole)))
    found = read(whole[:cut])
    assert same(found, records[: len(found)])
    assert len(journal_of(records[: len(found) + 1])) > cut or len(found) == len(records)


@given(RECORDS.filter(bool), st.data())
def test_a_change_to_one_byte_is_always_found(records: list[Record], data: st.DataObject) -> None:
    whole = bytearray(journal_of(records))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises((CorruptJournal, NewerFormat)):
        read(bytes(whole))


@given(RECORDS, st.integers(1, 2000))
def test_zeros_to_the_end_are_a_write_that_did_not_reach_the_disk(records: list[Record], zeros: int) -> None:
    assert same(read(journal_of(records) + bytes(zeros)), records)


def test_a_block_of_zeros_inside_a_record_at_the_end_is_a_torn_write() -> None:
    kept = journal_of([(EVENT, b"x" * 300)])
    torn = encode(EVENT, b"y" * 1000)
    border = -len(kept) % 512
    assert read(kept + torn[:border] + bytes(len(torn) - border)) == [(EVENT, b"x" * 300)]


def test_reading_goes_on_where_it_stopped() -> None:
    whole = journal_of([(EVENT, b"a"), (EVENT, b"b")])
    first = next(iter(read_frames(io.BytesIO(whole), "j")))
    assert isinstance(first, Frame)
    assert read(whole, first.end) == [(EVENT, b"b")]


def test_more_than_one_chunk_is_read() -> None:
    points: list[Record] = [(1, step, step, float(step)) for step in range(60_000)]
    assert read(journal_of(points)) == points


def test_damage_names_the_file_and_the_byte() -> None:
    data = journal_of([(EVENT, b"first"), (EVENT, b"second")]).replace(b"first", b"worst")
    with pytest.raises(CorruptJournal, match=r"The journal j is damaged at byte 17;"):
        read(data)


def test_a_later_format_asks_for_a_later_gitreg() -> None:
    with pytest.raises(NewerFormat, match="later gitreg"):
        read(b"gitreg-journal/2\n")


def test_another_file_is_not_taken_for_a_journal() -> None:
    with pytest.raises(CorruptJournal, match="does not begin as a journal does"):
        read(b"PK\x03\x04 a zip file, say")


def test_the_format_of_points_does_not_change() -> None:
    data = FILE_MAGIC + encode_point(7, -3, 1_763_714_760_000_000, math.pi) + encode(END, b"{}")
    assert data.hex(" ", 8) == GOLDEN.read_text(encoding="ascii").strip()
