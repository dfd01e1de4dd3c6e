"""Segment bytes, cut and damaged at will: only what was written comes out, and all of it that is whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from anhu.log.embedded import entries as frames

records = st.lists(st.binary(max_size=60) | st.just(b"\xa5AnH" * 5), min_size=1, max_size=12)
bases = st.integers(0, 2**40)


@settings(deadline=None)
@given(records, bases, st.data())
def test_a_cut_anywhere_keeps_the_whole_frames_before_it(written: list[bytes], base: int, data: st.DataObject) -> None:
    chunk = frames.pack(written, base)
    cut = data.draw(st.integers(0, len(chunk)))
    ends = [base + sum(frames.HEAD_BYTES + len(r) for r in written[: n + 1]) for n in range(len(written))]
    whole = [r for r, end in zip(written, ends, strict=True) if end - base <= cut]
    entries, end = frames.salvage(chunk[:cut], base)
    assert [e.record for e in entries] == whole
    assert [e.next_position for e in entries] == ends[: len(whole)]
    assert end == (ends[len(whole) - 1] - base if whole else 0)


@settings(deadline=None)
@given(records, bases, st.data())
def test_a_damaged_byte_costs_one_record(written: list[bytes], base: int, data: st.DataObject) -> None:
    chunk = bytearray(frames.pack(written, base))
    at = data.draw(st.integers(0, len(chunk) - 1))
    chunk[at] ^= data.draw(st.integers(1, 255))
    entries, _ = frames.salvage(bytes(chunk), base)
    intact, position = [], base
    for record in written:
        size = frames.HEAD_BYTES + len(record)
        if not position <= base + at < position + size:
            intact.append((position + size, record))
        position += size
    assert [(e.next_position, e.record) for e in entries] == intact


@settings(deadline=None)
@given(st.binary(max_size=300), bases)
def test_noise_is_never_a_record(noise: bytes, base: int) -> None:
    assert frames.salvage(noise, base) == ([], 0)


@settings(deadline=None)
@given(records, bases, st.data())
def test_repacked_entries_keep_their_positions(written: list[bytes], base: int, data: st.DataObject) -> None:
    entries, _ = frames.salvage(frames.pack(written, base), base)
    kept = [e for e in entries if data.draw(st.booleans())]
    assert frames.salvage(frames.repack(kept), base)[0] == kept
