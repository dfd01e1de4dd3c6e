"""Plain numbers lie in the LOG as such; whoever reads gets the reading that was written."""

from __future__ import annotations

import msgspec
import pytest

from gateway.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from gateway.contract.record import Numbers, Reading, decode_as_written, decode_record, encode_record

_AT_MS = 1_795_300_000_000
_PLAIN = Scalar("heart_rate", 72.0, _AT_MS)
_RECEIVED = TimeQuality.RECEIVED


def _reading(*observations: Observation) -> Reading:
    return Reading("dev-1", "r-1", _AT_MS + 5, observations)


@pytest.mark.parametrize(
    "observations",
    [(_PLAIN,), (_PLAIN, Scalar("spo2", 97.5, _AT_MS)), (Scalar("spo2", 97.0, _AT_MS, _RECEIVED),)],
)
def test_plain_numbers_lie_together(observations: tuple[Observation, ...]) -> None:
    raw = encode_record(_reading(*observations))
    assert isinstance(decode_as_written(raw), Numbers)
    assert decode_record(raw) == _reading(*observations)
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
        assert decode_as_written(raw) == decode_record(raw) == _reading(*observations)


def test_records_of_the_time_before_can_be_read() -> None:
    old = msgspec.msgpack.encode(_reading(_PLAIN))
    assert decode_record(old) == decode_as_written(old) == _reading(_PLAIN)
