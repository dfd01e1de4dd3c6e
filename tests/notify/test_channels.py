"""Channels: one promise for all of them, each against a real little server."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from anhu.contract.clock import ManualClock
from anhu.contract.errors import SettingsError
from notify.channel import Channel, ChannelSettings, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels import channel_classes, open_channels
from notify.channels.webhook import Webhook
from tests.api.world import NOW_MS
from tests.notify.receivers import mail_server, webhook_receiver

CLOCK = ManualClock(NOW_MS)
MESSAGE = Message(
    idempotency_key="a-1:raised.3:0:k-1",
    subject="【安护】跌倒：张*三（紧急）",
    text="张*三 发生报警：跌倒。\n处理报警：https://desk.example/desk?alert=a-1",
    data={"type": "alert.raised", "alert_id": "a-1"},
)


@dataclass
class Far:
    """The other end of a channel: how to make it take, refuse for now, refuse for good, and what it got."""

    settings: ChannelSettings
    address: str
    refuse_now: Callable[[], None]
    refuse_for_good: Callable[[], None]
    received: Callable[[], list[str]]
    stall: Callable[[float], None]
    nowhere: tuple[ChannelSettings, str]


@contextmanager
def webhook_far() -> Iterator[Far]:
    private = ChannelSettings(webhook_private_addresses=True)
    with webhook_receiver() as receiver:
        yield Far(
            settings=private,
            address=receiver.url,
            refuse_now=lambda: receiver.answers.append((503, {})),
            refuse_for_good=lambda: receiver.answers.append((410, {})),
            received=receiver.keys,
            stall=lambda s: setattr(receiver, "before_answer", lambda: time.sleep(s)),
            nowhere=(private, f"http://127.0.0.1:{closed_port()}/"),
        )


@contextmanager
def email_far() -> Iterator[Far]:
    with mail_server() as server:

        def settings(port: int) -> ChannelSettings:
            return ChannelSettings(
                smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False, smtp_from="desk@anhu.example"
            )

        yield Far(
            settings=settings(server.port),
            address="doctor@clinic.example",
            refuse_now=lambda: setattr(server, "rcpt", "451 greylisted"),
            refuse_for_good=lambda: setattr(server, "rcpt", "550 no such user"),
            received=lambda: [str(mail["Message-ID"]) for mail in server.mails],
            stall=lambda s: setattr(server, "before_answer", lambda: time.sleep(s)),
            nowhere=(settings(closed_port()), "doctor@clinic.example"),
        )


FAR = {"webhook": webhook_far, "email": email_far}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture(params=sorted(channel_classes()))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def far(name: str) -> Iterator[Far]:
    with FAR[name]() as other_end:
        yield other_end


def send(
    name: str, far: Far, *, settings: ChannelSettings | None = None, address: str = "", times: int = 1
) -> Delivery:
    async def scene() -> Delivery:
        channel = open_channels(settings or far.settings, CLOCK)[name]
        try:
            for _ in range(times):
                receipt = await channel.send(MESSAGE, Recipient(address=address or far.address, secret="s3"))
            return receipt
        finally:
            await channel.close()

    return asyncio.run(scene())


def post(url: str, *, allow_private: bool = True, secret: str = "") -> Delivery:
    async def scene() -> Delivery:
        channel = Webhook(CLOCK, allow_private=allow_private)
        try:
            return await channel.send(MESSAGE, Recipient(address=url, secret=secret))
        finally:
            await channel.close()

    return asyncio.run(scene())


def test_every_channel_has_another_end_here() -> None:
    assert set(FAR) == set(channel_classes())


def test_it_arrives_with_the_same_key_each_time(name: str, far: Far) -> None:
    assert send(name, far, times=2).state == "sent"
    first, second = far.received()
    assert first == second
    assert "a-1" in first


def test_refused_for_now_may_be_tried_again(name: str, far: Far) -> None:
    far.refuse_now()
    with pytest.raises(RetryableError):
        send(name, far)


def test_refused_for_good_is_given_up(name: str, far: Far) -> None:
    far.refuse_for_good()
    with pytest.raises(PermanentError):
        send(name, far)


def test_nobody_there_may_be_tried_again(name: str, far: Far) -> None:
    settings, address = far.nowhere
    with pytest.raises(RetryableError):
        send(name, far, settings=settings, address=address)


@pytest.mark.parametrize(
    "address", ["", " ", "nonsense", "http://", "ftp://x.example/", "a@b@c", "x\r\nBcc: y@z.example"]
)
def test_a_malformed_address_is_given_up(name: str, far: Far, address: str) -> None:
    async def scene() -> None:
        channel = open_channels(far.settings, CLOCK)[name]
        with pytest.raises(PermanentError):
            await channel.send(MESSAGE, Recipient(address=address))
        await channel.close()

    asyncio.run(scene())
    assert far.received() == []


def test_it_does_not_block_the_others(name: str, far: Far) -> None:
    far.stall(0.3)

    async def scene() -> tuple[int, float]:
        channel = open_channels(far.settings, CLOCK)[name]
        began = time.monotonic()
        sending = [asyncio.create_task(channel.send(MESSAGE, Recipient(address=far.address))) for _ in range(4)]
        turns = 0
        while not all(task.done() for task in sending):
            await asyncio.sleep(0.01)
            turns += 1
        await channel.close()
        return turns, time.monotonic() - began

    turns, took_s = asyncio.run(scene())
    assert turns > 5
    assert took_s < 1.1, "four at once must not take four times as long"
    assert len(far.received()) == 4


def test_secrets_do_not_show(name: str, far: Far) -> None:
    assert "hush" not in repr(Recipient(address="x", secret="hush"))
    assert "hush" not in repr(ChannelSettings(smtp_password="hush"))
    far.refuse_for_good()
    with pytest.raises(PermanentError) as error:
        send(name, far)
    assert "s3" not in str(error.value)


def test_the_webhook_is_signed_and_says_the_same_twice() -> None:
    with webhook_receiver() as receiver:
        post(receiver.url, secret="s3")
        (call,) = receiver.calls
    time_s, digest = (part.split("=")[1] for part in call.headers["Anhu-Signature"].split(","))
    assert int(time_s) == NOW_MS // 1000
    expected = hmac.new(b"s3", time_s.encode() + b"." + call.body, hashlib.sha256).hexdigest()
    assert digest == expected
    told = json.loads(call.body)
    assert (told["alert_id"], told["subject"]) == ("a-1", MESSAGE.subject)
    assert call.headers["Host"] in receiver.url


@pytest.mark.parametrize(
    ("status", "headers", "after_s"),
    [
        (408, {}, 0),
        (425, {}, 0),
        (429, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": "Mon, 23 Nov 2026 04:00:30 GMT"}, 30),
        (500, {"Retry-After": "nonsense"}, 0),
        (503, {"Retry-After": "999999"}, 900),
        (503, {"Retry-After": "-5"}, 0),
        (503, {"Retry-After": "nan"}, 0),
    ],
)
def test_the_webhook_is_told_when_to_come_again(status: int, headers: dict[str, str], after_s: float) -> None:
    with webhook_receiver() as receiver:
        receiver.answers.append((status, headers))
        with pytest.raises(RetryableError) as error:
            post(receiver.url)
        assert error.value.after_s == after_s


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 410, 422])
def test_the_webhook_gives_up(status: int) -> None:
    with webhook_receiver() as receiver:
        receiver.answers.append((status, {"Location": receiver.url}))
        with pytest.raises(PermanentError, match=str(status)):
            post(receiver.url)
        assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.8", "192.168.1.1", "169.254.169.254", "[::]", "[::ffff:10.0.0.8]"],
)
def test_the_webhook_does_not_talk_to_the_neighbours(host: str) -> None:
    with pytest.raises(PermanentError, match="inside the own network"):
        post(f"http://{host}:9/", allow_private=False)


def test_the_mail_is_readable() -> None:
    with email_far() as far, mail_server() as server:
        settings = ChannelSettings(
            smtp_host="127.0.0.1", smtp_port=server.port, smtp_starttls=False, smtp_from="desk@anhu.example"
        )
        send("email", far, settings=settings)
        (mail,) = server.mails
    assert mail["Subject"] == MESSAGE.subject
    assert mail["To"] == "doctor@clinic.example"
    assert mail.get_content().replace("\r", "").strip() == MESSAGE.text
    assert mail["Message-ID"] == "<a-1.raised.3.0.k-1@anhu.example>"


def test_mail_needs_a_sender() -> None:
    with pytest.raises(SettingsError, match="smtp_from"):
        open_channels(ChannelSettings(smtp_host="mail.example"), CLOCK)
    assert set(open_channels(ChannelSettings(), CLOCK)) == {"webhook"}


def test_names_are_the_files() -> None:
    for name, cls in channel_classes().items():
        assert issubclass(cls, Channel)
        assert cls.__module__ == f"notify.channels.{name}"
