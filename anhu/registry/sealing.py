"""How something is sealed for one owner under the installation's key: AES-GCM, bound to the owner's name."""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from anhu.contract.errors import AnhuError, SettingsError

KEY_BYTES = 32
_NONCE_BYTES = 12


class WrongKeyError(AnhuError):
    """What was sealed was sealed with another key, or for somebody else."""


class Sealing:
    """Seals and opens for one purpose.

    Parameters
    ----------
    key : bytes
        The installation's; another one is made of it for each purpose.
    """

    def __init__(self, key: bytes, purpose: bytes) -> None:
        self._cipher = AESGCM(derived(key, purpose))

    def seal(self, text: bytes, whose: str) -> bytes:
        """Return it as the database keeps it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text, whose.encode())

    def open(self, sealed: bytes, whose: str, what: str) -> bytes:
        """Return it; `what` it is, is said where it cannot be opened. Raises `WrongKeyError`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], whose.encode())
        except InvalidTag:
            raise WrongKeyError(f"{what} was sealed with another key") from None


def derived(key: bytes, purpose: bytes) -> bytes:
    """Return the key that is made of another for one purpose."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"anhu identity " + purpose).derive(key)


def key_of_text(text: str, size: int | None = None) -> bytes:
    """Return a key in base64, of a size if one is asked. Raises `SettingsError`. [byte]."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = None
    if key is None or (size is not None and len(key) != size):
        raise SettingsError("ANHU_IDENTITY_KEY", "***", f"{KEY_BYTES} bytes in base64")
    return key
