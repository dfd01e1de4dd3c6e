"""The HTTP push door stays open for everybody: many connections, much held, a full LOG, floods, guesses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.doors.http.settings import HttpSettings
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.push_bytes import HEART, SOS, bytes_of, exchange, statuses
from tests.gateway.doors.push_door import Rig, behind
from tests.gateway.doors.toy_push import KEY, request

FAST: dict[str, Any] = {"products_poll_s": 0.05, "directory_poll_s": 0.05}


def test_too_many_connections_of_one_address_cost_the_idle_ones_and_no_push() -> None:
    async def work(rig: Rig) -> None:
        idle = [await asyncio.open_connection("127.0.0.1", rig.port) for _ in range(30)]
        await rig.until(lambda: rig.count("crowded_out") == 22)
        assert rig.count("connected") <= 8
        assert (await rig.push(request(SOS)))[0] == 200
        for _, writer in idle:
            writer.close()

    behind(work, HttpSettings(max_connections_per_address=8, **FAST))


def test_where_all_connections_wait_for_the_disk_a_new_one_is_turned_away() -> None:
    async def work(rig: Rig) -> None:
        rig.log.hold()
        waiting = [asyncio.ensure_future(rig.push(request(HEART))) for _ in range(3)]
        await rig.until(lambda: rig.count("requests") == 3)
        with pytest.raises((ConnectionError, OSError)):
            await rig.push(request(SOS))
        rig.log.let_go()
        assert {status for status, _ in await asyncio.gather(*waiting)} == {200}

    behind(work, HttpSettings(max_connections=3, **FAST))


def test_what_everybody_holds_together_is_bounded_and_short_pushes_go_on() -> None:
    async def work(rig: Rig) -> None:
        writers = []
        for _ in range(12):
            _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
            writer.write(bytes_of(b"x", length=100_000)[:-1] + b"y" * 30_000)
            writers.append(writer)
        await rig.until(lambda: rig.count("cut_for_room") >= 8)
        assert rig.count("held_bytes") <= 100_000
        assert (await rig.push(request(SOS)))[0] == 200
        for writer in writers:
            writer.close()

    behind(work, HttpSettings(max_held_bytes=100_000, **FAST))


def test_while_the_log_is_full_pushes_are_to_be_sent_again() -> None:
    async def work(rig: Rig) -> None:
        rig.log.hold()
        first = [asyncio.ensure_future(rig.push(request(HEART))) for _ in range(2)]
        await rig.until(lambda: rig.count("requests") == 2 and rig.intake.pending_bytes > 100)
        assert (await rig.push(request(HEART)))[0] == 503
        assert rig.count("log_full") == 1
        rig.log.let_go()
        assert {status for status, _ in await asyncio.gather(*first)} == {200}
        assert (await rig.push(request(HEART)))[0] == 200

    behind(work, HttpSettings(max_pending_bytes=100, **FAST))


def test_a_product_with_too_much_on_its_way_does_not_hold_up_another() -> None:
    async def work(rig: Rig) -> None:
        rig.products.put("second", "toy_push", KEY)
        rig.directory.put(device("dev-9", codec="toy_push", product_id="second"))
        await rig.until(lambda: rig.count("products") == 2)
        rig.log.hold()
        waiting = [asyncio.ensure_future(rig.push(request(HEART))) for _ in range(2)]
        await rig.until(lambda: rig.count("requests") == 2)
        assert (await rig.push(request(HEART)))[0] == 503
        other = request(SOS.replace(b"dev-1", b"dev-9"), target="/push/second")
        waiting.append(asyncio.ensure_future(rig.push(other)))
        await rig.until(lambda: rig.count("messages") == 3)
        rig.log.let_go()
        assert {status for status, _ in await asyncio.gather(*waiting)} == {200}
        assert rig.count("product_full") == 1

    behind(work, HttpSettings(max_pushes_per_product=2, **FAST))


def test_a_device_that_says_too_much_is_told_to_come_again_but_its_call_goes_through() -> None:
    async def work(rig: Rig) -> None:
        answers = [(await rig.push(request(HEART)))[0] for _ in range(5)]
        assert answers == [200, 200, 200, 503, 503]
        assert (await rig.push(request(SOS)))[0] == 200
        both = HEART.replace(b"]", b',{"imei":"dev-2","kind":"hr","value":60}]')
        assert (await rig.push(request(both)))[0] == 200, "a batch is not held back for one of its devices"
        assert rig.count("over_rate") == 2

    behind(work, HttpSettings(device_burst=3, device_a_minute=1, **FAST))


def test_whoever_guesses_keys_waits_and_the_right_key_never_does() -> None:
    async def work(rig: Rig) -> None:
        for _ in range(3):
            assert (await rig.push(request(HEART, key=b"wrong")))[0] == 401
        guess = asyncio.ensure_future(rig.push(request(HEART, key=b"wrong")))
        await rig.until(lambda: rig.count("slowed") == 1)
        assert (await rig.push(request(SOS)))[0] == 200
        assert not guess.done()
        assert (await guess)[0] == 401

    behind(work, HttpSettings(failed_keys=3, slow_answer_s=1.0, **FAST))


def test_a_crowd_that_guesses_keys_takes_no_place_from_the_vendor() -> None:
    async def work(rig: Rig) -> None:
        writers = []
        for _ in range(12):
            _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
            writer.write(bytes_of(HEART, key=b"wrong"))
            writers.append(writer)
        await rig.until(lambda: rig.count("slowed") >= 4)
        assert (await rig.push(request(SOS)))[0] == 200
        assert rig.count("product_full") == 0
        for writer in writers:
            writer.close()

    behind(
        work,
        HttpSettings(failed_keys=1, slow_answer_s=5.0, max_connections=8, max_pushes_per_product=1, **FAST),
    )


def test_behind_trusted_proxies_each_caller_counts_for_itself() -> None:
    async def work(rig: Rig) -> None:
        wrong = bytes_of(HEART, "X-Forwarded-For: 6.6.6.6, 203.0.113.7", key=b"wrong")
        proxied = b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n" + bytes_of(HEART, key=b"wrong")
        for sent in (wrong, wrong, proxied):
            assert statuses(await exchange(rig.port, sent)) == [401]
        await exchange(rig.port, wrong)
        assert rig.count("slowed") == 1
        assert statuses(await exchange(rig.port, bytes_of(HEART, "X-Forwarded-For: 203.0.113.8", key=b"wrong"))) == [
            401
        ]
        assert rig.count("slowed") == 1

    behind(work, HttpSettings(failed_keys=3, slow_answer_s=0.1, **FAST), trusted="127.0.0.1")


def test_nobody_elses_word_on_the_address_counts() -> None:
    async def work(rig: Rig) -> None:
        for n in range(4):
            await exchange(rig.port, bytes_of(HEART, f"X-Forwarded-For: 203.0.113.{n}", key=b"wrong"))
        assert rig.count("slowed") == 1

    behind(work, HttpSettings(failed_keys=3, slow_answer_s=0.1, **FAST))
