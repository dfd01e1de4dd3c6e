"""Reads observations (OBX) of IHE PCD-01 messages: MDC and LOINC codes, MDC and UCUM units, and Mindray's own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, number, unknown_event
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.units import convert
from gateway.codec import Frame
from gateway.codecs.hl7_pcd01.framing import Segment, segments

_CHINA = timezone(timedelta(hours=8), "China Standard Time")
_MINDRAY: Mapping[int, str] = {
    150301: "systolic_pressure",
    150302: "diastolic_pressure",
    150303: "mean_pressure",
    150488: "perfusion_index",
    149546: "pulse_rate",
    160188: "glucose",
    160020: "glucose",
}
_SITES: Mapping[int, str] = {
    188496: "axilla",
    188424: "oral",
    188428: "ear",
    188432: "finger",
    188420: "rectal",
    150392: "tympanic",
}
_LOINC: Mapping[str, str] = {"2708-6": "spo2", "41653-7": "glucose", "8310-5": "body_temperature"}
_UNITS: Mapping[int, str] = {
    264864: "/min",
    264928: "/min",
    262688: "%",
    266016: "mm[Hg]",
    265987: "kPa",
    268192: "Cel",
    266560: "[degF]",
    264274: "mg/dL",
    266866: "mmol/L",
    263875: "kg",
    263904: "[lb_av]",
    263441: "cm",
}
_TIME = re.compile(r"(\d{14})(?:\.\d+)?([+-]\d{4})?")
_NATIONAL_ID = re.compile(r"\d{15}|\d{17}[\dXx]")
_NO_RESULT = frozenset({"X", "D", "W", "N"})
_LATE_MS = 120_000


@cache
def _by_mdc() -> Mapping[int, str]:
    """Return MDC code -> quantity; of two that share one, the first of the table."""
    found = {row.mdc: code for code, row in reversed(list(QUANTITIES.items())) if row.mdc}
    return {**found, **_MINDRAY, **dict.fromkeys(_SITES, "body_temperature")}


@cache
def _by_loinc() -> Mapping[str, str]:
    found = {row.loinc: code for code, row in reversed(list(QUANTITIES.items())) if row.loinc}
    return {**found, **_LOINC}


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one message. Raises `DecodeError` for what is no message of observations."""
    found = segments(frame.payload)
    kind = found[0].parts(9)
    if kind[:2] not in (["ORU", "R01"], ["ORU", "R40"]):
        raise DecodeError("MSH-9", found[0].field(9), "ORU^R01 (observations) or ORU^R40 (alarms)")
    said = tuple(_Reader(frame, found).observations(is_alarm=kind[1] == "R40"))
    if not said and not any(one.name == "OBX" for one in found):
        raise DecodeError("OBX", None, "at least one observation")
    return flagged(said, Quality.RETAINED) if frame.retained else said


def user_source(patient: str) -> str:
    """Return whose measurement it is, as a source; empty where nobody is named.

    A national identity number is not passed on; a digest of it tells one person from another.
    """
    patient = patient.strip()
    if not patient:
        return ""
    if _NATIONAL_ID.fullmatch(patient):
        patient = "id-" + hashlib.sha256(patient.upper().encode()).hexdigest()[:16]
    return source_name(f"user-{patient}")


