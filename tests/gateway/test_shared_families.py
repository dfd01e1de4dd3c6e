"""What a kiosk says is never of a resident of its own: not when it is read, mended or set aside either."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from anhu.contract.record import Reading, decode_as_written
from gateway.codec import Frame, Sources
from gateway.codecs.open_json import CODEC
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind

_KIOSK = DeviceEntry(device_id="k-1", secret_sha256=b"", codec=CODEC.name, partition_key="c-1", resident_id="r-1")
_FRAME = Frame(
    door=DoorKind.MQTT, route="anhu/v1/k-1/up", payload=b"", device_id="k-1", received_at_ms=1_795_300_000_000
)
_READ = b'{"v":1,"values":{"heart_rate":70}}'
_MENDED = b'{"v":1,"values":{"heart_rate":"x","spo2":97},"events":[{"kind":"sos"}]}'


def _decoder(*, is_shared: bool) -> FrameDecoder:
    family = replace(CODEC, sources=Sources.USERS if is_shared else Sources.PAIRED)
    return FrameDecoder({family.name: family}, IntakeCounters(), CommandAnswers())


@pytest.mark.parametrize("payload", [_READ, _MENDED])
@pytest.mark.parametrize(("is_shared", "whose"), [(True, {""}), (False, {"r-1"})])
def test_what_it_says_is_nobodys_however_it_is_understood(payload: bytes, whose: set[str], *, is_shared: bool) -> None:
    frame = msgspec.structs.replace(_FRAME, payload=payload)
    found = [decode_as_written(raw) for _, raw in _decoder(is_shared=is_shared).records_of(frame, _KIOSK)]
    assert {one.resident_id for one in found} == whose


def test_what_is_set_aside_is_nobodys_either() -> None:
    frame = msgspec.structs.replace(_FRAME, payload=b"help! SOS", route="another")
    found = [decode_as_written(raw) for _, raw in _decoder(is_shared=True).set_aside(frame, "not its topic", _KIOSK)]
    assert any(isinstance(one, Reading) for one in found)
    assert {one.resident_id for one in found} == {""}
