"""What the MQTT front door has done since it started, for the health page."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.mqtt.reason import Reason


@dataclass(slots=True)
class MqttCounters:
    """Counts since the start."""

    connections: int = 0
    logins_accepted: int = 0
    logins_refused: int = 0
    logins_slowed: int = 0
    logins_stale: int = 0
    received: int = 0
    acknowledged: int = 0
    answered_as_cloud: int = 0
    lost_at_qos_0: int = 0
    rejected_publishes: int = 0
    too_long_publishes: int = 0
    idle_subscriptions: int = 0
    rejected_subscriptions: int = 0
    protocol_errors: int = 0
    taken_over: int = 0
    wills_of_moved: int = 0
    silent_closed: int = 0
    connects_too_long: int = 0
    websockets_refused: int = 0
    psk_refused: int = 0
    commands_sent: int = 0

    def count_refused_websocket(self) -> None:
        """Count a connection that spoke no WebSocket at a WebSocket port, or broke it."""
        self.websockets_refused += 1

    def count_fault(self, reason: Reason, *, is_stranger: bool) -> None:
        """Count a connection that broke the protocol."""
        self.protocol_errors += 1
        if reason is Reason.PACKET_TOO_LARGE and is_stranger:
            self.connects_too_long += 1
