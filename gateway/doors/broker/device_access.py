"""Shuts revoked devices out of the broker itself, through Mosquitto's dynamic security, and lets them in again.

What a revoked device says is not taken either way; told so, the broker ends its connection at once, and refuses the
next one. A new secret is passed on where the register can still read it. What the broker holds of a secret's digest
tells, after a restart of either, which accounts are behind.
"""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
import paho.mqtt.client as paho

from gateway.directory import DeviceEntry
from gateway.doors.broker.counters import BrokerCounters

_logger = logging.getLogger(__name__)
_CONTROL = "$CONTROL/dynamic-security/v1"
_ANSWERS = f"{_CONTROL}/response"
_AT_ONCE = 100
_LISTED_AT_ONCE = 500
_MOST_LISTED = 500_000
_UNKNOWN = "not found"
_LISTING = "listClients"


class Account(NamedTuple):
    """What the broker has of a device; `mark` tells which secret, without being one."""

    name: str
    may_connect: bool
    mark: str


class BrokerAccess:
    """Tells the broker which devices may connect, and by which secret; what waits is told when it is there again.

    Parameters
    ----------
    client : paho.Client
        Connects with an account that may write to ``$CONTROL/dynamic-security/#``.
    own_name : str
        The user name of that account: it is never shut out, whatever a device is called.
    """

    def __init__(self, client: paho.Client, counters: BrokerCounters, own_name: str) -> None:
        self._client, self._counters, self._own_name = client, counters, own_name
        self._waiting: dict[str, DeviceEntry | None] = {}
        self._marks: dict[str, str] = {}
        self._listed: deque[Account] = deque()  # filled by paho's thread
        client.on_connect = self._begin
        client.on_message = self._answered

    def changed(self, device_id: str, device: DeviceEntry | None) -> None:
        """Take that a device's registration changed; None for one that is not registered any more."""
        if device_id != self._own_name:
            self._waiting[device_id] = device

    def listed(self, most: int) -> list[Account]:
        """Return some of the accounts that the broker told of since it was connected, each once."""
        return [self._listed.popleft() for _ in range(min(most, len(self._listed)))]

    def give_back(self, accounts: Iterable[Account]) -> None:
        """Take back accounts that could not be looked up."""
        self._listed.extend(accounts)

    def found(self, account: Account, device: DeviceEntry | None) -> None:
        """Compare an account with the register; one that is no device's is none of ours."""
        self._marks[account.name] = account.mark
        if device is not None and (device.enabled != account.may_connect or _is_behind(account.mark, device)):
            self.changed(account.name, device)

    def tell(self) -> None:
        """Tell the broker what waits, if it is there."""
        while self._waiting and self._client.is_connected():
            part = dict(list(self._waiting.items())[:_AT_ONCE])
            commands = [one for device_id, device in part.items() for one in self._commands(device_id, device)]
            sent = self._client.publish(_CONTROL, msgspec.json.encode({"commands": commands}), qos=1)
            if sent.rc != paho.MQTT_ERR_SUCCESS:
                return
            self._counters.access_told += len(part)
            for device_id, device in part.items():
                self._marks[device_id] = _mark(device) if device is not None else ""
                del self._waiting[device_id]

    def _commands(self, device_id: str, device: DeviceEntry | None) -> Iterator[dict[str, str]]:
        """Yield what is to be done; the new secret comes before the open door."""
        if device is None or not device.enabled:
            yield {"command": "disableClient", "username": device_id}
            return
        if _is_behind(self._marks.get(device_id, ""), device):
            secret = {"password": device.signing_secret, "textdescription": _mark(device)}
            yield {"command": "modifyClient", "username": device_id, **secret}
        yield {"command": "enableClient", "username": device_id}

    def _begin(self, client: paho.Client, *_more: object) -> None:
        client.subscribe(_ANSWERS, qos=1)
        self._ask(client, 0)

    def _ask(self, client: paho.Client, offset: int) -> None:
        """Ask for accounts: what changed while one of us was away was told to nobody."""
        listing = {"command": _LISTING, "verbose": True, "count": _LISTED_AT_ONCE, "offset": offset}
        listing["correlationData"] = str(offset)
        client.publish(_CONTROL, msgspec.json.encode({"commands": [listing]}), qos=1)

    def _answered(self, client: paho.Client, _user: object, message: paho.MQTTMessage) -> None:
        """Count what the broker would not do; a device that it has no account of cannot connect anyway."""
        try:
            responses = msgspec.json.decode(message.payload)["responses"]
            errors = [str(one["error"]) for one in responses if "error" in one]
            for one in responses:
                if one["command"] == _LISTING and "data" in one:
                    self._take(client, one["data"], int(one.get("correlationData", 0)))
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
            errors = ["an answer that cannot be read"]
        refused = [one for one in errors if _UNKNOWN not in one.lower()]
        self._counters.access_refused += len(refused)
        if refused:
            _logger.error("the broker did not change a device's access: %s", refused[0])

    def _take(self, client: paho.Client, data: dict[str, object], offset: int) -> None:
        listing = msgspec.convert(data, _Listing)
        self._listed.extend(Account(one.username, not one.disabled, one.textdescription) for one in listing.clients)
        after = offset + len(listing.clients)
        if listing.clients and after < min(listing.totalCount, _MOST_LISTED):
            self._ask(client, after)


class _Listed(msgspec.Struct):
    username: str
    textdescription: str = ""
    disabled: bool = False


class _Listing(msgspec.Struct):
    clients: list[_Listed]
    totalCount: int = 0  # noqa: N815 - the broker's own name


def _mark(device: DeviceEntry) -> str:
    """Return by what it can be seen which secret an account has: a digest of its digest; empty for one who signs."""
    if not device.secret_sha256:
        return ""
    return "anhu:" + hashlib.sha256(b"broker" + device.secret_sha256).hexdigest()[:24]


def _is_behind(mark: str, device: DeviceEntry) -> bool:
    """Tell whether a secret can be passed on, and the broker has another one."""
    return bool(device.secret_sha256 and device.signing_secret) and mark != _mark(device)
