"""Many homes at once: a street of them, and what happens to all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alerts.finding import Condition, Evidence, Finding
from anhu.contract.priority import Priority
from anhu.registry.devices import create_device
from anhu.registry.residents import create_resident

if TYPE_CHECKING:
    from tests.scenarios.town import Town

_NAMES = "王赵孙周吴郑冯陈褚卫蒋沈韩杨朱秦尤许何吕施"


def build_street(town: Town, number: int) -> list[str]:
    """Build homes with a resident and a watch each; return the residents."""
    homes = [f"r-{10 + place}" for place in range(number)]
    with town.acting(settle=False) as session:
        for home, name in zip(homes, _NAMES, strict=False):
            create_resident(session, name=f"{name}大爷", now_ms=1, resident_id=home, centre_id="c-1", team_id="t-1")
            watch = f"w-{home.removeprefix('r-')}"
            create_device(session, device_id=watch, codec="open_json", now_ms=1, resident_id=home)
    return homes


def area_goes_dark(town: Town, homes: Sequence[str]) -> str:
    """Have the engine find that an area is silent; return the alarm."""
    devices = [f"w-{home.removeprefix('r-')}" for home in homes]
    evidence = Evidence(
        features={"devices": float(len(devices)), "residents": float(len(homes))},
        room="device_silent/street",
        residents=list(homes),
        devices=devices,
    )
    return town.finds(
        Finding("area_silent", Condition.PRESENT, town.now_ms, town.now_ms, 1.0, Priority.MEDIUM, evidence), of=homes[0]
    )
