"""Whether any secret was sealed, to try a key on, and so that no second key is made where one was lost."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.registry.product_tables import Product
from anhu.registry.quarantine_tables import QuarantinedMessage, UnassignedReading
from anhu.registry.tables import Device


def any_sealed_secret(session: Session) -> tuple[str, bytes] | None:
    """Return whose it is, as the vault is told, and the sealed secret; None while nobody has one."""
    device = session.execute(
        select(Device.id, Device.secret_sealed).where(Device.secret_sealed != b"").limit(1)
    ).first()
    if device is not None:
        return f"device:{device[0]}", device[1]
    for whose, column in (("product", Product.push_key_sealed), ("poll", Product.poll_secret_sealed)):
        product = session.execute(select(Product.id, column).where(column != b"").limit(1)).first()
        if product is not None:
            return f"{whose}:{product[0]}", product[1]
    return None


def any_sealed_payload(session: Session) -> bool:
    """Tell whether anything is sealed of what strangers said: with a new key nobody could read it."""
    rows = (
        select(QuarantinedMessage.id).where(QuarantinedMessage.sealed).limit(1),
        select(UnassignedReading.id).where(UnassignedReading.sealed).limit(1),
    )
    return any(session.scalar(one) is not None for one in rows)
