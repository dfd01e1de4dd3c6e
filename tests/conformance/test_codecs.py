"""What every registered codec must do. A new codec is tested here before its author writes a test.

What it must do at each door that it fits is asked in `test_codec_doors`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anhu.contract.errors import FieldError
from anhu.contract.identity import child_device_id
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality, Waveform, one_by_one
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.record import Reading, Undecoded, decode_as_written, encode_record
from gateway.codec import Codec, Command, Example, Frame
from gateway.codecs import discover
from gateway.vendor_bench.command_vectors import flaw_of_commands
from tests.gateway.doors import toy_push, toy_tcp

CODECS: Mapping[str, Codec] = {**discover(), **{toy.name: toy for toy in (toy_push.CODEC, toy_tcp.CODEC)}}
NAMES = sorted(CODECS)
EXAMPLES = [
    pytest.param(codec, example, id=f"{name}: {example.name}")
    for name, codec in sorted(CODECS.items())
    for example in codec.examples
]
SPEED = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
KIND_OF: dict[type, Kind] = {Scalar: Kind.SCALAR, Waveform: Kind.WAVEFORM, Event: Kind.EVENT}


def require_valid(observations: tuple[Observation, ...], frame: Frame) -> None:
    assert isinstance(observations, tuple)
    for one in observations:
        assert QUANTITIES[one.quantity].kind is KIND_OF[type(one)]
        assert 946_684_800_000 <= one.observed_at_ms <= 4_102_444_800_000
        if one.time_quality is TimeQuality.RECEIVED:
            assert one.observed_at_ms == frame.received_at_ms
        if isinstance(one, Event):
            assert one.state in ("on", "off")
        if one.source:
            child_device_id(frame.device_id, one.source)
        if frame.retained:
            assert one.quality & Quality.RETAINED
    reading = Reading(frame.device_id, "r-1", frame.received_at_ms, observations)
    # NaN in a waveform is bytes, so equality holds; a number that is not finite would break it.
    written = decode_as_written(encode_record(reading))
    assert not isinstance(written, Undecoded)
    assert written.reading() == reading


def decode_or_refuse(codec: Codec, frame: Frame) -> None:
    before = copy.deepcopy(frame)
    try:
        observations = one_by_one(codec.decode(frame))
    except FieldError:
        return
    finally:
        for other in (codec.salvage, codec.unmapped, codec.same):
            with suppress(FieldError):
                if other is not None:
                    other(frame)
        assert frame == before
    require_valid(observations, frame)


@pytest.mark.parametrize(("codec", "example"), EXAMPLES)
def test_example(codec: Codec, example: Example) -> None:
    frame = example.frame()
    if example.error is not None:
        with pytest.raises(FieldError) as raised:
            codec.decode(frame)
        assert example.error in str(raised.value)
        return
    decoded = codec.decode(frame)
    observations = one_by_one(decoded)
    assert observations == example.observations
    require_valid(observations, frame)
    assert codec.decode(frame) == decoded, "decode keeps no state: a replayed message means the same"


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name: str) -> None:
    codec = CODECS[name]
    assert codec.name == name
    assert codec.title
    assert codec.data_sheet
    assert any(e.observations for e in codec.examples)
    assert any(e.error for e in codec.examples)
    assert all((e.error is None) != (e.observations is None) for e in codec.examples)


@pytest.mark.parametrize("name", [n for n in NAMES if CODECS[n].encode])
def test_commands(name: str) -> None:
    codec = CODECS[name]
    assert codec.encode is not None
    for command in ("ask_ok", "measure", "locate", "find", "configure"):
        payload = codec.encode(Command(name=command, command_id="c-1", arguments={"seconds": 30.0}))
        assert b"c-1" in payload
        assert command.encode() in payload
        assert msgspec.json.decode(payload)
    with pytest.raises(FieldError, match="self_destruct"):
        codec.encode(Command(name="self_destruct", command_id="c-1"))


@pytest.mark.parametrize("name", [name for name in NAMES if (spec := CODECS[name].tcp) and spec.commands])
def test_commands_over_tcp(name: str) -> None:
    spec = CODECS[name].tcp
    assert spec is not None
    assert spec.commands is not None
    assert flaw_of_commands(spec, spec.commands) == ""
    for one in spec.commands.examples:
        assert one.sent.startswith(spec.begins)
        assert len(one.sent) <= spec.max_packet_bytes


def mutated(payload: bytes, cuts: list[tuple[int, int]]) -> bytes:
    raw = bytearray(payload)
    for at, value in cuts:
        if raw:
            raw[at % len(raw)] = value
    return bytes(raw)


@pytest.mark.parametrize("name", NAMES)
@SPEED
@given(data=st.data())
def test_random_bytes_give_an_error_or_valid_output(name: str, data: st.DataObject) -> None:
    codec = CODECS[name]
    example = data.draw(st.sampled_from(codec.examples))
    payload = data.draw(st.one_of(st.binary(max_size=200), st.just(example.payload)))
    cuts = data.draw(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6))
    frame = example.frame()
    decode_or_refuse(
        codec,
        msgspec.structs.replace(frame, payload=mutated(payload, cuts), retained=data.draw(st.booleans())),
    )


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "0", "1e999", "nan", "-5", "99/99/2026 25:61:61", "2026-01-01T00:00:00", "\x00", "求助"]),
    st.text(max_size=20),
    st.just([]),
    st.just({}),
    st.just([[[1]]]),
)


def replaced(value: object, data: st.DataObject) -> object:
    """Put an odd value somewhere into a decoded example."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: replaced(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        return [replaced(value[0], data), *value[1:]]
    return data.draw(ODD)


@pytest.mark.parametrize("name", [n for n in NAMES if any(e.payload[:1] == b"{" for e in CODECS[n].examples)])
@SPEED
@given(data=st.data())
def test_odd_values_give_an_error_or_valid_output(name: str, data: st.DataObject) -> None:
    codec = CODECS[name]
    example = data.draw(st.sampled_from([e for e in codec.examples if e.payload[:1] == b"{"]))
    frame = example.frame()
    payload = msgspec.json.encode(replaced(msgspec.json.decode(example.payload), data))
    decode_or_refuse(codec, msgspec.structs.replace(frame, payload=payload, retained=False))