class _Reader:
    """Reads one message: whose it is and when, unless an observation says otherwise."""

    def __init__(self, frame: Frame, found: list[Segment]) -> None:
        self._found, self._received_at_ms = found, frame.received_at_ms
        self._source, self._given = "", found[0].field(7)

    def observations(self, *, is_alarm: bool) -> Iterator[Observation]:
        """Yield what each segment says; what one cannot be read costs only itself."""
        demo = False
        for segment in self._found:
            if segment.name == "PID":
                self._source = user_source(segment.parts(3)[0])
            elif segment.name == "OBR":
                self._given = segment.field(7) or self._given
            elif segment.name == "OBX" and "DEMO" in segment.field(8).upper():
                demo = True
            elif segment.name == "OBX":
                yield from self._alarm(segment) if is_alarm else self._one(segment)
        if demo:  # nothing of it is a person's
            about: dict[str, AttributeValue] = {"reason": "demo_mode"}
            yield Event("sensor_fault", self._received_at_ms, "on", about, TimeQuality.RECEIVED)

    def _one(self, segment: Segment) -> Iterator[Observation]:
        quantity, context = _quantity(segment)
        value = segment.field(5).strip()
        if not value or segment.field(11).strip() in _NO_RESULT:
            return
        at_ms, time_quality = self._time(segment)
        quality = self._late(at_ms, time_quality)
        if not quantity:
            yield self._unknown(segment, urgent=None)
        elif QUANTITIES[quantity].kind is Kind.EVENT:
            state = "off" if value.lower() in {"0", "off", "false", "n", "no"} else "on"
            yield Event(quantity, at_ms, state, {}, time_quality, quality, self._source)
        elif QUANTITIES[quantity].kind is Kind.SCALAR:
            try:
                plain = number(value, "OBX-5")
                found = convert(plain, _unit(segment) or QUANTITIES[quantity].unit, QUANTITIES[quantity].unit)
            except FieldError:
                yield self._unknown(segment, urgent=False)
                return
            yield Scalar(quantity, found, at_ms, time_quality, quality, context, self._source)

    def _alarm(self, segment: Segment) -> Iterator[Observation]:
        """Keep an alarm of a monitor: of high priority it may be a call."""
        high = "PH" in segment.field(8).upper().split("~")
        if segment.field(5).strip() or high:
            yield self._unknown(segment, urgent=True if high else None)

    def _unknown(self, segment: Segment, *, urgent: bool | None) -> Event:
        at_ms, time_quality = self._time(segment)
        code, name, _ = segment.parts(3)[:3]
        details = {"value": segment.field(5)[:200], "unit": segment.parts(6)[0][:40]}
        return unknown_event(
            f"{code} {name}".strip()[:80] or "OBX",
            at_ms=at_ms,
            time_quality=time_quality,
            source=self._source,
            details={name: text for name, text in details.items() if text},
            urgent=urgent,
        )

    def _late(self, at_ms: int, time_quality: TimeQuality) -> int:
        late = time_quality is TimeQuality.DEVICE and self._received_at_ms - at_ms > _LATE_MS
        return int(Quality.LATE) if late else 0

    def _time(self, segment: Segment) -> tuple[int, TimeQuality]:
        """Return when it was observed; a time without a zone is China's."""
        found = _TIME.match(segment.field(14) or self._given)
        if found is None:
            return self._received_at_ms, TimeQuality.RECEIVED
        digits, zone = found.groups()
        try:
            at = datetime.strptime(digits + (zone or "+0800"), "%Y%m%d%H%M%S%z").astimezone(UTC)
        except (ValueError, OverflowError):
            return self._received_at_ms, TimeQuality.RECEIVED
        if not 2000 <= at.year < 2100:  # noqa: PLR2004 - years
            return self._received_at_ms, TimeQuality.RECEIVED
        return round(at.timestamp() * 1_000), TimeQuality.DEVICE


def _quantity(segment: Segment) -> tuple[str, str]:
    """Return the quantity of an observation, and where it was measured; empty where nobody mapped it."""
    code = segment.parts(3)[0].strip()
    if code.isdecimal() and len(code) < 12:  # noqa: PLR2004 - MDC codes have eight digits at most
        mdc = int(code)
        return _by_mdc().get(mdc, ""), _SITES.get(mdc, "")
    return _by_loinc().get(code, ""), ""


def _unit(segment: Segment) -> str:
    code = segment.parts(6)[0].strip()
    return _UNITS.get(int(code), code) if code.isdecimal() and len(code) < 12 else code  # noqa: PLR2004 - as above
