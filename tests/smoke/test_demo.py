"""`make demo` as a newcomer sees it: sixty residents, and a recorded fall that becomes an alarm by itself."""

from __future__ import annotations

from pathlib import Path

import httpx

from app.demo import people
from tests.smoke.installation import Installation, until


def test_the_demo_raises_its_first_alarm_and_pages_the_doctor(tmp_path: Path) -> None:
    demo = Installation(tmp_path)
    demo.start("--demo")
    try:
        assert "desk-demo-2026" in demo.log()
        login = {"login": people.LOGINS[0].login, "password": people.LOGINS[0].password}
        with httpx.Client(base_url=f"http://127.0.0.1:{demo.port}/api/v1", timeout=30.0) as desk:
            assert desk.post("/login", json=login).is_success
            until(lambda: desk.get("/alerts", params={"open": "true"}).json()["items"], demo.log, seconds=60)
            alert = desk.get("/alerts", params={"open": "true"}).json()["items"][-1]
            assert alert["kind"] in ("fall", "fall_suspected")
            residents = desk.get("/residents", params={"limit": "100"}).json()["items"]
        mine = [p for p in people.residents() if p.centre_id == people.LOGINS[0].centre_id]
        assert len(residents) == len(mine) > 10
        until(lambda: "page to /doctor" in demo.log(), demo.log)
    finally:
        assert demo.stop() == 0
