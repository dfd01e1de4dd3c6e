"""What was counted within a minute: refusals go into the audit, uses to their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import update

from anhu.registry.tables import Audit, Token
from api.dependencies import Dependencies


class Refusal(NamedTuple):
    """What is counted together: who (empty: nobody who is known) was refused what, and from where."""

    user_id: str
    action: str
    object_id: str
    address: str


def write_minute(deps: Dependencies, refusals: Mapping[Refusal, int], uses: Mapping[bytes, int]) -> None:
    """Write an audit row a kind of refusal, with how often; and when each token was used last. [ms]."""
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        for one, count in refusals.items():
            session.add(
                Audit(
                    at_ms=now_ms,
                    user_id=one.user_id,
                    action=one.action,
                    object_id=one.object_id[:128],
                    address=one.address[:64],
                    detail={"count": count},
                )
            )
        for digest, at_ms in uses.items():
            session.execute(update(Token).where(Token.sha256 == digest).values(last_used_at_ms=at_ms))
