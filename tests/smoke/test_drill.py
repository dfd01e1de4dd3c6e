"""A drill through everything that is real: who got it, who did not, and that nobody can take it for an alarm."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from notify.channels.webhook.fake import Call, WebhookServer
from simulators.credential import Credential
from simulators.fleet import FleetDevice
from tests.services.process import free_port
from tests.smoke.installation import Installation, until

SOS = b'{"v":1,"events":[{"kind":"sos"}]}'


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One resident with a centre and a team."""
    made = Installation(tmp_path)
    made.admin("create-centre", id="c-1", name="幸福里")
    made.admin("create-team", id="t-1", name="一组", centre="c-1")
    made.admin("create-resident", id="r-1", name="王秀英", centre="c-1", team="t-1")
    made.log_in()
    yield made
    made.stop()


def drilled(installation: Installation, *, wait_s: int) -> tuple[int, dict[str, Any]]:
    """Run a drill; return its exit code and what it says."""
    ran = installation.run(
        "doctor", "--alarm", "r-1", "--data", str(installation.data), "--wait", str(wait_s), "--json"
    )
    assert ran.returncode in (0, 1), ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def calls_for_help(installation: Installation, receiver: WebhookServer) -> Call:
    """Let the resident call in earnest while a drill was made, and return what is told of it."""
    secret = installation.admin("create-device", id="watch-1", resident="r-1")["secret"]

    async def press() -> bool:
        watch = FleetDevice(Credential("watch-1", secret), host="127.0.0.1", port=installation.mqtt_port)
        await watch.connect()
        await watch.publish(SOS, urgent=True)
        taken = await watch.wait_acknowledged()
        await watch.close()
        return taken

    assert asyncio.run(press())
    return until(lambda: [one for one in receiver.calls if json.loads(one.body)["kind"] == "sos"], installation.log)[0]


def test_everybody_gets_a_drill_and_nobody_takes_it_for_an_alarm(installation: Installation) -> None:
    team_port, daughter = free_port(), installation.admin("create-user", login="daughter", role="family")["user_id"]
    installation.admin("link-family", login="daughter", resident="r-1", relation="daughter")
    with ExitStack() as open_:
        centre, family = (open_.enter_context(WebhookServer()) for _ in range(2))
        owners = {"centre:c-1": centre.url, "team:t-1": WebhookServer.address(team_port, "team")}
        owners[f"user:{daughter}"] = family.url
        for owner, url in owners.items():
            language = "en" if owner.startswith("user") else "zh-CN"
            installation.admin("create-contact", owner=owner, channel="webhook", address=url, language=language)
        installation.start()
        code, said = drilled(installation, wait_s=4)
        assert (code, said["is_well"], said["problem"]) == (1, False, "")
        got = {one["owner"]: one["after_s"] is not None for one in said["told"]}
        assert got == {owner: owner != "team:t-1" for owner in owners}
        assert "ConnectError" in next(one["why"] for one in said["told"] if one["after_s"] is None)
        (alert,) = installation.alerts("r-1")
        assert (alert["kind"], alert["outcome"], alert["response"]) == ("drill_call", "drill", "closed")
        for receiver, marked in ((centre, "【演练】"), (family, "[DRILL] ")):
            (message,) = (json.loads(call.body) for call in receiver.calls)
            assert message["drill"] is True
            assert message["subject"].startswith(marked)
            assert not message["prompt_emergency"]
        real = json.loads(calls_for_help(installation, centre).body)
        assert (real["drill"], "演练" in real["subject"] + real["text"]) == (False, False)
        open_.enter_context(WebhookServer(team_port))
        code, said = drilled(installation, wait_s=20)
        assert (code, said["is_well"]) == (0, True), said
        (sos,) = (one for one in installation.alerts("r-1") if one["kind"] == "sos")
        assert (sos["response"], sos["repeats"]) == ("unacked", 0), "a drill answers no call"


def test_a_drill_that_reaches_nobody_says_where_the_way_broke(installation: Installation) -> None:
    where = ("--data", str(installation.data))
    unknown = installation.run("doctor", "--alarm", "nobody", *where)
    assert (unknown.returncode, "nobody" in unknown.stderr) == (2, True)
    installation.start()
    code, said = drilled(installation, wait_s=4)
    assert (code, said["told"]) == (1, [])
    assert "no contact" in said["problem"]
    ran = installation.run("doctor", *where)
    assert ran.returncode == 1
    assert f"✓ HTTP                 127.0.0.1:{installation.port} is open\n" in ran.stdout
    assert "Residents without a contact that works: nobody can be told: 1 (r-1 王秀英)" in ran.stdout
