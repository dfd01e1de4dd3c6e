"""A vendor supplies devices; of one that somebody depends on, only its centre changes what keeps that person safe."""

from __future__ import annotations

from typing import Any

import pytest

from anhu.registry.tables import Device
from tests.api.world import Site

DEVICE = "/api/v1/devices/watch-ours"
SILENCING: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"alarms": ["sos", "fall"]}, {"alarms": ["sos"]}),
    ({"alarms": ["sos"]}, {"alarms": []}),
    ({"report_period_s": 60}, {"report_period_s": 3_600}),
    ({"report_period_s": 60}, {"report_period_s": 0}),
    ({"report_period_s": 0}, {"report_period_s": 604_800}),
    ({"room": "bathroom"}, {"room": "kitchen"}),
    ({"position": "waist"}, {"position": "wrist"}),
]
HARMLESS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"alarms": ["sos"]}, {"alarms": ["sos", "fall"]}),
    ({"report_period_s": 3_600}, {"report_period_s": 60}),
    ({"report_period_s": 0}, {"report_period_s": 60}),
    ({}, {"model": "W-2"}),
    ({"room": "bathroom"}, {"room": "bathroom"}),
]


def _have(site: Site, before: dict[str, Any]) -> None:
    with site.world.sessions.begin() as session:
        row = session.get_one(Device, "watch-ours")
        for name, value in before.items():
            setattr(row, name, value)


@pytest.mark.parametrize(("before", "change"), SILENCING)
def test_a_vendor_may_not_silence_what_somebody_wears(
    site: Site, before: dict[str, Any], change: dict[str, Any]
) -> None:
    _have(site, before)
    with site.program("vendor") as vendor, site.program("admin") as admin:
        answer = vendor.patch(DEVICE, json=change)
        assert answer.status_code == 403, answer.text
        assert "its centre must" in answer.json()["detail"]
        assert admin.patch(DEVICE, json=change).status_code == 200


@pytest.mark.parametrize(("before", "change"), HARMLESS)
def test_a_vendor_may_improve_it(site: Site, before: dict[str, Any], change: dict[str, Any]) -> None:
    _have(site, before)
    with site.program("vendor") as vendor:
        answer = vendor.patch(DEVICE, json=change)
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("way", ["rotate", "revoke"])
def test_nor_take_its_secret(site: Site, way: str) -> None:
    with site.program("vendor") as vendor:
        assert vendor.post(f"{DEVICE}/{way}").status_code == 403
