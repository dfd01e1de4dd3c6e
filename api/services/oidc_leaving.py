"""The provider says that a session ended there: it ends here too (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from anhu.contract.clock import HOUR_MS
from anhu.registry.oidc_tables import OidcIdentity, OidcSession
from anhu.registry.tables import Token, User
from api.dependencies import Dependencies
from api.oidc.errors import OidcError
from api.oidc.tokens import Leaving
from api.security.audit import record
from api.security.viewers import viewer_of
from api.services.oidc_accounts import use_once


def end_by_provider(deps: Dependencies, issuer: str, leaving: Leaving, *, address: str) -> int:
    """End the sessions that began by this login, or by any of this person; return how many there were.

    Raises
    ------
    OidcError
        If the same word came before.
    """
    now_ms = deps.clock.now_ms()
    wanted = select(OidcSession).join(OidcIdentity, OidcIdentity.user_id == OidcSession.user_id)
    wanted = wanted.where(OidcIdentity.issuer == issuer)
    wanted = wanted.where(OidcIdentity.subject == leaving.sub) if leaving.sub else wanted
    wanted = wanted.where(OidcSession.sid == leaving.sid) if leaving.sid else wanted
    try:
        with deps.sessions.begin() as session:
            use_once(session, "jti " + leaving.jti, now_ms, lasts_ms=HOUR_MS)
            ended = session.scalars(wanted).all()
            for row in ended:
                session.execute(delete(Token).where(Token.sha256 == row.sha256))
                user = session.get_one(User, row.user_id)
                record(session, viewer_of(user, address=address), "logout.by_provider", now_ms=now_ms)
                session.delete(row)
            return len(ended)
    except IntegrityError:
        raise OidcError("used", "this was said before") from None
