"""When something was observed: the device's own time, in the vendor's form and zone; without one, the received time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.observation import TimeQuality
from anhu.contract.payload import number, time_ms
from anhu.contract.wire import MAX_TIME_MS, MIN_TIME_MS
from gateway.mapping.marked_yaml import Node
from gateway.mapping.paths import Path, path_of
from gateway.mapping.section import Section, text_of

_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})")
_EPOCHS = {"epoch_s": SECOND_MS, "epoch_ms": 1}
_FORMS = 'auto, iso, epoch_s, epoch_ms, or a pattern such as "%d/%m/%Y %H:%M:%S"'


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a time stands and how it is written.

    Attributes
    ----------
    form : str
        ``auto`` (RFC 3339 with a zone, or an epoch of any unit), ``iso``, ``epoch_s``, ``epoch_ms``, or a pattern.
    zone : tzinfo or None
        Of times that name none.
    """

    path: Path
    form: str = "auto"
    zone: tzinfo | None = None

    def at(self, value: object, received_at_ms: int) -> tuple[int, TimeQuality]:
        """Return the time; a missing or unreadable one gives the received time: a call must not wait for it. [ms]."""
        try:
            return self.read(value), TimeQuality.DEVICE
        except FieldError:
            return received_at_ms, TimeQuality.RECEIVED

    def read(self, value: object) -> int:
        """Return the time that a value says. Raises `FieldError`. [ms]."""
        if self.form == "auto":
            return time_ms(value, self.path.text)
        if self.form in _EPOCHS:
            at_ms = round(number(value, self.path.text) * _EPOCHS[self.form])
        else:
            at_ms = self._written(value)
        if not MIN_TIME_MS <= at_ms <= MAX_TIME_MS:
            raise DecodeError(self.path.text, value, "a time between the years 2000 and 2100")
        return at_ms

    def _written(self, value: object) -> int:
        text = str(value).strip()
        try:
            moment = datetime.fromisoformat(text) if self.form == "iso" else datetime.strptime(text, self.form)  # noqa: DTZ007 - the zone is put in below
            moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=self.zone)
            return round(moment.timestamp() * 1_000)
        except (ValueError, OverflowError):
            raise DecodeError(self.path.text, value, f"a time like {self.form}") from None


def moment_of(node: Node) -> Moment:
    """Read where the time stands. Raises `MappingError`."""
    if isinstance(node.value, str):
        return Moment(path_of(node))
    section = Section(node, ("path", "form", "zone"))
    form, zone = section.text("form", "auto"), section.get("zone")
    written = form == "iso" or "%" in form
    if not written and form not in {"auto", *_EPOCHS}:
        raise section.needed("form").wrong(_FORMS, zh=_FORMS)
    if "%" in form:
        _require_pattern(section.needed("form"))
    if written and zone is None and "%z" not in form:
        raise node.wrong("a zone such as +08:00 or Asia/Shanghai: the text names none", zh="时区，例如 +08:00")
    return Moment(path_of(section.needed("path")), form, _zone(zone) if zone is not None else None)


def _require_pattern(node: Node) -> None:
    now = datetime(2026, 11, 22, 6, 30, tzinfo=timezone(timedelta(hours=8)))
    pattern = text_of(node)
    try:
        found = datetime.strptime(now.strftime(pattern), pattern)  # noqa: DTZ007 - only tried
    except (ValueError, re.error) as error:
        raise node.wrong(f"a pattern that reads what it writes ({error})", zh="可以读写的时间格式") from None
    if (found.year, found.month, found.day) != (now.year, now.month, now.day):
        raise node.wrong("a pattern with year, month and day", zh="含年、月、日的时间格式")


def _zone(node: Node) -> tzinfo:
    text = text_of(node)
    if match := _OFFSET.fullmatch(text):
        minutes = int(match[2]) * 60 + int(match[3])
        if minutes <= 14 * 60:
            return timezone(timedelta(milliseconds=(-minutes if match[1] == "-" else minutes) * MINUTE_MS))
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise node.wrong("a zone such as +08:00 or Asia/Shanghai", zh="时区，例如 +08:00 或 Asia/Shanghai") from None
