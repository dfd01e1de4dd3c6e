"""What each rule does for one resident just now: it watches, learns, cannot tell, has nothing to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from alerts.engine.device_state import DeviceState, Instance
from alerts.engine.not_worn import ON_BODY
from alerts.rules.detector import HEARD, Detector, Scope
from alerts.rules.reporting import silent_after_s
from alerts.rules.silence import Lesson, Silence
from anhu.contract.clock import SECOND_MS


class Doing(StrEnum):
    """What a rule does; what tells most comes first."""

    WATCHES = "watches"
    LEARNING = "learning"
    """It watches with wide limits: what is usual is not known yet."""
    CANNOT_TELL = "cannot_tell"
    DOUBT = "doubt"
    NOT_WORN = "not_worn"
    """The device says that nobody wears it."""
    NOT_HEARD = "not_heard"
    """The device that it reads has been silent for too long."""
    NO_SENSOR = "no_sensor"


_OF_SILENCE: Mapping[Silence, Doing] = {
    Silence.NONE: Doing.WATCHES,
    Silence.LEARNING: Doing.LEARNING,
    Silence.CANNOT_TELL: Doing.CANNOT_TELL,
    Silence.DOUBT: Doing.DOUBT,
    Silence.NO_SENSOR: Doing.NO_SENSOR,
}
_ORDER = {one: number for number, one in enumerate(Doing)}


class RuleState(NamedTuple):
    """What one rule does for one resident.

    Attributes
    ----------
    known, needed, of : int, int, str
        While it learns: as of `alerts.rules.silence.Lesson`; else 0 and empty.
    """

    doing: Doing
    known: int = 0
    needed: int = 0
    of: str = ""

    @property
    def lesson(self) -> Lesson | None:
        """How far it has come while it learns."""
        return Lesson(self.known, self.needed, self.of) if self.of else None


def rule_states(
    detectors: Iterable[type[Detector]], devices: Sequence[DeviceState], resident: DeviceState | None, now_ms: int
) -> dict[str, RuleState]:
    """Return rule -> what it does, of those rules that some device of a resident has something for. [ms].

    Parameters
    ----------
    devices : sequence of DeviceState
        The resident's.
    resident : DeviceState or None
        What is remembered of all of them together, if anything is.
    """
    said = [(one, {HEARD, *one.known_quiet, *one.last_ms, *one.waves_end_ms, *one.device.alarms}) for one in devices]
    found: dict[str, RuleState] = {}
    for detector in detectors:
        readers = [one for one, quantities in said if not quantities.isdisjoint(detector.reads)]
        if readers:
            found[detector.name] = _state(detector, readers, resident, now_ms)
    return found


def _state(
    detector: type[Detector], readers: Sequence[DeviceState], resident: DeviceState | None, now_ms: int
) -> RuleState:
    judges_silence = detector.scope is Scope.DEVICE and HEARD in detector.reads
    speak = [one for one in readers if judges_silence or _speaks(one, now_ms)]
    if not speak:
        return RuleState(Doing.NOT_HEARD)
    worn = [one for one in speak if not one.off_body or ON_BODY.isdisjoint(detector.reads)]
    if not worn:
        return RuleState(Doing.NOT_WORN)
    if detector.scope is Scope.RESIDENT:
        at_work = [resident.at_work(detector.name) if resident is not None else None]
    else:
        at_work = [one.at_work(detector.name) for one in worn]
    return min(map(_of_instance, at_work), key=lambda one: _ORDER[one.doing])


def _speaks(state: DeviceState, now_ms: int) -> bool:
    return now_ms - state.heard_ms <= SECOND_MS * silent_after_s(state.device.profile.report_period_s)


def _of_instance(at_work: Instance | None) -> RuleState:
    """Return what an instance does; where all values are ordinary there is none, and a fresh one would watch."""
    if at_work is None:
        return RuleState(Doing.WATCHES)
    try:
        doing = _OF_SILENCE[at_work.detector.silence]
        lesson = at_work.detector.lesson if doing is Doing.LEARNING else None
    except Exception:  # noqa: BLE001 - one broken detector must not silence all the others
        return RuleState(Doing.CANNOT_TELL)
    return RuleState(doing, *lesson) if lesson is not None else RuleState(doing)
