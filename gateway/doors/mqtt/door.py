"""What a connection needs of the server it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from anhu.contract.clock import Clock
from gateway.codec import Codec
from gateway.directory import DeviceEntry
from gateway.doors.mqtt.counters import MqttCounters
from gateway.doors.mqtt.settings import MqttSettings
from gateway.intake import Intake
from gateway.mqtt.packets import Acknowledged, Connect

if TYPE_CHECKING:
    from gateway.doors.mqtt.link import Link


class Door(Protocol):
    """The server, as its links see it."""

    settings: MqttSettings
    intake: Intake
    clock: Clock
    counters: MqttCounters

    def now_s(self) -> float:
        """Return a time that only ever grows. [s]."""
        ...

    def codec_of(self, device: DeviceEntry) -> Codec | None:
        """Return a device's codec."""
        ...

    def arrived(self, link: Link) -> None:
        """Take a new connection."""
        ...

    def knock(self, link: Link, connect: Connect) -> None:
        """Take a login; answer with `Link.admit` or `Link.refuse`."""
        ...

    def listens(self, link: Link) -> None:
        """Take that the link's subscriptions changed."""
        ...

    def command_acknowledged(self, link: Link, answer: Acknowledged) -> None:
        """Take the device's answer to a command."""
        ...

    def flush_soon(self, link: Link) -> None:
        """Take a link that has something to say once everything that is on disk now was answered."""
        ...

    def crowded(self, link: Link) -> None:
        """Take a link that waits until fewer bytes are on their way to the LOG."""
        ...

    def gone(self, link: Link) -> None:
        """Take the end of a connection."""
        ...
