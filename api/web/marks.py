"""Which values are abnormal for this resident, and how far: said with a sign and a word, never with colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alerts.bounds import Bound, bounds_of
from anhu.contract.priority import Priority
from api.web.wording import Wording


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that a rule finds abnormal.

    Attributes
    ----------
    name : str
        ``high``, ``low``, ``critical_high`` or ``critical_low``: word and colour.
    sign : str
        An arrow; two when critical.
    word : str
        In the reader's language.
    limit : str
        The limit that it reached, as ``≥ 131``.
    """

    name: str
    sign: str
    word: str
    limit: str

    @property
    def is_critical(self) -> bool:
        """Whether a rule calls it urgent."""
        return self.name.startswith("critical")


@dataclass(frozen=True, slots=True)
class Marks:
    """What is abnormal for one resident.

    Attributes
    ----------
    limits : mapping
        The resident's own limits, by name; where there is none the rules' count.
    flags : iterable of str
        What is known of the resident and moves limits.
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    flags: Iterable[str] = ()

    def of(self, code: str, value: float, wording: Wording) -> Mark | None:
        """Return the mark of a value of a quantity; None when no rule minds it. [the quantity's unit]."""
        crossed = [one for one in bounds_of(code, limits=self.limits, flags=self.flags) if one.holds(value)]
        return _mark(max(crossed, key=_severity), wording) if crossed else None


def worse(one: Mark | None, other: Mark | None) -> Mark | None:
    """Return the more severe of two marks."""
    if one is None or (other is not None and other.is_critical and not one.is_critical):
        return other
    return one


def _severity(bound: Bound) -> tuple[Priority, float]:
    return bound.priority, bound.value if bound.above else -bound.value


def _mark(bound: Bound, wording: Wording) -> Mark:
    side = "high" if bound.above else "low"
    critical = bound.priority >= Priority.HIGH
    name = f"critical_{side}" if critical else side
    return Mark(
        name=name,
        sign=("↑" if bound.above else "↓") * (2 if critical else 1),
        word=wording.t(f"mark.{name}"),
        limit=f"{'≥' if bound.above else '≤'} {bound.value:g}",
    )
