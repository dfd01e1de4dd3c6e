"""Device events that nobody has mapped: shown to the desk, never dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.events import Dedup, event_finding, in_its_words
from alerts.rules.usable import usable_events
from anhu.contract.clock import HOUR_MS, SECOND_MS
from anhu.contract.priority import Priority

_MOST_WORDS = 64
_Word = tuple[str, int]  # what a field said last, and when


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Persistence.

    Attributes
    ----------
    alarm_dedup_s : float
        For events that speak of an alarm; short for the reason of `sos`. [s]
    dedup_s : float
        For all others, per vendor type: one an hour is enough to be mapped. [s]
    word_s : float
        A field's word that nobody mapped is said once as long as the field repeats it within this. [s]
    """

    alarm_dedup_s: float = 2.0
    dedup_s: float = HOUR_MS / SECOND_MS
    word_s: float = 6 * HOUR_MS / SECOND_MS


class UnknownEvent(Detector):
    """An unmapped event whose words are sos, fall, alarm, help, 跌倒, 求助 (``urgent``) pages; any other is medium.

    A field that holds an unmapped word (``value``) repeats it with every report: that is said once, until the field
    says another word or is well again. A real care middleware answered such events with "ignored" because its list had
    only seven types.
    """

    name = "unknown_event"
    version = 2
    kinds = ("unknown_event", "unknown_alarm")
    reads = ("unknown_vendor_event",)
    ordered = False

    def __init__(self, params: Params | None = None) -> None:
        p = params or Params()
        self._alarms = Dedup(round(p.alarm_dedup_s * SECOND_MS))
        self._others = Dedup(round(p.dedup_s * SECOND_MS))
        self._word_ms = round(p.word_s * SECOND_MS)
        self._words: dict[str, _Word] = {}

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - what is unknown is so for everybody
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take unmapped events; return what the desk must see."""
        urgent = window.attributes.get("urgent") is True
        vendor_type = str(window.attributes.get("vendor_type", ""))
        kind, priority = ("unknown_alarm", Priority.HIGH) if urgent else ("unknown_event", Priority.MEDIUM)
        return tuple(
            in_its_words(event_finding(window, kind, t, priority), vendor_type)
            for t, on in usable_events(window)
            if self._is_news(vendor_type, window.attributes.get("value"), t, on=on, urgent=urgent)
        )

    def _is_news(self, vendor_type: str, value: object, t_ms: int, *, on: bool, urgent: bool) -> bool:
        field = f"{urgent}/{vendor_type}"
        if not on:
            self._words.pop(field, None)
            return False
        if value is None:
            return (self._alarms if urgent else self._others).is_new(vendor_type, t_ms)
        last = self._words.pop(field, None)
        if len(self._words) >= _MOST_WORDS:
            del self._words[next(iter(self._words))]
        word, seen_ms = str(value), max(t_ms, last[1]) if last else t_ms
        self._words[field] = (word, seen_ms)
        return last is None or last[0] != word or t_ms - last[1] >= self._word_ms

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        words = {field: list(word) for field, word in self._words.items()}
        return {"alarms": self._alarms.snapshot(), "others": self._others.snapshot(), "words": words}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._alarms.restore(state["alarms"])
        self._others.restore(state["others"])
        self._words = {field: (word, seen_ms) for field, (word, seen_ms) in state.get("words", {}).items()}

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._alarms.shift(by_ms)
        self._others.shift(by_ms)
        self._words = {field: (word, seen_ms + by_ms) for field, (word, seen_ms) in self._words.items()}
