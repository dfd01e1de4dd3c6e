"""What the families that sign their log-ins have in common: keyed digests, and names with values."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from gateway.door_specs import LoginVerdict

_METHODS = {
    "hmacmd5": "md5",
    "hmacsha1": "sha1",
    "hmacsha256": "sha256",
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
}


def digest_of(method: str, key: bytes, content: str) -> bytes | None:
    """Return the keyed digest by a method's name (``hmacsha256``, ``sha1``); None for one that is not known."""
    name = _METHODS.get(method.lower())
    return hmac.digest(key, content.encode(), name) if name else None


def same_hex(digest: bytes | None, presented: bytes) -> bool:
    """Compare with what was presented in hexadecimal, in either case, in constant time."""
    return digest is not None and hmac.compare_digest(digest.hex().encode(), presented.strip().lower())


def key_from_base64(text: str) -> bytes:
    """Return the bytes of a key; empty for what is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def named_values(text: str, separator: str) -> Mapping[str, str]:
    """Return ``name=value`` pairs; the value may hold further equals signs."""
    return {name.strip(): value for name, _, value in (part.partition("=") for part in text.split(separator)) if name}


def within(at_ms: int, now_ms: int, window_ms: int) -> LoginVerdict:
    """Tell a log-in that was signed about now from one that was not. [ms]."""
    return LoginVerdict.GENUINE if abs(now_ms - at_ms) <= window_ms else LoginVerdict.STALE
