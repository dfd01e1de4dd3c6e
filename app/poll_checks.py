"""What `anhu doctor` says of vendors' clouds that are asked."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import Clock
from anhu.contract.polling import TOLD_AFTER_MS
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.product_polls import PollOutcome, outcome
from anhu.registry.product_tables import Product
from app.check_result import CheckResult, CheckVerdict
from app.settings import Settings


def polls(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Read what came of asking each of them."""
    sessions = open_sessions(settings.database)
    try:
        with reading(sessions)() as session:
            ids = session.scalars(select(Product.id).where(Product.enabled, Product.poll_account != "")).all()
            found = {product_id: outcome(session, product_id) for product_id in ids}
    except (SQLAlchemyError, OSError):
        return  # what the database lacks is said by its own check
    finally:
        close_sessions(sessions)
    for product_id, one in found.items():
        yield _said(f"cloud of {product_id}", one, clock.now_ms())


def _said(what: str, one: PollOutcome, now_ms: int) -> CheckResult:
    if one.failing_since_ms:
        silent = now_ms - one.failing_since_ms >= TOLD_AFTER_MS
        minutes = (now_ms - one.failing_since_ms) // 60_000
        detail = f"no good answer for {minutes} min: {one.failure}"
        verdict = CheckVerdict.FAILED if silent else CheckVerdict.WARNING
        return CheckResult(verdict, what, detail, "its product's page shows it; ask the vendor, or mend the account")
    if one.failing_devices:
        detail = f"it answers, but not about {one.failing_devices} devices"
        return CheckResult(CheckVerdict.WARNING, what, detail, "are they enrolled under the vendor's own identities?")
    detail = "it answers" if one.answered_at_ms else "it was not asked yet"
    return CheckResult(CheckVerdict.OK, what, detail)
