"""Devices that are switched off: who presses the button of one is told of, and a thief fills no telephone."""

from __future__ import annotations

import asyncio

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, ManualClock
from anhu.contract.record import Reading
from gateway.codec import Frame
from gateway.codecs import discover
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from gateway.shut_out import ALL_TOLD
from tests.gateway.doors.mqtt.doors import MemoryLog, MemoryNotes
from tests.gateway.memory_strangers import MemoryStrangers

NOW_MS = 1_795_300_000_000
HEART = b'{"v":1,"values":{"heart_rate":72}}'
SOS = b'{"v":1,"events":[{"kind":"sos"}]}'


class Door:
    """A door at which devices speak that are switched off, and how each was answered."""

    def __init__(self) -> None:
        clock = ManualClock(NOW_MS)
        self.log, self.notes = MemoryLog(), MemoryNotes()
        self.intake = Intake(discover(), self.log, clock)
        self.quarantine = Quarantine(self.intake, MemoryStrangers(), clock, self.notes)
        self.answers: list[Exception | None] = []

    def says(self, payload: bytes, *, device_id: str = "w-1", at_ms: int = NOW_MS) -> bool:
        device = DeviceEntry(
            device_id=device_id, secret_sha256=b"", codec="open_json", partition_key="c", resident_id="r-1",
            enabled=False,
        )  # fmt: skip
        frame = Frame(
            door=DoorKind.MQTT, route=f"anhu/v1/{device_id}/up", payload=payload, device_id=device_id,
            received_at_ms=at_ms,
        )  # fmt: skip
        return self.quarantine.shut_out.take(frame, device, lambda _, error: self.answers.append(error))

    async def told(self) -> list[Reading]:
        await self.intake.aclose()
        await self.quarantine.aclose()
        return self.log.readings()


def test_what_it_measures_is_used_nowhere_and_its_call_is_nobody_s_at_once() -> None:
    async def scene() -> None:
        door = Door()
        assert not door.says(HEART)
        assert door.says(SOS)
        (told,) = await door.told()
        assert (told.device_id, told.resident_id, told.observations[0].quantity) == ("w-1", "", "sos")
        assert door.answers == [None, None]
        assert [(kind, times) for kind, times, _ in door.notes.of("w-1")] == [("shut_out", 2)]
        assert door.quarantine.counters()["shut_out_calls"] == 1

    asyncio.run(scene())


def test_a_thief_who_calls_every_second_of_a_day_is_told_once_an_hour_and_fills_no_disk() -> None:
    async def scene() -> None:
        door = Door()
        seconds = range(0, DAY_MS, SECOND_MS)
        for passed_ms in seconds:
            door.says(SOS, at_ms=NOW_MS + passed_ms)
        assert len(await door.told()) == DAY_MS // HOUR_MS
        assert len(door.log.undecoded()) <= DAY_MS // MINUTE_MS + 1
        assert door.quarantine.counters()["shut_out_calls"] == len(seconds), "each of them is counted"

    asyncio.run(scene())


def test_ten_thousand_devices_that_are_switched_off_fill_no_telephone() -> None:
    async def scene() -> None:
        door = Door()
        for n in range(10_000):
            door.says(SOS, device_id=f"w-{n}")
        assert len(await door.told()) == ALL_TOLD.burst

    asyncio.run(scene())


def test_a_call_that_the_log_refused_is_told_when_it_comes_again() -> None:
    async def scene() -> None:
        door = Door()
        door.log.failure = OSError("disk")
        door.says(SOS)
        await door.intake.aclose()
        assert [type(one) for one in door.answers] == [OSError]
        door.log.failure = None
        door.says(SOS, at_ms=NOW_MS + SECOND_MS)
        assert len(await door.told()) == 1

    asyncio.run(scene())
