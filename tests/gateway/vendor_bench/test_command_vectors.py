"""A vendor whose codec says a command wrong is told which one, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.codecs import discover
from gateway.tcp_commands import CommandPacket, TcpCommands
from gateway.vendor_bench.command_vectors import flaw_of_commands
from gateway.vendor_bench.examination import examine

CODEC = discover()["setracker"]
SPEC = CODEC.tcp
assert SPEC is not None
assert SPEC.commands is not None
COMMANDS = SPEC.commands


def changed(commands: TcpCommands, number: list[int]) -> dict[str, Callable[[], TcpCommands]]:
    """Return what may be wrong, by what is said of it."""
    good = commands.examples[0]

    def counting(*asked: object) -> CommandPacket:
        number.append(1)
        made = commands.encode(*asked)  # type: ignore[arg-type]
        return made._replace(key=made.key + bytes(len(number)))

    other = b"[3G*11*0007*MESSAGE]"
    return {
        "text: got b'[3G*": lambda: replace(commands, examples=(replace(good, sent=b"[]"),)),
        "text: encode keeps a state": lambda: replace(commands, encode=counting, examples=(good,)),
        "text: got the confirmation": lambda: replace(commands, examples=(replace(good, refusal="no"),)),
        "text: the confirmation is of another device": lambda: replace(
            commands, examples=(replace(good, confirmed=other),)
        ),
        "text: failed: ZeroDivisionError": lambda: replace(commands, form=lambda _: bytes(1 // 0), examples=(good,)),
        "text: it has words for self_destruct": lambda: replace(
            commands, encode=lambda *_: CommandPacket(good.sent, b"MESSAGE"), examples=(good,)
        ),
    }


@pytest.mark.parametrize("said", changed(COMMANDS, []))
def test_what_is_wrong_with_a_command_is_said(said: str) -> None:
    assert SPEC is not None
    wrong = changed(COMMANDS, [])[said]()
    assert flaw_of_commands(SPEC, wrong).startswith(said)


def test_the_examination_looks_at_them() -> None:
    assert SPEC is not None
    wrong = replace(COMMANDS, examples=tuple(replace(one, sent=b"[]") for one in COMMANDS.examples))
    found = {one.key: one for one in examine(replace(CODEC, tcp=replace(SPEC, commands=wrong))).checks}
    assert not found["commands"].passed
    assert found["commands"].detail.startswith("text: got b'[3G*")
    assert {one.key: one for one in examine(CODEC).checks}["commands"].passed
