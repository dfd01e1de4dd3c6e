"""Channels: one promise for all of them, each against its own other end, which fails, delays, doubles and lies."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from anhu.contract.clock import ManualClock
from anhu.contract.errors import FieldError
from anhu.contract.settings import Secret, rows
from app.settings import from_environment, table
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channel_type import ChannelType
from notify.channels import channel_class, channel_types, fake_server
from notify.fake_server import FakeServer
from notify.receipt_book import Result

CLOCK = ManualClock(1_795_406_400_000)
MESSAGE = Message(
    idempotency_key="a-1:raised.3:0:k-1",
    subject="【安护】跌倒：张*三（高）",
    text="张*三 发生报警：跌倒。\n处理报警：https://desk.example/desk?alert=a-1",
    data={"type": "alert.raised", "alert_id": "a-1"},
)
MALFORMED = ["", " ", "nonsense", "http://", "ftp://x.example/", "a@b@c", "x\r\nBcc: y@z.example"]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture(params=sorted(channel_types()))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def kind(name: str) -> ChannelType[Any]:
    return channel_types()[name]


@pytest.fixture
def far(name: str) -> Iterator[FakeServer]:
    with fake_server(name)() as other_end:
        yield other_end


def opened(name: str, port: int) -> Channel:
    channel = channel_class(name).from_settings(fake_server(name).settings(port), CLOCK)
    assert channel is not None
    return channel


async def attempt(channel: Channel, address: str) -> Result:
    """Send once and return what became of it."""
    try:
        return await channel.send(MESSAGE, Recipient(address=address, secret="s3"))
    except (RetryableError, PermanentError) as error:
        return error


def attempts(name: str, port: int, times: int) -> list[Result]:
    """Send one after the other, through one channel."""

    async def scene() -> list[Result]:
        channel = opened(name, port)
        to = fake_server(name).address(port, "doctor")
        try:
            return [await attempt(channel, to) for _ in range(times)]
        finally:
            await channel.close()

    return asyncio.run(scene())


def kinds_of(results: list[Result]) -> list[type]:
    return [type(one) for one in results]


def keys(far: FakeServer) -> list[str]:
    return [one.key for one in far.taken()]


def test_every_variable_can_be_set_and_is_in_the_readme(kind: ChannelType[Any], far: FakeServer) -> None:
    documented = {row.variable: row.says for row in table()}
    assert {row.variable: row.says for row in rows(kind.settings)}.items() <= documented.items()
    chosen = far.settings(far.port)
    texts = {f"ANHU_{f.name.upper()}": str(getattr(chosen, f.name)) for f in dataclasses.fields(chosen)}
    assert from_environment(texts).channels[kind.name] == chosen


def test_secrets_of_the_installation_do_not_show(kind: ChannelType[Any], far: FakeServer) -> None:
    chosen = far.settings(far.port)
    secrets = {f.name: Secret("hush") for f in dataclasses.fields(chosen) if isinstance(f.default, Secret)}
    assert "hush" not in repr(dataclasses.replace(chosen, **secrets))
    suspicious = {f.name for f in dataclasses.fields(chosen) if f.name.endswith(("password", "secret", "token"))}
    assert suspicious <= set(secrets), kind.name


def test_the_doctor_knows_what_it_sends_through(kind: ChannelType[Any], far: FakeServer) -> None:
    assert kind.server(far.settings(far.port)) in (None, ("127.0.0.1", far.port))
    assert kind.server(kind.settings()) is None


def test_it_arrives_with_the_same_key_each_time(name: str, kind: ChannelType[Any], far: FakeServer) -> None:
    results = attempts(name, far.port, 2)
    assert all(isinstance(one, Delivery) and one.state in {"sent", *kind.capabilities.receipts} for one in results)
    first, second = keys(far)
    assert first == second
    assert "a-1" in first


def test_it_says_to_whom_and_what(name: str, far: FakeServer) -> None:
    attempts(name, far.port, 1)
    (taken,) = far.taken()
    assert "doctor" in taken.to
    assert taken.subject == MESSAGE.subject


def test_refused_for_now_may_be_tried_again(name: str, far: FakeServer) -> None:
    far.refuse(2)
    assert kinds_of(attempts(name, far.port, 3)) == [RetryableError, RetryableError, Delivery]
    assert len(keys(far)) == 1


def test_refused_for_good_is_given_up(name: str, far: FakeServer) -> None:
    far.refuse(1, for_good=True)
    assert kinds_of(attempts(name, far.port, 1)) == [PermanentError]
    assert keys(far) == []


def test_nobody_there_may_be_tried_again(name: str) -> None:
    assert kinds_of(attempts(name, closed_port(), 1)) == [RetryableError]


def test_who_takes_it_and_lies_gets_it_again_with_the_same_key(name: str, far: FakeServer) -> None:
    far.lie(1)
    assert kinds_of(attempts(name, far.port, 2)) == [RetryableError, Delivery]
    first, second = keys(far)
    assert first == second


def test_who_answers_twice_is_not_believed_about_the_next_one(name: str, far: FakeServer) -> None:
    far.answers = 2
    assert kinds_of(attempts(name, far.port, 3)) == [Delivery] * 3

    async def scene() -> list[Result]:
        channel = opened(name, far.port)
        to = far.address(far.port, "doctor")
        first = await attempt(channel, to)
        far.refuse(1)
        second = await attempt(channel, to)
        await channel.close()
        return [first, second]

    assert kinds_of(asyncio.run(scene())) == [Delivery, RetryableError]
    assert len(keys(far)) == 4


def test_who_never_answers_can_be_left_alone_and_comes_back(name: str, far: FakeServer) -> None:
    async def scene() -> None:
        channel = opened(name, far.port)
        to = far.address(far.port, "doctor")
        far.silent = True
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await attempt(channel, to)
        far.silent = False
        assert isinstance(await attempt(channel, to), Delivery)
        await channel.close()

    asyncio.run(scene())
    assert len(set(keys(far))) == 1


@pytest.mark.parametrize("address", MALFORMED)
def test_a_malformed_address_is_given_up(name: str, kind: ChannelType[Any], far: FakeServer, address: str) -> None:
    with pytest.raises(FieldError, match="address"):
        kind.form.check(address)

    async def scene() -> None:
        channel = opened(name, far.port)
        with pytest.raises(PermanentError):
            await channel.send(MESSAGE, Recipient(address=address))
        await channel.close()

    asyncio.run(scene())
    assert far.came() == 0


def test_the_form_takes_what_the_channel_reaches(kind: ChannelType[Any], far: FakeServer) -> None:
    kind.form.check(far.address(far.port, "doctor"))


def test_it_does_not_block_the_others(name: str, far: FakeServer) -> None:
    far.delay_s = 0.3

    async def scene() -> tuple[int, float]:
        channel = opened(name, far.port)
        began = time.monotonic()
        to = Recipient(address=far.address(far.port, "doctor"))
        sending = [asyncio.create_task(channel.send(MESSAGE, to)) for _ in range(4)]
        turns = 0
        while not all(task.done() for task in sending):
            await asyncio.sleep(0.01)
            turns += 1
        await channel.close()
        return turns, time.monotonic() - began

    turns, took_s = asyncio.run(scene())
    assert turns > 5
    assert took_s < 1.1, "four at once must not take four times as long"
    assert len(keys(far)) == 4


def test_secrets_do_not_show(name: str, far: FakeServer) -> None:
    assert "hush" not in repr(Recipient(address="x", secret="hush"))
    far.refuse(1, for_good=True)
    (error,) = attempts(name, far.port, 1)
    assert isinstance(error, PermanentError)
    assert "s3" not in str(error)
