"""Somebody outside is told that all is well, or learns that nobody tells him."""

from __future__ import annotations

import asyncio
import logging

import pytest

from anhu.contract.errors import SettingsError
from app.heartbeat.deadman import DeadMan
from app.settings import from_environment
from notify.channels.loopback.fake import LoopbackPhone
from tests.services.process import free_port
from tests.services.web_listener import WebListener


def told(url: str, times: int = 1) -> dict[str, int]:
    async def tell() -> dict[str, int]:
        dead_man = DeadMan(url)
        for _ in range(times):
            await dead_man.tell()
        await dead_man.close()
        return dict(dead_man.counters)

    return asyncio.run(tell())


def test_the_address_outside_is_asked_each_time() -> None:
    with WebListener() as outside:
        assert told(f"{outside.url}/ping/secret", times=3)["deadman_told"] == 3
        assert [path for path, _ in outside.asked] == ["/ping/secret"] * 3


def test_without_an_address_nobody_is_asked() -> None:
    assert told("") == {}


@pytest.mark.parametrize("status", [404, 410, 500])
def test_an_address_that_says_no_is_counted_and_stays_secret(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with WebListener(status) as outside:
        counters = told(f"{outside.url}/ping/secret", times=2)
    assert (counters["deadman_failed"], counters["deadman_failing"]) == (2, 2)
    assert "secret" not in caplog.text
    assert str(status) in caplog.text


def test_an_address_where_nobody_is_costs_nothing_but_a_count() -> None:
    assert told(f"http://127.0.0.1:{free_port()}/ping")["deadman_failing"] == 1


@pytest.mark.parametrize("url", ["health.example", "ftp://health.example/x", "http://", "http://h:0/"])
def test_an_address_that_cannot_be_asked_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        from_environment({"ANHU_DEADMAN_URL": url})
    assert url not in str(refused.value)


def test_the_telephone_of_the_heartbeat_answers_nobody_after_it_closed() -> None:
    phone = LoopbackPhone()
    phone.start()
    phone.close()
    assert told(phone.address(phone.port, "x"))["deadman_failing"] == 1
