"""The HTTP door's view of the database: which products there are, and what their vendors' clouds sign with."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import reading
from anhu.registry.identity_vault import WrongKeyError
from anhu.registry.product_tables import Product
from anhu.registry.secret_vault import SecretVault
from gateway.directory import ProductEntry

_logger = logging.getLogger(__name__)
_ENABLED = select(Product.id, Product.codec, Product.push_key_sealed).where(Product.enabled)


class DatabaseProducts:
    """Products, as `gateway.directory.Products` wants them.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    vault : SecretVault or None
        Opens their keys; None when the installation's key is lost: every push is then to be sent again.
    """

    def __init__(self, sessions: sessionmaker[Session], vault: SecretVault | None) -> None:
        self._sessions, self._vault = reading(sessions), vault
        self._opened: dict[tuple[str, bytes], bytes | None] = {}

    def all_enabled(self) -> Mapping[str, ProductEntry]:
        """Return the enabled products by identity."""
        with self._sessions.begin() as session:
            rows = session.execute(_ENABLED).all()
        opened = {(row.id, row.push_key_sealed): self._key(row.id, row.push_key_sealed) for row in rows}
        self._opened = opened
        return {
            row.id: ProductEntry(
                product_id=row.id,
                codec=row.codec,
                push_key=opened[row.id, row.push_key_sealed] or b"",
                key_unreadable=opened[row.id, row.push_key_sealed] is None,
            )
            for row in rows
        }

    def _key(self, product_id: str, sealed: bytes) -> bytes | None:
        """Return the key, empty where there is none; None where it cannot be read."""
        if not sealed:
            return b""
        if (product_id, sealed) in self._opened:
            return self._opened[product_id, sealed]
        try:
            return self._vault.open(sealed, f"product:{product_id}").encode() if self._vault is not None else None
        except WrongKeyError:
            _logger.error("the push key of product %s cannot be read: nothing it pushes is taken", product_id)  # noqa: TRY400 - its text says all
            return None
