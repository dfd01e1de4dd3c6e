"""What went wrong, in one line that names the setting, its value and what was expected."""

from __future__ import annotations

import errno
import getpass
import os

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from anhu.contract.errors import AnhuError, FieldError
from anhu.registry.database import is_refusal
from app.cli.options import settings_of

_WRONG_LOGIN = frozenset({"28P01", "28000"})
_NO_DATABASE = "3D000"


def language() -> str:
    """Return in which language the person at this terminal reads."""
    chosen = next(filter(None, (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "zh-CN" if chosen.lower().startswith("zh") else "en"


def explained(error: Exception) -> str:
    """Return one line about an error that a person's mistake, or the machine, made; empty: nobody expected it."""
    if isinstance(error, FieldError):
        return error.said(language())
    if isinstance(error, AnhuError):
        return str(error)
    if isinstance(error, DBAPIError) and not is_refusal(error):
        return _database(error)
    if isinstance(error, SQLAlchemyError) and isinstance(error, ArgumentError):
        return f"ANHU_DATABASE_URL: got {_shown_database()}, expected a database URL"
    if isinstance(error, OSError) and error.filename is not None:
        return _file(error)
    return ""


def _file(error: OSError) -> str:
    """Return what a folder or a file should have been."""
    if error.errno in (errno.EACCES, errno.EPERM):
        expected = f"something that the user {getpass.getuser()} may write"
    elif error.errno == errno.EROFS:
        expected = "a folder that is not read-only"
    elif error.errno == errno.ENOSPC:
        expected = "a disk with room on it"
    elif error.errno == errno.ENOENT:
        expected = "something that exists"
    else:
        expected = f"something else: {error.strerror}"
    return f"--data, ANHU_DATA or a file: got {str(error.filename)!r}, expected {expected}"


def _database(error: DBAPIError) -> str:
    told = error.orig.args[0] if error.orig is not None and error.orig.args else ""
    state = str(told.get("C", "")) if isinstance(told, dict) else ""
    said = str(told.get("M", told)) if isinstance(told, dict) else str(told)
    shown = _shown_database()
    if shown.startswith("sqlite"):
        expected = f"a database file that the user {getpass.getuser()} may write"
        return f"--data, ANHU_DATA: got {shown}, expected {expected} ({said})"
    if state in _WRONG_LOGIN:
        expected = "a user and password that the database lets in"
    elif state == _NO_DATABASE:
        expected = "a database that exists"
    else:
        expected = "a database that answers"
    return f"ANHU_DATABASE_URL: got {shown}, expected {expected} ({said})"


def _shown_database() -> str:
    try:
        return make_url(settings_of().database).render_as_string(hide_password=True)
    except (ArgumentError, AnhuError):
        return "***"
