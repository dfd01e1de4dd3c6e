"""A finding with whom it concerns: what the engine hands to the database, and what a replay prints."""

from __future__ import annotations

from typing import NamedTuple

from alerts.finding import Finding


class ResidentFinding(NamedTuple):
    """A finding about a resident.

    Attributes
    ----------
    device_id : str
        The device whose data decided; empty when several did.
    late : bool
        Reported long after it happened.
    """

    resident_id: str
    device_id: str
    finding: Finding
    late: bool = False
