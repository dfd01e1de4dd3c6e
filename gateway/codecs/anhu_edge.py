"""An edge gateway of ours in a care home: what it decoded and kept while there was a line, or was none.

Every device of the home is registered here with the edge as its gateway, or behind a gateway that is: whose it is is
decided here, never by the edge. Calls for help come on a topic of their own, one by one, before all that waited.
"""

from __future__ import annotations

from anhu.contract import relay
from anhu.contract.observation import Decoded, Event, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged
from anhu.contract.record import Numbers, Reading, Undecoded
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import MqttSpec

_AT_MS = 1_795_300_000_000
_BEFORE_MS = _AT_MS - 172_800_000
_UNCLOCKED = Event("sos", _BEFORE_MS + 3, time_quality=TimeQuality.RECEIVED)
_UP, _URGENT, _REFUSED = (t.replace("{device_id}", "dev-1") for t in (relay.TOPIC, relay.URGENT, relay.REFUSED))


def decode(frame: Frame) -> Decoded:
    """Read what an edge hands on; see `anhu.contract.relay`."""
    found = relay.observations(frame.payload)
    return flagged(found, Quality.RETAINED) if frame.retained else found


def _nothing_more(frame: Frame) -> Decoded:  # noqa: ARG001 - as every second look
    """Find nothing in a refused message: the edge looked twice, and what it found came as a record."""
    return ()


_EXAMPLES = (
    Example(
        name="numbers of a watch, two days late, with the watch's own time",
        route=_UP,
        payload=relay.packed([Numbers("w-1", "", _AT_MS, _BEFORE_MS, TimeQuality.DEVICE, {"heart_rate": 72.0})]),
        observations=(Scalar("heart_rate", 72.0, _BEFORE_MS, source="w-1"),),
    ),
    Example(
        name="a button without a clock: the time at which the edge heard it",
        route=_URGENT,
        payload=relay.packed(
            [Reading("b-1", "", _BEFORE_MS, (Event("sos", _BEFORE_MS + 3, time_quality=TimeQuality.RECEIVED),))]
        ),
        observations=(Event("sos", _BEFORE_MS, source="b-1"),),
    ),
    Example(
        name="what the edge could not read says why",
        route=_REFUSED,
        payload=relay.packed([Undecoded("w-2", "", 9, "a/b", b"\x00", "open_json", "time: got 'x'")]),
        error="w-2 at a/b",
    ),
    Example(name="not from an edge", route=_UP, payload=b'{"v":1}', error="records of an edge gateway"),
)

CODEC = Codec(
    name=relay.CODEC,
    title="Edge gateway of a care home (anhu edge)",
    data_sheet="anhu/contract/relay.py",
    mqtt=MqttSpec(publish=(relay.TOPIC, relay.URGENT, relay.REFUSED), urgent=(relay.URGENT,)),
    decode=decode,
    salvage=_nothing_more,
    relays=True,
    examples=_EXAMPLES,
)
