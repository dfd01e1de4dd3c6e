"""Everything a page says: sentences, names, numbers and times in the reader's language and time zone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from alerts.kinds import FEATURES, KINDS, NOTES, PHASES, Words
from anhu.contract.observation import Quality
from anhu.contract.priority import Priority
from anhu.contract.quantities import QUANTITIES
from anhu.contract.words import catalogue, text
from api.web.reader import PREFIX, Reader


@dataclass(frozen=True)
class Wording(Reader):
    """Speaks to one reader: sentences and times, and what everything is called."""

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

    def said_key(self, key: str, **values: object) -> str:
        """Return a sentence that pages share with the command line, by its whole key."""
        return text(key, self.language, **values)

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

    @cached_property
    def _chinese(self) -> bool:
        return self.language == "zh-CN"


def priority_name(level: int) -> str:
    """Return ``high``, ``medium``, ``low`` or ``info``: CSS classes, icons and words are named so."""
    return Priority(level).name.lower()
