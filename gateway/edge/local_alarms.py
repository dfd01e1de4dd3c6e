"""What the edge tells the house by itself: kept in a file, told until somebody answers."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from anhu.contract.identity import new_id

_KEPT = 500
_logger = logging.getLogger(__name__)


class LocalAlarm(msgspec.Struct, kw_only=True):
    """Calls for help of one device and kind that the centre did not have in time, until somebody answers.

    Attributes
    ----------
    first_at_ms, last_at_ms : int
        When they were made, by the device or, where that has no clock, by the edge. [ms]
    raised_at_ms : int
        When the house was told. [ms]
    at_centre_ms, answered_at_ms, hook_at_ms : int
        When the centre had the newest, when somebody in the house answered, when the webhook took it; 0: not yet. [ms]
    """

    id: str
    device_id: str
    kind: str
    label: str
    first_at_ms: int
    last_at_ms: int
    raised_at_ms: int
    calls: int = 1
    at_centre_ms: int = 0
    answered_at_ms: int = 0
    answered_by: str = ""
    hook_at_ms: int = 0


class LocalAlarms:
    """The alarms of this edge, the newest last. A disk that refuses keeps nobody from being told.

    Parameters
    ----------
    path : Path
        Where they are kept.

    Attributes
    ----------
    unwritten : str
        Why the last change is not on disk; empty when it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.unwritten = ""
        self._alarms = msgspec.json.decode(path.read_bytes(), type=list[LocalAlarm]) if path.exists() else []

    @property
    def all(self) -> Sequence[LocalAlarm]:
        """Return them, the oldest first."""
        return tuple(self._alarms)

    @property
    def unanswered(self) -> Sequence[LocalAlarm]:
        """Return those that nobody in the house has answered."""
        return tuple(one for one in self._alarms if not one.answered_at_ms)

    def find(self, device_id: str, kind: str, at_ms: int) -> LocalAlarm | None:
        """Return the alarm of a call made at a time, if the house was told of it. [ms]."""
        for one in reversed(self._alarms):
            if (one.device_id, one.kind) == (device_id, kind) and one.first_at_ms <= at_ms <= one.last_at_ms:
                return one
        return None

    def tell(self, device_id: str, kind: str, label: str, *, at_ms: int, now_ms: int) -> LocalAlarm:
        """Tell the house of a call; one more while nobody has answered the last is counted there. [ms]."""
        known = self.find(device_id, kind, at_ms)
        if known is not None:
            return known
        for one in self.unanswered:
            if (one.device_id, one.kind) == (device_id, kind):
                one.first_at_ms, one.last_at_ms = min(one.first_at_ms, at_ms), max(one.last_at_ms, at_ms)
                one.calls += 1
                self._write()
                return one
        fresh = LocalAlarm(
            id=new_id("l"),
            device_id=device_id,
            kind=kind,
            label=label,
            first_at_ms=at_ms,
            last_at_ms=at_ms,
            raised_at_ms=now_ms,
        )
        self._alarms.append(fresh)
        self._forget_old()
        self._write()
        return fresh

    def answer(self, alarm_id: str, who: str, now_ms: int) -> LocalAlarm | None:
        """Take that somebody in the house goes; None where there is no such alarm. The first answer counts. [ms]."""
        for one in self._alarms:
            if one.id == alarm_id:
                if not one.answered_at_ms:
                    one.answered_at_ms, one.answered_by = now_ms, who
                    self._write()
                return one
        return None

    def reached_centre(self, alarm: LocalAlarm, now_ms: int) -> None:
        """Take that the centre has it. [ms]."""
        alarm.at_centre_ms = now_ms
        self._write()

    def hook_took(self, alarm: LocalAlarm, now_ms: int) -> None:
        """Take that the webhook has it. [ms]."""
        alarm.hook_at_ms = now_ms
        self._write()

    def _forget_old(self) -> None:
        """Forget the oldest answered ones; one that nobody answered is never forgotten for another."""
        answered = [one for one in self._alarms if one.answered_at_ms]
        for one in answered[: max(0, len(self._alarms) - _KEPT)]:
            self._alarms.remove(one)

    def _write(self) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                file.write(msgspec.json.encode(self._alarms))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            self.unwritten = f"{self._path.name}: {error.strerror}"
            _logger.exception("what the house was told is not on disk")
        else:
            self.unwritten = ""
