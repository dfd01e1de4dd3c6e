"""Where secrets are kept that must be known in the clear: a vendor signs with them, so a digest would not do.

The key is that of the identity numbers, and no part of the database; what is made of it is another.
"""

from __future__ import annotations

from typing import Self

from anhu.registry.sealing import Sealing, key_of_text


class SecretVault:
    """Seals and opens secrets.

    Parameters
    ----------
    key : bytes
        32 bytes (`anhu.registry.identity_vault.key_in`).
    """

    def __init__(self, key: bytes) -> None:
        self._sealing = Sealing(key, b"secret")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the vault of a key in base64. Raises `SettingsError`."""
        return cls(key_of_text(text))

    def seal(self, secret: str, whose: str) -> bytes:
        """Return the secret as the database keeps it; it opens for this owner only (``product:x``, ``device:x``)."""
        return self._sealing.seal(secret.encode(), whose)

    def open(self, sealed: bytes, whose: str) -> str:
        """Return the secret. Raises `WrongKeyError`."""
        return self._sealing.open(sealed, whose, f"the secret of {whose}").decode()
