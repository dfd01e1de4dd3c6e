"""Identities: short texts that are safe in a topic, a tag, a URL and a file name."""

from __future__ import annotations

import re
import secrets
from typing import NewType

from anhu.contract.errors import FieldError

DeviceId = NewType("DeviceId", str)
ResidentId = NewType("ResidentId", str)

_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,62}[A-Za-z0-9])?")
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


def child_device_id(gateway: str, child: str) -> DeviceId:
    """Name a sensor behind a home gateway; characters that an identity cannot hold become ``-``."""
    safe = re.sub(r"[^A-Za-z0-9_.-]+", "-", child).strip("-_.") or "unnamed"
    return DeviceId(f"{gateway[:31]}:{safe[:32].rstrip('-_.')}")


def new_id(prefix: str) -> str:
    """Make a fresh identity such as ``r-4kq7…``: 80 random bits, no meaning inside."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return f"{prefix}-" + "".join(secrets.choice(alphabet) for _ in range(16))
