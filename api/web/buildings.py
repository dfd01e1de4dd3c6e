"""Which building and street an address is in, as far as its words say: to group alarms, never to send somebody."""

from __future__ import annotations

import re

_BUILDING = re.compile(r"^.*?\d+\s*(?:号楼|号院\s*\d+\s*号楼|栋|幢|座|病区)")
_NUMBER = re.compile(r"^.*?\d+\s*(?:号院|号|弄)")
_STREET = re.compile(r"^[^\d]*[^\d\s]")


def building_of(address: str) -> str:
    """Return the address up to its building or ward; up to its first comma or number where none is named."""
    text = " ".join(address.split())
    for pattern in (_BUILDING, _NUMBER):
        if found := pattern.match(text):
            return found.group().strip()
    return text.split(",")[0].strip()


def street_of(address: str) -> str:
    """Return the address up to its first number; all of it where that is how it begins."""
    text = " ".join(address.split())
    found = _STREET.match(text)
    return found.group().strip(" ,，第") if found else text.split(",")[0].strip()
