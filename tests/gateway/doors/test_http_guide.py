"""The guide's curl examples, run as they are written against a real door."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

import gateway
from anhu.contract.clock import SystemClock
from anhu.contract.record import Reading
from gateway.doors.http.settings import HttpSettings
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.push_door import Rig, behind

GUIDE = (Path(gateway.__file__).parent / "README.md").read_text("utf-8")
SECTION = GUIDE.partition("## Pushing over HTTP")[2].partition("\n## ")[0]
FOR_MAKERS = (Path(gateway.__file__).parents[1] / "docs" / "guide" / "README.md").read_text("utf-8")
BASH = re.compile(r"```bash\n(.*?)```", re.DOTALL)
KEY = "a-push-key"


async def run(script: str, rig: Rig) -> tuple[int, bytes]:
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script,
        env={**os.environ, "ANHU": f"http://127.0.0.1:{rig.port}", "KEY": KEY, "no_proxy": "*"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said


@pytest.mark.parametrize("text", [SECTION, FOR_MAKERS], ids=["gateway", "makers"])
def test_every_curl_example_does_what_it_says(text: str) -> None:
    async def work(rig: Rig) -> None:
        rig.products.put("my-watch", "open_json", KEY.encode())
        for name in ("watch-1", "watch-2"):
            rig.directory.put(device(name, codec="open_json", product_id="my-watch"))
        await rig.until(lambda: "my-watch" in rig.door._products.known)
        scripts = BASH.findall(text)
        assert len(scripts) == 3
        for script in scripts:
            code, said = await run(script, rig)
            assert (code, json.loads(said)) == (0, {"code": 0, "msg": "ok"})
        found = [one for one in rig.log.read() if isinstance(one, Reading)]
        seen = [(one.device_id, sorted(o.quantity for o in one.observations)) for one in found]
        assert seen == [
            ("watch-1", ["battery", "heart_rate", "spo2"]),
            ("watch-1", ["sos"]),
            ("watch-1", ["spo2"]),
            ("watch-2", ["heart_rate"]),
        ]

    behind(work, at_ms=SystemClock().now_ms())


def test_with_another_key_they_fail() -> None:
    async def work(rig: Rig) -> None:
        rig.products.put("my-watch", "open_json", b"another")
        await rig.until(lambda: "my-watch" in rig.door._products.known)
        for script in BASH.findall(SECTION):
            code, said = await run(script, rig)
            assert code != 0
            assert b"403" in said

    behind(work, at_ms=SystemClock().now_ms())


def test_every_limit_that_the_guide_names_is_the_doors() -> None:
    settings = HttpSettings()
    assert f"{settings.max_head_bytes // 1_024} KiB" in SECTION
    assert f"{settings.device_a_minute} a minute" in SECTION
    assert f"longer than {settings.request_s:.0f} s" in SECTION
