"""What a drill found, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Told(NamedTuple):
    """What became of the drill at one contact.

    Attributes
    ----------
    after_s : float or None
        From the device's message to the receipt; None: it did not get there. [s]
    why : str
        The channel's words.
    """

    contact_id: str
    owner: str
    channel: str
    after_s: float | None
    why: str


class Drilled(NamedTuple):
    """What became of a drill.

    Attributes
    ----------
    alert_after_s : float or None
        From the device's message to the alert on the desk; None: there was none. [s]
    told : sequence of Told
        Each contact that is told of a real call.
    problem : str
        Where the way broke; empty: it did not.
    """

    resident_id: str
    alert_after_s: float | None
    told: Sequence[Told]
    problem: str

    @property
    def is_well(self) -> bool:
        """Whether everybody got it, and there is somebody."""
        return not self.problem and bool(self.told) and all(one.after_s is not None for one in self.told)

    def as_json(self) -> dict[str, object]:
        """Return it for programs."""
        return {**self._asdict(), "told": [one._asdict() for one in self.told], "is_well": self.is_well}

    def lines(self) -> list[str]:
        """Return it for people."""
        lines = [f"Drill for resident {self.resident_id}: every message says that it is none but a drill."]
        if self.alert_after_s is not None:
            lines.append(f"✓ on the desk after {self.alert_after_s:.1f} s")
        for one in self.told:
            who = f"{one.owner} by {one.channel} ({one.contact_id})"
            got = f"✓ {who}: after {one.after_s:.1f} s" if one.after_s is not None else f"✗ {who}: not told"
            lines.append(f"{got}: {one.why}" if one.why else got)
        return [*lines, f"✗ {self.problem}"] if self.problem else lines
