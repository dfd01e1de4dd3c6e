"""A care home without a line: nothing is lost, the house hears calls for help, and nothing comes twice afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.observation import Event
from anhu.contract.record import Undecoded
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import assign_device
from anhu.registry.migrations import upgrade
from tests.app.edge.world import HOST, Centre, Home, furnish, until, until_it

_UP = "anhu/v1/w-1/up"
_SOS = b'{"v":1,"events":[{"kind":"sos"}]}'


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    url = f"sqlite:///{tmp_path / 'anhu.db'}"
    upgrade(url)
    made = open_sessions(url)
    with made.begin() as session:
        furnish(session)
    yield made
    close_sessions(made)


@pytest.fixture
def centre(sessions: sessionmaker[Session], tmp_path: Path) -> Centre:
    return Centre(sessions, tmp_path / "centre")


@pytest.fixture
def home(sessions: sessionmaker[Session], tmp_path: Path, centre: Centre) -> Home:
    return Home(sessions, tmp_path / "home", centre)


def _numbers(first: int, last: int) -> list[bytes]:
    return [b'{"v":1,"time":%d,"values":{"heart_rate":%d}}' % (_at(n), 40 + n % 100) for n in range(first, last)]


def _at(number: int) -> int:
    return 1_795_300_000_000 + number * 1_000


def _heart_rates(centre: Centre) -> Counter[int]:
    return Counter(one.observed_at_ms for reading, one in centre.seen("heart_rate") if reading.device_id == "w-1")


def _calls(centre: Centre) -> list[tuple[str, str, str]]:
    return [(reading.device_id, reading.resident_id, one.quantity) for reading, one in centre.seen("sos", "smoke")]


def test_with_a_line_everything_is_at_the_centre_and_the_house_stays_quiet(centre: Centre, home: Home) -> None:
    async def play() -> None:
        await centre.start()
        async with home.running():
            await home.publish("w-1", _UP, *_numbers(0, 50), _SOS)
            await until(lambda: len(_heart_rates(centre)) == 50 and _calls(centre))
            state = await home.state()
        await centre.stop()
        assert _calls(centre) == [("w-1", "r-1", "sos")]
        assert state["up"] is True
        assert state["alarms"] == []

    asyncio.run(play())


def test_a_line_that_is_cut_loses_nothing_and_brings_nothing_twice(centre: Centre, home: Home) -> None:
    async def play() -> None:
        await centre.start()
        async with home.running():
            await home.publish("w-1", _UP, *_numbers(0, 20))
            await until(lambda: len(_heart_rates(centre)) == 20)
            await centre.stop()
            await home.publish("w-1", _UP, *_numbers(20, 60), _SOS)
            await home.publish("hub-1", "zigbee2mqtt/hall", b'{"smoke":true}')
            await until_it(lambda: _has_alarms(home, 2))
            assert _calls(centre) == []
        async with home.running():  # the edge was switched off and on again, without a line all the while
            await home.publish("w-1", _UP, *_numbers(60, 90))
            assert {one["kind"] for one in (await _alarms(home))} == {"sos", "smoke"}
            await centre.start()
            await until(lambda: len(_heart_rates(centre)) == 90 and len(_calls(centre)) == 2)
            await until_it(lambda: _all_at_centre(home))
        await centre.stop()
        assert set(_heart_rates(centre).values()) == {1}
        assert sorted(_calls(centre)) == [("hub-1:hall", "r-2", "smoke"), ("w-1", "r-1", "sos")]

    asyncio.run(play())


def test_a_call_says_to_the_centre_that_the_house_was_told_and_who_answered(centre: Centre, home: Home) -> None:
    async def play() -> None:
        async with home.running():
            await home.publish("w-1", _UP, _SOS)
            await until_it(lambda: _has_alarms(home, 1))
            alarm = (await _alarms(home))[0]
            assert (alarm["label"], alarm["at_centre_ms"]) == ("203", 0)
            async with httpx.AsyncClient() as http:
                url = f"http://{HOST}:{home.settings.port}/alarms/{alarm['id']}/answer"
                assert (await http.post(url, data={"who": "小王"})).status_code == 303
            await centre.start()
            await until(lambda: _calls(centre))
        await centre.stop()
        ((_, call),) = centre.seen("sos")
        assert isinstance(call, Event)
        attributes = call.attributes
        assert attributes["told_locally_ms"] == alarm["raised_at_ms"]
        assert "answered_locally_ms" in attributes

    asyncio.run(play())


def test_a_call_waits_for_nothing_but_the_message_under_way(
    centre: Centre, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.edge.forwarder._MOST_ENTRIES", 1)

    async def play() -> None:
        async with home.running():
            await home.publish("w-1", _UP, *_numbers(0, 400), _SOS)
            await centre.start()
            await until(lambda: len(_heart_rates(centre)) == 400 and _calls(centre))
        await centre.stop()
        kinds = [one.quantity for _, one in centre.seen("heart_rate", "sos")]
        assert kinds.index("sos") < len(kinds) - 1

    asyncio.run(play())


def test_a_stuck_button_is_one_alarm_in_the_house_and_all_of_it_reaches_the_centre(
    centre: Centre, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.edge.calls._MOST_UNDER_WAY", 20)
    calls = [b'{"v":1,"time":%d,"events":[{"kind":"sos"}]}' % _at(30 * n) for n in range(50)]

    async def play() -> None:
        async with home.running():
            await home.publish("w-1", _UP, *calls)
            await until_it(lambda: _has_alarms(home, 1))
            await centre.start()
            await until(lambda: len(_calls(centre)) >= 50)
            (alarm,) = await _alarms(home)
        await centre.stop()
        times = Counter(one.observed_at_ms for _, one in centre.seen("sos"))
        assert len(times) == 50
        assert set(times.values()) == {1}
        assert 20 <= alarm["calls"] <= 50

    asyncio.run(play())


def test_what_the_edge_cannot_read_is_kept_at_the_centre_with_its_reason(centre: Centre, home: Home) -> None:
    async def play() -> None:
        await centre.start()
        async with home.running():
            await home.publish("w-1", _UP, b'{"v":1,"values":{"heart_rate":"x"}}')
            await until(lambda: [r for r in centre.records() if isinstance(r, Undecoded)])
        await centre.stop()
        (kept,) = [r for r in centre.records() if isinstance(r, Undecoded)]
        assert "w-1 at anhu/v1/w-1/up" in kept.reason
        assert "Expected `float | object`, got `str`" in kept.reason

    asyncio.run(play())


def test_whose_a_sensor_behind_a_hub_is_is_decided_at_the_centre_at_once(
    centre: Centre, home: Home, sessions: sessionmaker[Session]
) -> None:
    async def play() -> None:
        await centre.start()
        async with home.running():
            await home.publish("hub-1", "zigbee2mqtt/hall", b'{"smoke":true}')
            await until(lambda: len(_calls(centre)) == 1)
            with sessions.begin() as session:
                assign_device(session, "hub-1:hall", "r-1", now_ms=2)
            await asyncio.sleep(1.5)  # the door asks once a second what changed
            await home.publish("hub-1", "zigbee2mqtt/hall", b'{"smoke":true,"battery":90}')
            await until(lambda: len(_calls(centre)) == 2)
        await centre.stop()
        assert [who for _, who, _ in _calls(centre)] == ["r-2", "r-1"]

    asyncio.run(play())


async def _alarms(home: Home) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await home.state())["alarms"]  # type: ignore[assignment]  # JSON
    return found


async def _has_alarms(home: Home, count: int) -> bool:
    return len(await _alarms(home)) == count


async def _all_at_centre(home: Home) -> bool:
    return all(one["at_centre_ms"] for one in await _alarms(home))
