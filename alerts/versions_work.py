"""The worker's side of versions of detectors: what people chose is followed, those in the shadow get their time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.read_ahead import ReadAhead
from alerts.rule_states_work import RuleStatesWork
from alerts.rules.detector import Detector
from alerts.shadow.following import FollowedChoices
from alerts.shadow.lanes import Lanes
from alerts.watched_work import WatchedWork
from anhu.contract.clock import Clock


class VersionsWork:
    """Versions of detectors in one worker.

    Parameters
    ----------
    engine, read_ahead
        The worker's: they follow.
    detectors : sequence of Detector subclasses
        Released and further versions.
    consumer : str
        Whose shard it is.

    Attributes
    ----------
    lanes : Lanes
        Those in the shadow.
    """

    def __init__(
        self,
        engine: Engine,
        detectors: Sequence[type[Detector]],
        sessions: sessionmaker[Session],
        clock: Clock,
        *,
        consumer: str,
        time_zone: str,
        read_ahead: ReadAhead,
    ) -> None:
        self._read_ahead = read_ahead
        self.lanes = Lanes(engine.versions, sessions, clock, consumer)
        self._choices = FollowedChoices(engine.versions, self.lanes, detectors, sessions, clock)
        whose = {"consumer": consumer, "time_zone": time_zone}
        self._watched = WatchedWork(engine.versions, self._choices, self.lanes, sessions, clock, **whose)
        self._states = RuleStatesWork(engine.versions, self._choices, sessions, clock)

    def choose_at_start(self) -> None:
        """Put the versions to work that people chose."""
        self._choices.choose_at_start()
        self._read_ahead.use(self._choices.deciding)

    def follow(self, changed: Sequence[WatchedDevice]) -> list[ResidentFinding]:
        """Follow the directory, and what people chose; return what a version says that decides from now on."""
        self.lanes.update_roster(changed)
        is_news, told = self._choices.follow()
        if is_news:
            self._read_ahead.use(self._choices.deciding)
        return told

    async def go_on(self, stop: asyncio.Event, counts: Counter[str], *, is_caught_up: bool) -> list[ResidentFinding]:
        """Give those in the shadow their time where nobody waits for an alarm; return what ends (`Lanes.work`).

        Once an hour it is counted who is watched, every ten minutes written down what each rule does for whom.
        """
        ended = self.lanes.work() if is_caught_up else []
        await self.lanes.keep(stop, counts)
        await self._watched.go_on(stop, counts)
        if is_caught_up:
            await self._states.go_on(stop, counts)
        return ended
