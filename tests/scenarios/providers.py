"""The other ends of the channels, started when somebody first has a contact there, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from notify.channel import Recipient
from notify.channels import fake_server
from notify.cloud.fake_cloud import Asked, FakeCloud
from notify.fake_server import FakeServer, Taken

CHANNELS = {
    "SMS": "sms",
    "call": "voice",
    "webhook": "webhook",
    "mail": "email",
    "WeCom": "wecom",
    "DingTalk": "dingtalk",
    "Feishu": "feishu",
    "push": "web_push",
}
"""A nurse's word -> channel."""
Keep = Callable[[str, bytes], None]
"""Takes a provider's call, by the name of the channel."""


class Provider:
    """One channel's other end.

    Attributes
    ----------
    asked : list
        What a cloud took, with its name for it.
    """

    def __init__(self, word: str, keep: Keep) -> None:
        self.word = word
        self.channel = CHANNELS[word]
        self.server: FakeServer = fake_server(self.channel)()
        self.settings: Any = self.server.settings(self.server.port)
        self.asked: list[tuple[Asked, str]] = []
        self.receipts: list[bytes] = []
        self.confirms = True
        self.calls_at_once = False
        self._keep = keep
        self._read = 0
        if isinstance(self.server, FakeCloud):
            self.server.on_taken = self._taken

    def address(self, name: str) -> Recipient:
        """Return where somebody is reached; a person's, where there are robots, too."""
        return self.server.contacts(self.server.port, name)[-1]

    def new(self) -> list[Taken]:
        """Return what came since this was last asked."""
        taken = list(self.server.taken())
        new, self._read = taken[self._read :], len(taken)
        return new

    def say(self, body: bytes) -> None:
        """Have the provider call us."""
        self._keep(self.channel, body)

    def goes_down(self) -> None:
        """Refuse everything for now."""
        assert isinstance(self.server, FakeCloud)
        self.server.down.add("aliyun")

    def comes_back(self) -> None:
        """Take everything again."""
        assert isinstance(self.server, FakeCloud)
        self.server.down.clear()

    def _taken(self, asked: Asked, number: str) -> None:
        self.asked.append((asked, number))
        assert isinstance(self.server, FakeCloud)
        if not self.confirms:
            return
        _, body = self.server.confirmation(asked, number)
        if self.calls_at_once:
            self.say(body)
        else:
            self.receipts.append(body)


class Providers:
    """All that were needed so far."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._stack = ExitStack()
        self.by_word: dict[str, Provider] = {}

    def of(self, word: str) -> Provider:
        """Return a provider, started."""
        if word not in self.by_word:
            provider = Provider(word, self._keep)
            self._stack.enter_context(provider.server)
            self.by_word[word] = provider
        return self.by_word[word]

    @property
    def settings(self) -> Mapping[str, Any]:
        """Channel -> its settings."""
        return {one.channel: one.settings for one in self.by_word.values()}

    def close(self) -> None:
        """Stop all."""
        self._stack.close()
