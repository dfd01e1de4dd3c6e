"""A desk that looks at the live stream and notes when it first hears of each resident."""

from __future__ import annotations

import json
import threading
import time
from types import TracebackType
from typing import Self

import httpx

from tests.bench.platform import Platform


class Desk:
    """One listener; use it as a context manager.

    Attributes
    ----------
    seen_s : dict
        Resident -> `time.monotonic` when the first line about them came. [s]
    headers : dict
        What it says about itself.
    """

    def __init__(self, platform: Platform) -> None:
        assert platform._api is not None
        self.seen_s: dict[str, float] = {}
        self.headers = dict(platform._api.headers)
        self._client = httpx.Client(
            base_url=platform._api.base_url, headers=self.headers, timeout=httpx.Timeout(10.0, read=30.0)
        )
        self._listening = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(10), "the stream did not open"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing = True
        self._thread.join(30)
        self._client.close()

    def _listen(self) -> None:
        with self._client.stream("GET", "/alerts/stream") as answer:
            for line in answer.iter_lines():
                self._listening.set()
                if self._closing:
                    return
                if line.startswith("data: {"):
                    alert = json.loads(line.removeprefix("data: ")).get("alert")
                    if alert:
                        self.seen_s.setdefault(alert["resident_id"], time.monotonic())


def page_after_s(platform: Platform, patience_s: float) -> float:
    """Ask for the desk's queue on a connection of its own; return how long it took, no more than the patience. [s]."""
    assert platform._api is not None
    began_s = time.monotonic()
    try:
        url, headers = f"http://127.0.0.1:{platform.port}/desk/queue", platform._api.headers
        answer = httpx.get(url, headers=headers, timeout=patience_s, trust_env=False)
    except httpx.HTTPError:
        return patience_s
    return time.monotonic() - began_s if answer.status_code == httpx.codes.OK else patience_s
