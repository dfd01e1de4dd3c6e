from __future__ import annotations

import base64
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anhu.contract import wire
from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Quality, Scalar, TimeQuality, Waveform
from anhu.contract.quantities import Kind, of_kind

NOW_MS = 1_795_300_000_000
SCALARS = [row.code for row in of_kind(Kind.SCALAR)]


def test_values_come_first_then_events_then_waveforms() -> None:
    observations = wire.decode(
        b'{"v":1,"waveforms":[{"quantity":"ecg","sampling_rate_hz":250,"channels":["II"],"samples":[[0.5],[null]]}],'
        b'"events":[{"kind":"sos"}],"values":{"heart_rate":72}}',
        NOW_MS,
    )
    assert [type(o) for o in observations] == [Scalar, Event, Waveform]
    assert {o.time_quality for o in observations} == {TimeQuality.RECEIVED}
    ecg = observations[2]
    assert isinstance(ecg, Waveform)
    assert ecg.array()[0, 0] == 0.5
    assert math.isnan(ecg.array()[1, 0])
    assert ecg.duration_ms == 8


def test_a_part_may_have_a_time_of_its_own() -> None:
    pair = wire.decode(
        b'{"v":1,"time":1795300000000,"values":{"spo2":{"value":97,"time":1795299990000},"heart_rate":72}}', NOW_MS
    )
    assert [o.observed_at_ms for o in pair] == [1_795_299_990_000, 1_795_300_000_000]


def test_int16_waveform_marks_missing_samples_and_poor_quality() -> None:
    packed = base64.b64encode(np.array([[1000], [-32768]], dtype="<i2").tobytes()).decode()
    (ecg,) = wire.decode(
        b'{"v":1,"waveforms":[{"quantity":"ecg","sampling_rate_hz":250,"channels":["II"],"unit":"uV","poor":true,'
        b'"samples_int16":"' + packed.encode() + b'"}]}',
        NOW_MS,
    )
    assert isinstance(ecg, Waveform)
    assert ecg.array()[0, 0] == pytest.approx(1.0)
    assert math.isnan(ecg.array()[1, 0])
    assert ecg.quality == Quality.DEVICE_POOR


WAVE = b'{"v":1,"waveforms":[{"quantity":"ecg","sampling_rate_hz":%s,"channels":["II"],%s}]}'


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", "payload: got b'', expected a message of format v1 (Input data was truncated)"),
        (b"\xff", "expected a message of format v1"),
        (b'{"v":1,"values":{"spo2":97},"extra":1}', "unknown field `extra`"),
        (b'{"v":1,"values":{"spo2":"97"}}', "at `$.values[...]`"),
        (b'{"v":1,"values":{"fall":1}}', "values.fall: got 'fall', expected a scalar of the quantity table"),
        (b'{"v":1,"values":{"height":{"value":1e308,"unit":"m"}}}', "values.height.value: got inf"),
        (b'{"v":1,"time":0,"values":{"spo2":97}}', "time: got 0, expected a time between the years 2000 and 2100"),
        (b'{"v":1,"time":"yesterday","values":{"spo2":97}}', "time: got 'yesterday', expected an RFC 3339"),
        (b'{"v":1,"time":"%s","values":{"spo2":97}}' % (b"1" * 50), "expected an RFC 3339"),
        (b'{"v":1,"values":{"spo2":{"value":97,"time":"x"}}}', "values.spo2.time: got 'x'"),
        (b'{"v":1,"events":[{"kind":"sos"},{"kind":"SOS"}]}', "events.1.kind: got 'SOS', expected an event"),
        (b'{"v":1,"events":[{"kind":"sos","attributes":{"a":9007199254740993}}]}', "9007199254740991"),
        (WAVE % (b"250", b'"scale":2'), "waveforms.0: got 'samples, samples_int16', expected exactly one"),
        (WAVE % (b"250", b'"samples":[[1,2]]'), "waveforms.0.samples: got 'a row of another length'"),
        (WAVE % (b"9000", b'"samples":[[1]]'), "waveforms.0.sampling_rate_hz: got 9000.0, expected 0.1 to 2000 Hz"),
        (WAVE % (b"250", b'"samples":[]'), "waveforms.0.samples: got 0, expected 1 to 200000 numbers"),
        (WAVE % (b"250", b'"samples":[[1e39]]'), "waveforms.0.samples: got 'an infinite sample'"),
        (WAVE % (b"250", b'"samples_int16":"!"'), "waveforms.0.samples_int16: got '!', expected base64"),
        (WAVE % (b"250", '"samples_int16":"求助"'.encode()), "waveforms.0.samples_int16: got '求助', expected base64"),
        (WAVE % (b"250", b'"samples_int16":"AA=="'), "got '1 bytes', expected a multiple of 2 bytes"),
        (WAVE % (b"250", b'"samples":[[1]],"unit":"kg"'), "waveforms.0.unit: got 'kg', expected one of mV, uV"),
    ],
)
def test_refusal_names_field_value_and_what_was_expected(payload: bytes, expected: str) -> None:
    with pytest.raises(FieldError) as raised:
        wire.decode(payload, NOW_MS)
    assert expected in str(raised.value)


def test_a_message_that_is_too_large_is_not_even_parsed() -> None:
    with pytest.raises(FieldError, match="payload: got '1048577 bytes', expected at most 1048576 bytes"):
        wire.decode(b" " * (wire.MAX_MESSAGE_BYTES + 1), NOW_MS)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(FieldError):
        wire.decode(b'{"v":1,"values":' + b'{"a":' * 100_000, NOW_MS)


@given(
    st.dictionaries(st.sampled_from(SCALARS), st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
    st.integers(wire.MIN_TIME_MS, wire.MAX_TIME_MS),
)
def test_what_is_encoded_is_decoded(values: dict[str, float], time_ms: int) -> None:
    payload = msgspec.json.encode(wire.WireMessage(v=1, time=time_ms, values=dict(values)))
    assert wire.decode(payload, NOW_MS) == tuple(Scalar(code, v, time_ms) for code, v in values.items())
