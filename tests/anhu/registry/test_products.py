"""A product is enrolled once; its vendor's key is kept sealed, opens for it alone, and ends with the next one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.errors import FieldError
from anhu.registry.errors import TakenError
from anhu.registry.product_tables import Product
from anhu.registry.products import create_product, new_push_key, push_key
from anhu.registry.sealing import KEY_BYTES, WrongKeyError
from anhu.registry.secret_vault import SecretVault

_VAULT = SecretVault(bytes(KEY_BYTES))


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions.begin() as opened:
        yield opened


def _watch(session: Session, product_id: str = "x8") -> Product:
    return create_product(session, product_id=product_id, name="X8", vendor="acme", codec="open_json", now_ms=1)


def test_a_key_is_kept_sealed_and_ends_with_the_next(session: Session) -> None:
    product = _watch(session)
    assert push_key(session, _VAULT, "x8") == ""
    first = new_push_key(session, _VAULT, "x8")
    assert push_key(session, _VAULT, "x8") == first
    assert first.encode() not in product.push_key_sealed
    second = new_push_key(session, _VAULT, "x8")
    assert push_key(session, _VAULT, "x8") == second != first


def test_a_product_that_was_switched_off_has_no_key(session: Session) -> None:
    product = _watch(session)
    new_push_key(session, _VAULT, "x8")
    product.enabled = False
    session.flush()
    assert push_key(session, _VAULT, "x8") == ""


def test_a_key_opens_for_its_own_product_only(session: Session) -> None:
    _watch(session)
    new_push_key(session, _VAULT, "x8")
    _watch(session, "x9").push_key_sealed = session.get_one(Product, "x8").push_key_sealed
    session.flush()
    with pytest.raises(WrongKeyError, match="product:x9"):
        push_key(session, _VAULT, "x9")


def test_another_key_of_the_installation_opens_nothing(session: Session) -> None:
    _watch(session)
    new_push_key(session, _VAULT, "x8")
    with pytest.raises(WrongKeyError):
        push_key(session, SecretVault(bytes([1]) * KEY_BYTES), "x8")


@pytest.mark.parametrize("product_id", ["", "X8", "x/8", "-x8", "x" * 64])
def test_an_identity_must_fit_into_an_address(session: Session, product_id: str) -> None:
    with pytest.raises(FieldError, match="lower-case letters"):
        _watch(session, product_id)


def test_no_two_products_are_one(session: Session) -> None:
    _watch(session)
    with pytest.raises(TakenError):
        _watch(session)
