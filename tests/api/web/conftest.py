"""One browser for the run; for each test a scene of its own behind a real port, and a reader in front of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from anhu.registry.people_tables import CareRecord
from tests.api.web.scene import PASSWORD, Scene, make_scene
from tests.api.web.serving import browser_at, served

Reader = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """The browser; while it is open its loop runs in this thread, so it must be gone before other tests come."""
    with browser_at(chromium_path) as started:
        yield started


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A centre with six residents and no alarm."""
    made = make_scene(tmp_path, time.time_ns() // 1_000_000)
    yield made
    made.close()


@pytest.fixture
def base(scene: Scene) -> Iterator[str]:
    """The scene's address."""
    with served(scene) as address:
        yield address


@pytest.fixture
def reader(browser: Browser, base: str) -> Iterator[Reader]:
    """Return a function that opens a window for somebody, logged in; the scripts must not complain in it."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        refused = "Failed to load resource" in message.text and "/static/" not in message.location["url"]
        if message.type == "error" and not refused:
            complaints.append(message.text)

    with ExitStack() as stack:

        def open_window(login: str = "desk", *, language: str = "zh-CN", width: int = 1440, height: int = 900) -> Page:
            context: BrowserContext = browser.new_context(viewport={"width": width, "height": height})
            stack.callback(context.close)
            context.set_default_timeout(30_000)
            page = context.new_page()
            page.on("console", note)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{base}/login?language={language}")
            if login:
                page.fill("#login", login)
                page.fill("#password", PASSWORD)
                page.click("form button")
                page.wait_for_url(lambda url: "/login" not in url)
                expect(page.locator("#live[data-state=starting]")).to_have_count(0)
            return page

        yield open_window
    assert complaints == []


@pytest.fixture
def fill_care_record() -> Callable[..., None]:
    """Return a function that writes down as much of a resident's health as may be."""

    def fill(scene: Scene, *, medicines: int = 2, conditions: int = 2, allergies: int = 1) -> None:
        longest = "很长的名称" * 6
        taken = [
            {"name": f"药品{n} {longest}", "dose": "每日两次每次一片", "dangerous": n % 5 == 0}
            for n in range(medicines)
        ]
        with scene.sessions.begin() as session:
            session.add(
                CareRecord(
                    resident_id="r-1",
                    conditions=[f"疾病{n} {longest}" for n in range(conditions)],
                    allergies=[f"过敏{n} {longest}" for n in range(allergies)],
                    medicines=taken,
                )
            )

    return fill
