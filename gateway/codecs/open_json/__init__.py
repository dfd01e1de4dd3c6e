"""The open JSON wire format v1: what a device sends when it may choose (`anhu.contract.wire`)."""

from __future__ import annotations

import msgspec

from anhu.contract import topics, wire, wire_salvage
from anhu.contract.errors import FieldError
from anhu.contract.observation import Decoded, Quality
from anhu.contract.payload import flagged
from gateway.codec import Answer, Codec, Command, Frame
from gateway.codecs.open_json.examples import EXAMPLES
from gateway.codecs.open_json.pushing import HTTP
from gateway.door_specs import MqttSpec


def decode(frame: Frame) -> Decoded:
    """Read a message of format v1; see `anhu.contract.wire.decode`."""
    if frame.retained:
        return flagged(wire.decode(frame.payload, frame.received_at_ms), Quality.RETAINED)
    return wire.decode_together(frame.payload, frame.received_at_ms)


def salvage(frame: Frame) -> Decoded:
    """Read what stands of a message that was refused; see `anhu.contract.wire_salvage`."""
    return wire_salvage.salvaged(frame.payload, frame.received_at_ms)


def encode(command: Command) -> bytes:
    """Return ``{"v":1,"command":…,"id":…,"arguments":{…}}``."""
    if command.name not in wire.COMMANDS:
        raise FieldError("command", command.name, f"one of {', '.join(sorted(wire.COMMANDS))}")
    return msgspec.json.encode(
        {"v": 1, "command": command.name, "id": command.command_id, "arguments": command.arguments}
    )


def answer(frame: Frame) -> Answer | None:
    """Return what a message says to a command: ``{"v":1,"answer":{"id":…,"ok":true,"text":…}}``."""
    said = wire.answered(frame.payload)
    return None if said is None else Answer(command_id=said.id, text=said.text or "ok", is_refusal=not said.ok)


CODEC = Codec(
    name="open_json",
    title="Open JSON wire format v1",
    data_sheet="gateway/README.md, anhu/contract/published/wire-v1.schema.json",
    mqtt=MqttSpec(publish=(topics.UP, topics.URGENT), urgent=(topics.URGENT,), commands=topics.COMMANDS),
    http=HTTP,
    decode=decode,
    encode=encode,
    answer=answer,
    salvage=salvage,
    examples=EXAMPLES,
)
