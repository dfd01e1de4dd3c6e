"""Everything a page says: sentences, names, numbers and times in the reader's language and time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from alerts.kinds import FEATURES, KINDS, NOTES, PHASES, Words
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, to_rfc3339
from anhu.contract.observation import Quality
from anhu.contract.priority import Priority
from anhu.contract.quantities import QUANTITIES
from anhu.contract.words import catalogue, text

PREFIX = "web."


@dataclass(frozen=True)
class Wording:
    """Speaks one language, in one time zone, at one moment.

    Parameters
    ----------
    language : str
        ``zh-CN`` or ``en``.
    zone : ZoneInfo
        Whose clock the times are shown on.
    now_ms : int
        The present, for "today" and "3 min ago". [ms]
    """

    language: str
    zone: ZoneInfo
    now_ms: int

    def t(self, key: str, **values: object) -> str:
        """Return a sentence of the pages' part of the catalogue; the key leaves the ``web.`` out."""
        return text(PREFIX + key, self.language, **values)

    def word(self, table: str, name: str) -> str:
        """Return the word for a code that may be unknown: then the code itself, readable."""
        key = f"{PREFIX}{table}.{name}"
        return text(key, self.language) if key in catalogue() else name.replace("_", " ")

    def note(self, key: str) -> str:
        """Return the sentence a detector points to, or the kind it names; empty when the catalogue has neither."""
        if key.startswith("kind."):
            return self.kind(key.removeprefix("kind."))
        if key in NOTES:
            return self.said(NOTES[key])
        return text(key, self.language) if key in catalogue() else ""

    def said(self, words: Words, **values: object) -> str:
        """Return words of a data sheet in the reader's language, filled in."""
        sentence = words.zh if self._chinese else words.en
        return sentence.format(**values) if values else sentence

    def feature(self, name: str) -> str:
        """Return the word for a name in the evidence: of a data sheet, else one that several share."""
        return self.said(FEATURES[name]) if name in FEATURES else self.word("feature", name)

    def phase(self, name: str) -> str:
        """Return the word for a phase of a signal; one that no data sheet has is shown as it is."""
        return self.said(PHASES[name]) if name in PHASES else name.replace("_", " ")

    def kind(self, code: str) -> str:
        """Return the name of an alert kind."""
        row = KINDS.get(code)
        if row is None:
            return code.replace("_", " ")
        return self.said(row)

    def quantity(self, code: str) -> str:
        """Return the name of a quantity."""
        row = QUANTITIES.get(code)
        if row is None:
            return code.replace("_", " ")
        return row.zh if self._chinese else row.en

    def unit(self, code: str) -> str:
        """Return the unit of a quantity as people write it."""
        row = QUANTITIES.get(code)
        return self.word("unit", row.unit) if row and row.unit else ""

    def number(self, value: float, code: str) -> str:
        """Return a value with the digits its quantity deserves, without the unit."""
        row = QUANTITIES.get(code)
        return f"{value:.{row.decimals if row else 2}f}"

    def priority(self, level: int) -> str:
        """Return the word for a priority."""
        return self.t(f"priority.{priority_name(level)}")

    def doubts(self, quality: int) -> str:
        """Return why a value is to be doubted; empty when it is not."""
        found = [self.t(f"quality.{flag.name.lower()}") for flag in Quality if quality & flag and flag.name]
        return ", ".join(found)

    def clock(self, time_ms: int) -> str:
        """Return ``11:32:05``."""
        return f"{self._local(time_ms):%H:%M:%S}"

    def date(self, time_ms: int) -> str:
        """Return the day and month."""
        local = self._local(time_ms)
        name = self.t("time.months").split()[local.month - 1]
        return self.t("time.date", month=local.month, day=local.day, name=name)

    def moment(self, time_ms: int) -> str:
        """Return the time of today, or the date with hour and minute of another day."""
        local, now = self._local(time_ms), self._local(self.now_ms)
        if local.date() == now.date():
            return f"{local:%H:%M:%S}"
        year = "" if local.year == now.year else f"{local.year} "
        return f"{year}{self.date(time_ms)} {local:%H:%M}"

    def ago(self, time_ms: int) -> str:
        """Return how long ago it was, roughly."""
        age = self.now_ms - time_ms
        if age < MINUTE_MS:
            return self.t("time.just_now")
        if age < HOUR_MS:
            return self.t("time.minutes_ago", count=age // MINUTE_MS)
        if age < 2 * DAY_MS:
            return self.t("time.hours_ago", count=age // HOUR_MS)
        return self.t("time.days_ago", count=age // DAY_MS)

    @staticmethod
    def iso(time_ms: int) -> str:
        """Return the machine-readable form of a time."""
        return to_rfc3339(time_ms)

    @staticmethod
    def duration(length_ms: int) -> str:
        """Return ``0:42``, ``12:05`` or ``3:07:00``."""
        seconds = max(length_ms, 0) // 1_000
        hours, minutes = seconds // 3_600, seconds // 60 % 60
        tail = f"{seconds % 60:02d}"
        return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"

    def start_of_today_ms(self) -> int:
        """Return the reader's last midnight. [ms]."""
        midnight = self._local(self.now_ms).replace(hour=0, minute=0, second=0, microsecond=0)
        return round(midnight.timestamp() * 1_000)

    @cached_property
    def _chinese(self) -> bool:
        return self.language == "zh-CN"

    def _local(self, time_ms: int) -> datetime:
        return datetime.fromtimestamp(time_ms / 1_000, tz=self.zone)


def priority_name(level: int) -> str:
    """Return ``high``, ``medium``, ``low`` or ``info``: CSS classes, icons and words are named so."""
    return Priority(level).name.lower()
