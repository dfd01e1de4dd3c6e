"""Which sensor an announced thing is of, so that two never become one, and what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from anhu.contract.identity import radio_address, source_name
from anhu.contract.vendor_words import name_meaning, words
from anhu.contract.word_table import KIND_OF

_MOST_CHARS = 100
_NUMBER = re.compile(r"(?=.*\d).{6}", re.DOTALL)
_OF_THE_DEVICE = frozenset(
    {"action", "battery", "battery_low", "carbon_monoxide", "click", "contact", "gas", "humidity", "linkquality",
     "motion", "occupancy", "rssi", "signal", "smoke", "sos", "tamper", "temperature", "vibration", "water_leak"}
)  # fmt: skip
"""Things of which a sensor has one: they are the sensor's, by its own name. Another is named behind it."""


class Naming(NamedTuple):
    """What an announced thing is called.

    Attributes
    ----------
    device : str
        Of which device behind the registered one it is; empty for that one itself.
    source : str
        Whose its observations are.
    thing : str
        What it is called within its device.
    calls : bool
        The device is there to call for help, by its name or model.
    """

    device: str
    source: str
    thing: str
    calls: bool

    def names(self, name: object) -> tuple[str, ...]:
        """Return what it is called: within its device, and by the name that people read."""
        own = name[:_MOST_CHARS] if isinstance(name, str) else ""
        return tuple(dict.fromkeys(one for one in (self.thing[:_MOST_CHARS], own) if one))


def known_by(device: Mapping[str, Any], node: str, thing: str, registered: str) -> Naming:
    """Name a thing: the device's identifier, and what is left of the thing's name without it."""
    known = [*_identifiers(device), node]
    key = next((one for one in known if one), thing)
    told = [str(device.get(name) or "") for name in ("name", "model", "model_id")]
    plain = _without(thing, [*known, *(one for known_as in known for one in known_as.split("_")), *told])
    is_itself = registered in {*known, told[0], *map(radio_address, known)}
    behind = "" if is_itself else source_name(radio_address(key))
    own = plain.lower() in _OF_THE_DEVICE or key == thing
    source = behind if own else source_name(f"{behind}/{plain}" if behind else plain)
    return Naming(behind, source, plain, any(map(calls_for_help, told)))


def _identifiers(device: Mapping[str, Any]) -> Iterator[str]:
    given = device.get("identifiers")
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, str | int) and one != "":
            yield str(one)
    pairs = device.get("connections")
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, list) and pair and isinstance(pair[-1], str):
            yield pair[-1]
    if isinstance(device.get("name"), str):
        yield device["name"]


def _without(thing: str, known: list[str]) -> str:
    """Take the device's own numbers away from a thing's name: ``A4C138C38EE5-LYWSD03MMC-tempc`` is its ``tempc``.

    Only what looks like a number goes: of ``hall_pir`` and ``pir`` in one hall, two would become one.
    """
    plain = thing
    for one in sorted({name for name in known if _NUMBER.search(name)}, key=len, reverse=True):
        for spelled in dict.fromkeys((one, re.sub(r"[^\w-]+", "_", one))):
            if plain.lower().startswith(spelled.lower()) and plain[len(spelled) : len(spelled) + 1] in {"-", "_", " "}:
                plain = plain[len(spelled) + 1 :]
    return plain or thing


def calls_for_help(text: str) -> bool:
    """Tell whether a name or model is that of something to call for help with."""
    about = name_meaning(text)
    is_about = about.helps and not about.setting and not about.technical
    return is_about and any(KIND_OF.get(one) == "sos" for one in words(text))
