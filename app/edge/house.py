"""How the house is told: a sound and a hook, again and again until somebody answers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import shlex
from collections.abc import Sequence
from contextlib import suppress

import httpx
import msgspec

from anhu.contract.clock import SECOND_MS, Clock
from app.edge.settings import EdgeSettings
from gateway.edge.local_alarms import LocalAlarm, LocalAlarms

_logger = logging.getLogger(__name__)
_LOOK_S = 0.5
_SOUND_S = 8.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5.0, 60.0
_HOOK_LIMIT_S = 10.0


class House:
    """Tells the house what nobody in it has answered.

    Attributes
    ----------
    trouble : str
        Why the sound or the webhook did not work at the last try; empty once it did.
    """

    def __init__(self, settings: EdgeSettings, alarms: LocalAlarms, clock: Clock) -> None:
        self._settings, self._alarms, self._clock = settings, alarms, clock
        self.trouble = ""

    async def run(self) -> None:
        """Tell until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._sounds(), name="sound")
            both.create_task(self._hooks(), name="hook")

    async def _sounds(self) -> None:
        command = shlex.split(self._settings.sound)
        while True:
            if command and self._alarms.unanswered:
                await self._play(command)
            await asyncio.sleep(_LOOK_S)

    async def _play(self, command: Sequence[str]) -> None:
        try:
            playing = await asyncio.create_subprocess_exec(*command)
        except OSError as error:
            self._failed(f"sound: {command[0]}: {error.strerror}")
            await asyncio.sleep(_SOUND_S)
            return
        try:
            if status := await asyncio.wait_for(playing.wait(), _SOUND_S):
                self._failed(f"sound: {command[0]} ended with {status}")
        except TimeoutError:
            pass
        finally:
            if playing.returncode is None:
                playing.kill()
                await playing.wait()

    async def _hooks(self) -> None:
        pause_s = _FIRST_PAUSE_S
        async with httpx.AsyncClient(timeout=_HOOK_LIMIT_S, follow_redirects=False) as http:
            while True:
                untold = [one for one in self._alarms.all if self._settings.hook and not one.hook_at_ms]
                failed = False
                for alarm in untold:
                    failed = not await self._post(http, alarm) or failed
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S) if failed else _FIRST_PAUSE_S
                await asyncio.sleep(pause_s if failed else _LOOK_S)

    async def _post(self, http: httpx.AsyncClient, alarm: LocalAlarm) -> bool:
        body = msgspec.json.encode(alarm)
        time_s = self._clock.now_ms() // SECOND_MS
        signed = hmac.new(self._settings.hook_secret.encode(), b"%d.%b" % (time_s, body), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": alarm.id,
            "Anhu-Signature": f"t={time_s},v1={signed}",
        }
        try:
            answer = await http.post(self._settings.hook, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._failed(f"hook: {type(error).__name__}")
            return False
        if not answer.is_success:
            self._failed(f"hook: answered {answer.status_code}")
            return False
        self.trouble = ""
        self._alarms.hook_took(alarm, self._clock.now_ms())
        return True

    def _failed(self, why: str) -> None:
        if why != self.trouble:
            _logger.error("the house cannot be told: %s", why)
        self.trouble = why


async def ended(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait for their ends."""
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
