"""Take the pictures of alarms with their evidence: recordings through the production detectors, in a scene of its own.

Nothing needs to run: ``python -m tests.api.web.take_evidence [--out docs/pictures]``
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from tests.api.web.episodes import last_night, poorly, recorded
from tests.api.web.scene import PASSWORD, Scene, make_scene
from tests.api.web.serving import browser_at, served
from tests.services.chromium import chromium_program

_SETTLE_MS = 900


class Picture(NamedTuple):
    """One picture: which alarm, how wide a window, in which language."""

    name: str
    alarm: str
    width: int = 1600
    language: str = "en"


PICTURES = (
    Picture("evidence-fall", "fall backward"),
    Picture("evidence-fall-forward", "fall forward"),
    Picture("evidence-fall-lateral", "fall lateral"),
    Picture("evidence-fibrillation", "fibrillation"),
    Picture("evidence-pause", "pause"),
    Picture("evidence-handheld", "handheld"),
    Picture("evidence-news2", "news2"),
    Picture("evidence-night", "night"),
    Picture("evidence-fibrillation.zh", "fibrillation", language="zh-CN"),
    Picture("evidence-night.zh", "night", language="zh-CN"),
    Picture("evidence-pause-phone.zh", "pause", 390, "zh-CN"),
)


def happen(scene: Scene, now_ms: int) -> Mapping[str, str]:
    """Let everything happen; return alarm -> id."""
    ecg = recorded(scene, 2, "fibrillation", now_ms)
    return {
        "fall backward": recorded(scene, 1, "fall", now_ms)["fall"],
        "fall forward": recorded(scene, 6, "fall", now_ms, seed=1)["fall"],
        "fall lateral": recorded(scene, 4, "fall", now_ms, seed=2)["fall"],
        "fibrillation": ecg["irregular_rhythm"],
        "pause": ecg["asystole_pause"],
        "handheld": recorded(scene, 3, "handheld_ecg", now_ms)["irregular_rhythm"],
        "news2": poorly(scene, 4, now_ms)["news2"],
        "night": last_night(scene, 5, now_ms)["bed_exit"],
    }


def take(browser: Browser, base: str, picture: Picture, alert_id: str) -> bytes:
    """Log in, open the alarm, and return the PNG."""
    context = browser.new_context(viewport={"width": picture.width, "height": 1400}, color_scheme="light")
    try:
        page = context.new_page()
        page.goto(f"{base}/login?language={picture.language}")
        page.fill("#login", "desk")
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_selector(".card")
        page.click("#sound-enable")
        page.goto(f"{base}/desk?alert={alert_id}")
        return _panel(page)
    finally:
        context.close()


def _panel(page: Page) -> bytes:
    panel = page.locator("[data-part=evidence]")
    panel.scroll_into_view_if_needed()
    page.evaluate("document.querySelectorAll('.banner').forEach(one => { one.hidden = true; })")
    page.wait_for_timeout(_SETTLE_MS)
    return panel.screenshot()


def main(arguments: Sequence[str] | None = None) -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="folder for the pictures")
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    now_ms = time.time_ns() // 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        scene = make_scene(Path(folder), now_ms)
        try:
            ids = happen(scene, now_ms)
            with served(scene) as base, browser_at(str(chromium_program())) as browser:
                for picture in PICTURES:
                    target = out / f"{picture.name}.png"
                    target.write_bytes(take(browser, base, picture, ids[picture.alarm]))
                    print(target)  # noqa: T201 - a command line says what it made
        finally:
            scene.close()


if __name__ == "__main__":
    main()
