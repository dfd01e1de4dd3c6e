"""By which name a process is known among its like: the same after a restart, another for another data folder."""

from __future__ import annotations

import re
import socket
import zlib

from app.settings import Settings

_NO_LABEL = re.compile(r"[^A-Za-z0-9.-]")
_HOST_CHARS = 54


def instance_of(settings: Settings) -> str:
    """Return ``ANHU_INSTANCE``, or the machine's name with a mark of the data folder: ``node-7-1f0a93c2``."""
    if settings.instance:
        return settings.instance
    host = _NO_LABEL.sub("-", socket.gethostname())[:_HOST_CHARS]
    return f"{host}-{zlib.crc32(str(settings.data.absolute()).encode()):08x}"
