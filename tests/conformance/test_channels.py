"""Channels: one promise for all of them, each against its own other end, which fails, delays, doubles and lies."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import socket
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

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


class Way(NamedTuple):
    """One kind of address of a channel: some have several, such as a group's robot and a person."""

    channel: str
    number: int

    def to(self, port: int) -> Recipient:
        """Return the doctor's address of this kind."""
        return fake_server(self.channel).contacts(port, "doctor")[self.number]

    def __str__(self) -> str:
        return f"{self.channel}-{self.number}" if self.number else self.channel


WAYS = [Way(name, n) for name in sorted(channel_types()) for n in range(len(fake_server(name).contacts(1, "x")))]


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    made: Way = request.param
    return made


@pytest.fixture
def name(way: Way) -> str:
    return way.channel


@pytest.fixture
def kind(name: str) -> ChannelType[Any]:
    return channel_types()[name]


@pytest.fixture
def far(name: str) -> Iterator[FakeServer]:
    with fake_server(name)() as other_end:
        yield other_end


def opened(name: str, port: int, far: FakeServer | None = None) -> Channel:
    channel = channel_class(name).from_settings(fake_server(name).settings(port), CLOCK)
    assert channel is not None
    if far is not None:
        far.attach(channel)
    return channel


async def attempt(channel: Channel, to: Recipient, message: Message = MESSAGE) -> Result:
    """Send once and return what became of it."""
    try:
        return await channel.send(message, to)
    except (RetryableError, PermanentError) as error:
        return error


def attempts(
    way: Way, port: int, times: int, far: FakeServer | None = None, message: Message = MESSAGE
) -> list[Result]:
    """Send one after the other, through one channel."""

    async def scene() -> list[Result]:
        channel = opened(way.channel, port, far)
        try:
            return [await attempt(channel, way.to(port), message) for _ in range(times)]
        finally:
            await channel.close()

    return asyncio.run(scene())


def kinds_of(results: list[Result]) -> list[type]:
    kinds = (Delivery, RetryableError, PermanentError)
    return [next(kind for kind in kinds if isinstance(one, kind)) for one in results]


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


def test_it_arrives_with_the_same_key_each_time(way: Way, kind: ChannelType[Any], far: FakeServer) -> None:
    results = attempts(way, far.port, 2, far)
    assert all(isinstance(one, Delivery) and one.state in {"sent", *kind.capabilities.receipts} for one in results)
    first, second = keys(far)
    assert first == second
    assert "a-1" in first


def test_it_says_to_whom_and_what(way: Way, far: FakeServer) -> None:
    attempts(way, far.port, 1, far)
    (taken,) = far.taken()
    assert "doctor" in taken.to
    assert taken.subject == MESSAGE.subject


def test_refused_for_now_may_be_tried_again(way: Way, far: FakeServer) -> None:
    far.refuse(2)
    assert kinds_of(attempts(way, far.port, 3, far)) == [RetryableError, RetryableError, Delivery]
    assert len(keys(far)) == 1


def test_refused_for_good_is_given_up(way: Way, far: FakeServer) -> None:
    far.refuse(1, for_good=True)
    assert kinds_of(attempts(way, far.port, 1, far)) == [PermanentError]
    assert keys(far) == []


def test_nobody_there_may_be_tried_again(way: Way) -> None:
    assert kinds_of(attempts(way, closed_port(), 1)) == [RetryableError]


def test_who_takes_it_and_lies_gets_it_again_with_the_same_key(way: Way, far: FakeServer) -> None:
    far.lie(1)
    assert kinds_of(attempts(way, far.port, 2, far)) == [RetryableError, Delivery]
    first, second = keys(far)
    assert first == second


def test_who_answers_twice_is_not_believed_about_the_next_one(way: Way, name: str, far: FakeServer) -> None:
    far.answers = 2
    assert kinds_of(attempts(way, far.port, 3, far)) == [Delivery] * 3

    async def scene() -> list[Result]:
        channel = opened(name, far.port, far)
        to = way.to(far.port)
        first = await attempt(channel, to)
        far.refuse(1)
        second = await attempt(channel, to)
        await channel.close()
        return [first, second]

    assert kinds_of(asyncio.run(scene())) == [Delivery, RetryableError]
    assert len(keys(far)) == 4


def test_who_never_answers_can_be_left_alone_and_comes_back(way: Way, name: str, far: FakeServer) -> None:
    async def scene() -> None:
        channel = opened(name, far.port, far)
        to = way.to(far.port)
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
        channel = opened(name, far.port, far)
        with pytest.raises(PermanentError):
            await channel.send(MESSAGE, Recipient(address=address))
        await channel.close()

    asyncio.run(scene())
    assert far.came() == 0


def test_the_form_takes_what_the_channel_reaches(way: Way, kind: ChannelType[Any], far: FakeServer) -> None:
    kind.form.check(way.to(far.port).address)
    kind.form_with(far.settings(far.port)).check(way.to(far.port).address)


def test_it_does_not_block_the_others(way: Way, name: str, far: FakeServer) -> None:
    far.delay_s = 0.3

    async def scene() -> tuple[int, float]:
        channel = opened(name, far.port, far)
        began = time.monotonic()
        to = way.to(far.port)
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


def hidden(kind: ChannelType[Any], to: Recipient) -> list[str]:
    """Return what nobody may read: what signs, and what a page leaves out of whose address it is."""
    shown = kind.form.shown(to.address)
    parts = [part for part in re.split(r"[/?=&#:.]", to.address) if "doctor" in part]
    return [one for one in (to.secret, *parts) if one and one not in shown]


def told(result: Result) -> str:
    return f"{result.provider_id} {result.detail}" if isinstance(result, Delivery) else str(result)


def test_secrets_do_not_show(way: Way, kind: ChannelType[Any], far: FakeServer) -> None:
    assert "hush" not in repr(Recipient(address="x", secret="hush"))
    to = way.to(far.port)
    far.lie(1)
    results = attempts(way, far.port, 2, far)
    far.refuse(1)
    results += attempts(way, far.port, 1, far)
    far.refuse(1, for_good=True)
    results += attempts(way, far.port, 1, far)
    results += attempts(way, closed_port(), 1)
    assert kinds_of(results) == [RetryableError, Delivery, RetryableError, PermanentError, RetryableError]
    for secret in hidden(kind, to):
        assert all(secret not in told(one) for one in results)


def test_a_page_shows_what_is_no_secret_of_an_address(way: Way, kind: ChannelType[Any], far: FakeServer) -> None:
    shown = kind.form.shown(way.to(far.port).address)
    assert shown
    assert kind.form.shown(shown) == shown or "…" in shown


@pytest.mark.parametrize("letter", ["护", "x", "😀", '"'])
def test_the_longest_text_that_it_claims_is_taken_whole(
    way: Way, kind: ChannelType[Any], far: FakeServer, letter: str
) -> None:
    can = kind.capabilities
    longest = min(can.longest_text or 5_000, (can.longest_bytes or 20_000) // len(letter.encode()))
    end = "\nhttps://desk.example/desk?alert=a-1"
    message = dataclasses.replace(MESSAGE, text=letter * (longest - len(end)) + end)
    assert kinds_of(attempts(way, far.port, 1, far, message)) == [Delivery]
    assert len(keys(far)) == 1


def test_one_attempt_is_one_message(way: Way, far: FakeServer) -> None:
    far.answers = 2
    assert kinds_of(attempts(way, far.port, 1, far)) == [Delivery]
    assert far.came() == 1
