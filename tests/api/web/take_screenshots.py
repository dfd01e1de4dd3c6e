"""Take the README's pictures of a running demo; or, of a scene of their own, those of the device pages to look at.

``python -m tests.api.web.take_screenshots http://127.0.0.1:8080 --desk desk:PASSWORD --out docs/pictures``
``python -m tests.api.web.take_screenshots --pages --out /tmp/pictures``
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page

from tests.api.web.device_scenes import AMOUNTS, scene_with
from tests.api.web.scene import PASSWORD
from tests.api.web.serving import browser_at
from tests.services.chromium import chromium_program

_WAIT_MS = 60_000
_SETTLE_MS = 1_200
_DRAWN_MS = 400


class Picture(NamedTuple):
    """One picture: its file, the window, the language and what is opened."""

    name: str
    width: int
    height: int
    language: str
    opens: str


PICTURES = (
    Picture("desk", 1600, 1000, "en", "alarm"),
    Picture("desk.zh", 1600, 1000, "zh-CN", "alarm"),
    Picture("desk-phone", 390, 844, "en", "queue"),
    Picture("desk-phone.zh", 390, 844, "zh-CN", "queue"),
    Picture("resident", 1600, 1000, "en", "resident"),
    Picture("resident.zh", 1600, 1000, "zh-CN", "resident"),
)


def take(browser: Browser, base: str, login: str, password: str, picture: Picture) -> bytes:
    """Log in, open what the picture shows, and return the PNG."""
    context = browser.new_context(viewport={"width": picture.width, "height": picture.height}, color_scheme="light")
    try:
        page = context.new_page()
        page.set_default_timeout(_WAIT_MS)
        page.goto(f"{base}/login?language={picture.language}")
        page.fill("#login", login)
        page.fill("#password", password)
        page.click("form button")
        page.wait_for_selector(".card")
        if picture.opens != "queue":
            _open(page, base, picture.opens)
        page.wait_for_timeout(_SETTLE_MS)
        return page.screenshot()
    finally:
        context.close()


def _open(page: Page, base: str, what: str) -> None:
    """Open the alarm with a recorded signal (else the most urgent one), and the resident behind it if asked."""
    alerts = page.request.get(f"{base}/api/v1/alerts?open=true").json()["items"]
    best = next((one for one in alerts if one["evidence"].get("quantity") == "acceleration"), alerts[0])
    if what == "alarm":
        page.click(f'[data-open-alert="{best["id"]}"]')
    else:
        page.goto(f"{base}/residents/{best['resident_id']}?range=24h")
    page.wait_for_selector("[data-drawn]")


class Look(NamedTuple):
    """One way to look at a page."""

    name: str
    width: int
    height: int
    language: str
    scheme: Literal["light", "dark"]


LOOKS = (
    Look("wide.zh", 1440, 900, "zh-CN", "light"),
    Look("wide-dark.en", 1440, 900, "en", "dark"),
    Look("phone.en", 390, 844, "en", "light"),
    Look("phone-dark.zh", 390, 844, "zh-CN", "dark"),
)
PAGES = (
    ("vendor", "devices", "/devices"),
    ("vendor", "product", "/admin/products/kati-s4"),
    ("vendor", "products", "/admin/products"),
    ("vendor", "bench", "/bench"),
    ("vendor", "deliveries", "/deliveries"),
    ("vendor", "refusals", "/refusals"),
    ("admin", "device", "/devices/watch-1"),
    ("admin", "claim", "/claim"),
    ("admin", "labels", "/devices?product=kati-s4"),
    ("admin", "import", "/admin/import"),
    ("admin", "quarantine", "/admin/quarantine"),
    ("admin", "unassigned", "/admin/unassigned"),
    ("desk", "watched", "/residents/r-1"),
    ("doctor", "doctor-card", "/residents/r-1/card"),
)
"""Who looks at it, the picture's name, and where it is."""
_OF_ONE_DEVICE = frozenset({"device", "product", "labels"})


def take_pages(browser: Browser, out: Path, looks: Sequence[Look] = LOOKS) -> Iterator[Path]:
    """Take every device page, with nothing, one and many on it; yield the files."""
    for amount in AMOUNTS:
        with tempfile.TemporaryDirectory() as folder, scene_with(amount, Path(folder)) as base:
            for look in looks:
                for login in dict.fromkeys(login for login, _, _ in PAGES):
                    yield from _take_pages(browser, base, login, look, out / amount)


def _take_pages(browser: Browser, base: str, login: str, look: Look, out: Path) -> Iterator[Path]:
    out.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport={"width": look.width, "height": look.height}, color_scheme=look.scheme)
    page = context.new_page()
    page.goto(f"{base}/login?language={look.language}")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url(lambda url: "/login" not in url)
    for who, name, path in PAGES:
        if who != login or (out.name == "nothing" and name in _OF_ONE_DEVICE):
            continue
        page.goto(base + path)
        if name == "labels":  # a sheet is asked for, of what the list shows
            page.locator("form[action*='/devices/labels'] button").click()
        page.wait_for_timeout(_DRAWN_MS)
        file = out / f"{name}.{look.name}.png"
        file.write_bytes(page.screenshot(full_page=out.name != "many"))
        yield file
    context.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", nargs="?", help="address of the running demo, such as http://127.0.0.1:8080")
    parser.add_argument("--pages", action="store_true", help="the device pages, of a scene of their own")
    parser.add_argument("--desk", default="", metavar="LOGIN:PASSWORD", help="somebody who answers alarms")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="folder for the pictures")
    given = parser.parse_args(arguments)
    if given.pages:
        with browser_at(str(chromium_program())) as browser:
            for file in take_pages(browser, given.out):
                print(file)  # noqa: T201 - a command line says what it made
        return
    if not given.base or not given.desk:
        parser.error("the address of a running demo and --desk, or --pages")
    login, _, password = given.desk.partition(":")
    given.out.mkdir(parents=True, exist_ok=True)
    with browser_at(str(chromium_program())) as browser:
        for picture in PICTURES:
            target = given.out / f"{picture.name}.png"
            target.write_bytes(take(browser, given.base.rstrip("/"), login, password, picture))
            print(target)  # noqa: T201 - a command line says what it made


if __name__ == "__main__":
    main()
