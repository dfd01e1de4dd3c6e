"""What a gateway hears by radio of sensors that nobody registered: so much that people can look at it, and no more.

A street is full of beacons, and each of them may change its address every quarter of an hour. None of it may fill a
queue, a memory or a person's day; calls for help are not counted here, they have limits of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.observation import Event, Observation
from gateway.directory import DeviceEntry
from gateway.sources import is_unknown, wants_owner

OF_SENSOR = Rate(10, 1)
"""Messages of one sensor: a cuff says one, a strap that passes by one a second."""
MEASURED = Rate(60, 12)
"""Of one gateway: messages in which somebody measured."""
OTHERWISE = Rate(60, 6)
"""Of one gateway: all others."""
_MOST_SENSORS = 64
_MOST_GATEWAYS = 20_000


class _Heard:
    """What one gateway has used up."""

    def __init__(self, now_ms: int) -> None:
        self.of_kind = {True: Allowance.full(MEASURED, now_ms), False: Allowance.full(OTHERWISE, now_ms)}
        self.sensors: dict[tuple[str, bool], Allowance] = {}


class HeardSensors:
    """Lets through what goes on of it."""

    def __init__(self) -> None:
        self._heard: dict[str, _Heard] = {}

    def within(
        self, device: DeviceEntry, observations: Iterable[Observation], now_ms: int
    ) -> tuple[tuple[Observation, ...], int]:
        """Return what goes on of one message, and how many observations do not. [ms]."""
        kept: list[Observation] = []
        let_go, asked = 0, dict[tuple[str, bool], bool]()
        for one in observations:
            wanted = wants_owner(one)
            if not is_unknown(device, one) or (wanted and isinstance(one, Event)):
                kept.append(one)
                continue
            key = (one.source, wanted)
            if key not in asked:
                asked[key] = self._takes(device.device_id, key, now_ms)
            if asked[key]:
                kept.append(one)
            else:
                let_go += 1
        return tuple(kept), let_go

    def _takes(self, gateway: str, key: tuple[str, bool], now_ms: int) -> bool:
        heard = self._heard.get(gateway)
        if heard is None:
            if len(self._heard) >= _MOST_GATEWAYS:
                del self._heard[next(iter(self._heard))]
            heard = self._heard[gateway] = _Heard(now_ms)
        mine = heard.sensors.pop(key, None) or Allowance.full(OF_SENSOR, now_ms)
        heard.sensors[key] = mine  # who spoke last stands last
        if len(heard.sensors) > _MOST_SENSORS:
            del heard.sensors[next(iter(heard.sensors))]
        return mine.takes(now_ms) and heard.of_kind[key[1]].takes(now_ms)
