"""What devices are asked, and the events that answer it where a device does not say to what it answers."""

from __future__ import annotations

from collections.abc import Mapping

ANSWERED_BY: Mapping[str, frozenset[str]] = {
    "ask_ok": frozenset({"fall_cancelled", "sos", "fall"}),
    "locate": frozenset({"position"}),
}
"""Command -> the kinds of event that answer it; a measurement is answered by its value."""
