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


def hash_password(password: str, *, cost: Cost = DEFAULT_COST) -> str:
    """Return ``scrypt$n$r$p$salt$key``.

    Raises
    ------
    FieldError
        If the password has fewer than 10 or more than 200 characters. The error does not repeat it.
    """
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        shown = f"<{len(password)} characters>"
        raise FieldError("password", shown, f"{MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters")
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
