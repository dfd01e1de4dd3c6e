"""Identities of commands for families whose devices take nothing but a number for one."""

from __future__ import annotations

import hashlib

_BYTES = 4


def command_number(command_id: str) -> str:
    """Return a command's identity as a number of 32 bits, in decimal: an answer names it again.

    Two commands of one device that wait at the same time have the same one once in a thousand million.
    """
    return str(int.from_bytes(hashlib.sha256(command_id.encode()).digest()[:_BYTES], "big"))
