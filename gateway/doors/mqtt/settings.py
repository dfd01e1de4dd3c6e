"""What can be set of the MQTT front door."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """Limits of the front door. The defaults suit a community centre as well as a city's door of many thousands.

    Attributes
    ----------
    max_packet_bytes : int
        Longest packet a device may send. [byte]
    receive_maximum : int
        Messages one connection may have on their way to the LOG at once.
    max_unacked_bytes : int
        Bytes one connection may have on their way to the LOG; then it is not read from. [byte]
    max_pending_bytes : int
        Bytes all connections together may have waiting for the LOG; then nobody is read from. [byte]
    topic_alias_maximum : int
        Topic aliases one MQTT 5 connection may use.
    connect_timeout_s : float
        Time from the connection to a complete CONNECT, TLS included, however it comes. [s]
    max_keep_alive_s : int
        Longest keep-alive; MQTT 5 clients that ask for more, or for none, are given this one. [s]
    max_session_expiry_s : int
        Longest life of the session of an absent device. [s]
    max_connections_per_device : int
        Connections with different client ids one device may hold; one more closes the oldest.
    max_commands_in_flight : int
        Commands on their way to one device at once.
    command_poll_s : float
        How often waiting commands are looked for. [s]
    directory_poll_s : float
        How often the directory is asked what changed: how fast a revoked device is thrown out. [s]
    failed_logins : int
        Failed logins from one address within `failed_logins_window_s` before the next failure is answered late.
    failed_logins_window_s : float
        How long a failed login counts. [s]
    slow_login_s : float
        How long whoever keeps failing waits for the answer. [s]
    max_strangers : int
        Connections that have not logged in, together; one more closes the oldest of the most crowded address.
    max_strangers_per_address : int
        The same of one address (IPv6: one /64). A device logs in at once, so it is hardly ever the oldest.
    """

    max_packet_bytes: int = 1_114_112
    receive_maximum: int = 256
    max_unacked_bytes: int = 262_144
    max_pending_bytes: int = 67_108_864
    topic_alias_maximum: int = 16
    connect_timeout_s: float = 10.0
    max_keep_alive_s: int = 3_600
    max_session_expiry_s: int = 86_400
    max_connections_per_device: int = 4
    max_commands_in_flight: int = 8
    command_poll_s: float = 0.5
    directory_poll_s: float = 0.4
    failed_logins: int = 10
    failed_logins_window_s: float = 60.0
    slow_login_s: float = 2.0
    max_strangers: int = 2_048
    max_strangers_per_address: int = 1_024
