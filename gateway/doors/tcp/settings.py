"""What can be set of the TCP door."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSettings:
    """Limits of the TCP door; a family adds its longest packet and its longest silence.

    Attributes
    ----------
    max_unacked : int
        Packets one connection may have on their way to the LOG at once.
    max_unacked_bytes : int
        Bytes one connection may have on their way to the LOG; then it is not read from. [byte]
    max_pending_bytes : int
        Bytes all connections together may have waiting for the LOG; then nobody is read from. [byte]
    max_garbage_bytes : int
        Bytes without a packet that are passed over before the connection ends. [byte]
    max_parts_bytes : int
        Parts of messages that one connection may leave unfinished. [byte]
    first_packet_s : float
        Time from the connection to the first packet, however it comes. [s]
    packet_s : float
        Time a packet may take from its first byte, and more at 500 bytes a second. [s]
    unknown_s : float
        How long a device that nobody registered is listened to, for what it has to say. [s]
    max_unknown_packets : int
        So many of its packets, at most.
    shut_out_s : float
        How long a device that is switched off is listened to, in case it calls. [s]
    max_connections_per_device : int
        One more closes the oldest.
    max_devices_per_connection : int
        A kiosks' collector speaks for some; whoever names more is cut off.
    max_commands_in_flight : int
        Commands that one connection may have to confirm at once.
    command_poll_s : float
        How often waiting commands are looked for. [s]
    command_wait_s : float
        How long a device that goes on speaking has to confirm one before it is sent again, twice and three times as
        long after that. [s]
    directory_poll_s : float
        How often the directory is asked what changed: how fast a revoked device is thrown out. [s]
    failed_logins : int
        Wrong identities from one address within `failed_logins_window_s` before the next one is answered late.
    failed_logins_window_s : float
        How long a wrong one counts. [s]
    slow_login_s : float
        How long whoever keeps failing waits for the answer. [s]
    max_strangers : int
        Connections without a device, together; one more closes the oldest of the most crowded address.
    max_strangers_per_address : int
        The same of one address (IPv6: one /64).
    """

    max_unacked: int = 256
    max_unacked_bytes: int = 262_144
    max_pending_bytes: int = 67_108_864
    max_garbage_bytes: int = 65_536
    max_parts_bytes: int = 262_144
    first_packet_s: float = 15.0
    packet_s: float = 20.0
    unknown_s: float = 60.0
    max_unknown_packets: int = 32
    shut_out_s: float = 3.0
    max_connections_per_device: int = 4
    max_devices_per_connection: int = 64
    max_commands_in_flight: int = 8
    command_poll_s: float = 0.5
    command_wait_s: float = 30.0
    directory_poll_s: float = 0.4
    failed_logins: int = 10
    failed_logins_window_s: float = 60.0
    slow_login_s: float = 2.0
    max_strangers: int = 1_024
    max_strangers_per_address: int = 512
