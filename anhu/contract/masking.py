"""How much of a name a message shows."""

from __future__ import annotations

_SHORT_NAME = 2


def masked(name: str) -> str:
    """Return a name as a message may show it: 张*三 for 张小三, 李* for 李四."""
    if len(name) <= _SHORT_NAME:
        return f"{name[:1]}*"
    return f"{name[0]}*{name[-1]}"
