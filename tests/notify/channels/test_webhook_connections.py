"""Each message goes out on a connection of its own: what one receiver proved of itself does not count for another."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from notify.channel import Recipient
from notify.channels.webhook.fake import WebhookServer
from notify.channels.webhook.sender import Webhook
from tests.conformance.test_channels import CLOCK, MESSAGE


def test_no_connection_is_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """With TLS, another name at the same address would get by without a look at its certificate."""

    async def send_three(url: str) -> None:
        channel = Webhook(CLOCK, allow_private=True)
        for path in ("one", "two", "three"):
            await channel.send(MESSAGE, Recipient(address=f"{url}/{path}", secret=""))
        await channel.close()

    with WebhookServer() as receiver:
        accept, accepted = receiver._server.get_request, []

        def noted() -> Any:  # noqa: ANN401 - the standard library's own pair
            accepted.append("a connection")
            return accept()

        monkeypatch.setattr(receiver._server, "get_request", noted)
        asyncio.run(send_three(receiver.url))
        assert len(receiver.calls) == len(accepted) == 3
