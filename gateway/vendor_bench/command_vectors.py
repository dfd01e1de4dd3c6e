"""Whether a family that takes commands over TCP says them, and hears them confirmed, as its examples have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from anhu.contract.errors import FieldError
from gateway.codec import Command
from gateway.door_specs import TcpSpec
from gateway.tcp_commands import CommandExample, Confirmation, TcpCommands

_UNKNOWN = Command(name="self_destruct", command_id="c-1")


def flaw_of_commands(spec: TcpSpec, commands: TcpCommands) -> str:
    """Return what is wrong with the first example that goes wrong; empty where all are right."""
    for one in commands.examples:
        try:
            flaw = next(_flaws(spec, commands, one), "")
        except Exception as error:  # noqa: BLE001 - a beginner's codec may fail in any way, and that is the finding
            flaw = f"failed: {type(error).__name__}: {error}"
        if flaw:
            return f"{one.command.name}: {flaw}"
    return ""


def _flaws(spec: TcpSpec, commands: TcpCommands, one: CommandExample) -> Iterator[str]:
    form = commands.form(one.first)
    made = commands.encode(one.command, form, one.number)
    if made.packet != one.sent:
        yield f"got {made.packet!r}, expected {one.sent!r}"
    if commands.encode(one.command, form, one.number) != made:
        yield "encode keeps a state: the same command differs when it is sent again"
    if (length := spec.packet_bytes(made.packet)) != len(made.packet):
        yield f"its packet counts as {length} bytes, expected {len(made.packet)}"
    said, expected = commands.confirmation(one.confirmed), Confirmation(made.key, one.refusal)
    if said != expected:
        yield f"got the confirmation {said}, expected {expected}"
    if spec.credentials(one.confirmed) != spec.credentials(one.first):
        yield "the confirmation is of another device"
    with suppress(FieldError):
        commands.encode(_UNKNOWN, form, one.number)
        yield f"it has words for {_UNKNOWN.name}, which is no command"
