"""Where devices of this installation knock, for what the platform makes knock by itself: drills and the heartbeat."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import urlsplit

from anhu.contract.errors import SettingsError
from app.settings import Settings
from app.shared_door_settings import DEVICE_PORTS

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def device_door(settings: Settings) -> tuple[str, int, ssl.SSLContext | None]:
    """Return host, port and TLS of the MQTT door: the one that is named, else this machine's own.

    Raises `SettingsError` when there is none.
    """
    if settings.device_door:
        return _named(settings)
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    if settings.mqtt_port:
        return host, settings.mqtt_port, None
    if settings.mqtt_tls_port:
        return host, settings.mqtt_tls_port, _trusting(settings)
    raise SettingsError("ANHU_MQTT_PORT", 0, "a door for devices: a drill comes from one")


def _named(settings: Settings) -> tuple[str, int, ssl.SSLContext | None]:
    url = urlsplit(settings.device_door)
    host, port = url.hostname or "", url.port or DEVICE_PORTS[url.scheme]
    if url.scheme == "mqtt":
        return host, port, None
    return host, port, _trusting_only(settings.tls_certificate)


def _trusting_only(certificate: str) -> ssl.SSLContext:
    """Return TLS to whoever has this very certificate; without one, to whoever has the host's name.

    Over a network an authority that signs for others too is not enough: the name that we use may be in no certificate.
    """
    if not certificate:
        return ssl.create_default_context()
    first, _, _ = Path(certificate).read_text("ascii").partition(_END)
    context = ssl.create_default_context(cadata=first[first.index(_BEGIN) :] + _END + "\n")
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _trusting(settings: Settings) -> ssl.SSLContext:
    """Return TLS to our own door, whatever name it was reached by."""
    context = ssl.create_default_context(cafile=settings.tls_certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # what stands in the file is ours, whoever signed it
    return context
