"""What a watch of the family can be told: its words, and by which of its own it confirms them."""

from __future__ import annotations

from anhu.contract.errors import FieldError
from anhu.contract.words import text
from gateway.codec import Command
from gateway.codecs.setracker.framing import made, opened
from gateway.tcp_commands import CommandExample, CommandPacket, Confirmation, TcpCommands

_MEASURED = {
    "": "hrtstart,1",
    "heart_rate": "hrtstart,1",
    "pulse_rate": "hrtstart,1",
    "systolic_pressure": "hrtstart,1",
    "diastolic_pressure": "hrtstart,1",
    "body_temperature": "bodytemp2",
    "skin_temperature": "bodytemp2",
}
_LEAST_PERIOD_S, _MOST_PERIOD_S = 10, 65_535
_MOST_LETTERS = 256


def _said(words: str) -> str:
    """Return a text as watches show it: UTF-16, each byte as two digits, whatever the letters are."""
    if not words or len(words) > _MOST_LETTERS:
        raise FieldError("text", f"{len(words)} letters", f"1 to {_MOST_LETTERS} letters")
    return f"MESSAGE,{words.encode('utf-16-be', 'replace').hex().upper()}"


def _measured(quantity: str) -> str:
    if quantity not in _MEASURED:
        raise FieldError("quantity", quantity, f"one of {', '.join(sorted(filter(None, _MEASURED)))}")
    return _MEASURED[quantity]


def _every(period_s: str | float) -> str:
    if isinstance(period_s, str) or not _LEAST_PERIOD_S <= period_s <= _MOST_PERIOD_S:
        raise FieldError("report_period_s", period_s, f"{_LEAST_PERIOD_S} to {_MOST_PERIOD_S} seconds")
    return f"UPLOAD,{round(period_s)}"


def _content(command: Command) -> str:
    arguments = command.arguments
    match command.name:
        case "ask_ok":
            return _said(str(arguments.get("text", "")) or text("command.are_you_well", "zh-CN"))
        case "text":
            return _said(str(arguments.get("text", "")))
        case "measure":
            return _measured(str(arguments.get("quantity", "")))
        case "configure":
            return _every(arguments.get("report_period_s", ""))
        case "locate":
            return "CR"
        case "find":
            return "FIND"
    raise FieldError("command", command.name, f"one of {', '.join(sorted(COMMANDS.names))}")


def _form(packet: bytes) -> bytes:
    return opened(packet).form


def _encode(command: Command, form: bytes, number: int) -> CommandPacket:
    content = _content(command)
    head = form + b"%04X" % number if form.endswith(b"*") else form
    return CommandPacket(made(head, content.encode()), content.partition(",")[0].upper().encode())


def _confirmation(packet: bytes) -> Confirmation:
    return Confirmation(opened(packet).kind.upper())


_FIRST = b"[3G*4700186508*0002*LK]"


def _example(name: str, sent: bytes, confirmed: bytes, first: bytes = _FIRST, **more: str | float) -> CommandExample:
    command = Command(name=name, command_id="c-1", arguments=more)
    return CommandExample(command=command, first=first, sent=sent, confirmed=confirmed)


COMMANDS = TcpCommands(
    names=frozenset({"ask_ok", "text", "measure", "configure", "locate", "find"}),
    form=_form,
    encode=_encode,
    confirmation=_confirmation,
    examples=(
        _example(
            "text", b"[3G*4700186508*0018*MESSAGE,597D003100320033]", b"[3G*4700186508*0007*MESSAGE]", text="好123"
        ),
        _example(
            "ask_ok", b"[3G*4700186508*0014*MESSAGE,597D5417FF1F]", b"[3G*4700186508*0007*MESSAGE]", text="好吗？"
        ),
        _example("measure", b"[3G*4700186508*000A*hrtstart,1]", b"[3G*4700186508*0008*hrtstart]"),
        _example(
            "measure",
            b"[3G*4700186508*0009*bodytemp2]",
            b"[3G*4700186508*0009*bodytemp2]",
            quantity="body_temperature",
        ),
        _example(
            "configure", b"[3G*4700186508*000A*UPLOAD,600]", b"[3G*4700186508*000A*UPLOAD,600]", report_period_s=600.0
        ),
        _example("locate", b"[3G*4700186508*0002*CR]", b"[3G*4700186508*0002*CR]"),
        _example(
            "find",
            b"[ZJ*014111001332708*1234*0004*FIND]",
            b"[ZJ*014111001332708*1234*0004*FIND]",
            first=b"[ZJ*014111001332708*0075*0002*LK]",
        ),
    ),
)
