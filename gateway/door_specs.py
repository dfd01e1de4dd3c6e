"""What a codec declares for each door it fits: how its messages are found, whose they are, what the device is answered.

A spec is data and pure functions. The door moves the bytes, looks devices up and waits for the disk; the spec only says
what the family does differently. All functions raise `anhu.contract.errors.FieldError` for what they cannot read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from gateway.tcp_commands import TcpCommands

PUSH = "/push/"
"""Where every address begins that vendors push to; the product follows."""


class DoorKind(StrEnum):
    """The doors there are for devices."""

    MQTT = "mqtt"
    HTTP = "http"
    TCP = "tcp"
    POLL = "poll"
    """A vendor's cloud that we ask."""


class Disposition(StrEnum):
    """What became of a message, as its sender is told."""

    ACCEPTED = "accepted"
    """It is on disk."""
    RELEASED = "released"
    """It could not be kept: send it again."""
    REJECTED = "rejected"
    """Its sender is not who it says, or not known: it was not kept, and never will be."""


class LoginVerdict(StrEnum):
    """What a signature says of the log-in that bears it."""

    GENUINE = "genuine"
    STALE = "stale"
    """Made with the right secret, but for another time: the device's clock is wrong, or somebody plays it again."""
    FALSE = "false"


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttLogin:
    """What a CONNECT says of its sender, and when it came (UTC). [ms]."""

    client_id: str
    user_name: str
    password: bytes = field(repr=False)
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginExample:
    """A genuine log-in, whose it is, and the secret that it was signed with."""

    name: str
    login: MqttLogin
    device_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLogins:
    """How the devices of a family prove that they have their secret without sending it.

    Attributes
    ----------
    device_of : callable
        ``device_of(login)``: whose it says it is; empty for what is no log-in of this family.
    verdict : callable
        ``verdict(login, secret)``: whether it was signed with the device's secret, and for the present time where the
        family says a time.
    examples : tuple of LoginExample
        At least one.
    product_of : callable or None
        ``product_of(login)``: the product that it names, where command topics hold it.
    """

    device_of: Callable[[MqttLogin], str]
    verdict: Callable[[MqttLogin, str], LoginVerdict]
    examples: tuple[LoginExample, ...]
    product_of: Callable[[MqttLogin], str] | None = None


class MqttReply(NamedTuple):
    """What a family's cloud answers to a message, beside the protocol's own acknowledgement."""

    topic: str
    payload: bytes


