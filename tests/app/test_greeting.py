"""What `anhu up` says: the address of every door that is open, and of none that is not."""

from __future__ import annotations

from app.cli.up import _greeting
from app.demo.greeting import demo_settings
from app.settings import Settings

DOORS = ("mqtt_port", "mqtt_tls_port", "mqtt_old_tls_port", "mqtt_ws_port", "mqtt_wss_port", "tcp_port", "push_port",
         "push_tls_port")  # fmt: skip


def test_every_open_door_is_told_with_its_port() -> None:
    ports = {name: 20_000 + n for n, name in enumerate(DOORS)}
    settings = Settings(**ports, tls_certificate="c", tls_key="k")  # type: ignore[arg-type]
    said = _greeting(settings, demo=False)
    assert [port for port in ports.values() if f":{port}" not in said] == []


def test_a_closed_door_is_not_told() -> None:
    said = _greeting(Settings(mqtt_port=20_000), demo=False)
    assert "HTTP push" not in said
    assert "WebSocket" not in said


def test_the_demo_opens_every_door_that_needs_no_certificate() -> None:
    settings = demo_settings(Settings(port=20_000))
    said = _greeting(settings, demo=True)
    for port in (settings.mqtt_port, settings.mqtt_ws_port, settings.tcp_port, settings.push_port):
        assert port
        assert f":{port}" in said
