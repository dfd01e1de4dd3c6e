"""Plain numbers lie in the LOG as such; whoever reads gets the reading that was written."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.record import (
    Bundle,
    Numbers,
    Reading,
    Record,
    Undecoded,
    bundled,
    decode_as_written,
    decode_entry,
    encode_record,
)

_AT_MS = 1_795_300_000_000
_PLAIN = Scalar("heart_rate", 72.0, _AT_MS)
_RECEIVED = TimeQuality.RECEIVED


def _reading(*observations: Observation) -> Reading:
    return Reading("dev-1", "r-1", _AT_MS + 5, observations)


def _decoded(raw: bytes) -> Record:
    (one,) = _read([raw])
    return one


@pytest.mark.parametrize(
    "observations",
    [(_PLAIN,), (_PLAIN, Scalar("spo2", 97.5, _AT_MS)), (Scalar("spo2", 97.0, _AT_MS, _RECEIVED),)],
)
def test_plain_numbers_lie_together(observations: tuple[Observation, ...]) -> None:
    raw = encode_record(_reading(*observations))
    assert isinstance(decode_as_written(raw), Numbers)
    assert _decoded(raw) == _reading(*observations)
    assert len(raw) < len(msgspec.msgpack.encode(_reading(*observations)))


@pytest.mark.parametrize(
    "other",
    [
        Scalar("spo2", 97.0, _AT_MS + 1),
        Scalar("spo2", 97.0, _AT_MS, _RECEIVED),
        Scalar("spo2", 97.0, _AT_MS, quality=int(Quality.DEVICE_POOR)),
        Scalar("spo2", 97.0, _AT_MS, context="fasting"),
        Scalar("spo2", 97.0, _AT_MS, source="s-1"),
        Scalar("heart_rate", 73.0, _AT_MS),
        Event("sos", _AT_MS),
    ],
)
def test_whoever_has_more_to_say_is_written_in_full(other: Observation) -> None:
    for observations in ((_PLAIN, other), (other, _PLAIN)):
        raw = encode_record(_reading(*observations))
        assert decode_as_written(raw) == _decoded(raw) == _reading(*observations)


def test_records_of_the_time_before_can_be_read() -> None:
    old = msgspec.msgpack.encode(_reading(_PLAIN))
    assert _decoded(old) == decode_as_written(old) == _reading(_PLAIN)


_SOS = Reading("dev-1", "r-1", _AT_MS, (Event("sos", _AT_MS),))
_RAW = Undecoded("dev-1", "r-1", _AT_MS, "t", b"\x93\x02", "open_json", "no")


def _numbers(n: int) -> Reading:
    return Reading(f"dev-{n}", "", _AT_MS + n, (Scalar("heart_rate", 60.0 + n, _AT_MS), Scalar("spo2", 97.0, _AT_MS)))


def _read(entries: list[bytes]) -> list[Record]:
    found = [one for entry in entries for one in decode_entry(entry)]
    return [one.reading() if isinstance(one, Numbers) else one for one in found]


@given(st.lists(st.one_of(st.integers(0, 300).map(_numbers), st.sampled_from([_SOS, _RAW])), max_size=40))
def test_what_comes_together_is_read_in_its_order_however_it_is_bundled(records: list[Record]) -> None:
    entries = bundled(map(encode_record, records))
    assert _read(entries) == records
    others = sum(not isinstance(one, Reading) or one is _SOS for one in records)
    assert len(entries) <= 2 * others + 1, "numbers side by side share an entry"


def test_a_bundle_is_what_the_encoder_would_write() -> None:
    messages = [decode_as_written(encode_record(_numbers(n))) for n in range(40)]
    (entry,) = bundled(encode_record(_numbers(n)) for n in range(40))
    assert msgspec.msgpack.encode(Bundle([one for one in messages if isinstance(one, Numbers)])) == entry


def test_a_call_for_help_and_a_lone_message_have_entries_of_their_own() -> None:
    records = [encode_record(one) for one in (_numbers(1), _SOS, _numbers(2))]
    assert bundled(records) == records


def test_a_bundle_is_closed_in_time() -> None:
    entries = bundled(encode_record(_numbers(n)) for n in range(5_000))
    assert len(entries) > 1
    assert max(map(len, entries)) < 4_400
    assert _read(entries) == [_numbers(n) for n in range(5_000)]


def test_a_bundle_is_no_single_record() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_as_written(bundled([encode_record(_numbers(1))] * 2)[0])
