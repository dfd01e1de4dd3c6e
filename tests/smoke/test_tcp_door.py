"""A watch that speaks its own protocol over TCP, and everything real behind it: nothing answered is ever lost."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

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


async def _press_until_killed(installation: Installation, first_s: int) -> list[int]:
    """Press once for each second of an hour ago, and return those that were answered before everything was killed."""
    watch, answered = _watch(installation), list[int]()
    await watch.connect()
    killed = asyncio.get_running_loop().run_in_executor(None, _kill_soon, installation)
    try:
        while True:
            await watch.press_sos(first_s + len(answered))
            answered.append(first_s + len(answered))
    except (OSError, TimeoutError):
        await killed
        await watch.close()
        return answered


def _kill_soon(installation: Installation) -> None:
    time.sleep(1.0)
    installation.kill()


def _stored(installation: Installation) -> set[int]:
    """Return the times of the SOS calls in the store. [s]."""
    with closing(sqlite3.connect(next(installation.data.glob("**/store*.db")))) as store:
        rows = store.execute("SELECT observed_at_ms FROM event WHERE kind = 'sos'").fetchall()
    return {row[0] // 1_000 for row in rows}


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
    now_s = int(time.time())
    answered: list[int] = []
    for turn in range(3):
        installation.start()
        answered += asyncio.run(_press_until_killed(installation, now_s - 3_600 + 1_000 * turn))
    assert len(answered) > 30
    installation.start()
    until(lambda: set(answered) <= _stored(installation), installation.log)
