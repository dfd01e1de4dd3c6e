"""Each caller has a village doctor with a telephone: the clouds at its other end, and what they call us with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import NamedTuple

import httpx
from sqlalchemy.orm import Session

from anhu.registry.contacts import create_contact
from anhu.registry.organisations import create_team
from anhu.registry.roles import Role
from anhu.registry.tables import Resident
from anhu.registry.users import create_user
from notify.channels.sms.fake import SmsServer
from notify.channels.voice.fake import VoiceServer
from notify.cloud.fake_cloud import Asked

CHANNELS = ("sms", "voice")
_AGAIN_S = 0.3
_ONE_TRY_S = 5.0
_EVERY_SO_OFTEN = 3


class Ring(NamedTuple):
    """One text or call that a cloud has taken and answered for.

    Attributes
    ----------
    message : str
        What the platform calls it, a number or a key: the same for a repeat.
    called : str
        What the cloud calls it.
    """

    channel: str
    message: str
    number: str
    called: str
    at_s: float
    asked: Asked


class Phones:
    """Both clouds. They say twice, of one message in three, that it arrived, and until the platform has heard it.

    Attributes
    ----------
    texts, calls : SmsServer, VoiceServer
        Where the dispatcher sends.
    early : bool
        Say that a message arrived, and that the first key was pressed, before the sending itself is answered.
    mute : bool
        Take messages and never say what became of them.
    """

    def __init__(self) -> None:
        self.texts, self.calls = SmsServer(), VoiceServer()
        self.early, self.mute = False, False
        self.url = ""
        self._rings: list[Ring] = []
        self._numbers: dict[str, str] = {}
        self._loop = asyncio.get_running_loop()
        self.texts.on_taken = partial(self._taken, "sms")
        self.calls.on_taken = partial(self._taken, "voice")

    @property
    def settings(self) -> dict[str, str]:
        """Settings with which the platform reaches both."""
        given = (SmsServer.settings(self.texts.port), VoiceServer.settings(self.calls.port))
        return {name: str(value) for one in given for name, value in asdict(one).items()}

    def start(self) -> None:
        """Begin to take messages."""
        self.texts.start()
        self.calls.start()

    def close(self) -> None:
        """End."""
        self.texts.close()
        self.calls.close()

    def give(self, session: Session, residents: Sequence[str]) -> None:
        """Give each resident a village doctor with a telephone, who gets texts and calls, and may take the alarm."""
        for place, resident_id in enumerate(residents):
            number = f"+86138{place:08}"
            team = create_team(session, name=f"村卫生室 {place}", team_id=f"t-{place}")
            session.get_one(Resident, resident_id).team_id = team.id
            user = create_user(session, login=f"doctor-{place}", name="王芳", role=Role.TEAM, team_id=team.id)
            for channel in CHANNELS:
                create_contact(session, owner_kind="user", owner_id=user.id, channel=channel, address=number)
            self._numbers[number] = resident_id

    def rings(self, resident_id: str = "") -> list[Ring]:
        """Return what was taken, of all or for one resident."""
        return [one for one in list(self._rings) if resident_id in ("", self.resident_of(one))]

    def resident_of(self, ring: Ring) -> str:
        """Return about whom it was."""
        return self._numbers[ring.number]

    async def press(self, ring: Ring, key: str) -> None:
        """Say that somebody pressed a key."""
        await self.say(self._address(ring), self.calls.key(ring.asked, ring.called, key))

    async def end(self, ring: Ring, key: str) -> None:
        """Say that a call is over, and once more which key was pressed."""
        await self.say(self._address(ring), self.calls.result(ring.asked, ring.called, "200000", pressed=key))

    async def say(self, path: str, body: bytes) -> None:
        """Call the platform until it has heard."""
        async with httpx.AsyncClient(timeout=_ONE_TRY_S, trust_env=False) as client:
            while True:
                with suppress(httpx.HTTPError):
                    if (await client.post(f"{self.url}{path}", content=body)).is_success:
                        return
                await asyncio.sleep(_AGAIN_S)

    async def say_wrongly(self, ring: Ring, key: str) -> int:
        """Say it as somebody who does not know the secret; return the answer's status."""
        async with httpx.AsyncClient(timeout=_ONE_TRY_S, trust_env=False) as client:
            address = f"{self.url}/callbacks/voice/{'x' * 24}"
            said = await client.post(address, content=self.calls.key(ring.asked, ring.called, key))
            return said.status_code

    def _address(self, ring: Ring) -> str:
        server: SmsServer | VoiceServer = self.texts if ring.channel == "sms" else self.calls
        return server.confirmation(ring.asked, ring.called)[0]

    def _taken(self, channel: str, asked: Asked, called: str) -> None:
        """Write a message down and have its receipt said, in the cloud's own thread, before the cloud answers."""
        number, message = _number_of(asked.values), str(asked.values["OutId"])
        ring = Ring(channel, message, f"+86{number[-11:]}", called, time.monotonic(), asked)
        self._rings.append(ring)
        if self.mute:
            return
        saying = asyncio.run_coroutine_threadsafe(self._receipt(ring, key=self.early), self._loop)
        if self.early:
            with suppress(TimeoutError):
                saying.result(_ONE_TRY_S)

    async def _receipt(self, ring: Ring, *, key: bool) -> None:
        server: SmsServer | VoiceServer = self.texts if ring.channel == "sms" else self.calls
        if key and ring.channel == "voice":
            await self.press(ring, "1")
        path, body = server.confirmation(ring.asked, ring.called)
        for _ in range(2 if len(self._rings) % _EVERY_SO_OFTEN == 0 else 1):
            await self.say(path, body)


def _number_of(values: Mapping[str, object]) -> str:
    return str(values.get("PhoneNumbers") or values["CalledNumber"])
