"""The dispatcher: sends what the outbox holds, and moves unanswered alerts up their ladder."""

from __future__ import annotations

import asyncio

from anhu.registry.database import close_sessions, open_sessions
from app.processes.process import Context
from app.settings import Settings
from notify.channel import ChannelSettings
from notify.channels import open_channels
from notify.dispatcher import Dispatcher


async def body(context: Context) -> None:
    """Send until the end; what is on its way is finished or sent again after the next start."""
    settings = context.settings
    sessions = open_sessions(settings.database)
    channels = open_channels(channel_settings(settings), context.clock)
    dispatcher = Dispatcher(
        sessions, channels, context.clock, public_url=settings.base_url, time_zone=settings.time_zone
    )
    reporting = asyncio.create_task(context.report(lambda: dispatcher.counters), name="status")
    await dispatcher.run(context.stop)
    await reporting
    for channel in channels.values():
        await channel.close()
    close_sessions(sessions)


def channel_settings(settings: Settings) -> ChannelSettings:
    """Return what channels may know of the installation."""
    return ChannelSettings(
        webhook_private_addresses=settings.webhook_private,
        smtp_host=settings.smtp_host,
        smtp_port=settings.smtp_port,
        smtp_user=settings.smtp_user,
        smtp_password=settings.smtp_password,
        smtp_from=settings.smtp_from,
        smtp_starttls=settings.smtp_starttls,
    )
