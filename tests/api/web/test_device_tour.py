"""A tour: products, twenty devices from a sheet, labels, one taken into use on a phone, heard, revoked and cut off."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from playwright.sync_api import Page, expect

from anhu.contract.clock import SystemClock
from anhu.contract.record import Numbers, decode_entry
from anhu.registry.last_heard import write_heard
from gateway import codecs
from gateway.command_queue import DatabaseCommandQueue
from gateway.device_register import DatabaseDirectory
from gateway.door_notes import DatabaseNoteBook
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.doors.mqtt.settings import MqttSettings
from gateway.intake import Intake
from ingest.last_heard import LastHeard
from tests.api.web.administrators import add_admin
from tests.api.web.scene import Scene
from tests.api.web.serving import PATIENCE_MS
from tests.api.web.test_web_pages import at
from tests.gateway.doors.mqtt.doors import MemoryLog

Reader = Callable[..., Page]


@dataclass(frozen=True, slots=True)
class Door:
    """A real front door over the scene's database."""

    port: int
    log: MemoryLog

    def readings(self) -> list[Numbers]:
        """Return the numbers that came in."""
        found = [one for entry in list(self.log.records) for one in decode_entry(entry)]
        return [one for one in found if isinstance(one, Numbers)]


@pytest.fixture
def door(scene: Scene) -> Iterator[Door]:
    loop, log, clock = asyncio.new_event_loop(), MemoryLog(), SystemClock()
    thread = threading.Thread(target=loop.run_forever, name="front door")
    thread.start()

    async def start() -> MqttServer:
        server = MqttServer(
            intake=Intake(codecs.discover(), log, clock),
            directory=DatabaseDirectory(scene.sessions),
            commands=DatabaseCommandQueue(scene.sessions, clock),
            notes=DatabaseNoteBook(scene.sessions),
            clock=clock,
            listeners=(Listener(port=0),),
            settings=MqttSettings(),
        )
        await server.start()
        return server

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield Door(server.ports[0], log)
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@dataclass(slots=True)
class Watch:
    """A device that speaks MQTT with a client of its own."""

    client: mqtt.Client
    ended: threading.Event

    @classmethod
    def logged_in(cls, port: int, device_id: str, secret: str) -> Watch | None:
        """Connect; None when the door does not let it in."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device_id)
        client.username_pw_set(device_id, secret)
        answers: list[bool] = []
        known, ended = threading.Event(), threading.Event()

        def answered(_client: object, _data: object, _flags: object, reason: ReasonCode, _more: object) -> None:
            answers.append(not reason.is_failure)
            known.set()

        client.on_connect = answered
        client.on_disconnect = lambda *_: ended.set()
        client.reconnect_delay_set(60, 60)
        client.connect("127.0.0.1", port, keepalive=30)
        client.loop_start()
        assert known.wait(10)
        if answers[0]:
            return cls(client, ended)
        client.loop_stop()
        return None

    def say(self, device_id: str, **values: float) -> None:
        """Publish numbers, and wait until they are on disk."""
        body = {"v": 1, "time": time.time_ns() // 1_000_000, "values": values}
        self.client.publish(f"anhu/v1/{device_id}/up", json.dumps(body), qos=1).wait_for_publish(10)


def make_product(page: Page) -> None:
    page.goto(at(page, "/admin/products/new"))
    page.fill("#id", "x8")
    page.fill("#name", "X8 手表")
    page.fill("#vendor", "安康")
    page.click("main form .button-primary")
    expect(page.locator("h1")).to_have_text("X8 手表")
    page.get_by_role("button", name="生成新密钥").click()
    key = page.locator("#push-key").inner_text()
    assert len(key) > 20
    page.goto(at(page, "/admin/products/x8"))
    assert key not in page.content()


def import_twenty(page: Page, folder: Path) -> dict[str, tuple[str, str]]:
    """Return device -> secret and code, of the sheet that is shown once."""
    sheet = folder / "devices.csv"
    lines = ["设备编号,产品,求助类型", *(f"x8-{n:02},x8,sos" for n in range(1, 21))]
    sheet.write_text("\n".join(lines), "utf-8")
    page.goto(at(page, "/admin/import"))
    page.select_option("#kind", "devices")
    page.set_input_files("#sheet", sheet)
    page.click("#try")
    page.locator("#write").click(timeout=PATIENCE_MS)
    with page.expect_download() as download:
        page.locator("#secrets").click(timeout=PATIENCE_MS)
    rows = Path(download.value.path()).read_text("utf-8").split()
    assert rows[0] == "device_id,secret,claim_code"
    found = {one[0]: (one[1], one[2]) for one in (row.split(",") for row in rows[1:])}
    assert len(found) == 20
    return found


def print_labels(page: Page, codes: set[str]) -> None:
    page.goto(at(page, "/devices?product=x8"))
    expect(page.locator(".devices-list tbody tr")).to_have_count(20)
    page.get_by_role("button", name=re.compile("标签")).click()
    expect(page.locator(".label")).to_have_count(20)
    assert set(page.locator(".label-code").all_inner_texts()) == codes


def test_a_device_from_its_product_to_its_end(reader: Reader, scene: Scene, door: Door, tmp_path: Path) -> None:
    add_admin(scene)
    page = reader("admin")
    make_product(page)
    issued = import_twenty(page, tmp_path)
    print_labels(page, {code for _, code in issued.values()})
    secret, code = issued["x8-07"]

    phone = reader("desk", width=390, height=844)
    phone.goto(at(phone, f"/claim?code={code}"))
    expect(phone.locator("#found-title")).to_have_text("X8 手表")
    phone.select_option("#resident_id", "r-2")
    phone.click("main form[method=post] .button-primary")
    expect(phone.locator(".notice-good")).to_contain_text("李建国")

    watch = Watch.logged_in(door.port, "x8-07", secret)
    assert watch is not None
    assert Watch.logged_in(door.port, "x8-08", "not its secret") is None
    watch.say("x8-07", heart_rate=71.0, battery=15.0, signal_strength=-97.0)
    readings = door.readings()
    assert [(one.device_id, one.resident_id) for one in readings] == [("x8-07", "r-2")]
    heard = LastHeard()
    heard.hear(readings)
    with scene.sessions.begin() as session:
        write_heard(session, heard.due(time.time_ns() // 1_000_000))

    page.goto(at(page, "/devices?state=low_battery"))
    row = page.locator(".devices-list tbody tr")
    expect(row).to_have_count(1)
    for said in ("x8-07", "李建国", "15 %", "-97 dBm", "正常"):
        expect(row).to_contain_text(said)

    page.goto(at(page, "/devices/x8-07"))
    page.get_by_role("button", name="停用设备").click()
    assert watch.ended.wait(60)
    watch.client.loop_stop()
    assert Watch.logged_in(door.port, "x8-07", secret) is None


def test_a_rotated_secret_cuts_off_who_has_the_old_one(reader: Reader, scene: Scene, door: Door) -> None:
    add_admin(scene)
    page = reader("admin")
    page.goto(at(page, "/devices/new"))
    page.fill("#id", "w-new")
    page.click("main form .button-primary")
    secret = page.locator("#secret").inner_text()
    expect(page.locator("svg.qr")).to_be_visible()
    watch = Watch.logged_in(door.port, "w-new", secret)
    assert watch is not None
    page.goto(at(page, "/devices/w-new"))
    assert secret not in page.content()
    page.get_by_role("button", name="更换密钥").click()
    fresh = page.locator("#secret").inner_text()
    assert watch.ended.wait(10)
    watch.client.loop_stop()
    assert Watch.logged_in(door.port, "w-new", secret) is None
    again = Watch.logged_in(door.port, "w-new", fresh)
    assert again is not None
    again.client.loop_stop()
