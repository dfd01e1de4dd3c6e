"""The key of identity numbers: from the settings or the data folder, made at the first start, never made anew."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from anhu.registry.database import reading
from anhu.registry.identities import any_sealed
from anhu.registry.identity_vault import KEY_FILE, IdentityVault, key_in
from anhu.registry.sealed_secrets import any_sealed_payload, any_sealed_secret
from app.check_result import CheckResult
from app.key_check import KeyCheck
from app.settings import Settings

_logger = logging.getLogger(__name__)
NUMBERS = KeyCheck(
    name="identity key",
    what="the identity numbers",
    vault=IdentityVault,
    any_sealed=any_sealed,
    advice=f"restore {KEY_FILE} from the backup, or set ANHU_IDENTITY_KEY",
    fine=f"it opens; keep a copy of {KEY_FILE} apart from the database",
)


def vault(settings: Settings, sessions: sessionmaker[Session]) -> IdentityVault | None:
    """Return where identity numbers are locked away; None, loudly, when the key is lost or another one's."""
    with reading(sessions)() as session:
        sealed, secret = any_sealed(session), any_sealed_secret(session)
        nothing_sealed = sealed is None and secret is None and not any_sealed_payload(session)
    text = settings.identity_key or key_in(settings.data, make=nothing_sealed)
    flaw = NUMBERS.flaw(text, sealed) or ("" if text else f"the key of secrets ({KEY_FILE}) is missing; restore it")
    if flaw:
        _logger.error("%s: identity numbers are neither taken nor found", flaw)
        return None
    return IdentityVault.from_text(text)


def fits(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Try the key of identity numbers on one that was sealed."""
    return NUMBERS.results(settings)
