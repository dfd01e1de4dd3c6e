"""No page of administration keeps anybody out: axe-core, in both languages, wide, on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.api.web.administrators import add_admin, add_nobodys
from tests.api.web.scene import Scene
from tests.api.web.test_web_axe import GRAVE, SETTLED_MS, Look
from tests.api.web.test_web_pages import at
from tests.services.axe import axe_source, violations

Reader = Callable[..., Page]
PAGES = (
    "/admin",
    "/admin/start",
    "/admin/users",
    "/admin/users/new",
    "/admin/users/u-desk",
    "/admin/places",
    "/admin/places/centre/c-1",
    "/admin/places/team/new",
    "/admin/contacts",
    "/admin/contacts?owner=team:t-1",
    "/admin/contacts/k-1",
    "/admin/audit",
    "/account",
    "/account/password",
    "/devices/new",
    "/devices/watch-1",
    "/devices",
    "/devices?state=silent&q=x",
    "/claim",
    "/claim?code=ABCD-2345",
    "/admin/products",
    "/admin/products/new",
    "/residents/r-1",
    "/admin/residents",
    "/admin/residents/new",
    "/admin/residents/r-1",
    "/admin/beds",
    "/admin/import",
    "/admin/policies",
    "/admin/policies/edit",
    "/figures",
    "/platform",
    "/deliveries",
    "/refusals",
    "/admin/quarantine",
    "/admin/unassigned",
    "/bench",
    "/bench/report?codec=open_json",
    "/rota?owner=centre:c-1",
    "/none",
)


@pytest.mark.parametrize("as_seen", [Look("zh-CN", "dark", 1440), Look("en", "light", 390)], ids=str)
def test_no_page_of_administration_has_a_grave_fault(scene: Scene, reader: Reader, as_seen: Look) -> None:
    add_admin(scene)
    add_nobodys(scene)
    axe = axe_source()
    faults: dict[str, list[str]] = {}
    page = reader("admin", language=as_seen.language, width=as_seen.width)
    page.emulate_media(color_scheme=as_seen.scheme, reduced_motion="reduce")
    for path in PAGES:
        page.goto(at(page, path))
        page.evaluate(
            "document.querySelectorAll('details').forEach(d => { d.removeAttribute('name'); d.open = true; })"
        )
        page.wait_for_timeout(SETTLED_MS)
        found = [one for one in violations(page, axe) if one.startswith(GRAVE)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("wider than the window")
        if found:
            faults[path] = found
    out = reader("", language=as_seen.language, width=as_seen.width)
    for path in ("/login", "/forgot-password", "/reset?token=x", "/a/none"):
        out.goto(at(out, path))
        if found := [one for one in violations(out, axe) if one.startswith(GRAVE)]:
            faults[path] = found
    assert faults == {}
