"""What waits for somebody to say whose it is stands on the pages of those who can say so, and on no others."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from anhu.contract.observation import Event, Scalar
from anhu.contract.record import Reading, encode_record
from anhu.registry.quarantine_tables import QuarantinedDevice, UnassignedReading
from anhu.registry.tables import Device
from tests.api.web.administrators import add_admin
from tests.api.web.scene import Scene
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]
NOW_MS = 1_795_300_000_000
HUB = "nav.menu a[href='/admin']"


def _waits(scene: Scene) -> None:
    seen = {"door": "tcp", "source": "x", "messages": 1, "first_ms": NOW_MS, "last_ms": NOW_MS}
    call, cuff = Event("sos", NOW_MS, "on", source="pend-9"), Scalar("systolic_pressure", 187.0, NOW_MS, source="cuff")
    with scene.sessions.begin() as session:
        gateway = session.query(Device).filter(Device.resident_id == "r-1").first()
        assert gateway is not None
        session.add(QuarantinedDevice(id="s-1", said="s-1", codec="open_json", **seen))
        for one in (call, cuff):
            session.add(
                UnassignedReading(
                    id=one.source, device_id=gateway.id, slot=one.source, received_at_ms=NOW_MS, abnormal=True,
                    record=encode_record(Reading(gateway.id, "", NOW_MS, (one,))), is_call=isinstance(one, Event),
                )
            )  # fmt: skip


def test_an_administrator_is_led_to_both_queues(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    _waits(scene)
    page = reader("admin")
    expect(page.locator(f"{HUB} .unread")).to_contain_text("3")
    page.click(HUB)
    expect(page.locator("#waiting li")).to_have_count(2)
    page.click("#waiting a[href='/admin/unassigned']")
    expect(page.locator(".stranger").first).to_contain_text("求助")
    page.locator(".stranger").nth(1).locator("form.inline input[type=checkbox]").check()
    page.locator(".stranger").nth(1).locator("form.inline button").click()
    expect(page.locator(".stranger")).to_have_count(1)
    expect(page.locator(f"{HUB} .unread")).to_contain_text("2")


def test_a_desk_sees_on_its_own_page_what_it_can_settle_and_a_relative_is_not_bothered(
    scene: Scene, reader: Reader
) -> None:
    _waits(scene)
    page = reader("desk")
    page.goto(at(page, "/desk"))
    expect(page.locator(f"{HUB} .unread")).to_contain_text("2")
    family = reader("family")
    expect(family.locator("nav.menu .unread:visible")).to_have_count(0)