ReplyTo: TypeAlias = Callable[[str, bytes, int], MqttReply | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSpec:
    """A family that speaks MQTT. Its answer is the protocol's: PUBACK once the message is on disk.

    Attributes
    ----------
    publish : tuple of str
        Topic filters a device of this family may publish to; ``{device_id}`` is the authenticated device.
    urgent : tuple of str
        Those of `publish` on which only calls for help come. A broker brings them on a session of their own, so that
        they wait behind nothing; no other filter may cover them, or a broker would bring them twice.
    commands : str
        Topic on which the device reads commands, ``{command_id}`` in it standing for the command's identity,
        ``{command}`` for what it is called, ``{product}`` for the product as the device itself names it, right before
        ``{device_id}`` (`anhu.contract.topics.for_command`); empty when it takes none.
    commands_unasked : bool
        Its devices do not subscribe to that topic, since their cloud sends commands all the same.
    signed : SignedLogins or None
        For a family that signs its log-ins. A device of it that was given no secret to sign with sends a plain one.
    reply : callable or None
        ``reply(topic, payload, at_ms)``: for a family whose devices wait for an answer of their cloud: what a message
        that is on disk is answered with, where the device subscribes to that; None for one that wants none.
    """

    publish: tuple[str, ...]
    urgent: tuple[str, ...] = ()
    commands: str = ""
    commands_unasked: bool = False
    signed: SignedLogins | None = None
    reply: ReplyTo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A push as it came from the vendor's server.

    Attributes
    ----------
    method : str
        ``POST``; some vendors try a new address with ``GET`` first.
    target : str
        Path and query.
    headers : mapping
        By name in lower case.
    received_at_ms : int
        UTC: a signature may be good for some minutes only. [ms]
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    received_at_ms: int

    @property
    def path(self) -> str:
        """The target without its query, in which a key may stand: what may be kept and shown."""
        return self.target.partition("?")[0]

    @property
    def rest(self) -> str:
        """What stands behind ``/push/{product}``: empty, or ``/`` and more."""
        _, _, below = self.path.removeprefix(PUSH).partition("/")
        return f"/{below}".rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpMessage:
    """What one device said; a push may bring many. `payload` is what the codec's ``decode`` reads.

    A part of a push that names no device has an empty `device_id`: it is kept raw, and the other parts go on.
    """

    device_id: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """What the vendor's server is answered."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpExample:
    """A genuine push, the key that it was signed with, and what it brings; `signs_body` is false for a mere token."""

    name: str
    request: HttpRequest
    key: bytes
    messages: tuple[HttpMessage, ...]
    signs_body: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSpec:
    """A family whose vendor's server pushes over HTTP.

    Attributes
    ----------
    rests : tuple of str
        What vendors put behind ``/push/{product}`` (`HttpRequest.rest`), for the documentation: whatever stands there
        comes to the codec, since a call may come by a new name. The whole path is the route of the frames.
    is_genuine : callable
        ``is_genuine(request, key)``: whether the request bears the signature made with the product's push key.
    messages : callable
        ``messages(request)``: what came, and from which devices; nothing for a vendor's test of the address.
    reply : callable
        ``reply(request, disposition)``: the answer, once all of its messages are on disk or one could not be kept.
    examples : tuple of HttpExample
        At least one.
    repeats_s : float
        The same message of a device within this time is the same one, sent again because our answer was lost: for
        families whose messages have neither time nor number. [s]
    explains : callable or None
        ``explains(request)``: for a family whose answers engineers read: what one that is not genuine is told, made
        from the request alone. Whoever has the key then hears also what could not be read (400), and of which device
        nobody knows (403). None: the answer is `reply`'s, and what cannot be read is taken, since sending it again
        would not help.
    """

    rests: tuple[str, ...] = ("",)
    is_genuine: Callable[[HttpRequest, bytes], bool]
    messages: Callable[[HttpRequest], tuple[HttpMessage, ...]]
    reply: Callable[[HttpRequest, Disposition], HttpReply]
    examples: tuple[HttpExample, ...]
    repeats_s: float = 0.0
    explains: Callable[[HttpRequest], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who a packet says that it comes from; the secret is empty where the family has none."""

    device_id: str
    secret: bytes = field(default=b"", repr=False)


class Part(NamedTuple):
    """Which part of a longer message a packet is: its number, from 1, of so many; `message` is the same for all."""

    message: int
    number: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSpec:
    """A family that speaks a binary or text protocol of its own over TCP.

    Every packet goes to the codec's ``decode``, log-ins and keep-alives too: it returns nothing for those, and they are
    answered in their turn like any other. The route of the frames is the other end's address, which no codec needs.

    Attributes
    ----------
    begins : tuple of bytes
        How a connection of this family begins, and none of another family's does.
    max_packet_bytes : int
        Longest packet. [byte]
    packet_bytes : callable
        ``packet_bytes(buffer)``: length of the first packet; 0 until enough has come to tell. [byte]
    credentials : callable
        ``credentials(packet)``: who says so, if the packet says it, else None. The first packet must; whoever is
        checked speaks until a packet names another device.
    reply : callable
        ``reply(packet, disposition)``: bytes to send back; empty for none.
    is_identity_enough : bool
        The family has no secret: whoever names a registered device of it is taken for that device.
    resynchronises : bool
        `begins` hardly ever stands inside a packet: after bytes that are none, the next packet is looked for. Without
        it such bytes end the connection.
    max_silence_s : float
        A device that says nothing for so long is gone. [s]
    part : callable or None
        ``part(packet)``: which part of a longer message it is; None for a packet that stands by itself.
    joined : callable or None
        ``joined(packets)``: all parts of a message in their order, as one packet that ``decode`` reads.
    commands : TcpCommands or None
        How its devices are told what the platform wants of them; None for a family that takes no commands.
    """

    begins: tuple[bytes, ...]
    max_packet_bytes: int
    packet_bytes: Callable[[bytes], int]
    credentials: Callable[[bytes], Credentials | None]
    reply: Callable[[bytes, Disposition], bytes]
    is_identity_enough: bool = False
    resynchronises: bool = False
    max_silence_s: float = 600.0
    part: Callable[[bytes], Part | None] | None = None
    joined: Callable[[Sequence[bytes]], bytes] | None = None
    commands: TcpCommands | None = None
