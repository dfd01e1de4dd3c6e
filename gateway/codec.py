"""What a codec is: one file that knows one device family, found by walking `gateway.codecs`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from anhu.contract.observation import Decoded, Observation


class Frame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One message as it came from the device, before anybody knows what it means.

    Attributes
    ----------
    topic : str
        MQTT topic.
    payload : bytes
        As received.
    device_id : str
        The authenticated sender.
    received_at_ms : int
        UTC. [ms]
    retained : bool
        A broker's retained copy: state, never a new event.
    """

    topic: str
    payload: bytes
    device_id: str
    received_at_ms: int
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something the platform wants of a device, before it is put in the device's words.

    Attributes
    ----------
    name : str
        ``ask_ok`` (vibrate and ask "are you well?"), ``measure``, ``locate``, ``find``, ``configure``.
    arguments : dict
        Meaning depends on the name: ``quantity`` for ``measure``, ``seconds`` for ``ask_ok``.
    """

    name: str
    command_id: str
    arguments: dict[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A payload and what must come of it: a codec's tests and its documentation.

    Exactly one of `observations` and `error` is set: `error` is a part of the expected error text.
    """

    name: str
    topic: str
    payload: bytes
    observations: tuple[Observation, ...] | None = None
    error: str | None = None
    retained: bool = False
    received_at_ms: int = 1_795_300_000_000
    device_id: str = "dev-1"


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
    publish : tuple of str
        Topic filters a device of this family may publish to; ``{device_id}`` is the authenticated device.
    urgent : tuple of str
        Those of `publish` on which only calls for help come. A broker brings them on a session of their own, so that
        they wait behind nothing; no other filter may cover them, or a broker would bring them twice.
    commands : str
        Topic on which the device reads commands, ``{command_id}`` in it standing for the command's identity
        (`anhu.contract.topics.for_command`); empty when it takes none.
    decode : callable
        ``decode(frame) -> tuple[Observation, ...]``, pure; raises `anhu.contract.errors.FieldError`. An
        empty tuple means "nothing to say" (heartbeats). A family that counts microseconds may return
        `anhu.contract.observation.PlainNumbers` for a message of good numbers of its own.
    encode : callable or None
        ``encode(command) -> bytes``; raises `FieldError` for a command the family does not know.
    examples : tuple of Example
        Good and bad; at least one of each.
    """

    name: str
    title: str
    data_sheet: str
    publish: tuple[str, ...]
    decode: Callable[[Frame], Decoded]
    examples: tuple[Example, ...]
    urgent: tuple[str, ...] = ()
    commands: str = ""
    encode: Callable[[Command], bytes] | None = None
