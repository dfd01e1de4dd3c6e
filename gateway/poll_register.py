"""The poller's view of the database: whose cloud is asked with which credentials, and what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import reading
from anhu.registry.database_changes import NothingYet
from anhu.registry.product_tables import PollStateRow, Product
from anhu.registry.sealing import WrongKeyError
from anhu.registry.secret_vault import SecretVault
from anhu.registry.tables import Device
from gateway.doors.poll.port import PolledProduct, PollState

_logger = logging.getLogger(__name__)
_MOST_NAMED = 500
_MOST_CHARS = 200


class DatabasePollRegister:
    """What is asked, as `gateway.doors.poll.port.PollRegister` wants it.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    vault : callable
        Returns what opens secrets; None while the installation has no key.
    """

    def __init__(self, sessions: sessionmaker[Session], vault: Callable[[], SecretVault | None]) -> None:
        self._sessions, self._reading, self._vault = sessions, reading(sessions), vault
        self._opened: dict[tuple[str, bytes], str] = {}
        self._nobody = NothingYet(sessions)

    def products(self, codecs: Sequence[str]) -> Mapping[str, PolledProduct]:
        """Return the enabled products of these families that have an account with their vendor."""
        if self._nobody.still():
            return {}
        wanted = select(Product).where(Product.enabled, Product.poll_account != "", Product.codec.in_(codecs))
        with self._reading.begin() as session:
            rows = session.scalars(wanted).all()
            self._nobody.note(rows)
            self._opened = {(row.id, row.poll_secret_sealed): self._secret(row) for row in rows}
            return {row.id: _polled(row, self._opened[row.id, row.poll_secret_sealed]) for row in rows}

    def devices(self, product_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the enabled devices of products."""
        wanted = select(Device.product_id, Device.id).where(Device.product_id.in_(product_ids), Device.enabled)
        found: dict[str, list[str]] = {}
        with self._reading.begin() as session:
            for product_id, device_id in session.execute(wanted):
                found.setdefault(product_id, []).append(device_id)
        return found

    def states(self) -> Sequence[PollState]:
        """Return what was written."""
        with self._reading.begin() as session:
            return [
                PollState(
                    row.product_id,
                    row.device_id,
                    answered_at_ms=row.answered_at_ms,
                    failing_since_ms=row.failing_since_ms,
                    failure=row.failure,
                    known=tuple(row.known.split()),
                )
                for row in session.scalars(select(PollStateRow))
            ]

    def write(self, states: Sequence[PollState]) -> None:
        """Write what is new."""
        for start in range(0, len(states), _MOST_NAMED):
            with self._sessions.begin() as session:
                for state in states[start : start + _MOST_NAMED]:
                    _write(session, state)

    def _secret(self, row: Product) -> str:
        """Return the secret; empty, loudly, where it cannot be read."""
        known = self._opened.get((row.id, row.poll_secret_sealed))
        if known is not None:
            return known
        vault = self._vault()
        try:
            if vault is not None and row.poll_secret_sealed:
                return vault.open(row.poll_secret_sealed, f"poll:{row.id}")
        except WrongKeyError as error:
            _logger.error("the cloud of product %s cannot be asked: %s", row.id, error)  # noqa: TRY400 - it says all
        return ""


def _polled(row: Product, secret: str) -> PolledProduct:
    return PolledProduct(
        product_id=row.id,
        codec=row.codec,
        account=row.poll_account,
        secret=secret,
        address=row.poll_address,
        period_s=float(row.poll_period_s),
    )


def _write(session: Session, state: PollState) -> None:
    this = (PollStateRow.product_id == state.product_id, PollStateRow.device_id == state.device_id)
    values = {
        "answered_at_ms": state.answered_at_ms,
        "failing_since_ms": state.failing_since_ms,
        "failure": state.failure[:_MOST_CHARS],
        "known": " ".join(state.known),
    }
    changed = session.execute(update(PollStateRow).where(*this).values(**values).returning(PollStateRow.product_id))
    if changed.first() is None:
        session.execute(insert(PollStateRow).values(product_id=state.product_id, device_id=state.device_id, **values))
