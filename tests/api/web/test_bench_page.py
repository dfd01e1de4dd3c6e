"""A vendor tries a message and has a codec examined; what a device is asked stands on its page with what came of it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.api.web.administrators import add_admin, add_nobodys
from tests.api.web.scene import Scene
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]


def test_a_vendor_sees_what_is_read_of_a_message_or_the_exact_error(reader: Reader) -> None:
    page = reader("vendor", language="en")
    page.goto(at(page, "/bench"))
    for payload, said in (
        ('{"v":1,"values":{"heart_rate":72}}', '"quantity": "heart_rate"'),
        ('{"v":1,"values":{"heart_rate":{"value":72,"unit":"kPa"}}}', "values.heart_rate.unit: got 'kPa', expected"),
    ):
        page.get_by_label("Payload").fill(payload)
        page.get_by_role("button", name="Try it").click()
        expect(page.locator("main")).to_contain_text(said)
        expect(page.get_by_label("Payload")).to_have_value(payload)


def test_a_codec_is_examined_and_passes(reader: Reader) -> None:
    page = reader("vendor", language="en")
    page.goto(at(page, "/bench/report?codec=open_json"))
    expect(page.locator(".page-head")).to_contain_text("passed")
    assert page.locator("td.bench-failed").count() == 0


def test_a_stranger_is_adopted_with_one_click_and_counted_in_the_menu_before(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    add_nobodys(scene)
    page = reader("admin", language="en")
    page.goto(at(page, "/admin/quarantine"))
    expect(page.locator(".menu a[href='/admin'] .unread")).to_have_text("4")
    page.get_by_role("button", name="Adopt: 860000000000001").click()
    expect(page.get_by_role("status").first).to_contain_text("Registered")
    expect(page.locator("a[href='/devices/860000000000001']")).to_have_count(1)


def test_a_desk_asks_a_device_from_its_page(reader: Reader) -> None:
    page = reader("desk", language="en")
    page.goto(at(page, "/devices/watch-1"))
    panel = page.locator("#commands")
    panel.get_by_label("Asked", exact=True).select_option("text")
    panel.get_by_role("button", name="Send").click()
    expect(panel).to_contain_text("what the device is to show")
    panel.get_by_label("Text (for").fill("Dinner is ready")
    panel.get_by_role("button", name="Send").click()
    expect(panel.locator("tbody tr").first).to_contain_text("waits for the device")
    expect(panel.locator("tbody tr").first).to_contain_text("Dinner is ready")
