"""The poller's view of the database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.errors import FieldError
from anhu.registry import product_polls
from anhu.registry.devices import create_device
from anhu.registry.product_tables import PollStateRow, Product
from anhu.registry.products import create_product
from anhu.registry.sealed_secrets import any_sealed_secret
from anhu.registry.secret_vault import SecretVault
from gateway.doors.poll.port import PollState
from gateway.poll_register import DatabasePollRegister

NOW_MS = 1_795_300_000_000
VAULT = SecretVault(b"k" * 32)


@pytest.fixture
def register(sessions: sessionmaker[Session]) -> DatabasePollRegister:
    with sessions.begin() as session:
        product = create_product(session, product_id="bands", name="x", vendor="v", codec="sleepthing", now_ms=NOW_MS)
        product_polls.set_secret(product, VAULT, "hush")
        product.poll_account = "client-1"
        product.poll_period_s = 30
        create_product(session, product_id="pushed", name="x", vendor="v", codec="sleepthing", now_ms=NOW_MS)
        for device_id, product_id in (("band-1", "bands"), ("band-2", "bands"), ("other", "pushed")):
            create_device(session, device_id=device_id, codec="sleepthing", now_ms=NOW_MS, product_id=product_id)
    return DatabasePollRegister(sessions, lambda: VAULT)


def test_whoever_has_an_account_is_asked_with_the_secret_in_the_clear(register: DatabasePollRegister) -> None:
    [(product_id, product)] = register.products(("sleepthing",)).items()
    assert (product_id, product.account, product.secret, product.period_s) == ("bands", "client-1", "hush", 30.0)
    assert "hush" not in repr(product)
    assert register.products(("another",)) == {}
    assert {one: sorted(devices) for one, devices in register.devices(["bands"]).items()} == {
        "bands": ["band-1", "band-2"]
    }


def test_without_the_right_key_the_secret_is_empty_and_told(
    sessions: sessionmaker[Session], register: DatabasePollRegister, caplog: pytest.LogCaptureFixture
) -> None:
    assert register.products(("sleepthing",))["bands"].secret == "hush"
    wrong = DatabasePollRegister(sessions, lambda: SecretVault(b"w" * 32))
    assert wrong.products(("sleepthing",))["bands"].secret == ""
    assert "bands" in caplog.text
    assert DatabasePollRegister(sessions, lambda: None).products(("sleepthing",))["bands"].secret == ""


def test_the_secret_of_a_cloud_counts_as_sealed_so_that_no_second_key_is_made(
    sessions: sessionmaker[Session], register: DatabasePollRegister
) -> None:
    assert register.states() == []
    with sessions.begin() as session:
        found = any_sealed_secret(session)
    assert found is not None
    assert VAULT.open(found[1], found[0]) == "hush"
    assert base64.b64encode(b"hush") not in found[1]


def test_a_secret_opens_for_its_own_product_only(
    sessions: sessionmaker[Session], register: DatabasePollRegister
) -> None:
    with sessions.begin() as session:
        sealed = session.get_one(Product, "bands").poll_secret_sealed
        other = session.get_one(Product, "pushed")
        other.poll_secret_sealed, other.poll_account = sealed, "x"
    assert register.products(("sleepthing",))["pushed"].secret == ""


def test_what_was_told_last_is_there_after_a_restart_and_gone_with_the_account(
    sessions: sessionmaker[Session], register: DatabasePollRegister
) -> None:
    first = PollState("bands", "band-1", answered_at_ms=NOW_MS, known=("a" * 16, "b" * 16))
    cloud = PollState("bands", failing_since_ms=NOW_MS, failure="busy: HTTP 503")
    register.write([first, cloud])
    register.write([first._replace(answered_at_ms=NOW_MS + 1)])
    assert sorted(register.states()) == [cloud, first._replace(answered_at_ms=NOW_MS + 1)]
    with sessions.begin() as session:
        assert product_polls.silent_clouds(session, NOW_MS) == []
        assert product_polls.silent_clouds(session, NOW_MS + 1) == [("bands", "x", NOW_MS)]
        assert product_polls.outcome(session, "bands").failure == "busy: HTTP 503"
        product_polls.stop(session, session.get_one(Product, "bands"))
    assert register.products(("sleepthing",)) == {}
    with sessions.begin() as session:
        assert session.scalars(select(PollStateRow)).all() == []


@pytest.mark.parametrize(
    "address",
    [
        "openapi.example.com",
        "ftp://x.example",
        "https://user:pass@x.example",
        "https://x.example/?a=1",
        "https://x.example/#a",
        "https://x.example:port",
        "https://x exa.example",
        "javascript:alert(1)",
        "https://",
    ],
)
def test_what_is_no_address_of_a_cloud_is_refused(address: str) -> None:
    with pytest.raises(FieldError, match="address"):
        product_polls.checked_address(address)


def test_an_address_keeps_its_path_and_loses_its_slash() -> None:
    assert product_polls.checked_address(" https://x.example:8443/api/ ") == "https://x.example:8443/api"
    assert product_polls.checked_address("") == ""
