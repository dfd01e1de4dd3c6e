"""Gives a device the secret that its family needs: one that it sends, or one that it signs with."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anhu.registry import devices
from anhu.registry.secret_vault import SecretVault
from anhu.registry.tables import Device
from api.errors import UnavailableError


def give_secret(session: Session, vault: SecretVault | None, row: Device, *, signs: bool, kept: bool) -> str:
    """Give it a fresh secret and return it: it is shown this once. Raises `UnavailableError` where there is no key.

    Parameters
    ----------
    signs : bool
        Whether it signs with its secret, and sends it to nobody.
    kept : bool
        Whether one that is sent is kept so that it can be read again, too.
    """
    if (signs or kept) and vault is None:
        raise UnavailableError("a secret cannot be kept so that it is read again: the key is missing, or another one's")
    if not signs or vault is None:
        secret = devices.new_secret()
        devices.rotate_secret(session, row.id, secret, vault if kept else None)
        return secret
    secret = devices.new_signing_secret()
    devices.give_signing_secret(session, vault, row.id, secret)
    return secret
