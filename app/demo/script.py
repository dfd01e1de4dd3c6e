"""What happens in the demo, in a loop: who, which scenario, after how long."""

from __future__ import annotations

from typing import NamedTuple

LOOP_S = 1_200.0


class Scene(NamedTuple):
    """One event of the script.

    Attributes
    ----------
    after_s : float
        From the beginning of the loop. [s]
    resident : int
        Number of the resident, from 1.
    scenario : str
        Name in `simulators.sources.scenarios`.
    """

    after_s: float
    resident: int
    scenario: str


SCRIPT = (
    Scene(5.0, 1, "fall"),
    Scene(40.0, 2, "sos"),
    Scene(20.0, 8, "fibrillation"),
    Scene(60.0, 3, "desaturation"),
    Scene(75.0, 4, "hypertensive_crisis"),
    Scene(90.0, 9, "handheld_ecg"),
    Scene(120.0, 5, "smoke"),
    Scene(150.0, 6, "silence"),
    Scene(240.0, 7, "daily_activity"),
)
