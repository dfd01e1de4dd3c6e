"""A home whose devices announce themselves: its messages through the one decode, and what became of them."""

from __future__ import annotations

import msgspec

from anhu.contract.observation import Observation
from anhu.contract.record import Reading, Undecoded, decode_entry
from gateway.announcements import Announcements
from gateway.codec import Frame
from gateway.codecs.home_assistant_discovery import CODEC
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry, Owner
from gateway.door_specs import DoorKind

AT_MS = 1_795_300_000_000
DEVICE = DeviceEntry(
    device_id="home-1", secret_sha256=b"", codec=CODEC.name, partition_key="c", resident_id="r-1",
    children={"neighbour": Owner("scale-2", "r-2", "c")},
)  # fmt: skip


class Home:
    """A home's messages through the one decode."""

    def __init__(self, announcements: Announcements | None = None, *, apart_ms: int = 1_000) -> None:
        self.counters = IntakeCounters()
        self._decoder = FrameDecoder({CODEC.name: CODEC}, self.counters, CommandAnswers(), announcements)
        self._at_ms, self._apart_ms = AT_MS, apart_ms
        self.letters: list[Undecoded] = []
        self.readings: list[Reading] = []

    def says(self, route: str, payload: object, *, retained: bool = False) -> list[Observation]:
        """Return what becomes of a message: what is said, of whomever."""
        raw = payload.encode() if isinstance(payload, str) else msgspec.json.encode(payload)
        self._at_ms += self._apart_ms
        frame = Frame(
            door=DoorKind.MQTT, route=route, payload=raw, device_id="home-1", received_at_ms=self._at_ms,
            retained=retained,
        )  # fmt: skip
        found = [one for _, record in self._decoder.records_of(frame, DEVICE) for one in decode_entry(record)]
        readings = [
            one if isinstance(one, Reading) else one.reading() for one in found if not isinstance(one, Undecoded)
        ]
        self.letters += [one for one in found if isinstance(one, Undecoded)]
        self.readings += readings
        return [one for reading in readings for one in reading.observations]

    def announces(self, place: str, said: object, *, retained: bool = False) -> None:
        assert self.says(f"homeassistant/{place}/config", said, retained=retained) == []
