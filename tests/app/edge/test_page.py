"""The house's page lets nobody in without its password where there is one, and nobody else's page answers for it."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import expect

from anhu.contract.clock import SystemClock
from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret
from app.edge.page import create_page
from app.edge.settings import EdgeSettings
from gateway.edge.local_alarms import LocalAlarms
from tests.api.web.serving import browser_at


class _Reader:
    """Asks the page."""

    def __init__(self, page: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app=page)

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://house") as http:
                return await http.request(method, path, **given)

        return asyncio.run(asked())

    def get(self, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        return self.ask("GET", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        return self.ask("POST", path, **given)


def _client(tmp_path: Path, password: str = "") -> tuple[_Reader, LocalAlarms]:
    alarms = LocalAlarms(tmp_path / "alarms.json")
    state = {"up": False, "refused": "", "calls": 1, "kib": 2, "dropped": 0, "trouble": ""}
    return _Reader(create_page(alarms, lambda: state, SystemClock(), password=password)), alarms


def test_the_page_speaks_the_browsers_language(tmp_path: Path) -> None:
    client, alarms = _client(tmp_path)
    alarms.tell("w-1", "sos", "203", at_ms=5, now_ms=6)
    assert "本院网关" in client.get("/").text
    assert "this house" in client.get("/", headers={"accept-language": "en"}).text
    (alarm,) = client.get("/state", headers={"accept-language": "en"}).json()["alarms"]
    assert (alarm["name"], alarm["label"], alarm["answered_at_ms"]) == ("SOS call", "203", 0)


def test_an_answer_is_the_first_ones(tmp_path: Path) -> None:
    client, alarms = _client(tmp_path)
    alarm = alarms.tell("w-1", "sos", "203", at_ms=5, now_ms=6)
    for who in ("小王", "小李"):
        client.post(f"/alarms/{alarm.id}/answer", data={"who": who})
    assert alarm.answered_by == "小王"
    assert client.post("/alarms/l-none/answer", data={"who": "x"}).status_code == 404
    assert LocalAlarms(tmp_path / "alarms.json").all[0].answered_by == "小王"


def test_another_sites_page_answers_nothing(tmp_path: Path) -> None:
    client, alarms = _client(tmp_path)
    alarm = alarms.tell("w-1", "sos", "203", at_ms=5, now_ms=6)
    answer = client.post(f"/alarms/{alarm.id}/answer", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert not alarm.answered_at_ms


def test_with_a_password_nobody_guesses_for_long(tmp_path: Path) -> None:
    client, _ = _client(tmp_path, "right")
    answers = [client.get("/state", auth=("x", f"wrong{n}")).status_code for n in range(30)]
    assert answers[0] == 401
    assert answers[-1] == 429
    assert client.get("/state", auth=("x", "right")).status_code == 200
    assert client.get("/state", headers={"authorization": "Basic ???"}).status_code in (401, 429)


def test_a_page_that_others_reach_needs_a_password(tmp_path: Path) -> None:
    inside = EdgeSettings(data=tmp_path, devices=tmp_path / "d.json", secret=Secret("s"), centre_url="mqtts://centre")
    with pytest.raises(SettingsError, match="password"):
        replace(inside, host="0.0.0.0")  # noqa: S104 - what must be refused
    with pytest.raises(SettingsError, match="mqtts://host:8883"):
        replace(inside, centre_url="http://centre")


def test_somebody_in_the_house_answers_in_a_browser(tmp_path: Path, chromium_path: str) -> None:
    alarms = LocalAlarms(tmp_path / "alarms.json")
    alarm = alarms.tell("w-1", "sos", "203", at_ms=5, now_ms=6)
    page = create_page(alarms, dict, SystemClock(), password="")
    server = uvicorn.Server(uvicorn.Config(page, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with browser_at(chromium_path) as browser:
            shown = browser.new_page(locale="zh-CN")
            shown.goto(f"http://127.0.0.1:{_port(server)}/")
            expect(shown.locator("#alarms .open h2")).to_have_text("紧急呼叫 · 203")
            shown.fill("input[name=who]", "小王")
            shown.click("#alarms .open button")
            expect(shown.locator("#alarms .answered")).to_contain_text("小王")
    finally:
        server.should_exit = True
        thread.join(20)
    assert alarm.answered_by == "小王"


def _port(server: uvicorn.Server) -> int:
    end_s = time.monotonic() + 20
    while not server.started and time.monotonic() < end_s:
        time.sleep(0.02)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port
