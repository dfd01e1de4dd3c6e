"""Where is locked away what was said by devices that nobody knows: health of somebody, though nobody knows whose.

Sealed with AES-GCM under the installation's key, which is no part of the database: whoever has the database alone reads
none of it.
"""

from __future__ import annotations

import hmac
from typing import Self

from anhu.registry.sealing import Sealing, WrongKeyError, derived, key_of_text


class PayloadVault:
    """Seals and opens payloads.

    Parameters
    ----------
    key : bytes
        32 bytes (`anhu.registry.identity_vault.key_in`); two keys are made of it, one to seal and one to name.
    """

    def __init__(self, key: bytes) -> None:
        self._sealing = Sealing(key, b"payload")
        self._naming = derived(key, b"payload name")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the vault of a key in base64. Raises `SettingsError`."""
        return cls(key_of_text(text))

    def name(self, payload: bytes) -> str:
        """Return a name that is always the same for a payload, and from which nobody can try out what is in it."""
        return hmac.digest(self._naming, payload, "sha256").hex()

    def seal(self, payload: bytes, whose: str) -> bytes:
        """Return a payload as the database keeps it; it opens under this name only."""
        return self._sealing.seal(payload, whose)

    def open(self, sealed: bytes, whose: str) -> bytes:
        """Return a payload. Raises `WrongKeyError`."""
        return self._sealing.open(sealed, whose, f"what {whose} said")


def opened(vault: PayloadVault | None, payload: bytes, whose: str, *, sealed: bool) -> bytes:
    """Return what stands in a row, sealed or from before. Raises `WrongKeyError` where the key is lost."""
    if not sealed:
        return payload
    if vault is None:
        raise WrongKeyError(f"what {whose} said is sealed, and there is no key")
    return vault.open(payload, whose)
