"""Cursors of keyset pagination: where the last page ended, opaque to the caller."""

from __future__ import annotations

import base64
import binascii
import json

from anhu.contract.errors import FieldError

_LARGEST = 2**63 - 1


def encode_cursor(*key: str | int) -> str:
    """Return the cursor for the key of a page's last row."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type) -> tuple[str | int, ...] | None:
    """Return the key a cursor stands for; None for the empty cursor, which starts from the top.

    Raises
    ------
    FieldError
        If it is not a cursor that this list gave out.
    """
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or [type(part) for part in key] != list(types) or not all(map(_storable, key)):
        raise FieldError("query.cursor", cursor, "the next_cursor of the page before")
    return tuple(key)


def _storable(part: str | int) -> bool:
    """Tell whether a database can be asked for it: no number beyond 64 bits, no zero byte, no half character."""
    if isinstance(part, int):
        return abs(part) <= _LARGEST
    return "\0" not in part and part.isprintable()
