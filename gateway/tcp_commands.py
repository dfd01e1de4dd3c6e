"""What a family that speaks over TCP declares of commands: in which packets they go, and what says that they came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gateway.codec import Command


class CommandPacket(NamedTuple):
    """A command in the family's words, and the `key` under which the device will confirm it."""

    packet: bytes
    key: bytes


class Confirmation(NamedTuple):
    """What a packet says of the command with this `key`: the device has it, or cannot do it and `refusal` says why."""

    key: bytes
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandExample:
    """A command to the device that sent `first`, the packet that it becomes, and one in which the device confirms it.

    `number` is the command's own, as the door takes it from the command's identity.
    """

    command: Command
    first: bytes
    sent: bytes
    confirmed: bytes
    number: int = 0x1234
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpCommands:
    """How a family takes commands over the connection that its device holds.

    Attributes
    ----------
    names : frozenset of str
        Which commands (`gateway.codec.Command`) the protocol has.
    form : callable
        ``form(packet)``: what of a device's first packet tells in which form it wants its own: the identity as it
        writes it, the version of its headers.
    encode : callable
        ``encode(command, form, number)``: the command; the number is the same however often it is sent, so that a
        device whose protocol has one can tell. Raises `anhu.contract.errors.FieldError` for what it cannot say.
    confirmation : callable
        ``confirmation(packet)``: which command a packet confirms; None for any other packet.
    examples : tuple of CommandExample
        At least one of each name.
    """

    names: frozenset[str]
    form: Callable[[bytes], bytes]
    encode: Callable[[Command, bytes, int], CommandPacket]
    confirmation: Callable[[bytes], Confirmation | None]
    examples: tuple[CommandExample, ...]
