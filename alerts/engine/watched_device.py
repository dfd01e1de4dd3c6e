"""Who is watched by which device, as the engine needs it."""

from __future__ import annotations

from typing import NamedTuple

from alerts.rules.detector import Profile


class WatchedDevice(NamedTuple):
    """A device that is enrolled and assigned.

    Attributes
    ----------
    resident_id : str
        Empty when it is assigned to nobody, or revoked: nothing is watched any more.
    position : str
        Where on the body, if its registration says so.
    enrolled_at_ms : int
        From here on its silence counts. [ms]
    """

    device_id: str
    resident_id: str
    profile: Profile
    position: str = ""
    enrolled_at_ms: int = 0
    centre_id: str = ""
    room: str = ""
    """Where it hangs, if its registration says so."""
    gateway_id: str = ""
    """The device through which it speaks, if any."""
    team_id: str = ""
    model: str = ""
    firmware: str = ""
    alarms: tuple[str, ...] = ()
    """Which calls for help it can make, if its registration says so."""
