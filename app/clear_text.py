"""What crosses a network unencrypted, as an installation is set: said by `anhu doctor` and at every start."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import make_url

from app.county_settings import read_counties
from app.settings import Settings
from notify.channels import channel_types


class ClearText(NamedTuple):
    """One connection that others on the network can read, and what to do."""

    what: str
    detail: str
    advice: str


def in_the_clear(settings: Settings) -> Iterator[ClearText]:
    """Yield every door, and every server of ours, that is reached over a network without TLS."""
    yield from _pages(settings)
    yield from _devices(settings)
    yield from _clouds(settings)
    yield from _servers(settings)


def _pages(settings: Settings) -> Iterator[ClearText]:
    shown = urlsplit(settings.base_url).hostname or ""
    if not settings.is_https and not (is_loopback(settings.host) and is_loopback(shown)):
        yield ClearText(
            "HTTPS",
            "pages, passwords and health data cross a network in the clear",
            "put a TLS proxy before it and set ANHU_PUBLIC_URL to https://…, and ANHU_TRUSTED_PROXIES to the proxy",
        )


def _devices(settings: Settings) -> Iterator[ClearText]:
    if is_loopback(settings.host):
        return
    if settings.tcp_port:
        yield ClearText(
            "TCP",
            "these families know neither TLS nor a secret: whoever knows a device's number can speak as it",
            "let only the SIM cards' private network (APN) or a tunnel reach ANHU_TCP_PORT",
        )
    doors = (("MQTT TLS", "MQTT_PORT", "MQTT_TLS_PORT"), ("MQTT WebSocket", "MQTT_WS_PORT", "MQTT_WSS_PORT"))
    for what, plain, secure in doors:
        if not getattr(settings, plain.lower()):
            continue
        advice = f"set ANHU_{secure}, ANHU_TLS_CERTIFICATE and ANHU_TLS_KEY"
        if getattr(settings, secure.lower()):
            advice = f"when all devices use the port with TLS, close the other one: ANHU_{plain}=0"
        yield ClearText(what, "devices, and their secrets, may cross a network in the clear", advice)
    if settings.mqtt_old_tls_port:
        yield ClearText(
            "OLD TLS",
            f"port {settings.mqtt_old_tls_port} takes TLS 1.0, 1.1 and suites without forward secrecy: who records it "
            "may read it all one day, secrets too, and change it on the way",
            "for modems that can do no better, none else; ANHU_MQTT_OLD_TLS_PORT=0 when the last of them is replaced",
        )


def _clouds(settings: Settings) -> Iterator[ClearText]:
    if not settings.push_port or is_loopback(settings.host):
        return
    yield ClearText(
        "push TLS",
        "what vendors' clouds push, and keys in its addresses, may cross a network in the clear",
        "let them push to ANHU_PUSH_TLS_PORT, or put a TLS proxy before it; then close the other: ANHU_PUSH_PORT=0",
    )


def _servers(settings: Settings) -> Iterator[ClearText]:
    broker, store = urlsplit(settings.broker_url), urlsplit(settings.influxdb_url)
    if broker.scheme == "mqtt" and _is_elsewhere(broker.hostname):
        yield ClearText("broker", "its password and all readings cross a network in the clear", "mqtts:// in its URL")
    if settings.store == "influxdb" and store.scheme == "http" and _is_elsewhere(store.hostname):
        yield ClearText("InfluxDB", "its token and all readings cross a network in the clear", "https:// in its URL")
    counties = read_counties(settings.influxdb_file)
    for name, one in () if counties is None else counties.stores.items():
        if (address := urlsplit(one.url)).scheme == "http" and _is_elsewhere(address.hostname):
            detail = "its token and all readings cross a network in the clear"
            yield ClearText(f"InfluxDB {name}", detail, "https:// in ANHU_INFLUXDB_FILE")
    if _is_elsewhere(make_url(settings.database).host):
        advice = "have it on this machine, or reach it through a tunnel such as stunnel, WireGuard or SSH"
        yield ClearText("database", "its password and all records cross a network in the clear", advice)
    for name, channel in channel_types().items():
        server, advice = channel.server(settings.channels[name]), channel.encrypt(settings.channels[name])
        if server is not None and advice and _is_elsewhere(server[0]):
            title = channel.form.title.en
            yield ClearText(title, "alerts and its password cross a network in the clear", advice)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_elsewhere(host: str | None) -> bool:
    """Tell whether a server is on another machine; a name without a dot is a container's, beside us."""
    if not host or is_loopback(host):
        return False
    return "." in host or ":" in host
