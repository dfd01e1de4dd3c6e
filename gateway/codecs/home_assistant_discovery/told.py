"""What is kept of an announcement: what one topic means, small, and checked once when it was announced."""

from __future__ import annotations

from functools import lru_cache

import msgspec

STATE, THERE, PRESS, OTHER = "state", "there", "press", "other"
"""A topic carries a sensor's state; whether a device is there; presses of a button; what a lamp or a setting says."""


class Told(msgspec.Struct, frozen=True, gc=False, array_like=True, kw_only=True):
    """What a topic means.

    Attributes
    ----------
    about : str
        `STATE`, `THERE`, `PRESS` or `OTHER`.
    source : str
        Whose it is, as observations say it; empty for the registered device itself.
    component : str
        Home Assistant's word for what it is: ``binary_sensor``, ``sensor``, ``event``.
    names : tuple of str
        What it is called, the plainest first.
    device_class, unit, template : str
        As announced; `template` only where it is understood.
    on, off : str
        The two states, of a sensor that has two; of `THERE`, that it is there and that it is gone.
    flaw : str
        What of its template is not understood.
    calls : bool
        The device, by its name or model, is there to call for help.
    minor : bool
        Home Assistant's "diagnostic" or "config": about the device, not about the home.
    """

    about: str
    source: str = ""
    component: str = ""
    names: tuple[str, ...] = ()
    device_class: str = ""
    unit: str = ""
    template: str = ""
    on: str = ""
    off: str = ""
    flaw: str = ""
    calls: bool = False
    minor: bool = False


_MOST_CHARS = 100


def word(value: object) -> str:
    """Return a state in the one spelling in which states are compared."""
    return str(value).strip().lower()[:_MOST_CHARS]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Told)


def written(told: Told) -> bytes:
    """Return it as it is kept."""
    return _encoder.encode(told)


@lru_cache(maxsize=16_384)
def read(kept: bytes) -> Told:
    """Return what was kept."""
    return _decoder.decode(kept)
