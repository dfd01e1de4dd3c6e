"""What an edge gateway is told on its command line."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret
from gateway.edge.uplink import Centre

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MQTT, _MQTTS = 1883, 8883


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """One edge gateway.

    Attributes
    ----------
    centre_url : str
        ``mqtts://host:8883``, or ``mqtt://`` inside a network of one's own.
    secret : Secret
        The edge's own, given when it was enrolled.
    devices : Path
        The list of the home's devices.
    log_max_bytes : int
        Disk for what waits; numbers go first when it is full, calls never. [byte]
    wait_s : float
        How long the centre may take for a call before the house is told. [s]
    hook, hook_secret
        A webhook of the house, and what signs it.
    sound : str
        A program with arguments that makes a sound; run again and again until somebody answers.
    password : Secret
        Of the page; needed where it can be reached from elsewhere.
    """

    data: Path
    centre_url: str
    devices: Path
    secret: Secret = field(repr=False)
    host: str = "127.0.0.1"
    mqtt_port: int = 1883
    port: int = 8090
    log_max_bytes: int = 4 * 1024**3
    wait_s: float = 10.0
    hook: str = ""
    hook_secret: Secret = field(default=Secret(""), repr=False)
    sound: str = ""
    password: Secret = field(default=Secret(""), repr=False)

    def __post_init__(self) -> None:
        if self.host not in _LOOPBACK and not self.password:
            raise SettingsError("password", "", f"one, since the page can be reached at {self.host}")
        if not self.secret:
            raise SettingsError("secret", "", "the edge's own secret, from anhu admin create-device")
        self.centre("")

    def centre(self, edge: str) -> Centre:
        """Return where the centre is. Raises `SettingsError`."""
        parts = urlsplit(self.centre_url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise SettingsError("centre", self.centre_url, "mqtts://host:8883")
        secure = parts.scheme == "mqtts"
        return Centre(
            host=parts.hostname,
            port=parts.port or (_MQTTS if secure else _MQTT),
            edge=edge,
            secret=self.secret,
            tls=ssl.create_default_context() if secure else None,
        )
