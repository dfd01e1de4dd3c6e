"""Writes down what each rule does for each resident, now and then, a part at a time: pages show it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session, sessionmaker

from alerts.database_work import with_database
from alerts.engine.detector_versions import DetectorVersions
from alerts.engine.device_state import DeviceState
from alerts.engine.rule_states import RuleState, rule_states
from alerts.rule_state_tables import ResidentRules
from alerts.shadow.following import FollowedChoices
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock

EVERY_MS = 10 * MINUTE_MS
AGAIN_MS = HOUR_MS
"""What has not changed is written again after so long: who reads it sees that the engine still looks. [ms]"""
_PART = 100
_FORGOTTEN_MS = DAY_MS


class RuleStatesWork:
    """Goes over everybody who is watched every ten minutes.

    Parameters
    ----------
    versions, choices
        Who watches.
    """

    def __init__(
        self, versions: DetectorVersions, choices: FollowedChoices, sessions: sessionmaker[Session], clock: Clock
    ) -> None:
        self._versions = versions
        self._choices = choices
        self._sessions = sessions
        self._clock = clock
        self._began_ms = 0
        self._to_come: Iterator[tuple[str, Sequence[DeviceState]]] | None = None
        self._written: dict[str, tuple[int, int]] = {}
        """Resident -> hash of what is written, and when. [ms]"""
        self._going: dict[str, tuple[int, int]] = {}

    async def go_on(self, stop: asyncio.Event, counts: Counter[str]) -> None:
        """Look at some more people when it is time; write what is new or has not been written for an hour."""
        now_ms = self._clock.now_ms()
        if self._to_come is None:
            if 0 <= now_ms - self._began_ms < EVERY_MS:
                return
            self._began_ms, self._going = now_ms, {}
            self._to_come = iter(self._versions.states_by_resident().items())
        part = list(islice(self._to_come, _PART))
        news = self._news(part, now_ms)
        is_last = len(part) < _PART
        if news or is_last:
            await with_database(lambda: self._keep(news, now_ms, is_last=is_last), stop, counts)
        if is_last:
            self._to_come, self._written = None, self._going

    def _news(
        self, part: Sequence[tuple[str, Sequence[DeviceState]]], now_ms: int
    ) -> Mapping[str, Mapping[str, RuleState]]:
        news: dict[str, Mapping[str, RuleState]] = {}
        for resident_id, devices in part:
            states = rule_states(self._choices.deciding, devices, self._versions.of_resident(resident_id), now_ms)
            content = hash(msgspec.msgpack.encode(states))
            before, at_ms = self._written.get(resident_id, (0, 0))
            if content == before and 0 <= now_ms - at_ms < AGAIN_MS:
                self._going[resident_id] = before, at_ms
            else:
                self._going[resident_id] = content, now_ms
                news[resident_id] = states
        return news

    def _keep(self, news: Mapping[str, Mapping[str, RuleState]], now_ms: int, *, is_last: bool) -> None:
        """Write some; at the end forget those of whom nothing has been watched for a day."""
        with self._sessions.begin() as session:
            if news:
                session.execute(delete(ResidentRules).where(ResidentRules.resident_id.in_(news)))
                rows = [
                    {"resident_id": one, "at_ms": now_ms, "rules": {name: list(state) for name, state in rules.items()}}
                    for one, rules in news.items()
                ]
                session.execute(insert(ResidentRules), rows)
            if is_last:
                session.execute(delete(ResidentRules).where(ResidentRules.at_ms < now_ms - _FORGOTTEN_MS))
