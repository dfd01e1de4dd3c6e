"""Gives a device the secret that its family needs: one that it sends, or one that it signs with."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anhu.registry import devices
from anhu.registry.secret_vault import SecretVault
from anhu.registry.tables import Device
from api.errors import UnavailableError


def give_secret(session: Session, vault: SecretVault | None, row: Device, *, signs: bool) -> str:
    """Give it a fresh secret and return it: it is shown this once. Raises `UnavailableError` where there is no key."""
    if not signs:
        secret = devices.new_secret()
        devices.rotate_secret(session, row.id, secret)
        return secret
    if vault is None:
        raise UnavailableError("a secret to sign with cannot be kept: the key is missing, or is another one's")
    secret = devices.new_signing_secret()
    devices.give_signing_secret(session, vault, row.id, secret)
    return secret
