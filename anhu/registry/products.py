"""Products: what a vendor makes, enrolled once; each device of it speaks its codec."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.devices import new_secret
from anhu.registry.product_tables import Product
from anhu.registry.rows import add_new, existing
from anhu.registry.secret_vault import SecretVault

_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")


def create_product(
    session: Session, *, product_id: str, name: str, vendor: str, codec: str, now_ms: int, model: str = ""
) -> Product:
    """Enrol a product. Raises `FieldError` for an identity that does not fit into an address."""
    if not _ID.fullmatch(product_id):
        raise FieldError(
            "id", product_id, "2 to 63 lower-case letters, digits and dashes", zh="2 到 63 个小写字母、数字或连字符"
        )
    if not vendor.strip():
        raise FieldError("vendor", vendor, "whose product it is", zh="厂商名称")
    row = Product(id=product_id, name=name or product_id, vendor=vendor, model=model, codec=codec, created_at_ms=now_ms)
    return add_new(session, row, product_id)


def new_push_key(session: Session, vault: SecretVault, product_id: str) -> str:
    """Give a product a fresh key for its vendor's cloud, and return it: it is shown once. The former one ends."""
    row = existing(session, Product, product_id)
    key = new_secret()
    row.push_key_sealed = vault.seal(key, f"product:{product_id}")
    return key


def push_key(session: Session, vault: SecretVault, product_id: str) -> str:
    """Return the key of an enabled product; empty where there is none. Raises `WrongKeyError`."""
    sealed = session.scalar(select(Product.push_key_sealed).where(Product.id == product_id, Product.enabled.is_(True)))
    return vault.open(sealed, f"product:{product_id}") if sealed else ""
