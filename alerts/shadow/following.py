"""The engine follows what people chose: versions run in the shadow, and change places with the deciding one."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.detector_versions import DetectorVersions, Remembered
from alerts.engine.resident_finding import ResidentFinding
from alerts.rules.decided_by import by_version, name_of
from alerts.rules.detector import Detector
from alerts.shadow.choices import Choice, choices
from alerts.shadow.episodes import forget, going_on
from alerts.shadow.lanes import Lanes
from alerts.shadow.orphans import let_anybody_end
from anhu.contract.clock import Clock
from anhu.registry.database import reading
from anhu.registry.database_changes import DatabaseChanges, Mark

_LOG = logging.getLogger(__name__)


class FollowedChoices:
    """Brings an engine to what people chose.

    Parameters
    ----------
    engine : DetectorVersions
        Of the engine that decides.
    detectors : sequence of Detector subclasses
        Released and further versions.
    """

    def __init__(
        self,
        engine: DetectorVersions,
        lanes: Lanes,
        detectors: Sequence[type[Detector]],
        sessions: sessionmaker[Session],
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._lanes = lanes
        self._classes = by_version(detectors)
        self._sessions = sessions
        self._clock = clock
        self._revisions: dict[str, int] = {}
        self._told: list[ResidentFinding] = []
        self._has_followed = False
        self._changes = DatabaseChanges(sessions)
        self._read: tuple[Mark | None, list[tuple[str, Choice]]] = (None, [])

    @property
    def deciding(self) -> Sequence[type[Detector]]:
        """Return the versions that decide now, by name."""
        return [self._classes[name, version] for name, version in sorted(self._engine.present.items())]

    def choose_at_start(self) -> None:
        """Put the versions to work that people chose, before anything is watched."""
        for name, choice in self._chosen():
            live = self._class(name, choice.live)
            if live is not None:
                self._engine.choose(live)

    def _chosen(self) -> list[tuple[str, Choice]]:
        mark = self._changes.mark()
        if mark is None or mark != self._read[0]:
            with reading(self._sessions).begin() as session:
                found = [(name, one) for name, one in choices(session).items() if name in self._engine.present]
            self._read = mark, found
        return self._read[1]

    def _class(self, name: str, version: int) -> type[Detector] | None:
        """Return a version; one that this release no longer has is said aloud, and what there is goes on."""
        found = self._classes.get((name, version))
        if found is None and version:
            _LOG.error("version %d of %s was chosen, and there is no such version", version, name)
        return found

    def follow(self) -> tuple[bool, list[ResidentFinding]]:
        """Follow what people chose since the last time.

        Returns
        -------
        bool
            Whether anything was followed.
        list of ResidentFinding
            What a version says at this moment that decides from now on: nobody was told of it so far.
        """
        chosen = self._chosen()
        changed = [(name, one) for name, one in chosen if self._revisions.get(name) != one.revision]
        for name, choice in changed:
            self._follow_one(name, choice)
            self._revisions[name] = choice.revision
        if changed or not self._has_followed:  # at the start, too: a release may have brought another version
            beside = {f"{name} {choice.shadow}" for name, choice in chosen if choice.shadow}
            with self._sessions.begin() as session:
                let_anybody_end(session, {*map(name_of, self.deciding), *beside}, self._clock.now_ms())
            self._has_followed = True
        told, self._told = self._told, []
        return bool(changed), told

    def _follow_one(self, name: str, choice: Choice) -> None:
        live, shadow = self._class(name, choice.live), self._class(name, choice.shadow)
        left: Remembered | None = None
        if live is not None and live.version != self._engine.present[name]:
            left = self._change(live, choice)
        lane = self._lanes.get(name)
        if lane is not None and lane.detector is not shadow:
            self._lanes.end(name)
        if shadow is not None and self._lanes.get(name) is None:
            self._lanes.begin(shadow, choice.since_ms, left)

    def _change(self, live: type[Detector], choice: Choice) -> Remembered | None:
        """Put a version to work; return what the former one knows, unless it has gone into the lane already."""
        lane = self._lanes.get(live.name)
        if lane is None or lane.detector is not live or lane.why_off is not None:
            return self._engine.choose(live)
        self._change_places(live, choice)
        return None

    def _change_places(self, live: type[Detector], choice: Choice) -> None:
        """Let a version decide that ran in the shadow, and the other one run there: each knows what it knew."""
        name, now = live.name, self._clock.now_ms()
        self._lanes.catch_up(name)
        lane = self._lanes.get(name)
        former = self._classes[name, self._engine.present[name]]
        mine = {resident for _, resident in self._engine.watched()}
        with self._sessions.begin() as session:
            self._told += going_on(session, live, mine, now)
            for version in (live.version, former.version):
                forget(session, name, version, mine)
        if lane is not None:
            known, left = lane.versions.choose(former), self._engine.choose(live)
            self._engine.tell(name, known)
            lane.versions.tell(name, left)
            lane.begin_anew(former, choice.since_ms)
