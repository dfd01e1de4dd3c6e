"""Where secrets are kept that must be known in the clear: a vendor signs with them, so a digest would not do.

The key is that of the identity numbers, and no part of the database; what is made of it is another.
"""

from __future__ import annotations

import base64
import secrets
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from anhu.contract.errors import SettingsError
from anhu.registry.identity_vault import KEY_BYTES, WrongKeyError, derived

_NONCE_BYTES = 12


class SecretVault:
    """Seals and opens secrets.

    Parameters
    ----------
    key : bytes
        32 bytes (`anhu.registry.identity_vault.key_in`).
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(derived(key, b"secret"))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the vault of a key in base64. Raises `SettingsError`."""
        try:
            return cls(base64.b64decode(text, validate=True))
        except ValueError:
            raise SettingsError("ANHU_IDENTITY_KEY", "***", f"{KEY_BYTES} bytes in base64") from None

    def seal(self, secret: str, whose: str) -> bytes:
        """Return the secret as the database keeps it; it opens for this owner only (``product:x``, ``device:x``)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), whose.encode())

    def open(self, sealed: bytes, whose: str) -> str:
        """Return the secret. Raises `WrongKeyError`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], whose.encode()).decode()
        except InvalidTag:
            raise WrongKeyError(f"the secret of {whose} was sealed with another key") from None
