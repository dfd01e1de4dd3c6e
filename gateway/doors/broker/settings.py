"""Which broker to read from, and how to speak with it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from gateway.doors.broker.routes import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """Which broker, and how to speak with it.

    Attributes
    ----------
    client_id : str
        Stable over restarts: the broker keeps our session, and what came meanwhile, under it.
    user_name, password : str
        Empty for none.
    tls : ssl.SSLContext or None
        None for plain TCP.
    share : str
        Name of the group that shares the messages (MQTT 5 ``$share``); empty for all of them. Order per resident
        holds only if the broker gives one device's messages to one member.
    bindings : tuple of Binding
        Devices of the topics that name none.
    receive_maximum : int
        Messages that may wait for the LOG at once; the broker's own limit (Mosquitto: max_inflight_messages) must
        be as large.
    max_unacked_bytes : int
        What may be on its way to the LOG on one connection; reading stops above it, and goes on at half.
    keep_alive_s : int
        A broker that answers nothing is given up within twice this: meanwhile no call for help is heard. [s]
    min_delay_s, max_delay_s : int
        First and longest pause before connecting again. [s]
    shuts_out : bool
        The broker has Mosquitto's dynamic security, and our account may change it: revoked devices are shut out there.
    command_poll_s, directory_poll_s : float
        How often waiting commands and changed devices are asked for. [s]
    """

    host: str
    port: int = 1883
    client_id: str
    user_name: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None
    share: str = ""
    bindings: tuple[Binding, ...] = ()
    receive_maximum: int = 2_000
    max_unacked_bytes: int = 4_194_304
    keep_alive_s: int = 10
    min_delay_s: int = 1
    max_delay_s: int = 5
    shuts_out: bool = False
    command_poll_s: float = 0.5
    directory_poll_s: float = 0.4

    def __repr__(self) -> str:
        return f"BrokerSettings({self.user_name or 'anonymous'}@{self.host}:{self.port})"
