"""Where is locked away what was said by devices that nobody knows: health of somebody, though nobody knows whose.

Sealed with AES-GCM under the installation's key, which is no part of the database: whoever has the database alone reads
none of it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from anhu.contract.errors import SettingsError
from anhu.registry.identity_vault import KEY_BYTES, WrongKeyError, derived

_NONCE_BYTES = 12


class PayloadVault:
    """Seals and opens payloads.

    Parameters
    ----------
    key : bytes
        32 bytes (`anhu.registry.identity_vault.key_in`); two keys are made of it, one to seal and one to name.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(derived(key, b"payload"))
        self._naming = derived(key, b"payload name")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the vault of a key in base64. Raises `SettingsError`."""
        try:
            return cls(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            raise SettingsError("ANHU_IDENTITY_KEY", "***", f"{KEY_BYTES} bytes in base64") from None

    def name(self, payload: bytes) -> str:
        """Return a name that is always the same for a payload, and from which nobody can try out what is in it."""
        return hmac.digest(self._naming, payload, "sha256").hex()

    def seal(self, payload: bytes, whose: str) -> bytes:
        """Return a payload as the database keeps it; it opens under this name only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, payload, whose.encode())

    def open(self, sealed: bytes, whose: str) -> bytes:
        """Return a payload. Raises `WrongKeyError`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], whose.encode())
        except InvalidTag:
            raise WrongKeyError(f"what {whose} said was sealed with another key") from None


def opened(vault: PayloadVault | None, payload: bytes, whose: str, *, sealed: bool) -> bytes:
    """Return what stands in a row, sealed or from before. Raises `WrongKeyError` where the key is lost."""
    if not sealed:
        return payload
    if vault is None:
        raise WrongKeyError(f"what {whose} said is sealed, and there is no key")
    return vault.open(payload, whose)
