"""Password hashes: scrypt, with its parameters stored beside the hash so that they can grow later."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import NamedTuple

from anhu.contract.errors import FieldError

MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 200
_FEW_CHARACTERS = 3
_PADDING = "0123456789!@#$%^&*._-+? "
_LOOK_ALIKES = str.maketrans("@$", "as")
_ROWS = ("1234567890", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz")
_LONGER = ("qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm")
_RUNS = tuple(run * 3 for row in (*_ROWS, *_LONGER) for run in (row, row[::-1]))
_WORDS = (
    "password passw passwd passwort passwordpassword admin administrator administration root rootroot welcome changeme",
    "default secret letmein iloveyou woaini wodemima mima test testtest guest user login master qwerty abc abcabc",
    "monkey dragon sunshine princess football baseball superman computer internet anhu anhuadmin anhuanhu adminadmin",
    "hospital nurse doctor service support temp temporary example",
)
_COMMON = frozenset(" ".join(_WORDS).split())
_SALT_BYTES = 16
_KEY_BYTES = 32


class Cost(NamedTuple):
    """Scrypt's work: memory is 128 * n * r bytes; the default is 32 MiB, about 0.2 s a try."""

    n: int = 2**15
    r: int = 8
    p: int = 3


DEFAULT_COST = Cost()


def _key(password: str, salt: bytes, cost: Cost) -> bytes:
    memory = 256 * cost.n * cost.r
    return hashlib.scrypt(password.encode(), salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=_KEY_BYTES)


def check_password(password: str, *, login: str = "") -> None:
    """Refuse a password that is too short or that everybody tries first.

    Raises
    ------
    FieldError
        If it has fewer than 10 or more than 200 characters, is a common one, one with digits or marks at its end, a run
        such as ``1234567890``, few characters again and again, or the login. The error does not repeat it.
    """
    shown = f"<{len(password)} characters>"
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise FieldError("password", shown, f"{MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters")
    if is_common(password) or (login and password.lower().strip(_PADDING) == login.lower()):
        raise FieldError("password", shown, "none that everybody tries first, such as 1234567890 or password123")


def check_twice(password: str, again: str) -> None:
    """Raise `FieldError` when the second time is not the first."""
    if password != again:
        raise FieldError("again", "", "the same twice")


def is_common(password: str) -> bool:
    """Tell whether a password is among the first that somebody would try."""
    plain = password.lower()
    if len(set(plain)) <= _FEW_CHARACTERS or any(plain in run for run in _RUNS):
        return True
    core = plain.translate(_LOOK_ALIKES).strip(_PADDING)
    return core in _COMMON or core == "" or any(core in run for run in _RUNS)


def hash_password(password: str, *, cost: Cost = DEFAULT_COST) -> str:
    """Return ``scrypt$n$r$p$salt$key``.

    Raises
    ------
    FieldError
        As `check_password`.
    """
    check_password(password)
    salt = secrets.token_bytes(_SALT_BYTES)
    encoded = (base64.b64encode(part).decode() for part in (salt, _key(password, salt, cost)))
    return "$".join(["scrypt", str(cost.n), str(cost.r), str(cost.p), *encoded])


_NOBODY = "scrypt$32768$8$3$" + base64.b64encode(b"\0" * _SALT_BYTES).decode() + "$"


def password_matches(password: str, stored: str) -> bool:
    """Compare a password with a stored hash, in constant time.

    An empty hash (a login that does not exist, or cannot use a password) costs as much work and never matches.
    """
    scheme, n, r, p, salt, key = (stored or _NOBODY).split("$")
    if scheme != "scrypt" or len(password) > MAX_PASSWORD_CHARS:
        return False
    computed = _key(password, base64.b64decode(salt), Cost(int(n), int(r), int(p)))
    return hmac.compare_digest(computed, base64.b64decode(key)) and bool(stored)
