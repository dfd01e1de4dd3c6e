"""What a detector says: a finding, with the evidence that decided."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from alerts.time_shift import shifted
from anhu.contract.priority import Priority


class Condition(StrEnum):
    """Whether the reason for an alert is still there."""

    PRESENT = "present"
    GROWN = "grown"
    """There as before, with a larger count: who reads the alert sees it, nobody is called for it."""
    GONE = "gone"


class Evidence(msgspec.Struct, frozen=True):
    """Why a detector decided as it did; drawn on the desk and kept with the alert.

    Attributes
    ----------
    features : dict
        What was measured, named with unit: ``{"peak_g": 3.4, "tilt_deg": 71}``.
    limits : dict
        What it was compared with, under the same names.
    quantity, device_id : str
        Which signal to draw; empty when there is none.
    start_ms, end_ms : int
        Which stretch of it. [ms]
    note : str
        A key of the message catalogue for one sentence to people; empty mostly.
    marks : dict
        Moments on the signal that were found: ``{"beat": [...]}``. [ms]
    phases : dict
        Stretches of it that were judged, start and end: ``{"pause": [start, end]}``. [ms]
    room : str
        In which of its rooms, as a device said that watches several and recovers in each by itself; empty mostly. Of a
        storm: which.
    rule : str
        Which rule found it, of a kind that several find; empty mostly.
    detector, version, model : str, int, str
        Which version of which detector decided, and the digest of its learned model; empty where no detector did.
    words : list of str
        What the device said that nobody has mapped, in its own words; the first of them.
    devices, residents : list of str
        Whom a storm is about, the first of them.
    """

    features: dict[str, float] = {}
    limits: dict[str, float] = {}
    quantity: str = ""
    device_id: str = ""
    start_ms: int = 0
    end_ms: int = 0
    note: str = ""
    marks: dict[str, list[int]] = {}
    phases: dict[str, list[int]] = {}
    room: str = ""
    rule: str = ""
    detector: str = ""
    version: int = 0
    model: str = ""
    words: list[str] = []
    devices: list[str] = []
    residents: list[str] = []

    @property
    def decided_by(self) -> str:
        """Detector and version; empty where no detector decided."""
        return f"{self.detector} {self.version}" if self.detector else ""

    def shifted(self, by_ms: int) -> Evidence:
        """Return it as if it had been recorded at another time. [ms]."""
        marks = {name: [shifted(t_ms, by_ms) for t_ms in times] for name, times in self.marks.items()}
        phases = {name: [shifted(t_ms, by_ms) for t_ms in times] for name, times in self.phases.items()}
        start_ms, end_ms = shifted(self.start_ms, by_ms), shifted(self.end_ms, by_ms)
        return msgspec.structs.replace(self, start_ms=start_ms, end_ms=end_ms, marks=marks, phases=phases)


class Finding(msgspec.Struct, frozen=True):
    """A condition began, worsened, was seen again, grew in number, or ended.

    Attributes
    ----------
    kind : str
        Code of the alert table (`alerts.kinds`).
    condition : Condition
        Present, grown, or gone.
    at_ms : int
        When it happened by the time that rules use (device time when sane). [ms]
    decided_at_ms : int
        When the evidence was complete, in the same time. [ms]
    score : float
        How sure the detector is, 0 to 1.
    priority : Priority
        May be higher or lower than the kind's usual one.
    """

    kind: str
    condition: Condition
    at_ms: int
    decided_at_ms: int
    score: float
    priority: Priority
    evidence: Evidence = Evidence()

    def shifted(self, by_ms: int) -> Finding:
        """Return it as if it had been found at another time. [ms]."""
        at_ms, decided_ms = shifted(self.at_ms, by_ms), shifted(self.decided_at_ms, by_ms)
        evidence = self.evidence.shifted(by_ms)
        return msgspec.structs.replace(self, at_ms=at_ms, decided_at_ms=decided_ms, evidence=evidence)

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON-ready values."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built
