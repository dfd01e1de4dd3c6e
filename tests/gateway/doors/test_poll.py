"""The poller before a real cloud: what is new comes once, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace

from anhu.contract.observation import Scalar
from gateway.door_specs import DoorKind
from tests.gateway.doors import toy_poll
from tests.gateway.doors.fake_cloud import Saying, state
from tests.gateway.doors.polling import AT_MS, MemoryRegister, Polled, polling


def pulses(polled: Polled, device_id: str = "band-1") -> list[float]:
    return [
        one.value
        for reading in polled.log.readings()
        for one in reading.observations
        if reading.device_id == device_id and isinstance(one, Scalar) and one.quantity == "heart_rate"
    ]


def test_what_the_cloud_says_comes_into_the_log_once_however_often_it_says_it() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.count("unchanged") >= 3)
        assert pulses(polled) == [62.0]
        polled.cloud.says = lambda one: state(one, AT_MS + 60_000, HR=64)
        await polled.until(lambda: len(pulses(polled)) == 2)
        assert polled.cloud.strangers == 0
        assert polled.state("band-1").answered_at_ms == AT_MS

    polling(work)


def test_an_answer_without_a_time_is_new_each_time() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: len(pulses(polled)) >= 3)
        assert polled.count("unchanged") == 0

    polling(work, says=lambda _: Saying(body=b'{"code":0,"data":{"state":1,"HR":62}}'))


def test_after_a_restart_an_old_answer_is_nothing_new() -> None:
    register = MemoryRegister()

    async def first(polled: Polled) -> None:
        await polled.until(lambda: pulses(polled) == [62.0])
        await polled.until(lambda: polled.state("band-1").known)

    async def second(polled: Polled) -> None:
        await polled.until(lambda: polled.count("unchanged") >= 2)
        assert pulses(polled) == []
        polled.cloud.says = lambda one: state(one, AT_MS + 60_000)
        await polled.until(lambda: pulses(polled) == [62.0])

    polling(first, register=register)
    polling(second, register=register)


def test_two_servers_of_one_cloud_a_few_answers_apart_bring_nothing_twice() -> None:
    turn = iter(range(10_000))

    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.count("unchanged") >= 8)
        assert sorted(pulses(polled)) == [60.0, 61.0, 62.0]

    polling(work, says=lambda one: state(one, AT_MS + (n := next(turn) % 3), HR=60 + n))


def test_what_the_log_refuses_is_asked_for_again_and_is_no_fault_of_the_cloud() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.count("not_kept") >= 2)
        assert polled.state().failing_since_ms == 0
        polled.log.failure = None
        await polled.until(lambda: pulses(polled) == [62.0])
        await polled.until(lambda: polled.count("unchanged"))

    async def refusing(polled: Polled) -> None:
        polled.log.failure = OSError("no room")
        await work(polled)

    polling(refusing)


def test_a_band_without_a_line_is_told_though_the_clouds_time_stands_still() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: pulses(polled) == [62.0])
        polled.cloud.says = lambda one: state(one, AT_MS, online=False)
        await polled.until(lambda: polled.log.connections("band-1") == [("off", "vendor_cloud")])

    polling(work)


def test_a_revoked_device_is_not_asked_about_and_an_answer_on_its_way_is_nobodys() -> None:
    gate = asyncio.Event()

    def slow(device_id: str) -> Saying:
        return replace(state(device_id, AT_MS), pause_s=0.2)

    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.cloud.asked)
        polled.directory.put(replace(polled.directory.devices["band-1"], enabled=False))
        await polled.until(lambda: polled.count("strangers") == 1)
        assert polled.log.readings() == []
        asked = len(polled.cloud.asked)
        await asyncio.sleep(0.1)
        assert len(polled.cloud.asked) == asked
        gate.set()

    polling(work, says=slow)
    assert gate.is_set()


def test_a_product_that_is_closed_is_not_asked_about_any_more() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.cloud.asked)
        polled.register.known.clear()
        await polled.until(lambda: polled.count("clouds") == 0)
        asked = len(polled.cloud.asked)
        await asyncio.sleep(0.1)
        assert len(polled.cloud.asked) <= asked + 1

    polling(work)


def test_a_device_enrolled_later_is_asked_about() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: pulses(polled))
        polled.enrol("band-2")
        await polled.until(lambda: pulses(polled, "band-2") == [62.0])

    polling(work)


def test_while_the_register_cannot_be_read_those_who_were_known_are_asked() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: pulses(polled))
        polled.register.failure = OSError("the database is down")
        await polled.until(lambda: polled.count("unread") and polled.count("unwritten"))
        polled.cloud.says = lambda one: state(one, AT_MS + 60_000)
        await polled.until(lambda: len(pulses(polled)) == 2)
        polled.register.failure = None
        await polled.until(lambda: polled.state("band-1").known[-1:] != ())

    polling(work)


def rows(*found: tuple[str, int, Mapping[str, object]]) -> Saying:
    return Saying(body=json.dumps({"rows": [{"id": who, "t": at_ms, **more} for who, at_ms, more in found]}).encode())


def test_a_cloud_with_a_history_is_asked_for_what_came_since_the_last_answer_on_disk() -> None:
    async def work(polled: Polled) -> None:
        polled.cloud.says = lambda _: rows(("dev-1", AT_MS - 3, {"hr": 70}), ("dev-1", AT_MS - 2, {"hr": 71}))
        await polled.until(lambda: pulses(polled, "dev-1") == [70.0, 71.0])
        polled.cloud.says = lambda _: Saying(status=503)
        await polled.until(lambda: polled.count("failed") >= 2)
        polled.clock.forward(3_600_000)
        polled.cloud.says = lambda _: rows(("dev-1", AT_MS - 2, {"hr": 71}), ("dev-1", AT_MS + 5, {"hr": 72}))
        await polled.until(lambda: pulses(polled, "dev-1") == [70.0, 71.0, 72.0])
        assert f"since={AT_MS}&" in polled.cloud.targets[-1]
        assert "since=0&" in polled.cloud.targets[0]
        assert "devID=dev-1%2Cdev-2" in polled.cloud.targets[-1]

    polling(
        work,
        devices=("dev-1", "dev-2"),
        codec="toy_poll",
        more={"toy_poll": toy_poll.CODEC},
        says=lambda _: rows(),
    )


def test_a_history_that_tells_many_messages_again_brings_each_once() -> None:
    told = [("dev-1", AT_MS + n, {"hr": 60 + n}) for n in range(30)]

    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.count("unchanged") >= 60)
        assert pulses(polled, "dev-1") == [60.0 + n for n in range(30)]

    polling(
        work,
        devices=("dev-1",),
        codec="toy_poll",
        more={"toy_poll": toy_poll.CODEC},
        says=lambda _: rows(*told),
    )


def test_nothing_is_remembered_of_whom_nobody_knows() -> None:
    numbers = iter(range(1_000_000))

    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.count("strangers") >= 300)
        await polled.until(lambda: ("bands", "dev-1") in polled.register.written)
        assert {device_id for _, device_id in polled.register.written} == {"", "dev-1"}

    polling(
        work,
        devices=("dev-1",),
        codec="toy_poll",
        more={"toy_poll": toy_poll.CODEC},
        says=lambda _: rows(*((f"x-{next(numbers)}", AT_MS, {"hr": 60}) for _ in range(100))),
    )


def test_whom_a_cloud_brings_unasked_waits_in_quarantine_and_a_call_is_heard() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.strangers.held)
        [held, *_] = polled.strangers.held
        assert (held.stranger.said, held.stranger.product_id, held.is_call) == ("dev-9", "bands", True)
        assert held.frame.door is DoorKind.POLL
        await polled.until(lambda: any(one.device_id == "dev-9" for one in polled.log.read()))

    polling(
        work,
        devices=("dev-1",),
        codec="toy_poll",
        more={"toy_poll": toy_poll.CODEC},
        says=lambda _: rows(("dev-9", AT_MS, {"sos": True})),
    )
