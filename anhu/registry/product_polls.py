"""How the cloud of a product's vendor is asked: where, as whom, how often; and what came of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.product_tables import PollStateRow, Product
from anhu.registry.secret_vault import SecretVault
from anhu.registry.tables import Device

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|[0-9A-Fa-f:.]{2,45}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """What came of asking a cloud.

    Attributes
    ----------
    answered_at_ms, failing_since_ms : int
        When something came last; since when nothing does. 0: never, not at all. [ms]
    failure : str
        Why.
    failing_devices : int
        Of how many devices the last answer could not be had.
    """

    answered_at_ms: int = 0
    failing_since_ms: int = 0
    failure: str = ""
    failing_devices: int = 0


def checked_address(address: str) -> str:
    """Return the address of a cloud without a slash at the end. Raises `FieldError`."""
    expected, zh = (
        "https://HOST with a path at most, such as https://openapi.example.com",
        "https:// 开头的地址，不含参数",
    )
    plain = address.strip().rstrip("/")
    if not plain:
        return ""
    try:
        parts = urlsplit(plain)
        is_good = bool(parts.hostname and _HOST.fullmatch(parts.hostname)) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    else:
        odd = parts.query or parts.fragment or "@" in parts.netloc or not plain.isprintable() or " " in plain
        is_good = is_good and parts.scheme in ("https", "http") and not odd
    if not is_good:
        raise FieldError("address", address, expected, zh=zh)
    return plain


def set_secret(product: Product, vault: SecretVault, secret: str) -> None:
    """Lock away what questions are signed with."""
    product.poll_secret_sealed = vault.seal(secret, f"poll:{product.id}")


def stop(session: Session, product: Product) -> None:
    """Ask no more, and forget the secret and what was told."""
    product.poll_account, product.poll_secret_sealed = "", b""
    session.execute(delete(PollStateRow).where(PollStateRow.product_id == product.id))


def outcome(session: Session, product_id: str) -> PollOutcome:
    """Return what came of asking a product's cloud."""
    row = session.get(PollStateRow, (product_id, ""))
    failing = (
        select(func.count())
        .select_from(PollStateRow)
        .join(Device, (Device.id == PollStateRow.device_id) & (Device.product_id == PollStateRow.product_id))
        .where(PollStateRow.product_id == product_id, PollStateRow.failing_since_ms > 0, Device.enabled)
    )
    return PollOutcome(
        answered_at_ms=row.answered_at_ms if row else 0,
        failing_since_ms=row.failing_since_ms if row else 0,
        failure=row.failure if row else "",
        failing_devices=session.scalar(failing) or 0,
    )


def silent_clouds(session: Session, failing_before_ms: int) -> Sequence[tuple[str, str, int]]:
    """Return (identity, name, since when) of products from whose clouds nothing came since before a time. [ms]."""
    rows = session.execute(
        select(Product.id, Product.name, PollStateRow.failing_since_ms)
        .join(PollStateRow, (PollStateRow.product_id == Product.id) & (PollStateRow.device_id == ""))
        .where(Product.enabled, Product.poll_account != "")
        .where(PollStateRow.failing_since_ms > 0, PollStateRow.failing_since_ms < failing_before_ms)
        .order_by(PollStateRow.failing_since_ms)
    )
    return [(row[0], row[1], row[2]) for row in rows]
