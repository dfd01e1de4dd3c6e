"""A watch that speaks its own protocol over TCP, and everything real behind it: nothing answered is ever lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from anhu.contract.observation import Observation, Scalar
from anhu.contract.record import Numbers, Reading, decode_entry
from app import wiring
from app.settings import Settings
from notify.channels.webhook.fake import WebhookServer
from simulators.tcp_watch import TcpWatch
from tests.services.process import free_port
from tests.smoke.installation import Installation, until

WATCH = "8904355190"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One resident with a watch, which has no secret."""
    made = Installation(tmp_path, tcp_port=str(free_port()))
    made.admin("create-centre", id="c-1", name="幸福里")
    made.admin("create-team", id="t-1", name="一组", centre="c-1")
    made.admin("create-resident", id="r-1", name="王秀英", centre="c-1", team="t-1")
    made.admin("create-device", id=WATCH, resident="r-1", codec="setracker")
    made.log_in()
    yield made
    made.stop()


def _watch(installation: Installation) -> TcpWatch:
    return TcpWatch(WATCH, host="127.0.0.1", port=int(installation._environment["ANHU_TCP_PORT"]))


async def _press(installation: Installation, at_s: int) -> None:
    watch = _watch(installation)
    await watch.connect()
    await watch.press_sos(at_s)
    await watch.close()


async def _report_until_killed(installation: Installation, first: int) -> list[int]:
    """Report one number of steps after the other; return those that were answered before everything was killed."""
    watch, answered = _watch(installation), list[int]()
    await watch.connect()
    killed = asyncio.get_running_loop().run_in_executor(None, _kill_soon, installation)
    try:
        while True:
            steps = first + len(answered)
            await (watch.press_sos(int(time.time())) if not answered else watch.keep_alive(steps, 80))
            answered.append(steps)
    except (OSError, TimeoutError):
        await killed
        await watch.close()
        return answered


def _kill_soon(installation: Installation) -> None:
    time.sleep(1.0)
    installation.kill()


def _in_the_log(installation: Installation) -> tuple[set[int], int]:
    """Return the numbers of steps that are in the LOG, and how many SOS calls."""
    reader = wiring.log_reader(Settings(data=installation.data), "test")
    said: list[Observation] = []
    while entries := reader.read():
        found = [one for entry in entries for one in decode_entry(entry.record)]
        readings = [one.reading() if isinstance(one, Numbers) else one for one in found]
        said += [seen for one in readings if isinstance(one, Reading) for seen in one.observations]
    steps = {int(one.value) for one in said if isinstance(one, Scalar) and one.quantity == "steps"}
    return steps, sum(one.quantity == "sos" for one in said)


def test_an_sos_over_tcp_rings_the_webhook(installation: Installation) -> None:
    with WebhookServer() as doctor:
        installation.admin("create-contact", owner="team:t-1", channel="webhook", address=doctor.url)
        installation.start()
        asyncio.run(_press(installation, int(time.time())))
        until(lambda: doctor.calls, installation.log)
    assert [one["kind"] for one in installation.alerts("r-1")] == ["sos"]
    checks = installation.run("doctor", "--data", str(installation.data), "--port", str(installation.port))
    assert "TCP" in checks.stdout


def test_what_was_answered_is_there_after_kill_9(installation: Installation) -> None:
    answered: list[int] = []
    for turn in range(3):
        installation.start()
        said = asyncio.run(_report_until_killed(installation, 10_000 * turn + 2_000))
        assert len(said) > 1
        answered += said[1:]
    installation.start()
    steps, calls = _in_the_log(installation)
    assert set(answered) <= steps
    assert calls >= 3
    assert [one["kind"] for one in until(lambda: installation.alerts("r-1"), installation.log)] == ["sos"]
