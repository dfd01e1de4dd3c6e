"""What can be set of the HTTP push door."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Limits of the door. A vendor's cloud comes from one address with many connections, so they are wide.

    Attributes
    ----------
    max_head_bytes : int
        Longest request line with its headers. [byte]
    max_body_bytes : int
        Longest body; as long as an MQTT packet. [byte]
    request_s : float
        Time from a request's first byte to its last, however it comes; and for an answer to be read. [s]
    idle_s : float
        How long a connection may stay open between requests. [s]
    max_connections, max_connections_per_address : int
        In all, and of one address (IPv6: one /64); one more closes the one that is idle longest.
    max_held_bytes : int
        Bytes of requests that are not answered yet, in all; beyond it the longest unfinished request is cut. [byte]
    max_pending_bytes : int
        Bytes that wait for the LOG; beyond it a push is answered "send again". [byte]
    max_pushes_per_product : int
        Pushes of one product on their way to the LOG at once; one more is answered "send again".
    device_burst, device_a_minute : int
        Pushes of one device; more are answered "send again", but for what reads like a call for help.
    max_messages : int
        Messages of one push; one with more is kept whole and not read.
    failed_keys : int
        Wrong keys from one address within `failed_keys_window_s` before the next is answered late.
    failed_keys_window_s : float
        How long a wrong key counts. [s]
    slow_answer_s : float
        How long whoever keeps failing waits for the answer. [s]
    products_poll_s : float
        How often products are read: how fast a new, closed or re-keyed one is known. [s]
    directory_poll_s : float
        The same of devices. [s]
    """

    max_head_bytes: int = 16_384
    max_body_bytes: int = 1_114_112
    request_s: float = 10.0
    idle_s: float = 75.0
    max_connections: int = 2_048
    max_connections_per_address: int = 1_024
    max_held_bytes: int = 67_108_864
    max_pending_bytes: int = 67_108_864
    max_pushes_per_product: int = 1_024
    device_burst: int = 600
    device_a_minute: int = 600
    max_messages: int = 5_000
    failed_keys: int = 10
    failed_keys_window_s: float = 60.0
    slow_answer_s: float = 2.0
    products_poll_s: float = 0.4
    directory_poll_s: float = 0.4
