"""A message that could not be read is read again by the door and the route that it came by."""

from __future__ import annotations

from pathlib import Path

import pytest

from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Quality, Scalar, TimeQuality
from app import wiring
from app.cli.deadletters import decoder
from app.settings import Settings
from gateway.announcements import Announcements
from gateway.codec import Frame
from gateway.codecs import discover
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind
from ingest.letter import DeadLetter, Stage
from tests.gateway.doors import toy_push, toy_tcp

NOW_MS = 1_795_400_000_000
PUSH, TCP = toy_push.CODEC, toy_tcp.CODEC


class Registered:
    def __init__(self, codec: str) -> None:
        self._device = DeviceEntry(
            device_id="dev-1", secret_sha256=b"", codec=codec, partition_key="c-1", resident_id="r-1"
        )

    def device(self, device_id: str) -> DeviceEntry | None:
        return self._device if device_id == "dev-1" else None


@pytest.fixture(autouse=True)
def _codecs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "known_codecs", lambda _: {PUSH.name: PUSH, TCP.name: TCP})


def letter(door: str, route: str, payload: bytes, *, retained: bool = False) -> DeadLetter:
    return DeadLetter(
        stage=Stage.DECODE,
        device_id="dev-1",
        resident_id="r-1",
        received_at_ms=NOW_MS,
        reason="the codec was too old",
        payload=payload,
        door=door,
        route=route,
        retained=retained,
    )


@pytest.mark.parametrize(
    ("codec", "kept", "expected"),
    [
        ("toy_push", letter("http", toy_push.PATH, b'{"kind":"hr","value":72}'), "heart_rate"),
        ("toy_push", letter("mqtt", "toy/dev-1/up", b'{"kind":"sos"}'), "sos"),
        ("toy_tcp", letter("tcp", "192.0.2.7:40312", toy_tcp.packet(toy_tcp.SOS)), "sos"),
    ],
)
def test_it_is_read_by_its_door(codec: str, kept: DeadLetter, expected: str) -> None:
    [reading] = decoder(Settings(), Registered(codec))(kept)
    assert (reading.device_id, reading.resident_id, reading.received_at_ms) == ("dev-1", "r-1", NOW_MS)
    [seen] = reading.observations
    assert isinstance(seen, (Event, Scalar))
    assert (seen.quantity, seen.observed_at_ms, seen.time_quality) == (expected, NOW_MS, TimeQuality.RECEIVED)


def test_a_retained_copy_is_still_no_news() -> None:
    kept = letter("mqtt", "toy/dev-1/up", b'{"kind":"sos"}', retained=True)
    [reading] = decoder(Settings(), Registered("toy_push"))(kept)
    assert reading.observations[0].quality == Quality.RETAINED


def test_a_codec_that_does_not_fit_the_door_is_not_asked() -> None:
    with pytest.raises(FieldError, match="door: got 'tcp', expected one that codec toy_push fits: mqtt, http"):
        decoder(Settings(), Registered("toy_push"))(letter("tcp", "192.0.2.7:1", toy_tcp.packet(toy_tcp.SOS)))


def test_a_message_that_its_codec_reads_now_is_read_whole_two_things_of_one_moment_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wiring, "known_codecs", lambda _: discover())
    events = ",".join(f'{{"kind":"medication","attributes":{{"slot":{n}}}}}' for n in (1, 2))
    kept = letter("mqtt", "anhu/v1/dev-1/up", f'{{"v":1,"events":[{events}]}}'.encode())
    [reading] = decoder(Settings(), Registered("open_json"))(kept)
    assert [(one.quantity, one.observed_at_ms) for one in reading.observations] == [
        ("medication", NOW_MS),
        ("medication", NOW_MS + 1),
    ]


def test_a_state_that_came_before_it_was_announced_is_understood_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = discover()["home_assistant_discovery"]
    monkeypatch.setattr(wiring, "known_codecs", lambda _: {family.name: family})
    settings, kept = Settings(data=tmp_path), letter("mqtt", "a/b", b"ON")
    assert decoder(settings, Registered(family.name))(kept) == []
    config = b'{"stat_t":"a/b","dev_cla":"moisture","dev":{"ids":["dev-1"]}}'
    frame = Frame(
        door=DoorKind.MQTT, route="homeassistant/binary_sensor/x/leak/config", payload=config, device_id="dev-1",
        received_at_ms=NOW_MS,
    )  # fmt: skip
    assert family.announces is not None
    announced = family.announces(frame)
    assert announced is not None
    Announcements(tmp_path / "announced.db").learn(frame, announced)
    [reading] = decoder(settings, Registered(family.name))(kept)
    assert [one.quantity for one in reading.observations] == ["water_leak"]
