"""Identities: short texts that are safe in a topic, a tag, a URL and a file name."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import unicodedata
from typing import NewType

from anhu.contract.errors import FieldError

DeviceId = NewType("DeviceId", str)
ResidentId = NewType("ResidentId", str)

_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,62}[A-Za-z0-9])?")
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_ADDRESS = re.compile(r"[0-9a-f]{12}|[0-9a-f]{16}")
_NO_USER = 0xFF
_MOST_CHARS = 64
_MOST_NAME_CHARS = 100  # as many as a registered sensor's name may have
_GATEWAY_CHARS, _READABLE_CHARS, _DIGEST_CHARS = 31, 12, 16
_READABLE = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz")
_EXPECTED = "1 to 64 letters, digits or . _ : - , starting and ending with a letter or digit"


def checked_id(text: object, *, field: str) -> str:
    """Return the text if it is a valid identity.

    Raises
    ------
    FieldError
        If it is empty, longer than 64 characters, or holds a character that a topic, a tag or a URL would
        treat specially.
    """
    if not isinstance(text, str) or _ID.fullmatch(text) is None:
        raise FieldError(field, text, _EXPECTED)
    return text


def device_id(text: object) -> DeviceId:
    """Check a device's identity (serial number, IMEI, MAC)."""
    return DeviceId(checked_id(text, field="device_id"))


def resident_id(text: object) -> ResidentId:
    """Check a resident's identity (ours; never the national identity number)."""
    return ResidentId(checked_id(text, field="resident_id"))


def spelled(name: str) -> str:
    """Return a name in the one spelling (Unicode NFC) in which it is kept and looked up."""
    return unicodedata.normalize("NFC", name)


def source_name(name: str) -> str:
    """Return a sensor's name as a codec may pass it on: a long one cut, with a digest, so that two stay two."""
    if len(name) <= _MOST_NAME_CHARS:
        return name
    return f"{name[: _MOST_NAME_CHARS - _DIGEST_CHARS - 1]}~{_digest(name)}"


def radio_address(text: str) -> str:
    """Return a Bluetooth or LoRaWAN address in the one spelling, lower case without colons; any other text as it is."""
    plain = re.sub(r"[:-]", "", text).lower()
    return plain if _ADDRESS.fullmatch(plain) else source_name(text)


def user_of(source: str, user: int | None) -> str:
    """Name one user's slot of a shared cuff or scale, ``d616f9641622.user-2``, as if it were a sensor of its own.

    Whose the slot is, its registration says; of a slot that nobody registered nobody's reading is made.
    """
    return source if user is None else f"{source}.user-{'unknown' if user == _NO_USER else user}"


def child_device_id(gateway: str, child: str) -> DeviceId:
    """Name a sensor behind a home gateway; two gateways or two names never give one identity.

    A short name of letters, digits or ``. _ -`` stands as it is: ``home-1:hall``. Of any other, what can be read is
    kept, and a digest of the whole is added after a second colon: ``home-1:sensor:k2p5…``. Only a digest stands after
    two colons, because a gateway or name that holds one gets a digest itself.
    """
    name = spelled(child)
    if ":" not in gateway and _PLAIN.fullmatch(name) and len(gateway) + len(name) < _MOST_CHARS:
        return DeviceId(f"{gateway}:{name}")
    digest = _digest(f"{len(gateway)}:{gateway}:{name}")
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-_.")[:_READABLE_CHARS].rstrip("-_.")
    return DeviceId(f"{gateway[:_GATEWAY_CHARS]}:{readable or 'sensor'}:{digest}")


def _digest(text: str) -> str:
    whole = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(whole)[:_DIGEST_CHARS].decode().lower()


def new_id(prefix: str) -> str:
    """Make a fresh identity such as ``r-4kq7…``: 80 random bits, no meaning inside."""
    return f"{prefix}-{base64.b32encode(secrets.token_bytes(10)).translate(_READABLE).decode()}"
