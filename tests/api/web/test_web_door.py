"""What a device says in vain, and why it is not connected: on the pages of those who can mend it, in their language."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from anhu.contract.observation import Event, TimeQuality
from gateway.directory import DoorNote
from gateway.door_notes import DatabaseNoteBook
from ingest.store.port import StoredReading
from tests.api.web.scene import Scene

Reader = Callable[..., Page]


@pytest.mark.parametrize(
    ("login", "language", "words"),
    [
        (
            "desk",
            "en",
            ("7 messages to topics that are not its own", "2 messages that are too long", "1 wills to topics"),
        ),
        ("desk", "zh-CN", ("7 条消息发往不属于该设备的主题", "2 条消息过长", "1 次遗嘱")),
        (
            "vendor",
            "en",
            ("7 messages to topics that are not its own", "2 messages that are too long", "1 wills to topics"),
        ),
    ],
)
def test_what_a_device_says_in_vain_stands_beside_it(
    scene: Scene, reader: Reader, login: str, language: str, words: tuple[str, ...]
) -> None:
    now_ms = time.time_ns() // 1_000_000
    DatabaseNoteBook(scene.sessions).add(
        [
            DoorNote("watch-1", "foreign", 7, "$SYS/broker/connection/home.anhu/state<b>", now_ms),
            DoorNote("watch-1", "too_long", 2, "anhu/v1/watch-1/up", now_ms),
            DoorNote("watch-1", "will", 1, "device/status", now_ms),
        ]
    )
    page = reader(login, language=language)
    page.goto(page.url.partition("/desk")[0].partition("/devices")[0] + "/devices")
    row = page.locator("tbody tr", has_text="watch-1")
    for one in words:
        expect(row).to_contain_text(one)
    expect(row).to_contain_text("state<b>")
    expect(page.locator("tbody tr", has_text="watch-2")).not_to_contain_text(words[0])


@pytest.mark.parametrize(
    ("language", "words"), [("en", "nothing came for as long"), ("zh-CN", "超过约定时间无任何消息")]
)
def test_why_a_device_is_not_connected_stands_on_its_residents_page(
    scene: Scene, reader: Reader, language: str, words: str
) -> None:
    now_ms = time.time_ns() // 1_000_000
    off = Event("connection", now_ms - 60_000, "off", {"reason": "keep_alive"}, TimeQuality.RECEIVED)
    assert not scene.writer.write([StoredReading("r-1", "watch-1", now_ms, (off,))]).rejected
    page = reader(language=language)
    page.goto(page.url.partition("/desk")[0] + "/residents/r-1")
    expect(page.locator("#devices-title + table tr", has_text="watch-1")).to_contain_text(words)


@pytest.mark.parametrize("path", ["/devices", "/residents/r-1"])
def test_a_devices_long_words_do_not_stretch_a_page(scene: Scene, reader: Reader, path: str) -> None:
    now_ms = time.time_ns() // 1_000_000
    DatabaseNoteBook(scene.sessions).add([DoorNote("watch-1", "foreign", 1, "t" * 200, now_ms)])
    page = reader(language="en", width=390, height=844)
    page.goto(page.url.partition("/desk")[0] + path)
    expect(page.locator(".door-note")).to_contain_text("ttttt")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize(("language", "words"), [("en", "its line broke"), ("zh-CN", "网络中断")])
def test_why_a_device_is_silent_stands_beside_its_alarm(
    scene: Scene, reader: Reader, language: str, words: str
) -> None:
    now_ms = time.time_ns() // 1_000_000
    off = Event("connection", now_ms - 900_000, "off", {"reason": "vanished"}, TimeQuality.RECEIVED)
    assert not scene.writer.write([StoredReading("r-5", "watch-5", now_ms, (off,))]).rejected
    alert_id = scene.raise_alert("r-5", "device_silent", now_ms=now_ms, device_id="watch-5")
    page = reader(language=language)
    page.goto(page.url.partition("/desk")[0] + f"/desk?alert={alert_id}")
    expect(page.locator("#detail")).to_contain_text(words)
