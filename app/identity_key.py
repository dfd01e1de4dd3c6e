"""The key of identity numbers: from the settings or the data folder, made at the first start, never made anew."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.identities import any_sealed
from anhu.registry.identity_vault import KEY_FILE, IdentityVault, WrongKeyError, key_in
from anhu.registry.sealed_secrets import any_sealed_payload, any_sealed_secret
from app.check_result import CheckResult, CheckVerdict
from app.settings import Settings

_logger = logging.getLogger(__name__)


def vault(settings: Settings, sessions: sessionmaker[Session]) -> IdentityVault | None:
    """Return where identity numbers are locked away; None, loudly, when the key is lost or another one's."""
    with reading(sessions)() as session:
        sealed, secret = any_sealed(session), any_sealed_secret(session)
        nothing_sealed = sealed is None and secret is None and not any_sealed_payload(session)
    text = settings.identity_key or key_in(settings.data, make=nothing_sealed)
    flaw = key_flaw(text, sealed) or ("" if text else f"the key of secrets ({KEY_FILE}) is missing; restore it")
    if flaw:
        _logger.error("%s: identity numbers are neither taken nor found", flaw)
        return None
    return IdentityVault.from_text(text)


def key_flaw(text: str, sealed: tuple[str, bytes] | None) -> str:
    """Return why a key opens nothing that was sealed; empty when it fits, or nothing was sealed yet."""
    if not text:
        return "" if sealed is None else f"the key of the identity numbers ({KEY_FILE}) is missing; restore it"
    if sealed is None:
        return ""
    try:
        IdentityVault.from_text(text).open(sealed[1], sealed[0])
    except WrongKeyError:
        return f"the key of the identity numbers ({KEY_FILE}) is another one's; restore the right one"
    return ""


def fits(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Try the key of identity numbers on one that was sealed."""
    sessions = open_sessions(settings.database)
    try:
        with reading(sessions)() as session:
            sealed = any_sealed(session)
    except (SQLAlchemyError, OSError):
        return  # what the database lacks is said by its own check
    finally:
        close_sessions(sessions)
    if sealed is None:
        return
    flaw = key_flaw(settings.identity_key or key_in(settings.data, make=False), sealed)
    if flaw:
        advice = f"restore {KEY_FILE} from the backup, or set ANHU_IDENTITY_KEY"
        yield CheckResult(CheckVerdict.FAILED, "identity key", flaw, advice)
    else:
        yield CheckResult(
            CheckVerdict.OK, "identity key", f"it opens; keep a copy of {KEY_FILE} apart from the database"
        )
