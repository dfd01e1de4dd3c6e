"""What `anhu doctor` tries: doors of ours, and what stands on the other side of the platform."""

from __future__ import annotations

import asyncio
import http.client
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from anhu.contract.clock import Clock
from anhu.contract.settings import variables
from app import wiring
from app.check_result import CheckResult, CheckVerdict
from app.ports import is_open
from app.probes.surroundings import certificate_ends_s
from app.settings import TLS_PORTS, Settings
from notify.channel import Channel, PermanentError, RetryableError
from notify.channels import channel_class, channel_types

_CERTIFICATE_DAYS = 30
_ANSWER_S = 15.0
_LONGEST_ANSWER = 50_000


def listening(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Try the doors."""
    host = "127.0.0.1" if settings.host in ("", "0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    doors = {
        "HTTP": settings.port,
        "MQTT": settings.mqtt_port,
        "MQTT TLS": settings.mqtt_tls_port,
        "MQTT WebSocket": settings.mqtt_ws_port,
        "MQTT WebSocket TLS": settings.mqtt_wss_port,
        "MQTT old TLS": settings.mqtt_old_tls_port,
        "MQTT PSK": settings.mqtt_psk_port,
        "TCP": settings.tcp_port,
        "push": settings.push_port,
        "push TLS": settings.push_tls_port,
    }
    for what, port in doors.items():
        if not port:
            continue
        if is_open(host, port):
            yield _door(what, host, port)
        else:
            yield CheckResult(
                CheckVerdict.FAILED, what, f"{host}:{port} is closed", "is `anhu up` running with this port?"
            )


def _door(what: str, host: str, port: int) -> CheckResult:
    try:
        is_ours = what != "HTTP" or _is_ours(host, port)
    except TimeoutError:
        detail = f"{host}:{port} is open, and did not answer within {_ANSWER_S:.0f} s"
        return CheckResult(CheckVerdict.FAILED, what, detail, "is the machine overloaded, or does `api` stand still?")
    if not is_ours:
        detail = f"{host}:{port} is open, and another program answers there"
        return CheckResult(CheckVerdict.FAILED, what, detail, "pass the --port of the running platform")
    return CheckResult(CheckVerdict.OK, what, f"{host}:{port} is open")


def _is_ours(host: str, port: int) -> bool:
    """Tell whether pages and API of Anhu answer there. Raises `TimeoutError`."""
    asked = http.client.HTTPConnection(host, port, timeout=_ANSWER_S)
    try:
        asked.request("GET", "/login")
        said = asked.getresponse().read(_LONGEST_ANSWER).decode(errors="replace")
    except TimeoutError:
        raise
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
    return "安护" in said or "Anhu" in said


def broker(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Try the broker that is already there, where one is named."""
    if not settings.broker_url:
        return
    parts = urlsplit(settings.broker_url)
    host, port = parts.hostname or "", parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    if is_open(host, port):
        yield CheckResult(CheckVerdict.OK, "broker", f"{host}:{port} is open")
    else:
        yield CheckResult(CheckVerdict.FAILED, "broker", f"{host}:{port} is closed", "check ANHU_BROKER_URL")


def certificate(settings: Settings, _clock: Clock) -> Iterator[CheckResult]:
    """Look how long the certificate for devices is good."""
    if not any(getattr(settings, port) for port in TLS_PORTS):
        return
    try:
        wiring.tls_context(settings)
        days = _days_left(Path(settings.tls_certificate))
    except (OSError, ssl.SSLError, ValueError) as error:
        yield CheckResult(
            CheckVerdict.FAILED, "TLS", str(error), "check ANHU_TLS_CERTIFICATE, ANHU_TLS_KEY, ANHU_MQTT_CLIENT_CA"
        )
        return
    soon = days < _CERTIFICATE_DAYS
    advice = "renew it and start again" if soon else ""
    yield CheckResult(
        CheckVerdict.WARNING if soon else CheckVerdict.OK, "TLS", f"certificate ends in {days} days", advice
    )


def _days_left(certificate_file: Path) -> int:
    return int((certificate_ends_s(certificate_file) - time.time()) // 86_400)


def channel_servers(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Try what channels send through, as far as a message would go."""
    for name, one in channel_types().items():
        own = settings.channels[name]
        server = one.server(own)
        channel = channel_class(name).from_settings(own, clock) if server else None
        if server is None or channel is None:
            continue
        host, port = server
        if problem := asyncio.run(_tried_out(channel)):
            advice = "check " + ", ".join(variables(type(own)))
            yield CheckResult(CheckVerdict.FAILED, f"channel {name}", f"{host}:{port}: {problem}", advice)
        else:
            yield CheckResult(CheckVerdict.OK, f"channel {name}", f"{host}:{port} would take messages")


async def _tried_out(channel: Channel) -> str:
    """Return why a channel would send nothing; empty: it would."""
    try:
        async with asyncio.timeout(channel.time_limit_s):
            await channel.try_out()
    except (RetryableError, PermanentError) as error:
        return str(error)
    except TimeoutError:
        return "no answer"
    finally:
        await channel.close()
    return ""
