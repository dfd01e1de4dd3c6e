"""Commands as calls of a thing model's services: what is called, and what the device says to it."""

from __future__ import annotations

from collections.abc import Mapping

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.payload import attribute
from gateway.codec import COMMANDS, Answer, Command

_MOST_WORDS = 8


def arguments_of(command: Command) -> dict[str, str | float]:
    """Return what a command is called with. Raises `FieldError` for one that the platform does not have."""
    if command.name not in COMMANDS:
        raise FieldError("command", command.name, f"one of {', '.join(sorted(COMMANDS))}")
    return dict(command.arguments)


def service_answer(said: Mapping[str, object], name: str, *, good: int) -> Answer:
    """Return what a device says to a call: its ``code`` is the good one, or it cannot.

    Parameters
    ----------
    name : str
        Of the field in which the call's identity comes back.
    """
    command_id, code = said.get(name), said.get("code", good)
    if not isinstance(command_id, str | int) or isinstance(command_id, bool):
        raise DecodeError(name, command_id, "the identity of what was asked")
    is_refusal = str(code) != str(good)
    return Answer(command_id=str(command_id), text=_words(said) or f"code {attribute(code)}", is_refusal=is_refusal)


def _words(said: Mapping[str, object]) -> str:
    """Return what an answer says: what the service put out, else its message."""
    for name in ("data", "response"):
        data = said.get(name)
        data = data.get("outputParams", data) if isinstance(data, dict) else None
        if isinstance(data, dict) and data:
            return ", ".join(f"{one}: {attribute(value)}" for one, value in list(data.items())[:_MOST_WORDS])
    return next((str(said[name]) for name in ("msg", "message", "status") if said.get(name)), "")
