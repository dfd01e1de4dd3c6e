"""A call that stands in a message which still parses is told, whatever else in it was changed; in every codec."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anhu.contract.meaning import is_call
from anhu.contract.observation import Event
from gateway.codec import Codec, Example
from tests.conformance.test_codec_flaws import CALLS, taken
from tests.conformance.test_codecs import ODD

SPEED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
JSON_CALLS = [
    pytest.param(codec, one, id=f"{codec.name}: {one.name}") for codec, one in CALLS if one.payload[:1] == b"{"
]
_BESIDE = (
    "battery batt linkquality rssi lux packet temperature humidity spo2 pi signalGSM rxInfo fCnt dr fPort "
    "devAddr deduplicationId time timestamp timeStamps last_seen statusUpdateTimestamp endTimestamp extra "
    "fallLocX_cm tarHeightEst short_id voltage brand scan_rssi uptime id name event_time"
)
BESIDE = frozenset(_BESIDE.split())
"""Fields that stand beside a call and are no part of it."""


def changed(value: object, data: st.DataObject) -> object:
    """Return a decoded message with odd values in fields beside the call, and fields that nobody knows."""
    if isinstance(value, list):
        return [changed(one, data) for one in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, object] = {}
    for name, one in value.items():
        if name in BESIDE and not isinstance(one, dict) and data.draw(st.booleans()):
            if data.draw(st.booleans()):
                made[name] = data.draw(ODD)
        else:
            made[name] = changed(one, data)
    for n in range(data.draw(st.integers(0, 2))):
        made[f"zz{n}"] = data.draw(ODD)
    return dict(data.draw(st.permutations(list(made.items()))))


@pytest.mark.parametrize(("codec", "example"), JSON_CALLS)
@SPEED
@given(data=st.data())
def test_a_call_is_told_whatever_stands_beside_it(codec: Codec, example: Example, data: st.DataObject) -> None:
    payload = msgspec.json.encode(changed(msgspec.json.decode(example.payload), data))
    frame = msgspec.structs.replace(example.frame(), payload=payload)
    readings, letters = taken(codec, frame)
    calls = [
        one for r in readings for one in r.observations if type(one) is Event and is_call(one) and one.state == "on"
    ]
    assert calls, (payload, letters)
