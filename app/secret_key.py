"""The key of the secrets that devices and vendors' servers sign with: that of the identity numbers."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from anhu.registry.identities import any_sealed
from anhu.registry.identity_vault import KEY_FILE, WrongKeyError, key_in
from anhu.registry.sealed_secrets import any_sealed_secret
from anhu.registry.secret_vault import SecretVault
from app.identity_key import key_flaw
from app.settings import Settings

_logger = logging.getLogger(__name__)


def secret_vault(settings: Settings, session: Session) -> SecretVault | None:
    """Return where secrets are kept; None, loudly, when the key is lost or another one's."""
    number, secret = any_sealed(session), any_sealed_secret(session)
    text = settings.identity_key or key_in(settings.data, make=number is None and secret is None)
    flaw = key_flaw(text, number) or _flaw(text, secret)
    if flaw:
        _logger.error("%s: nobody who signs is let in", flaw)
        return None
    return SecretVault.from_text(text)


def _flaw(text: str, secret: tuple[str, bytes] | None) -> str:
    if secret is None:
        return ""
    if not text:
        return f"the key of the secrets ({KEY_FILE}) is missing; restore it"
    try:
        SecretVault.from_text(text).open(secret[1], secret[0])
    except WrongKeyError as error:
        return str(error)
    return ""
