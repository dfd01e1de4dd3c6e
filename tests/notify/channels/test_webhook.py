"""What only the webhook promises."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json

import pytest

from notify.channel import Delivery, PermanentError, Recipient, RetryableError
from notify.channels.webhook.fake import Reply, WebhookServer
from notify.channels.webhook.sender import Webhook
from tests.conformance.test_channels import CLOCK, MESSAGE

NOW_MS = CLOCK.now_ms()


def post(url: str, *, allow_private: bool = True, secret: str = "") -> Delivery:
    async def scene() -> Delivery:
        channel = Webhook(CLOCK, allow_private=allow_private)
        try:
            return await channel.send(MESSAGE, Recipient(address=url, secret=secret))
        finally:
            await channel.close()

    return asyncio.run(scene())


def test_the_webhook_is_signed_and_says_the_same_twice() -> None:
    with WebhookServer() as receiver:
        post(receiver.url, secret="s3")
        (call,) = receiver.calls
    time_s, digest = (part.split("=")[1] for part in call.headers["anhu-signature"].split(","))
    assert int(time_s) == NOW_MS // 1000
    expected = hmac.new(b"s3", time_s.encode() + b"." + call.body, hashlib.sha256).hexdigest()
    assert digest == expected
    told = json.loads(call.body)
    assert (told["alert_id"], told["subject"]) == ("a-1", MESSAGE.subject)
    assert call.headers["host"] in receiver.url


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
    with WebhookServer() as receiver:
        receiver.replies.append(Reply(status=status, headers=headers))
        with pytest.raises(RetryableError) as error:
            post(receiver.url)
        assert error.value.after_s == after_s


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_the_webhook_gives_up(status: int) -> None:
    with WebhookServer() as receiver:
        receiver.replies.append(Reply(status=status, headers={"Location": receiver.url}))
        with pytest.raises(PermanentError, match=str(status)):
            post(receiver.url)
        assert len(receiver.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("there", "shown"),
    [
        ("https://new.example/hook?key=hush", "https://new.example/hook;"),
        ("https://me:hush@new.example/x", "https://new.example/x;"),
        ("/elsewhere?key=hush", "/elsewhere;"),
    ],
)
def test_the_webhook_follows_nobody_and_says_where_it_was_sent(status: int, there: str, shown: str) -> None:
    with WebhookServer() as receiver:
        receiver.replies.append(Reply(status=status, headers={"Location": there}))
        with pytest.raises(RetryableError) as error:
            post(receiver.url)
        assert shown in str(error.value)
        assert "hush" not in str(error.value)
        assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.8", "192.168.1.1", "169.254.169.254", "[::]", "[::ffff:10.0.0.8]"],
)
def test_the_webhook_does_not_talk_to_the_neighbours(host: str) -> None:
    with pytest.raises(PermanentError, match="inside the own network"):
        post(f"http://{host}:9/", allow_private=False)
