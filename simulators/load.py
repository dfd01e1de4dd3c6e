"""Ordinary vitals as fast as they can be made: what a load test sends."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from simulators.sources.synthetic_day import person

_PEOPLE = 256


def payloads(devices: int, seed: int) -> Callable[[int], tuple[int, bytes]]:
    """Return a function that gives, for the present [ms], the next device's number and its report of three vitals.

    The devices take turns. The text is put together by hand: an encoder would cost more than all the rest.
    """
    draw = Random(f"load {seed}")  # noqa: S311 - a simulation wants repeatable numbers, not secret ones
    people = [person(seed + i) for i in range(min(devices, _PEOPLE))]
    number = -1

    def next_one(now_ms: int) -> tuple[int, bytes]:
        nonlocal number
        number = (number + 1) % devices
        who = people[number % len(people)]
        wander = draw.random()
        text = (
            f'{{"v":1,"time":{now_ms},"values":{{"heart_rate":{who.heart_rate + 6 * wander:.0f},'
            f'"spo2":{who.spo2 + wander - 0.5:.0f},"skin_temperature":{who.temperature - 3 + wander:.1f}}}}}'
        )
        return number, text.encode()

    return next_one
