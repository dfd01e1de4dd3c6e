"""Who asks as nobody, again and again, is answered later and later; who logged in never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import httpx

from anhu.contract.allowance import Rate
from api.app import create_app
from api.crowd import Crowd
from api.dependencies import Dependencies
from api.rate_limits import RateLimits, Rates
from ingest.store.port import StoreQuery
from tests.api.world import PASSWORD, World


def asked(
    world: World, crowd: Crowd, addresses: Sequence[str], *, token: str = "", rates: RateLimits | None = None
) -> list[int]:
    """Ask for `/api/v1/me` from each address, one after the other."""
    deps = Dependencies(
        sessions=world.sessions,
        store=cast("StoreQuery", None),
        clock=world.clock,
        cookie_secure=False,
        crowd=crowd,
        rates=rates or RateLimits(),
    )
    app = create_app(deps)

    async def ask() -> list[int]:
        answers = []
        for address in addresses:
            transport = httpx.ASGITransport(app, client=(address, 1))
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
                answers.append((await client.get("/api/v1/me")).status_code)
        return answers

    return asyncio.run(ask())


def waiting(rate: Rate) -> tuple[Crowd, list[float]]:
    """Return a crowd whose waits are only noted."""
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    return Crowd(rate, note), waits


def test_who_asks_too_fast_as_nobody_waits_and_is_answered(world: World) -> None:
    crowd, waits = waiting(Rate(3, 1))
    assert asked(world, crowd, ["10.0.0.1"] * 5) == [401] * 5
    assert len(waits) == crowd.held == 2
    assert min(waits) >= 2


def test_a_token_that_is_no_good_is_nobodys(world: World) -> None:
    crowd, waits = waiting(Rate(3, 1))
    assert asked(world, crowd, ["10.0.0.1"] * 5, token="guessed") == [401] * 5
    assert len(waits) == 2


def test_who_is_known_never_waits(world: World) -> None:
    crowd, waits = waiting(Rate(3, 1))
    assert asked(world, crowd, ["10.0.0.1"] * 9, token="token-desk") == [200] * 9
    assert waits == []


def test_who_is_known_and_asks_too_much_is_told_so_late(world: World) -> None:
    crowd, waits = waiting(Rate(3, 1))
    rates = RateLimits(Rates(Rate(4, 1), Rate(4, 1), Rate(4, 1)))
    assert asked(world, crowd, ["10.0.0.1"] * 6, token="token-desk", rates=rates) == [200] * 4 + [429] * 2
    assert len(waits) == 2


def test_other_addresses_do_not_wait_but_those_of_one_ipv6_household_are_one(world: World) -> None:
    crowd, waits = waiting(Rate(1, 1))
    asked(world, crowd, ["10.0.0.1", "10.0.0.2", "2001:db8::1"])
    assert waits == []
    asked(world, crowd, ["2001:db8::2"])
    assert len(waits) == 1


def test_the_more_wait_the_longer_so_that_no_more_than_fifty_a_second_come_out() -> None:
    gate, waits = asyncio.Event(), []

    async def until_opened(seconds: float) -> None:
        waits.append(seconds)
        await gate.wait()

    async def many() -> None:
        crowd = Crowd(Rate(1, 1), until_opened)
        tasks = [asyncio.create_task(crowd.pass_through("10.0.0.1")) for _ in range(301)]
        await asyncio.sleep(0)  # each goes as far as its wait
        assert len(waits) == 300
        assert all(number / wait <= 50 for number, wait in enumerate(waits, start=1))
        assert max(waits) <= 10
        gate.set()
        await asyncio.gather(*tasks)

    asyncio.run(many())


def test_the_right_password_gets_in_among_all_the_wrong_ones(world: World) -> None:
    crowd, _ = waiting(Rate(1, 1))
    deps = Dependencies(
        sessions=world.sessions, store=cast("StoreQuery", None), clock=world.clock, cookie_secure=False, crowd=crowd
    )

    async def log_in() -> int:
        transport = httpx.ASGITransport(create_app(deps), client=("10.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for _ in range(3):
                await client.get("/login")
            answer = await client.post("/api/v1/login", json={"login": "desk", "password": PASSWORD})
            return answer.status_code

    assert asyncio.run(log_in()) == 200
