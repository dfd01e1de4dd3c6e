"""A modem with a pre-shared key behind a broker: the key is the broker's own, and its identity the device."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.gateway.doors.broker.broker_route import HEART, UP, route, until
from tests.services.mosquitto import Mosquitto
from tests.services.process import free_port

KEY = "000102030405060708090a0b0c0d0e0f"


def test_a_modem_with_a_key_of_the_brokers_is_heard_as_its_device(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    keys, rights, port = tmp_path / "keys", tmp_path / "rights", free_port()
    keys.write_text(f"dev-1:{KEY}\ndev-2:{KEY}\n", "utf-8")
    rights.write_text("topic readwrite #\n\npattern write anhu/v1/%u/up\n", "utf-8")
    for file in (keys, rights):
        file.chmod(0o666)
    listener = f"listener {port} 127.0.0.1\npsk_hint anhu\npsk_file {keys}\nuse_identity_as_username true"
    broker = mosquitto(f"per_listener_settings false\nacl_file {rights}\n{listener}")

    def publish(identity: str, key: str) -> int:
        command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", UP, "-m", HEART.decode()]
        shown = ["--psk-identity", identity, "--psk", key]
        return subprocess.run([*command, *shown], check=False, timeout=20, capture_output=True).returncode

    async def run() -> None:
        async with route(broker) as reading:
            assert await asyncio.to_thread(publish, "dev-1", KEY[::-1]) != 0
            await asyncio.to_thread(publish, "dev-2", KEY)  # 3.1.1 does not tell that the topic is another one's
            assert reading.log.readings() == []
            assert await asyncio.to_thread(publish, "dev-1", KEY) == 0
            await until(lambda: [one.device_id for one in reading.log.readings()] == ["dev-1"])

    asyncio.run(run())
