"""What a watch had kept of its former wearer never becomes the new one's, nor the reverse; a call is always now's."""

from __future__ import annotations

import json
from typing import Any

from anhu.contract.record import Undecoded, decode_entry
from gateway import codecs
from gateway.codec import Frame
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry, Owner, Wearing
from gateway.door_specs import DoorKind

NOW_MS = 1_795_300_000_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
GIVEN_MS = NOW_MS - HOUR_MS
A, B = Owner("w", "r-a", "c-a"), Owner("w", "r-b", "c-b")


def entry(*worn: Wearing) -> DeviceEntry:
    present = next((one.owner for one in worn if one.until_ms is None), Owner("w", "", "w"))
    return DeviceEntry(
        device_id="w",
        secret_sha256=b"",
        codec="open_json",
        partition_key=present.partition_key,
        resident_id=present.resident_id,
        worn={"w": worn},
    )


PASSED_ON = entry(Wearing(B, GIVEN_MS, None), Wearing(A, 0, GIVEN_MS))
RETURNED = entry(Wearing(A, 0, GIVEN_MS))


class Desk:
    """A decoder, and whose each thing became."""

    def __init__(self, device: DeviceEntry) -> None:
        self.counters = IntakeCounters()
        self._decoder = FrameDecoder(codecs.discover(), self.counters, CommandAnswers())
        self._device = device

    def hear(self, at_ms: int, *, now_ms: int = NOW_MS, sos: bool = False) -> list[tuple[str, str]]:
        said: dict[str, Any] = {"events": [{"kind": "sos"}]} if sos else {"values": {"heart_rate": 70}}
        frame = Frame(
            door=DoorKind.MQTT,
            route="anhu/v1/w/up",
            payload=json.dumps({"v": 1, "time": at_ms, **said}).encode(),
            device_id="w",
            received_at_ms=now_ms,
        )
        found = []
        for key, raw in self._decoder.records_of(frame, self._device):
            for record in decode_entry(raw):
                assert not isinstance(record, Undecoded), record.reason
                found.append((record.resident_id, key))
        return found

    def hear_now(self) -> None:
        """Let the clock be seen to be right."""
        self.hear(NOW_MS - 5_000, now_ms=NOW_MS - 5_000)


def test_what_it_says_of_now_is_its_present_wearers() -> None:
    desk = Desk(PASSED_ON)
    assert desk.hear(NOW_MS) == [("r-b", "c-b")]
    assert desk.hear(GIVEN_MS + 1) == [("r-b", "c-b")]
    assert (desk.counters.of_former, desk.counters.of_nobody) == (0, 0)


def test_what_it_had_kept_of_its_former_wearer_goes_to_him() -> None:
    desk = Desk(PASSED_ON)
    desk.hear_now()
    assert desk.hear(GIVEN_MS - HOUR_MS) == [("r-a", "c-a")]
    assert (desk.counters.of_former, desk.counters.of_nobody) == (1, 0)


def test_after_it_was_returned_too() -> None:
    desk = Desk(RETURNED)
    desk.hear_now()
    assert desk.hear(GIVEN_MS - HOUR_MS) == [("r-a", "c-a")]
    assert desk.hear(NOW_MS) == [("", "w")]


def test_between_two_wearers_and_in_doubt_it_is_nobodys() -> None:
    desk = Desk(entry(Wearing(B, GIVEN_MS, None), Wearing(A, 0, GIVEN_MS - HOUR_MS)))
    assert desk.hear(GIVEN_MS - 3 * HOUR_MS) == [("", "w")], "its clock was never seen to be right"
    desk.hear_now()
    assert desk.hear(GIVEN_MS - HOUR_MS // 2) == [("", "w")], "nobody had it"
    assert desk.hear(GIVEN_MS - MINUTE_MS) == [("", "w")], "minutes before it was handed over"
    assert desk.hear(GIVEN_MS - 3 * HOUR_MS) == [("r-a", "c-a")]
    assert desk.counters.of_nobody == 3


def test_a_call_is_always_the_present_wearers() -> None:
    desk = Desk(PASSED_ON)
    desk.hear_now()
    assert desk.hear(GIVEN_MS - HOUR_MS, sos=True) == [("r-b", "c-b")]


def test_a_watch_whose_clock_is_behind_does_not_go_on_measuring_the_former_wearer() -> None:
    desk = Desk(PASSED_ON)
    behind_ms = 3 * HOUR_MS
    whose = [desk.hear(NOW_MS + n - behind_ms, now_ms=NOW_MS + n) for n in range(0, 60_000, 15_000)]
    assert ("r-a", "c-a") not in [one for found in whose for one in found]
    assert whose[-1] == [("r-b", "c-b")], "once it is sure that the clock is wrong"


def test_a_device_that_was_never_passed_on_is_asked_nothing() -> None:
    plain = DeviceEntry(device_id="w", secret_sha256=b"", codec="open_json", partition_key="c-b", resident_id="r-b")
    desk = Desk(plain)
    assert desk.hear(NOW_MS - 20 * HOUR_MS) == [("r-b", "c-b")]
