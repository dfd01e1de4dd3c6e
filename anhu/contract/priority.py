"""How soon a person must act: one scale for alerts, contacts and messages."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """How soon a person must act (after IEC 60601-1-8 and FHIR): higher is sooner."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
