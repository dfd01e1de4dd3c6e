"""Messages of terminals and what must come of them."""

from __future__ import annotations

from anhu.contract.observation import AttributeValue, Event, Observation, Quality, TimeQuality
from gateway.codec import Example
from gateway.codecs.jtt808.framing import Message, made
from gateway.door_specs import DoorKind

_AT_MS = 1_795_300_000_000
_FIX_MS = 1_365_756_592_000  # 2013-04-12T16:49:52+08:00
_LATE = int(Quality.LATE)
_PHONE = bytes.fromhex("013800138000")
_PHONE_2019 = bytes.fromhex("00000000013800138000")
_SOUTH_OF_JINAN: dict[str, AttributeValue] = {"latitude_deg": 36.5, "longitude_deg": 117.0}


def _device(kind: int, body: bytes, *, serial: int = 7, year: int = 2013) -> bytes:
    version, phone = (b"\1", _PHONE_2019) if year == 2019 else (b"", _PHONE)  # noqa: PLR2004 - a year
    properties = 1 << 14 if version else 0
    return made(kind, Message(0, properties, version, phone, serial, 1, 1, b""), body)


def _position(alarms: int = 0, *, clock: str = "261122062640", status: int = 2, more: str = "") -> bytes:
    place = (36_500_000).to_bytes(4, "big") + (117_000_000).to_bytes(4, "big")
    head = alarms.to_bytes(4, "big") + status.to_bytes(4, "big")
    return head + place + bytes(6) + bytes.fromhex(clock) + bytes.fromhex(more)


def _example(name: str, payload: bytes, *observations: Observation, device_id: str = "13800138000") -> Example:
    return Example(
        name=name,
        door=DoorKind.TCP,
        route="192.0.2.7:40312",
        device_id=device_id,
        payload=payload,
        observations=observations,
    )


def _at(at_ms: int, quality: int = 0) -> Event:
    return Event("position", at_ms, "on", dict(_SOUTH_OF_JINAN), quality=quality)


def _refused(name: str, payload: str, error: str) -> Example:
    return Example(name=name, door=DoorKind.TCP, payload=bytes.fromhex(payload), error=error)


_SOS = Event("sos", _AT_MS, "on", dict(_SOUTH_OF_JINAN))
_HOME: dict[str, AttributeValue] = {"latitude_deg": 50.871735, "longitude_deg": -1.255923}

EXAMPLES = (
    _example(
        "SOS west of Greenwich, with a fix",
        bytes.fromhex(
            "7e0200002e094027587492000a000000010000000a03083db7001329f3000000140000130412164952010400000012"
            "360a0002341502cb0c20085c107e"
        ),
        Event("sos", _FIX_MS, "on", dict(_HOME)),
        Event("position", _FIX_MS, "on", dict(_HOME), quality=_LATE),
        device_id="94027587492",
    ),
    _example(
        "a position",
        bytes.fromhex(
            "7E0200002A013833501744001900000000000000C201597FA806CC01580080000000081508180721210104000002F5"
            "02020000030200009F7E"
        ),
        Event(
            "position",
            1_439_853_681_000,  # 2015-08-18T07:21:21+08:00
            "on",
            {"latitude_deg": 22.6426, "longitude_deg": 114.032984},
            quality=_LATE,
        ),
        device_id="13833501744",
    ),
    _example("registration", _device(0x0100, bytes(37))),
    _example("log-in", _device(0x0102, b"anhu")),
    _example("a sign of life", _device(0x0002, b"")),
    _example("a sign of life with the header of 2019", _device(0x0002, b"", year=2019)),
    _example("SOS, header of 2019", _device(0x0200, _position(1), year=2019), _SOS, _at(_AT_MS)),
    _example(
        "an item at the end that is cut off costs nothing",
        _device(0x0200, _position(1, more="0104000000")),
        _SOS,
        _at(_AT_MS),
    ),
    _example(
        "SOS without a fix and with an unset clock: the received time counts",
        _device(0x0200, _position(1, status=0, clock="000000000000")),
        Event("sos", _AT_MS, "on", {}, TimeQuality.RECEIVED),
    ),
    _example(
        "several alarms: all of them; one that is a pendant's own is urgent",
        _device(0x0200, _position(1 << 0 | 1 << 7 | 1 << 20 | 1 << 30, status=0)),
        Event("sos", _AT_MS),
        Event("battery_low", _AT_MS),
        Event("unknown_vendor_event", _AT_MS, "on", {"vendor_type": "area entered or left (bit 20)"}),
        Event("unknown_vendor_event", _AT_MS, "on", {"vendor_type": "rollover (bit 30)", "urgent": True}),
    ),
    _example(
        "positions that were kept: history",
        _device(
            0x0704,
            b"\0\2\1"
            + b"".join(
                len(one).to_bytes(2, "big") + one
                for one in (
                    _position(clock="261122052640"),
                    _position(clock="261122053640"),
                )
            ),
        ),
        _at(_AT_MS - 3_600_000, _LATE),
        _at(_AT_MS - 3_000_000, _LATE),
    ),
    _example("the answer to a question for its position", _device(0x0201, b"\0\1" + _position()), _at(_AT_MS)),
    _example("its answer to a command", _device(0x0001, bytes.fromhex("0001830000"))),
    _example(
        "a message that nobody mapped",
        _device(0x0900, b"\xf0\x7e\x7d"),
        Event(
            "unknown_vendor_event",
            _AT_MS,
            "on",
            {"value": "f07e7d", "vendor_type": "message 0900"},
            TimeQuality.RECEIVED,
        ),
    ),
    _refused(
        "length and check sum are wrong", "7E0200003201351122112200000000000000000000000000000000D07E", "check sum"
    ),
    _refused("an escape that means nothing", "7e00020000013800138000007d03d07e", "escape: got"),
    _refused("cut off", "7e0200", "packet: got"),
)
