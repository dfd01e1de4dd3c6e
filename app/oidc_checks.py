"""What `anhu doctor` says of logging in by a provider: is it there, and who gets in when it is not."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import Clock
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.oidc_tables import OidcIdentity
from anhu.registry.roles import Role
from anhu.registry.tables import User
from app import status
from app.check_result import CheckResult, CheckVerdict
from app.settings import Settings

_WORKING = (Role.ADMIN.value, Role.DESK.value)


def logins_by_provider(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Look whether the provider answers, and whether people get in without it."""
    if not settings.oidc_issuer:
        return
    yield from _answers(settings, clock)
    try:
        yield from _without_it(settings)
    except (SQLAlchemyError, OSError):
        return  # said by the check of the database


def _answers(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    for one in status.read_all(settings.data / "status"):
        if one.process != "api" or clock.now_ms() - one.at_ms > status.FRESH_MS:
            continue
        down_s = one.counters.get("oidc_down_s", 0.0)
        logins, refused = (one.counters.get(f"oidc_{name}", 0.0) for name in ("logins", "refused"))
        if down_s:
            detail = f"{settings.oidc_issuer} does not answer as it must for {down_s:.0f} s"
            advice = "the api's log line says how; meanwhile people log in with passwords"
            yield CheckResult(CheckVerdict.WARNING, "login provider", detail, advice)
        else:
            detail = f"it answers; {logins:.0f} logins, {refused:.0f} refused since the start"
            yield CheckResult(CheckVerdict.OK, "login provider", detail)


def _without_it(settings: Settings) -> Iterator[CheckResult]:
    config = settings.oidc_config(settings.base_url)
    sessions = open_sessions(settings.database)
    try:
        with reading(sessions)() as session:
            wanted = select(User.login, User.role, User.password_until_ms).where(
                User.enabled, User.password_hash != "", User.role.in_(_WORKING)
            )
            found = [row for row in session.execute(wanted) if config.allows_password(row.login, row.role)]
            ended = session.scalars(
                select(OidcIdentity.user_id).where(OidcIdentity.ended_at_ms.is_not(None)).limit(5)
            ).all()
    finally:
        close_sessions(sessions)
    for role, what in ((Role.ADMIN, "administrator"), (Role.DESK, "desk user")):
        if not any(row.role == role for row in found):
            detail = (
                f"no {what} gets in when the provider is down: none has a password that ANHU_OIDC_PASSWORDS lets in"
            )
            advice = "give one a password, kept in a safe, and name the login in ANHU_OIDC_PASSWORDS"
            yield CheckResult(CheckVerdict.WARNING, "passwords", detail, advice)
    if ended:
        detail = f"accounts that the provider's loss of a role switched off: {', '.join(ended)}"
        yield CheckResult(CheckVerdict.OK, "login provider", detail)
