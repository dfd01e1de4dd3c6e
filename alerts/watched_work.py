"""Counts once an hour for how long people are watched, beside the alarms."""

from __future__ import annotations

import asyncio
from collections import Counter
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, sessionmaker

from alerts.database_work import with_database
from alerts.engine.detector_versions import DetectorVersions
from alerts.engine.watched_people import WatchedPeople
from alerts.service_figures.months import month_of
from alerts.service_figures.watching import add_hour
from alerts.shadow.following import FollowedChoices
from alerts.shadow.lanes import Lanes
from anhu.contract.clock import HOUR_MS, Clock

_PART = 250


class WatchedWork:
    """Adds an hour at the end of each.

    Parameters
    ----------
    versions, choices, lanes
        Who watches.
    consumer : str
        Whose shard it is.
    """

    def __init__(
        self,
        versions: DetectorVersions,
        choices: FollowedChoices,
        lanes: Lanes,
        sessions: sessionmaker[Session],
        clock: Clock,
        *,
        consumer: str,
        time_zone: str,
    ) -> None:
        self._versions = versions
        self._choices = choices
        self._lanes = lanes
        self._sessions = sessions
        self._clock = clock
        self._consumer = consumer
        self._zone = ZoneInfo(time_zone)
        self._hour = 0
        self._counting: WatchedPeople | None = None

    async def go_on(self, stop: asyncio.Event, counts: Counter[str]) -> None:
        """Count some more people, when an hour is over; keep the hour when all are counted."""
        hour = self._clock.now_ms() // HOUR_MS
        if hour != self._hour:
            if self._hour:
                self._counting = WatchedPeople(self._versions, self._clock.now_ms() - HOUR_MS)
            self._hour = hour
        if self._counting is None:
            return
        self._counting.go_on(_PART)
        if self._counting.is_complete:
            await with_database(self._keep, stop, counts)
            self._counting = None

    def _keep(self) -> None:
        if self._counting is None:
            return
        deciding = self._counting.by_detector(self._choices.deciding)
        month = month_of(self._hour * HOUR_MS - 1, self._zone)
        with self._sessions.begin() as session:
            add_hour(session, self._consumer, month, deciding)
        self._lanes.count_person_hours(self._counting)
