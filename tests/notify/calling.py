"""A channel whose provider calls, and what it says: receipts and answers as JSON, in our own words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence

from anhu.contract.clock import Clock
from anhu.outbox.callback_tables import Callback
from anhu.outbox.callbacks import ProviderCall, ProviderReply, keep
from anhu.outbox.tables import Outbox
from notify.callback_reader import CallbackReader, News, UnreadableCallError
from notify.channel import Channel, Delivery, Message, Recipient, RetryableError
from notify.channel_type import Capabilities, Shows
from notify.dispatcher import Dispatcher
from notify.subjects import subjects
from tests.api.world import World

BELLS = Capabilities(
    shows=Shows.TEXT,
    longest_text=None,
    answerable=True,
    receipts=frozenset({"delivered", "read"}),
    per_minute=None,
)


class BellReader(CallbackReader):
    """Reads a JSON list of what `News` takes."""

    secret = "s"

    def reply(self, call: ProviderCall) -> ProviderReply:  # noqa: ARG002 - whatever it says
        return ProviderReply(200, "text/plain", b"", keep=True)

    def news(self, call: ProviderCall) -> Sequence[News]:
        try:
            return [News(**one) for one in json.loads(call.body)]
        except ValueError:
            raise UnreadableCallError("no JSON") from None


class Bell(Channel):
    """Takes messages; what `before_answer` does comes before its answer."""

    def __init__(self) -> None:
        self.rung: list[Message] = []
        self.lies = 0
        self.number = 0
        self.before_answer: Callable[[Message], None] = lambda _message: None

    @classmethod
    def from_settings(cls, settings: object, clock: Clock) -> Bell:  # noqa: ARG003 - it has none
        return cls()

    async def send(self, message: Message, to: Recipient) -> Delivery:  # noqa: ARG002 - there is one bell
        self.rung.append(message)
        self.number += 1
        await asyncio.to_thread(self.before_answer, message)
        if self.lies:
            self.lies -= 1
            raise RetryableError("no answer within 10 s")
        return Delivery(provider_id=f"b-{self.number}")


def dispatcher(world: World, bell: Bell) -> Dispatcher:
    """Return a new process: it knows nothing but the database."""
    return Dispatcher(
        world.sessions,
        {"bell": bell},
        world.clock,
        capabilities={"bell": BELLS},
        subjects=subjects(),
        readers={"bell": BellReader()},
        jitter=lambda: 0.0,
    )


def step(made: Dispatcher, world: World) -> None:
    asyncio.run(made.step(world.clock.now_ms()))


def call(world: World, *news: Mapping[str, object]) -> None:
    """Have the provider call."""
    body = json.dumps(news).encode()
    with world.sessions.begin() as session:
        keep(session, "bell", ProviderCall("POST", {}, {}, body), address="203.0.113.9", now_ms=world.clock.now_ms())


def states(world: World) -> list[str]:
    with world.sessions() as session:
        return [row.state for row in session.query(Outbox).order_by(Outbox.id)]


def keys(world: World) -> list[str]:
    with world.sessions() as session:
        return [row.idempotency_key for row in session.query(Outbox).order_by(Outbox.id)]


def waiting(world: World) -> list[tuple[int | None, str]]:
    with world.sessions() as session:
        return [(row.due_at_ms, row.outcome) for row in session.query(Callback).order_by(Callback.id)]
