"""A characteristic's value in the JSON of a gateway: whose it is, which one, its bytes as hexadecimal digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta, timezone

import msgspec

from anhu.contract.errors import DecodeError
from anhu.contract.identity import radio_address, user_of
from anhu.contract.observation import Observation
from gateway.gatt.characteristics import PARSERS, Arrival

CHINA = timezone(timedelta(hours=8), "China Standard Time")
_ADDRESS = ("address", "id", "mac", "ble_addr", "device")
_CHARACTERISTIC = ("characteristic", "char", "uuid")
_VALUE = ("value", "read", "hex")
_UUID = re.compile(r"(?:0x|0000)?([0-9a-f]{4})(?:-0000-1000-8000-00805f9b34fb)?")
_MOST_BYTES = 512


def is_handed_on(given: Mapping[str, object]) -> bool:
    """Tell whether an object names a characteristic and its value."""
    return _first(given, _CHARACTERISTIC) is not None and _first(given, _VALUE) is not None


def value_in(given: Mapping[str, object], received_at_ms: int) -> tuple[Observation, ...]:
    """Return what a characteristic's value says, each observation with its sensor, or user's slot, as the source.

    Raises
    ------
    DecodeError
        If the address, the characteristic or the digits are missing, or the value is shorter than its flags say.
    """
    address, uuid, digits = (_first(given, names) for names in (_ADDRESS, _CHARACTERISTIC, _VALUE))
    if not isinstance(address, str) or not address:
        raise DecodeError("address", address, "the Bluetooth address of the device")
    found = _UUID.fullmatch(uuid.lower()) if isinstance(uuid, str) else None
    parser = PARSERS.get(found.group(1)) if found else None
    if parser is None:
        raise DecodeError("characteristic", uuid, f"one of {', '.join(sorted(PARSERS))}")
    measured = parser(_bytes(digits), Arrival(received_at_ms, CHINA))
    source = user_of(radio_address(address), measured.user)
    return tuple(msgspec.structs.replace(one, source=source) for one in measured.observations)


def _bytes(digits: object) -> bytes:
    if isinstance(digits, str) and len(digits) <= 3 * _MOST_BYTES:
        try:
            return bytes.fromhex(re.sub(r"0x|[:-]", "", digits.lower()))
        except ValueError:
            pass
    raise DecodeError("value", digits, f"at most {_MOST_BYTES} bytes as hexadecimal digits")


def _first(given: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((given[name] for name in names if given.get(name) is not None), None)
