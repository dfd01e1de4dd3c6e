"""What a codec is: one file that knows one device family, found by walking `gateway.codecs`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import msgspec

from anhu.contract import wire
from anhu.contract.observation import Decoded, Observation
from gateway.door_specs import DoorKind, HttpSpec, MqttSpec, TcpSpec
from gateway.poll_spec import PollSpec


class Frame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One message as it came from the device, before anybody knows what it means.

    Attributes
    ----------
    door : DoorKind
        Which door it came in by.
    route : str
        Which way it took there: an MQTT topic, an HTTP path, the other end of a TCP connection.
    payload : bytes
        As received.
    device_id : str
        The authenticated sender.
    received_at_ms : int
        UTC. [ms]
    retained : bool
        A broker's retained copy: state, never a new event.
    announced : tuple of bytes
        What the device announced that messages on this route mean, as its codec's `announces` wrote it.
    """

    door: DoorKind
    route: str
    payload: bytes
    device_id: str
    received_at_ms: int
    retained: bool = False
    announced: tuple[bytes, ...] = ()


class Announcement(NamedTuple):
    """What messages on a topic, or under a filter, will mean: in the codec's own words, and small."""

    topic: str
    says: bytes


class Announced(NamedTuple):
    """What a device announces under a key, in place of what it announced there before; nothing: that is over."""

    key: str
    announcements: tuple[Announcement, ...]


class Sources(Enum):
    """What stands behind a device of a family, and whose it is where nobody registered it."""

    PAIRED = "paired"
    """Sensors that somebody brought into that home: its resident's."""
    HEARD = "heard"
    """Sensors heard by radio, the neighbours' too: nobody's. What the device says of itself is its resident's."""
    USERS = "users"
    """People, one after the other: nobody's, and so is what it measures without saying of whom."""


COMMANDS = frozenset(wire.COMMANDS)
"""What the platform may want of a device (`Command`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something the platform wants of a device, before it is put in the device's words.

    Attributes
    ----------
    name : str
        ``ask_ok`` (vibrate and ask "are you well?"), ``measure``, ``locate``, ``find``, ``configure``, ``text`` (show
        or say it), ``firmware`` (a newer one is there).
    arguments : dict
        Meaning depends on the name: ``quantity`` for ``measure``, ``seconds`` and ``text`` (said aloud) for ``ask_ok``,
        ``report_period_s`` for ``configure``, ``text`` for ``text``, ``version`` and ``url`` for ``firmware``.
    at_ms : int
        When it was asked, UTC: some families put it into the message. [ms]
    """

    name: str
    command_id: str
    arguments: dict[str, str | float] = field(default_factory=dict)
    at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a device says to a command, by the identity that it was sent with; `is_refusal`: that it cannot."""

    command_id: str
    text: str = ""
    is_refusal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A payload and what must come of it: a codec's tests and its documentation.

    Exactly one of `observations` and `error` is set: `error` is a part of the expected error text.
    """

    name: str
    payload: bytes
    route: str = ""
    door: DoorKind = DoorKind.MQTT
    observations: tuple[Observation, ...] | None = None
    error: str | None = None
    retained: bool = False
    received_at_ms: int = 1_795_300_000_000
    device_id: str = "dev-1"
    announced: tuple[bytes, ...] = ()

    def frame(self) -> Frame:
        """Return it as a door would hand it over."""
        return Frame(
            door=self.door,
            route=self.route,
            payload=self.payload,
            device_id=self.device_id,
            received_at_ms=self.received_at_ms,
            retained=self.retained,
            announced=self.announced,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """One device family. A module of `gateway.codecs` binds one to the name ``CODEC``.

    Attributes
    ----------
    name : str
        Short and stable: a device's registration names it.
    title : str
        What it is, for people.
    data_sheet : str
        Where the layout is from.
    mqtt, http, tcp, poll : MqttSpec, HttpSpec, TcpSpec, PollSpec or None
        What the family needs of each door it comes in by; at least one.
    decode : callable
        ``decode(frame) -> tuple[Observation, ...]``, pure; raises `anhu.contract.errors.FieldError`. An
        empty tuple means "nothing to say" (heartbeats). A family that counts microseconds may return
        `anhu.contract.observation.PlainNumbers` for a message of good numbers of its own.
    encode : callable or None
        ``encode(command) -> bytes``; raises `FieldError` for a command the family does not know.
    answer : callable or None
        ``answer(frame)``: what a frame answers to a command, None where it is no answer; asked of messages that are
        more than numbers. May raise `FieldError`.
    salvage : callable or None
        As ``decode``, for a message that it refused and that was mended (`anhu.contract.mending`): what can be
        understood of it, each thing by itself. Without one, ``decode`` has the second look.
    unmapped : callable or None
        Returns the names of a frame's fields that nobody mapped, for the list of what needs mapping; asked
        now and then.
    relays : bool
        Whether what comes was held to each device's limits by a gateway of ours already: after days without a line
        all of it comes at once.
    sources : Sources
        What stands behind a device. Of what is nobody's, health and calls for help wait until somebody says whose they
        are; a call is told at once.
    same : callable or None
        ``same(frame) -> (identity, rank)`` of a message that the family itself tells apart, None of any other. What
        comes with an identity that came before is left out: with a lower rank, or with the same one unless it calls
        for help (`gateway.repeats`).
    announces : callable or None
        ``announces(frame)``: for a family whose devices say first what their messages will mean: what a message
        announces, None where it announces nothing. The gateway keeps it (`gateway.announcements`) and gives it to
        `decode` with each frame that it is about, so that `decode` needs no memory. Raises `FieldError`.
    heard : callable or None
        ``heard(frame)``: for a family of which a part is as with `Sources.HEARD`: whether a frame is of that part.
    examples : tuple of Example
        Good and bad; at least one of each.
    """

    name: str
    title: str
    data_sheet: str
    decode: Callable[[Frame], Decoded]
    examples: tuple[Example, ...]
    mqtt: MqttSpec | None = None
    http: HttpSpec | None = None
    tcp: TcpSpec | None = None
    poll: PollSpec | None = None
    encode: Callable[[Command], bytes] | None = None
    answer: Callable[[Frame], Answer | None] | None = None
    salvage: Callable[[Frame], Decoded] | None = None
    unmapped: Callable[[Frame], tuple[str, ...]] | None = None
    relays: bool = False
    sources: Sources = Sources.PAIRED
    same: Callable[[Frame], tuple[str, int] | None] | None = None
    announces: Callable[[Frame], Announced | None] | None = None
    heard: Callable[[Frame], bool] | None = None

    def sources_of(self, frame: Frame) -> Sources:
        """Return what stands behind a device, as far as a frame speaks of it."""
        return Sources.HEARD if self.heard is not None and self.heard(frame) else self.sources

    @property
    def doors(self) -> tuple[DoorKind, ...]:
        """The doors it fits."""
        specs = {
            DoorKind.MQTT: self.mqtt,
            DoorKind.HTTP: self.http,
            DoorKind.TCP: self.tcp,
            DoorKind.POLL: self.poll,
        }
        return tuple(kind for kind, spec in specs.items() if spec is not None)
