"""What the outside world knows: who called for help, who was answered. The properties compare it with the inside."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.faults.senders import Sender

POISONED = "body_temperature"
"""What only poison says: what can be understood of a message that is refused is kept, and was promised to nobody."""


@dataclass(slots=True)
class Call:
    """One call for help."""

    sender: Sender
    payload: bytes
    sent_s: float
    answer: bool
    """Whether a person will answer it once the page has come."""


@dataclass(slots=True)
class Ledger:
    """Everything that must be accounted for.

    Attributes
    ----------
    answered_s : dict
        Alert -> when the platform had confirmed the person's answer, by `time.monotonic`. [s]
    answered_by_phone : set
        Alerts that somebody took by a key or a reply; he goes there, too.
    kills : dict
        What was killed -> how often.
    peak_bytes : dict
        Process -> most memory it ever had. [byte]
    notes : dict
        Other numbers for the report.
    """

    seed: str
    senders: list[Sender] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    poison: set[bytes] = field(default_factory=set)
    answered_s: dict[str, float] = field(default_factory=dict)
    answered_by_phone: set[str] = field(default_factory=set)
    kills: dict[str, int] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)
    notes: dict[str, float] = field(default_factory=dict)

    def killed(self, what: str) -> None:
        """Count a kill."""
        self.kills[what] = self.kills.get(what, 0) + 1

    def note(self, name: str, value: float) -> None:
        """Keep the largest of a number for the report."""
        self.notes[name] = max(round(value, 2), self.notes.get(name, 0.0))

    @property
    def promised(self) -> int:
        """Messages that were acknowledged."""
        return sum(len(s.promised) for s in self.senders)
