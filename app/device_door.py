"""Where devices of this installation knock, for what the platform makes knock by itself: drills and the heartbeat."""

from __future__ import annotations

import ssl

from anhu.contract.errors import SettingsError
from app.settings import Settings


def device_door(settings: Settings) -> tuple[str, int, ssl.SSLContext | None]:
    """Return host, port and TLS of the MQTT door. Raises `SettingsError` when there is none."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    if settings.mqtt_port:
        return host, settings.mqtt_port, None
    if settings.mqtt_tls_port:
        return host, settings.mqtt_tls_port, _trusting(settings)
    raise SettingsError("ANHU_MQTT_PORT", 0, "a door for devices: a drill comes from one")


def _trusting(settings: Settings) -> ssl.SSLContext:
    """Return TLS to our own door, whatever name it was reached by."""
    context = ssl.create_default_context(cafile=settings.tls_certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # what stands in the file is ours, whoever signed it
    return context
