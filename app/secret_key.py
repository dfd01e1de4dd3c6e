"""The key of the secrets that devices and vendors' servers sign with: that of the identity numbers."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from anhu.contract.clock import Clock
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.identities import any_sealed
from anhu.registry.identity_vault import KEY_FILE, WrongKeyError, key_in
from anhu.registry.payload_vault import PayloadVault
from anhu.registry.sealed_secrets import any_sealed_payload, any_sealed_secret
from anhu.registry.secret_vault import SecretVault
from app.check_result import CheckResult, CheckVerdict
from app.identity_key import key_flaw
from app.settings import Settings

_logger = logging.getLogger(__name__)


def secret_vault(settings: Settings, session: Session) -> SecretVault | None:
    """Return where secrets are kept; None, loudly, when the key is lost or another one's."""
    text = _fitting_key(settings, session, "nobody who signs is let in")
    return SecretVault.from_text(text) if text else None


def payload_vault(settings: Settings, session: Session) -> PayloadVault | None:
    """Return where what strangers said is locked away; None, loudly, when the key is lost or another one's."""
    text = _fitting_key(settings, session, "what strangers say stands unsealed in the database")
    return PayloadVault.from_text(text) if text else None


def _fitting_key(settings: Settings, session: Session, else_what: str) -> str:
    """Return the key, made where nothing was ever sealed; empty, loudly, when it is lost or another one's."""
    number, secret = any_sealed(session), any_sealed_secret(session)
    nothing_sealed = number is None and secret is None and not any_sealed_payload(session)
    text = settings.identity_key or key_in(settings.data, make=nothing_sealed)
    flaw = key_flaw(text, number) or _flaw(text, secret) or ("" if text else f"the key ({KEY_FILE}) is missing")
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
    sessions = open_sessions(settings.database)
    try:
        with reading(sessions)() as session:
            secret = any_sealed_secret(session)
    except (SQLAlchemyError, OSError):
        return  # what the database lacks is said by its own check
    finally:
        close_sessions(sessions)
    if secret is None:
        return
    flaw = _flaw(settings.identity_key or key_in(settings.data, make=False), secret)
    if flaw:
        advice = f"restore {KEY_FILE} from the backup, or set ANHU_IDENTITY_KEY: no device that signs is let in"
        yield CheckResult(CheckVerdict.FAILED, "secret key", flaw, advice)
    else:
        yield CheckResult(CheckVerdict.OK, "secret key", "it opens the secrets that devices sign with")


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
