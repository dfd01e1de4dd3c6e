"""Accounts, contacts and places get their new columns with every row in place, and lose them again."""

from __future__ import annotations

from alembic import command
from sqlalchemy import text

from anhu.registry.account_tables import AccountMessage
from anhu.registry.database import close_sessions, open_engine, open_sessions
from anhu.registry.migrations import alembic_config, upgrade
from anhu.registry.tables import Centre, Contact, Team, Token, User

_ROWS = (
    "INSERT INTO centre (id, name, region_code, phone, time_zone) VALUES ('c-1', 'n', '', '', '')",
    "INSERT INTO team (id, name, centre_id) VALUES ('t-1', 'n', 'c-1')",
    (
        'INSERT INTO "user" (id, login, name, role, password_hash, centre_id, vendor, language, enabled)'
        " VALUES ('u-1', 'desk', 'n', 'desk', 'h', 'c-1', '', 'zh-CN', :yes)"
    ),
    (
        "INSERT INTO contact (id, owner_kind, owner_id, channel, address, secret, min_priority, language, enabled)"
        " VALUES ('k-1', 'centre', 'c-1', 'webhook', 'https://x.example', 's', 1, 'zh-CN', :yes)"
    ),
    (
        "INSERT INTO token (sha256, user_id, purpose, label, csrf, scopes, created_at_ms, expires_at_ms)"
        " VALUES (:digest, 'u-1', 'session', '', 'c', 'read', 1, 2)"
    ),
)


def test_accounts_keep_what_they_had_forward_and_back(empty_url: str) -> None:
    upgrade(empty_url, "0011")
    sessions = open_sessions(empty_url)
    with sessions.begin() as session:
        for row in _ROWS:
            session.execute(text(row), {"yes": True, "digest": b"\1" * 32})
    upgrade(empty_url)
    with sessions.begin() as session:
        user, contact = session.get_one(User, "u-1"), session.get_one(Contact, "k-1")
        assert (user.password_hash, user.password_until_ms) == ("h", None)
        assert (contact.enabled, contact.awaits_code, contact.position, contact.removed_at_ms) == (True, False, 0, None)
        assert (session.get_one(Centre, "c-1").closed_at_ms, session.get_one(Team, "t-1").code) == (None, "")
        assert session.get_one(Token, b"\1" * 32).agent == ""
        message = {"id": "m-1", "kind": "test", "user_id": "u-1", "contact_id": "k-1"}
        session.add(AccountMessage(created_at_ms=1, expires_at_ms=2, **message))
        session.execute(
            text(
                "INSERT INTO outbox (idempotency_key, subject_kind, subject_id, contact_id, reason, priority, state,"
                " attempts, due_at_ms, lease_until_ms, created_at_ms, data)"
                " VALUES ('x', 'account_message', 'm-1', 'k-1', 'test', 1, 'pending', 0, 1, 0, 1, '{}')"
            )
        )
    close_sessions(sessions)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0011")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT state FROM outbox")) == "cancelled"
        assert connection.scalar(text('SELECT login FROM "user"')) == "desk"
        assert connection.scalar(text("SELECT address FROM contact")) == "https://x.example"
    engine.dispose()
    upgrade(empty_url)
