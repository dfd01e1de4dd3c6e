"""What the data sheet of a detector, or of a stage of the engine, says: `x.toml` beside `x.py`.

A sheet holds everything about the kinds of alert that its module raises. What may be left out errs on the side of
telling: a kind without `storm`, `unworn`, `episode` or `confirmed_as` is told in full, each time, by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority

Text = Annotated[str, msgspec.Meta(min_length=1)]
Level = Literal["high", "medium", "low"]
Emergency = Literal["ambulance", "fire_brigade"]
Side = Literal["upper", "lower"]


def level(word: Level) -> Priority:
    """Return the priority that a sheet's word means."""
    return Priority[word.upper()]


class Route(StrEnum):
    """Who is told first."""

    MEDICAL = "medical"
    """The doctor team; when high, the desk and the family with it."""
    PERSON = "person"
    """A person may be hurt: when high, the desk sends somebody and the doctor team knows at the same moment."""
    SAFETY = "safety"
    """The desk and the family."""
    AREA = "area"
    """About no single person: the desk deals with it, and no family is woken."""
    DRILL = "drill"
    """No alarm at all: everybody who would be told of one, once, and marked as a drill wherever it is read."""
    HEARTBEAT = "heartbeat"
    """No alarm either: nobody is told but the platform itself."""


class SheetError(FieldError):
    """A data sheet that says something wrong, or leaves something undecided: the start must stop."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all entries: an unknown key is refused."""


class Words(_Entry, frozen=True, kw_only=True):
    """What people read, in both languages."""

    zh: Text
    en: Text


class Sentence(Words, frozen=True, kw_only=True):
    """A sentence about the evidence; values in braces are features and limits of it.

    Attributes
    ----------
    of : str
        Said only when this quantity decided; empty: always.
    """

    of: str = ""


class Drawn(_Entry, frozen=True, kw_only=True):
    """Where a limit is a line: on the charts of which quantities, and which side it guards."""

    on: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    side: Side


class Limit(_Entry, frozen=True, kw_only=True):
    """A parameter of the rule that a resident may have of one's own.

    Attributes
    ----------
    default : float or ``"none"``
        What the rule uses for everybody else, as in its ``Params``; none where it depends on the device, or where
        nobody is watched without an own one. [the unit of the name's last part]
    low, high : float
        Between which it may be set. [the same]
    drawn : Drawn or None
        None: on no chart.
    """

    default: float | Literal["none"]
    low: float
    high: float
    drawn: Drawn | None = None


class Storm(_Entry, frozen=True, kw_only=True):
    """A complaint of a device, not a need of a person: many at once wait, and become one alert for the area.

    Attributes
    ----------
    becomes : str
        Kind of the one alert.
    note : str
        Its note; empty: it names the kind that storms.
    always_ends : bool
        An end is not told where the beginning was not, and a storm of them is never forgotten.
    """

    becomes: Text
    note: str = ""
    always_ends: bool


class Episode(_Entry, frozen=True, kw_only=True):
    """Kinds of one episode share one open alert; a later stage takes it over from an earlier one."""

    of: Text
    stage: int


class AlertKind(Words, frozen=True, kw_only=True):
    """One kind of alert.

    Attributes
    ----------
    number : int
        In the catalogue of alerts.
    level : str
        How urgent it is, in the sheet under ``priority``; a detector may say more or less.
    late_h : float
        How long after the event a late report still pages (then marked late); at the vital signs' two hours an older
        one is stored and shown, never paged. [h]
    latches : bool
        Only a person ends it.
    route : Route
        Who is told first.
    emergency : str
        Which service the desk is asked to call when nobody answers.
    charts : tuple of str
        Quantities whose charts mark it.
    home_h : float
        How far back its picture of the home begins; 0: it has none. [h]
    say : tuple of Sentence
        What decided; a sentence that names something which was not measured is left out.
    blind : tuple of Sentence
        What the rule cannot see, so that nobody trusts it with that.
    storm : Storm or None
        None: what a person needs, never held back.
    unworn : str or None
        At most so urgent when the device says that nobody wears it; None: no matter.
    episode : Episode or None
        None: an episode of its own.
    confirmed_as : str
        What two devices that find it at one time make of it; empty: nothing.
    blind_s : float
        A further event of one device within this is taken for the same one: the only time in which nobody hears of it,
        whatever became of the alert. [s]
    again_h : float
        While it lasts it is said again after this, then after twice as long, and so on for a day, so that nobody's
        closing is the last word; 0: its detector sees to that. [h]
    asks_anew_s : float
        A further call so long after somebody's answer asks for an answer anew: whoever presses again was not helped;
        0: only after ten minutes without one. [s]
    unheard : bool
        While it lasts nobody can know how the person is, and relatives are told so.
    called_back : bool
        The resident is asked whether all is well, in the same moment as others are told; at the route ``person``
        always.
    """

    number: int
    level: Level = msgspec.field(name="priority")
    late_h: float
    latches: bool
    route: Route
    emergency: Emergency
    charts: tuple[str, ...]
    home_h: float
    say: tuple[Sentence, ...]
    blind: tuple[Sentence, ...]
    storm: Storm | None = None
    unworn: Level | None = None
    episode: Episode | None = None
    confirmed_as: str = ""
    blind_s: float = 0.0
    again_h: float = 0.0
    asks_anew_s: float = 0.0
    unheard: bool = False
    called_back: bool = False

    @property
    def priority(self) -> Priority:
        """Return how urgent it usually is."""
        return level(self.level)


class AlsoKind(_Entry, frozen=True, kw_only=True):
    """A kind that another sheet owns and this module raises too: what it adds."""

    say: tuple[Sentence, ...] = ()
    blind: tuple[Sentence, ...] = ()


class Measured(_Entry, frozen=True, kw_only=True):
    """How far to believe a detector: what it is made from, the figure, the recordings, what it cannot see.

    Attributes
    ----------
    headline : tuple of (str, str, str)
        Its published figures (alerts/measured): set, group and metric of each; `measured` and `on` are then made from
        them.
    measured, on : str
        In words, where nothing is published.
    """

    source: Text
    blind: Text
    headline: tuple[tuple[str, str, str], ...] = ()
    measured: str = ""
    on: str = ""


class Sheet(_Entry, frozen=True, kw_only=True):
    """A data sheet.

    Attributes
    ----------
    path : str
        ``detectors/sos``: below `alerts`, without its ending.
    kinds, also : mapping
        Kinds that it owns, and those of others that its module raises too.
    say : tuple of Sentence
        Said of all of these kinds, after their own.
    limits : mapping
        Field of the detector's ``Params`` -> limit.
    features, phases : mapping
        Words for names in the evidence that no other module uses.
    notes : mapping
        Sentences that a finding points to: ``alert.note.`` and the name here.
    measured : Measured or None
        Every detector has it.
    """

    path: str
    kinds: Mapping[str, AlertKind]
    also: Mapping[str, AlsoKind]
    say: tuple[Sentence, ...]
    limits: Mapping[str, Limit]
    features: Mapping[str, Words]
    phases: Mapping[str, Words]
    notes: Mapping[str, Words]
    measured: Measured | None

    @property
    def name(self) -> str:
        """Return the name of the module that it stands beside."""
        return self.path.rpartition("/")[2]

    @property
    def raises(self) -> frozenset[str]:
        """Return every kind that the module raises."""
        return frozenset({*self.kinds, *self.also})
