"""The API with a mail server behind it: what is asked for goes through the real outbox and channels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from anhu.registry.tables import Contact
from ingest.store.port import StoreQuery
from notify.channels import capabilities, contact_forms, open_channels
from notify.channels.email.fake import SmtpServer
from notify.dispatcher import Dispatcher
from notify.subjects import subjects
from tests.api.world import Site, World, serve

PUBLIC_URL = "https://desk.example"
_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class MailRoom:
    """A site, and the mail server to which its dispatcher brings what is due."""

    site: Site
    server: SmtpServer

    def address(self, user_id: str, address: str) -> None:
        """Give a user a mail address that counts."""
        with self.site.world.sessions.begin() as session:
            made = {"owner_kind": "user", "owner_id": user_id, "channel": "email", "address": address}
            session.add(Contact(id=f"mail-{user_id}", language="en", **made))

    def settle(self) -> None:
        """Wait until what strangers asked for is written."""
        end_s = time.monotonic() + _PATIENCE_S
        while self.site.deps.mails.waiting and time.monotonic() < end_s:
            time.sleep(0.01)
        assert not self.site.deps.mails.waiting

    def deliver(self) -> list[str]:
        """Let the dispatcher send what is due; return the texts that came by it."""
        before = len(self.server.mails)
        asyncio.run(self._send())
        return [mail.message.get_content() for mail in self.server.mails[before:]]

    async def _send(self) -> None:
        world = self.site.world
        channels = open_channels({"email": SmtpServer.settings(self.server.port)}, world.clock)
        dispatcher = Dispatcher(
            world.sessions,
            channels,
            world.clock,
            capabilities=capabilities(),
            subjects=subjects(),
            public_url=PUBLIC_URL,
            jitter=lambda: 0.0,
        )
        try:
            await dispatcher.step(world.clock.now_ms())
        finally:
            for channel in channels.values():
                await channel.close()


@contextmanager
def mail_room(world: World, store: StoreQuery) -> Iterator[MailRoom]:
    """Serve the world, with mail."""
    with SmtpServer() as server:
        forms = contact_forms({"email": SmtpServer.settings(server.port)})
        with serve(world, store, channels=forms, public_url=PUBLIC_URL) as site:
            yield MailRoom(site, server)
