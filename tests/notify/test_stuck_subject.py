"""A subject that breaks over what is due ends nothing: the others are told, and the doctor hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from sqlalchemy import ScalarSelect, literal, select
from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS
from notify.channels import capabilities, open_channels
from notify.channels.webhook import WebhookSettings
from notify.channels.webhook.fake import WebhookServer
from notify.dispatcher import Dispatcher
from notify.subjects import subjects
from tests.api.world import World
from tests.notify.reminders import Reminder, ReminderBase, ReminderSubject


class BrokenReminders(ReminderSubject):
    """Always has something due, writes a half of it, and breaks."""

    def __init__(self) -> None:
        self.asked = 0
        self.well = False

    def next_due(self) -> ScalarSelect[int]:
        return select(literal(0)).scalar_subquery()

    def advance(self, session: Session, now_ms: int) -> Mapping[str, int]:  # noqa: ARG002 - the subject's shape
        self.asked += 1
        if self.well:
            return {}
        session.add(Reminder(id=f"half-{self.asked}", words="half"))
        session.flush()
        raise KeyError("broken")


def test_a_subject_that_breaks_silences_no_other(either_world: World, receiver: WebhookServer) -> None:
    ReminderBase.metadata.create_all(either_world.sessions.kw["bind"])
    broken = BrokenReminders()
    either_world.contact(receiver.url)
    either_world.raise_alert("r-ours")

    async def scene() -> list[dict[str, int]]:
        channels = open_channels({"webhook": WebhookSettings(webhook_private=True)}, either_world.clock)
        made = Dispatcher(
            either_world.sessions,
            channels,
            either_world.clock,
            capabilities=capabilities(),
            subjects={"reminder": broken, **subjects()},
        )
        counted: list[dict[str, int]] = []
        for wait_s in (0, 1, 5, 5):
            either_world.clock.forward(wait_s * SECOND_MS)
            broken.well = len(counted) == 3
            await made.step(either_world.clock.now_ms())
            counted.append(dict(made.counters))
        for channel in channels.values():
            await channel.close()
        return counted

    first, second, third, well = asyncio.run(scene())
    assert len(receiver.calls) == 1
    assert [one["stuck_reminder"] for one in (first, second, third)] == [1, 1, 1]
    assert well.get("stuck_reminder", 0) == 0
    assert broken.asked == 3, "it rests between two tries"
    with either_world.sessions() as session:
        assert session.query(Reminder).count() == 0, "what it had half done is undone"
