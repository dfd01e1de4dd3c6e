"""Whom the gateway may trust: the port through which a front door looks devices up.

The adapter over the database is made by `anhu`; the gateway itself knows no database.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from gateway.codec import Command


class Owner(NamedTuple):
    """Whose a reading is: the device that measured it, its resident, and the key of their records in the LOG."""

    device_id: str
    resident_id: str
    partition_key: str


class Wearing(NamedTuple):
    """Whose a device was for a while. `until_ms` is None for the present wearer. [ms]."""

    owner: Owner
    from_ms: int
    until_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEntry:
    """A registered device as a front door needs it.

    Attributes
    ----------
    device_id : str
        Also the MQTT user name.
    secret_sha256 : bytes
        SHA-256 of the device's secret, which is at least 128 random bits (so no slow hash is needed);
        empty when it may not connect, or may only with what it signs.
    codec : str
        Name of its codec.
    partition_key : str
        Of its records in the LOG, from `anhu.registry.partition_key`.
    resident_id : str
        Whom it is assigned to; empty when nobody.
    enabled : bool
        False once revoked.
    report_period_s : float
        How often it is expected to report; 0 when only on events. [s]
    children : mapping
        Registered sensors behind it, by name; one may belong to another resident, of another centre.
    signing_secret : str
        With which it signs its log-ins, where its family does; empty for others.
    product_id : str
        Which product it is; empty for none. A vendor's cloud speaks for the devices of its product alone.
    worn : mapping
        Of it and of those behind it that were passed on: whose they were and are, the newest first.
    shared : bool
        Several people measure with it, each by a name among `children`; anybody else's measurement is nobody's.
    """

    device_id: str
    secret_sha256: bytes
    codec: str
    partition_key: str
    resident_id: str = ""
    enabled: bool = True
    report_period_s: float = 0.0
    children: Mapping[str, Owner] = field(default_factory=dict)
    signing_secret: str = field(default="", repr=False)
    product_id: str = ""
    shared: bool = False
    worn: Mapping[str, Sequence[Wearing]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductEntry:
    """An enabled product as the HTTP door needs it.

    Attributes
    ----------
    push_key : bytes
        With which the vendor's cloud signs; empty where it has none, or ours to read it is missing.
    key_unreadable : bool
        There is one, and it cannot be read here.
    """

    product_id: str
    codec: str
    push_key: bytes = field(default=b"", repr=False)
    key_unreadable: bool = False


class DoorNote(NamedTuple):
    """Something of a device that came to nothing at the door.

    Attributes
    ----------
    kind : str
        One of `gateway.doors.set_aside.Aside`.
    times : int
        How often, since the last note.
    last : str
        The newest topic, filter or reason, as it may be shown.
    at_ms : int
        Of the newest, UTC. [ms]
    """

    device_id: str
    kind: str
    times: int
    last: str
    at_ms: int


class NoteBook(Protocol):
    """Where such notes are added up. Calls may block."""

    def add(self, notes: Sequence[DoorNote]) -> None:
        """Add them."""
        ...


class Directory(Protocol):
    """Looks up devices. Calls may block; the front door makes them off its loop."""

    def find_all(self, device_ids: Sequence[str]) -> Mapping[str, DeviceEntry]:
        """Return those of the devices that are registered; many at once, since after an outage all come together."""
        ...

    def present_version(self) -> int:
        """Return the present version, without reading who ever changed: of a million devices nearly all did."""
        ...

    def changed_since(self, version: int) -> tuple[int, Sequence[str]]:
        """Return the present version and the devices changed after the given one: their cache is stale."""
        ...


class Products(Protocol):
    """Looks up what vendors make. Calls may block."""

    def all_enabled(self) -> Mapping[str, ProductEntry]:
        """Return the enabled products by identity."""
        ...


class CommandQueue(Protocol):
    """Commands waiting for devices. Calls may block."""

    def pending(self, device_ids: Sequence[str]) -> Sequence[tuple[str, Command]]:
        """Return (device_id, command) for commands not yet delivered to these devices, oldest first."""
        ...

    def delivered(self, command_id: str, at_ms: int) -> None:
        """Record that the device acknowledged the command. [ms]."""
        ...

    def failed(self, command_id: str, why: str, at_ms: int) -> None:
        """Record that the command cannot be delivered, and why: it is not tried again. [ms]."""
        ...


def secrets_of(device: DeviceEntry) -> tuple[bytes, str]:
    """Return by what a device is let in: who came in with others has to come in again."""
    return device.secret_sha256, device.signing_secret


def is_let_in_still(now: DeviceEntry, was: DeviceEntry | None) -> bool:
    """Tell whether who came in under a registration may go on under the present one."""
    return was is not None and now.enabled and secrets_of(now) == secrets_of(was)


def secret_matches(device: DeviceEntry, secret: bytes) -> bool:
    """Compare a presented secret with the registered one, in constant time."""
    if not device.secret_sha256:
        return False
    return hmac.compare_digest(hashlib.sha256(secret).digest(), device.secret_sha256)
