"""Addresses of what an installation talks to: checked when settings are read, so that nothing starts in vain."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy.exc import ArgumentError

from anhu.contract.errors import SettingsError
from anhu.registry.database import database_url

_DRIVERS = frozenset({"sqlite", "sqlite+pysqlite", "postgresql+pg8000"})


def check_database_url(text: str) -> None:
    """Raise `SettingsError` for a database that we cannot use; its text, which holds a password, is not repeated."""
    try:
        usable = not text or database_url(text).drivername in _DRIVERS
    except (ArgumentError, ValueError):
        usable = False
    if not usable:
        raise SettingsError("ANHU_DATABASE_URL", "…", "sqlite:///FILE or postgresql://user:password@host/database")


def check_broker_url(text: str) -> None:
    """Raise `SettingsError` for what is no broker's address, which is not repeated either."""
    try:
        parts = urlsplit(text)
        usable = not text or (parts.scheme in ("mqtt", "mqtts") and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError("ANHU_BROKER_URL", "…", "mqtt://user:password@host:1883 or mqtts://…")
