"""Take the README's pictures of a running demo.

``python -m tests.api.web.take_screenshots http://127.0.0.1:8080 --desk desk:PASSWORD --out docs/pictures``
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from tests.api.web.serving import browser_at
from tests.services.chromium import chromium_program

_WAIT_MS = 60_000
_SETTLE_MS = 1_200


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="address of the running demo, such as http://127.0.0.1:8080")
    parser.add_argument("--desk", required=True, metavar="LOGIN:PASSWORD", help="somebody who answers alarms")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="folder for the pictures")
    given = parser.parse_args(arguments)
    login, _, password = given.desk.partition(":")
    given.out.mkdir(parents=True, exist_ok=True)
    with browser_at(str(chromium_program())) as browser:
        for picture in PICTURES:
            target = given.out / f"{picture.name}.png"
            target.write_bytes(take(browser, given.base.rstrip("/"), login, password, picture))
            print(target)  # noqa: T201 - a command line says what it made


if __name__ == "__main__":
    main()
