"""The key of the secrets that devices and vendors' servers sign with: that of the identity numbers."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy.orm import Session

from anhu.contract.clock import Clock
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.identities import any_sealed
from anhu.registry.identity_vault import KEY_FILE, key_in
from anhu.registry.payload_vault import PayloadVault
from anhu.registry.sealed_secrets import any_sealed_payload, any_sealed_secret
from anhu.registry.sealing import KEY_BYTES, Sealing, key_of_text
from anhu.registry.secret_vault import SecretVault
from app.check_result import CheckResult
from app.identity_key import NUMBERS
from app.key_check import KeyCheck
from app.settings import Settings

_logger = logging.getLogger(__name__)
SECRETS = KeyCheck(
    name="secret key",
    what="the secrets",
    vault=SecretVault,
    any_sealed=any_sealed_secret,
    advice=f"restore {KEY_FILE} from the backup, or set ANHU_IDENTITY_KEY: no device that signs is let in",
    fine="it opens the secrets that devices sign with",
)


def secret_vault(settings: Settings, session: Session) -> SecretVault | None:
    """Return where secrets are kept; None, loudly, when the key is lost or another one's."""
    text = _fitting_key(settings, session, "nobody who signs is let in")
    return SecretVault.from_text(text) if text else None


def payload_vault(settings: Settings, session: Session) -> PayloadVault | None:
    """Return where what strangers said is locked away; None, loudly, when the key is lost or another one's."""
    text = _fitting_key(settings, session, "what strangers say stands unsealed in the database")
    return PayloadVault.from_text(text) if text else None


def login_sealing(settings: Settings, session: Session) -> Sealing | None:
    """Return what seals the logins that browsers begin at a provider; None, loudly, when the key is lost."""
    text = _fitting_key(settings, session, "nobody logs in by the provider")
    return Sealing(key_of_text(text, KEY_BYTES), b"oidc") if text else None


def _fitting_key(settings: Settings, session: Session, else_what: str) -> str:
    """Return the key, made where nothing was ever sealed; empty, loudly, when it is lost or another one's."""
    number, secret = any_sealed(session), any_sealed_secret(session)
    nothing_sealed = number is None and secret is None and not any_sealed_payload(session)
    text = settings.identity_key or key_in(settings.data, make=nothing_sealed)
    flaw = NUMBERS.flaw(text, number) or SECRETS.flaw(text, secret)
    flaw = flaw or ("" if text else f"the key ({KEY_FILE}) is missing")
    if flaw:
        _logger.error("%s: %s", flaw, else_what)
        return ""
    return text


def secrets(settings: Settings, *, make: bool = False) -> SecretVault | None:
    """Return where secrets of devices and products are locked away; None where the installation has no key yet.

    Parameters
    ----------
    make : bool
        Whether a key is made where there is none, and nothing was ever sealed with one.
    """
    if make:
        sessions = open_sessions(settings.database)
        try:
            with reading(sessions)() as session:
                return secret_vault(settings, session)
        finally:
            close_sessions(sessions)
    text = settings.identity_key or key_in(settings.data, make=False)
    return SecretVault.from_text(text) if text else None


def fits(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Try the key on a secret that was sealed."""
    return SECRETS.results(settings)
