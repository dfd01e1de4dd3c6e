"""`anhu up` with the LOG in a real Kafka: a call goes through, and what was answered outlives a killed broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from notify.channels.webhook.fake import WebhookServer
from simulators.tcp_watch import TcpWatch
from tests.services.kafka import Kafka, kafka_cluster
from tests.services.process import free_port
from tests.smoke.installation import Installation, until

WATCH = "8904355190"


@pytest.fixture(scope="module")
def broker() -> Iterator[Kafka]:
    with kafka_cluster() as kafka:
        yield kafka


@pytest.fixture
def installation(tmp_path: Path, broker: Kafka) -> Iterator[Installation]:
    """One resident with a watch, which has no secret."""
    kafka = {"log": "kafka", "kafka_servers": broker.servers, "kafka_copies": "1", "kafka_ack_within_s": "20"}
    made = Installation(tmp_path, tcp_port=str(free_port()), **kafka)
    made.admin("create-centre", id="c-1", name="幸福里")
    made.admin("create-team", id="t-1", name="一组", centre="c-1")
    made.admin("create-resident", id="r-1", name="王秀英", centre="c-1", team="t-1")
    made.admin("create-device", id=WATCH, resident="r-1", codec="setracker")
    made.log_in()
    yield made
    made.stop()


async def _press(installation: Installation) -> None:
    """Press until it is answered, as a watch does: that is when the call is in the LOG."""
    for _ in range(20):
        watch = TcpWatch(WATCH, host="127.0.0.1", port=int(installation._environment["ANHU_TCP_PORT"]))
        try:
            await watch.connect()
            await watch.press_sos(int(time.time()))
        except (OSError, TimeoutError):
            await asyncio.sleep(1.0)
        else:
            return
        finally:
            await watch.close()
    pytest.fail("never answered")


async def _press_while_it_comes_back(installation: Installation, broker: Kafka) -> None:
    pressing = asyncio.create_task(_press(installation))
    await asyncio.to_thread(broker.restart, broker.brokers[0])
    await pressing


def test_a_call_goes_through_kafka_to_the_doctor_and_the_broker_may_be_killed(
    installation: Installation, broker: Kafka
) -> None:
    made = installation.run("log", "create", "--data", str(installation.data))
    assert "made topic anhu-log" in made.stdout, made.stderr
    with WebhookServer() as doctor:
        installation.admin("create-contact", owner="team:t-1", channel="webhook", address=doctor.url)
        installation.start()
        broker.brokers[0].process.kill()
        asyncio.run(_press_while_it_comes_back(installation, broker))
        until(lambda: doctor.calls, installation.log)
    assert [one["kind"] for one in installation.alerts("r-1")] == ["sos"]
    checks = installation.run("doctor", "--data", str(installation.data), "--port", str(installation.port))
    assert "survives a crash of the broker, not a power cut" in checks.stdout
