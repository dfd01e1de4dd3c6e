"""Where identity numbers are locked away: sealed with AES-GCM, found again by a keyed digest.

Whoever has the database alone can neither read a number nor try out whether somebody is in it: both need the key, which
is no part of the database.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from pathlib import Path
from typing import Self

from anhu.registry.sealing import KEY_BYTES, Sealing, derived, key_of_text

KEY_FILE = "identity.key"
_PRIVATE = 0o600


class IdentityVault:
    """Seals and opens identity numbers.

    Parameters
    ----------
    key : bytes
        32 bytes; two keys are made of it, one to seal and one to find.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {KEY_BYTES} bytes is needed, not {len(key)}")
        self._sealing = Sealing(key, b"seal")
        self._finding = derived(key, b"find")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the vault of a key in base64, as the file and the setting have it. Raises `SettingsError`."""
        return cls(key_of_text(text, KEY_BYTES))

    def digest(self, number: str) -> bytes:
        """Return by what a number is found."""
        return hmac.digest(self._finding, number.encode(), "sha256")

    def seal(self, number: str, resident_id: str) -> bytes:
        """Return the number as the database keeps it; it opens for this resident only."""
        return self._sealing.seal(number.encode(), resident_id)

    def open(self, sealed: bytes, resident_id: str) -> str:
        """Return the number. Raises `WrongKeyError`."""
        return self._sealing.open(sealed, resident_id, f"the identity number of {resident_id}").decode()


def key_in(folder: Path, *, make: bool) -> str:
    """Return the key of a data folder in base64; empty where there is none.

    Parameters
    ----------
    make : bool
        Whether one is made where there is none: never once numbers were sealed, or a lost key would go unnoticed.
    """
    path = folder / KEY_FILE
    if not path.exists() and make:
        fresh = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        draft = folder / f"{KEY_FILE}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "w") as file:
            file.write(fresh + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # another process may have been first: then its key counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text("utf-8").strip() if path.exists() else ""
