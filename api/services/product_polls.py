"""How the clouds of products' vendors are asked: entered, ended, and told where nothing comes from one."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.polling import LONGEST_PERIOD_S, SHORTEST_PERIOD_S, TOLD_AFTER_MS
from anhu.registry import product_polls
from anhu.registry.database import reading
from anhu.registry.product_tables import Product
from anhu.registry.secret_vault import SecretVault
from api.dependencies import Dependencies
from api.errors import UnavailableError
from api.schemas.products import PollChange, PollView
from api.security.roles import Permission, Viewer, require


class SilentCloud(NamedTuple):
    """A cloud from which nothing comes. [ms]."""

    product_id: str
    name: str
    since_ms: int


def poll_view(session: Session, row: Product) -> PollView:
    """Return how a product's cloud is asked, and how that goes."""
    found = product_polls.outcome(session, row.id)
    return PollView(
        account=row.poll_account,
        address=row.poll_address,
        period_s=row.poll_period_s,
        has_secret=bool(row.poll_secret_sealed),
        answered_at_ms=found.answered_at_ms or None,
        failing_since_ms=found.failing_since_ms or None,
        failure=found.failure,
        failing_devices=found.failing_devices,
    )


def change_poll(session: Session, row: Product, given: PollChange, vault: SecretVault | None) -> None:
    """Set how a product's cloud is asked, or end it. Raises `FieldError`, `UnavailableError` without a vault."""
    if not given.account.strip():
        product_polls.stop(session, row)
        return
    if given.period_s and given.period_s < SHORTEST_PERIOD_S:
        expected = f"0, or {SHORTEST_PERIOD_S} to {LONGEST_PERIOD_S} seconds"
        raise FieldError("period_s", given.period_s, expected, zh="0，或 10 到 86400 秒")
    if not given.secret and not row.poll_secret_sealed:
        raise FieldError("secret", "", "what the vendor gave with the account", zh="厂商随账号给出的密钥")
    if vault is None:
        raise UnavailableError("the installation's key is missing: no secret can be kept", zh="缺少安装密钥，无法保存")
    address = product_polls.checked_address(given.address)
    if given.secret:
        product_polls.set_secret(row, vault, given.secret.strip())
    row.poll_account, row.poll_address, row.poll_period_s = given.account.strip(), address, given.period_s


def silent_clouds(deps: Dependencies, viewer: Viewer) -> list[SilentCloud]:
    """Return the clouds from which nothing comes, for everybody who answers alarms: somebody's band is behind it."""
    require(viewer, Permission.RESPOND)
    with reading(deps.sessions)() as session:
        found = product_polls.silent_clouds(session, deps.clock.now_ms() - TOLD_AFTER_MS)
    return [SilentCloud(*one) for one in found]
