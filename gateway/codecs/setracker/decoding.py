"""Reads what a watch of the family says, by the kind of the frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, unknown_event
from gateway.codec import Frame
from gateway.codecs.setracker import position
from gateway.codecs.setracker.framing import Packet, opened

_POSITION = re.compile(r"(?:UD|AL|WT)[23]?(?:_[A-Za-z0-9]+)?")
_RECEIVED = TimeQuality.RECEIVED
_SHOWN_BYTES = 512
_SOUND = frozenset({"TK", "JXTK", "IMG", "RCAPTURE", "PP"})
_SILENT = frozenset(
    {"INIT", "TKQ", "TKQ2", "CCID", "ICCID", "IMEI", "RYIMEI", "VERNO", "TS", "KA", "CONFIG", "REMIND", "BTEMP"}
    | {"CR", "FIND", "UPLOAD", "CENTER", "SOS1", "SOS2", "SOS3", "MONITOR", "POWEROFF", "RESET", "FACTORY", "LZ"}
    | {"IP", "PW", "HRTSTART", "BLDSTART", "PHB", "PHB2", "SILENCETIME", "LOWBAT", "REMOVE", "PEDO", "WALKTIME"}
    | {"SLEEPTIME", "CALL", "MESSAGE", "BODYTEMP2", "FLOWER", "GPS", "WIFI", "APN", "LANG"}
)
"""Settings and answers to commands: nothing of the wearer."""


def _numbers(fields: Sequence[str]) -> list[float]:
    found = [position.number(one) for one in fields]
    return [0.0 if one is None else one for one in found]


def _scalar(quantity: str, value: float, at_ms: int, context: str = "") -> Iterator[Observation]:
    if value > 0:
        yield Scalar(quantity, value, at_ms, _RECEIVED, 0, context)


def _heart(value: float, at_ms: int) -> Iterator[Observation]:
    """Yield a heart rate; 0 says only that the watch is not worn."""
    yield Event("worn", at_ms, "on" if value > 0 else "off", {}, _RECEIVED)
    yield from _scalar("heart_rate", value, at_ms)


def _keep_alive(fields: Sequence[str], at_ms: int) -> Iterator[Observation]:
    """Read steps, tumbles, battery; of a short one it is not known which two it has."""
    if len(fields) >= 3:  # noqa: PLR2004 - as above
        steps, _, battery = _numbers(fields[:3])
        if steps >= 0:
            yield Scalar("steps", steps, at_ms, _RECEIVED)
        if fields[2] and 0 <= battery <= 100:  # noqa: PLR2004 - percent
            yield Scalar("battery", battery, at_ms, _RECEIVED)


def _pressure(fields: Sequence[str], at_ms: int) -> Iterator[Observation]:
    systolic, diastolic, rate, *_ = [*_numbers(fields), 0.0, 0.0, 0.0]
    yield from _scalar("systolic_pressure", systolic, at_ms)
    yield from _scalar("diastolic_pressure", diastolic, at_ms)
    yield from _scalar("heart_rate", rate, at_ms)


def _rate(fields: Sequence[str], at_ms: int) -> Iterator[Observation]:
    if fields and fields[0]:
        yield from _heart(_numbers(fields)[0], at_ms)


def _oxygen(fields: Sequence[str], at_ms: int) -> Iterator[Observation]:
    """Read the last field: some put the kind of measurement before it."""
    yield from _scalar("spo2", _numbers(fields[-1:] or ("",))[0], at_ms)


def _temperature(fields: Sequence[str], at_ms: int) -> Iterator[Observation]:
    """Read the last field; the one before it says where on the surface it was measured: wrist or forehead."""
    yield from _scalar("body_temperature", _numbers(fields[-1:] or ("",))[0], at_ms, "wrist")


_KINDS: Mapping[str, Callable[[Sequence[str], int], Iterator[Observation]]] = {
    "LK": _keep_alive,
    "BPHRT": _pressure,
    "BLOOD": _pressure,
    "PULSE": _rate,
    "HEART": _rate,
    "OXYGEN": _oxygen,
    "SPO2": _oxygen,
    "BTEMP2": _temperature,
    "TEMP": _temperature,
    "BODYTEMP": _temperature,
}


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one frame."""
    packet = opened(frame.payload)
    made = tuple(_said(frame, packet))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _said(frame: Frame, packet: Packet) -> Iterator[Observation]:
    kind = packet.kind.decode("ascii", "replace")[:32]
    read, at_ms = _KINDS.get(kind.upper()), frame.received_at_ms
    if read is not None:
        yield from read(packet.fields, at_ms)
    elif _POSITION.fullmatch(kind):
        yield from position.read(frame, kind, packet.fields)
    elif kind.upper() in _SOUND:
        yield unknown_event(f"{kind}: sound or picture", at_ms=at_ms, time_quality=_RECEIVED, urgent=False)
    elif kind.upper() not in _SILENT:
        said = packet.raw[:_SHOWN_BYTES].decode("utf-8", "replace")
        yield unknown_event(kind, at_ms=at_ms, time_quality=_RECEIVED, details={"value": said} if packet.fields else {})
