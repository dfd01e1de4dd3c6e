"""A fall radar on TI's chip that speaks on Vayyar's topics, with other numbers: type 1 is a fall, 0 and 4 presence.

It writes its states with a space, ``fall confirmed``. Which of the two a radar is says its registration: nothing in the
topic does, and type 1 of the one means nothing to the other.
"""

from __future__ import annotations

from anhu.contract.observation import Event, Observation
from gateway.codec import Codec, Example
from gateway.door_specs import MqttSpec
from gateway.radar_messages import FALL, PRESENCE, marker, reader, unmapped

_TYPES = {0: PRESENCE, 1: FALL, 4: PRESENCE}
_AT_MS = 1_795_300_000_000
_FELL_MS = _AT_MS - 60_000


def _example(name: str, payload: str, *observations: Observation) -> Example:
    return Example(name=name, route="/devices/dev-1/events", payload=payload.encode(), observations=observations)


def _fall(status: str) -> str:
    return (
        f'{{"type":1,"payload":{{"status":"{status}","timestamp":{_FELL_MS},"statusUpdateTimestamp":{_AT_MS},'
        '"deviceId":"dev-1"}}'
    )


CODEC = Codec(
    name="vayyar_ti",
    title="Fall radar on TI's chip with Vayyar's topics",
    data_sheet="none is public: as programs that read it have published it",
    mqtt=MqttSpec(publish=("/devices/{device_id}/events", "/devices/{device_id}/state")),
    decode=reader(_TYPES),
    same=marker(_TYPES),
    unmapped=unmapped,
    examples=(
        _example("a fall is detected", _fall("fall detected"), Event("fall_suspected", _FELL_MS)),
        _example("it is confirmed", _fall("fall confirmed"), Event("fall", _FELL_MS)),
        _example(
            "somebody is there",
            f'{{"type":0,"payload":{{"presenceDetected":true,"timestamp":{_AT_MS}}}}}',
            Event("presence", _AT_MS),
        ),
        Example(name="no payload", route="/devices/dev-1/events", payload=b'{"type":1}', error="payload: got None"),
    ),
)
