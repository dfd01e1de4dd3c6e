"""A real browser's window on the desk, and what it says of how smoothly it runs."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page

from tests.bench.report import percentile

COOKIE = "anhu_session"
_WATCH = """
window.long = []; window.frames = [];
const note = (list) => { for (const one of list.getEntries()) long.push(one.duration); };
new PerformanceObserver(note).observe({ type: "longtask", buffered: true });
let last = 0;
const frame = (now) => {
  if (last) frames.push(now - last);
  last = now;
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""
_SLOW_FRAME_MS = 1_000 / 30


class Window:
    """One window, logged in with a session that is there already.

    Parameters
    ----------
    browser : Browser
        Which browser.
    url : str
        Of the pages.
    token : str
        Of the session.
    """

    def __init__(self, browser: Browser, url: str, token: str) -> None:
        self._context: BrowserContext = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        self._context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
        self._context.add_init_script(_WATCH)
        self.page: Page = self._context.new_page()
        self._url = url

    def open(self) -> None:
        """Open the desk and wait until it is live."""
        self.page.goto(f"{self._url}/desk")
        self.page.wait_for_selector("#live[data-state=live]", timeout=60_000)

    def forget(self) -> None:
        """Count long tasks and frames from now on."""
        self.page.evaluate("() => { long.length = 0; frames.length = 0; }")

    def smoothness(self) -> dict[str, tuple[str, float]]:
        """Return metric -> unit and value since `forget`."""
        said: dict[str, Any] = self.page.evaluate("() => ({ long, frames })")
        frames, tasks = said["frames"] or [0.0], said["long"] or [0.0]
        slow = sum(one > _SLOW_FRAME_MS for one in frames)
        return {
            "long tasks": ("tasks", float(len(said["long"]))),
            "longest task": ("ms", max(tasks)),
            "frames a second": ("1/s", 1_000 * len(frames) / max(sum(frames), 1.0)),
            "frames later than 33 ms": ("%", 100 * slow / len(frames)),
            "frame p99": ("ms", percentile(frames, 0.99)),
        }

    def close(self) -> None:
        """Let go of it."""
        self._context.close()


def page_weight_b(url: str, token: str, path: str) -> tuple[float, float, float]:
    """Return how long a part of the desk took [s], how much was sent and how much that packs to [byte]."""
    headers = {"Cookie": f"{COOKIE}={token}", "Accept": "text/html", "Accept-Encoding": "gzip"}
    with (
        httpx.Client(trust_env=False, timeout=30.0) as client,
        client.stream("GET", url + path, headers=headers) as got,
    ):
        sent = b"".join(got.iter_raw())
        assert got.status_code == httpx.codes.OK, got.status_code
        packed = len(sent) if got.headers.get("content-encoding") == "gzip" else len(gzip.compress(sent, 4))
        return got.elapsed.total_seconds(), float(len(sent)), float(packed)
