"""Shuts revoked devices out of the broker itself, through Mosquitto's dynamic security, and lets them in again.

What a revoked device says is not taken either way; told so, the broker ends its connection within a second or two, and
refuses the next one. Secrets are the broker's own: it keeps no digest that we could give it.
"""

from __future__ import annotations

import logging

import msgspec
import paho.mqtt.client as paho

from gateway.doors.broker.counters import BrokerCounters

_logger = logging.getLogger(__name__)
_CONTROL = "$CONTROL/dynamic-security/v1"
_ANSWERS = f"{_CONTROL}/response"
_AT_ONCE = 100
_UNKNOWN = "not found"


class BrokerAccess:
    """Tells the broker which devices may connect; what it could not be told is told when it is there again.

    Parameters
    ----------
    client : paho.Client
        Connects with an account that may write to ``$CONTROL/dynamic-security/#``.
    """

    def __init__(self, client: paho.Client, counters: BrokerCounters) -> None:
        self._client, self._counters = client, counters
        self._waiting: dict[str, bool] = {}
        client.on_connect = self._subscribe
        client.on_message = self._answered

    def changed(self, device_id: str, *, may_connect: bool) -> None:
        """Take that a device's registration changed."""
        self._waiting[device_id] = may_connect

    def tell(self) -> None:
        """Tell the broker what waits, if it is there."""
        while self._waiting and self._client.is_connected():
            part = dict(list(self._waiting.items())[:_AT_ONCE])
            commands = [
                {"command": "enableClient" if may_connect else "disableClient", "username": device_id}
                for device_id, may_connect in part.items()
            ]
            sent = self._client.publish(_CONTROL, msgspec.json.encode({"commands": commands}), qos=1)
            if sent.rc != paho.MQTT_ERR_SUCCESS:
                return
            self._counters.access_told += len(part)
            for device_id in part:
                del self._waiting[device_id]

    def _subscribe(self, client: paho.Client, *_more: object) -> None:
        client.subscribe(_ANSWERS, qos=1)

    def _answered(self, _client: paho.Client, _user: object, message: paho.MQTTMessage) -> None:
        """Count what the broker would not do; a device that it has no account of cannot connect anyway."""
        try:
            responses = msgspec.json.decode(message.payload)["responses"]
            errors = [str(one["error"]) for one in responses if "error" in one]
        except (msgspec.DecodeError, KeyError, TypeError):
            errors = ["an answer that cannot be read"]
        refused = [one for one in errors if _UNKNOWN not in one.lower()]
        self._counters.access_refused += len(refused)
        if refused:
            _logger.error("the broker did not change a device's access: %s", refused[0])
