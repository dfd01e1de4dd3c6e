"""A finding with whom it concerns: what the engine hands to the database, and what a replay prints."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from alerts.finding import Finding


class ResidentFinding(NamedTuple):
    """A finding about a resident.

    Attributes
    ----------
    device_id : str
        The device whose data decided; empty when several did.
    late : bool
        Reported long after it happened.
    by_time : bool
        Decided by the passing of time, so that it cannot be late. Only between a detector and the stage `Late`.
    off_body : bool
        Said by a device that says nobody wears it. Only between a detector and the stage `NotWorn`.
    whole : bool
        Decided of the whole home, whichever device came last: it begins and ends for all of them.
    times, last_ms : int
        How many equal findings it stands for, and when the last of them was; 0 for its own time. [1, ms]
    received_ms : int
        When the message came by which it was found; 0 when time passed, or nobody knows. [ms]
    """

    resident_id: str
    device_id: str
    finding: Finding
    late: bool = False
    by_time: bool = False
    off_body: bool = False
    whole: bool = False
    times: int = 1
    last_ms: int = 0
    received_ms: int = 0

    @property
    def newest_ms(self) -> int:
        """When it was last found. [ms]."""
        return max(self.last_ms, self.finding.at_ms)

    def shifted(self, by_ms: int) -> ResidentFinding:
        """Return it as if it had been found at another time. [ms]."""
        return self._replace(finding=self.finding.shifted(by_ms))

    def plain(self) -> list[Any]:
        """Return it as plain values, without what is said to the first stages only."""
        return [self.resident_id, self.device_id, msgspec.to_builtins(self.finding), self.late]
