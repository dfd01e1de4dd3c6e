"""What an edge's gateway hears of a sensor that nobody registered is not taken for the gateway's own at the centre."""

from __future__ import annotations

from anhu.contract import relay
from anhu.contract.observation import Event, Scalar
from anhu.contract.record import Reading, Undecoded, decode_entry
from gateway.codec import Frame
from gateway.codecs.anhu_edge import CODEC
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry, Owner
from gateway.door_specs import DoorKind

NOW_MS = 1_795_300_000_000


def _at_the_centre(**children: Owner) -> set[tuple[str, str, str]]:
    """Return device, resident and quantity of what a gateway behind an edge heard of a neighbour, and of itself."""
    seen = (Scalar("systolic_pressure", 190.0, NOW_MS, source="next"), Event("sos", NOW_MS, source="next"))
    own = Scalar("battery", 90.0, NOW_MS)
    said = relay.packed([Reading("gw", "", NOW_MS, seen), Reading("gw", "", NOW_MS, (own,))])
    route = relay.TOPIC.replace("{device_id}", "edge-1")
    frame = Frame(door=DoorKind.MQTT, route=route, payload=said, device_id="edge-1", received_at_ms=NOW_MS)
    known = {name.replace("__", ":"): owner for name, owner in children.items()}
    device = DeviceEntry(
        device_id="edge-1", secret_sha256=b"", codec=CODEC.name, partition_key="c",
        children={"gw": Owner("gw", "r-home", "c"), **known},
    )  # fmt: skip
    decoder = FrameDecoder({CODEC.name: CODEC}, IntakeCounters(), CommandAnswers())
    found = [one for _, raw in decoder.records_of(frame, device) for one in decode_entry(raw)]
    readings = [one.reading() for one in found if not isinstance(one, Undecoded)]
    return {(one.device_id, one.resident_id, seen.quantity) for one in readings for seen in one.observations}


def test_a_neighbours_sensor_is_nobodys_and_the_gateways_own_words_are_its_residents() -> None:
    told = _at_the_centre()
    assert ("gw", "r-home", "battery") in told
    assert {resident for _, resident, quantity in told if quantity != "battery"} == {""}


def test_once_it_is_registered_at_the_centre_it_is_its_residents_whatever_the_edge_knows() -> None:
    told = _at_the_centre(gw__next=Owner("gw:next", "r-wang", "c"))
    assert {one[:2] for one in told if one[2] != "battery"} == {("gw:next", "r-wang")}
