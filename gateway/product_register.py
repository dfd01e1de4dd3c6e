"""The HTTP door's view of the database: which products there are, and what their vendors' clouds sign with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import reading
from anhu.registry.product_tables import Product
from anhu.registry.sealing import WrongKeyError
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
    vault : callable
        Returns what opens their keys, asked for each new one; None while the installation has no key: what is pushed
        is then to be sent again.
    """

    def __init__(self, sessions: sessionmaker[Session], vault: Callable[[], SecretVault | None]) -> None:
        self._sessions, self._vault = reading(sessions), vault
        self._opened: dict[tuple[str, bytes], bytes | None] = {}
        self._unread: list[str] = []

    def all_enabled(self) -> Mapping[str, ProductEntry]:
        """Return the enabled products by identity."""
        with self._sessions.begin() as session:
            rows = session.execute(_ENABLED).all()
        opened = {(row.id, row.push_key_sealed): self._key(row.id, row.push_key_sealed) for row in rows}
        unread = sorted(product_id for (product_id, _), key in opened.items() if key is None)
        if unread and unread != self._unread:
            _logger.error("push keys cannot be read, what these products push is not taken: %s", ", ".join(unread))
        self._opened, self._unread = opened, unread
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
        known = self._opened.get((product_id, sealed))
        if known is not None:
            return known
        vault = self._vault()
        try:
            return vault.open(sealed, f"product:{product_id}").encode() if vault is not None else None
        except WrongKeyError:
            return None
