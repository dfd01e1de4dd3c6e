"""What a terminal can be told: a text that it shows and says, its interval, and to say where it is."""

from __future__ import annotations

from anhu.contract.errors import FieldError
from anhu.contract.words import text
from gateway.codec import Command
from gateway.codecs.jtt808.framing import Message, made, opened, to_terminal
from gateway.tcp_commands import CommandExample, CommandPacket, Confirmation, TcpCommands

_TEXT, _SET, _WHERE = 0x8300, 0x8103, 0x8201
_GENERAL_ANSWER, _POSITION_ANSWER = 0x0001, 0x0201
_ANSWER_BYTES = 5
_SHOWN_AND_SAID = 1 << 2 | 1 << 3
_URGENT, _URGENT_2019, _NOTICE_2019 = 1, 2, 3
_A_NOTICE_2019 = b"\x01"
_INTERVAL = 0x0029
_LEAST_PERIOD_S, _MOST_PERIOD_S = 10, 604_800
_REFUSALS = {1: "it failed", 2: "the message is wrong", 3: "not supported"}


def _said(words: str, form: bytes, *, urgent: bool) -> bytes:
    """Return a text in China's letters, to be shown and read aloud."""
    try:
        letters = words.encode("gbk")
    except UnicodeEncodeError as error:
        raise FieldError("text", words[error.start : error.end], "letters that GBK has") from None
    if not letters:
        raise FieldError("text", words, "a text")
    if len(form) % 2:
        return bytes([(_URGENT_2019 if urgent else _NOTICE_2019) | _SHOWN_AND_SAID]) + _A_NOTICE_2019 + letters
    return bytes([(_URGENT if urgent else 0) | _SHOWN_AND_SAID]) + letters


def _every(period_s: str | float) -> bytes:
    if isinstance(period_s, str) or not _LEAST_PERIOD_S <= period_s <= _MOST_PERIOD_S:
        raise FieldError("report_period_s", period_s, f"{_LEAST_PERIOD_S} to {_MOST_PERIOD_S} seconds")
    return b"\x01" + _INTERVAL.to_bytes(4, "big") + b"\x04" + round(period_s).to_bytes(4, "big")


def _encode(command: Command, form: bytes, number: int) -> CommandPacket:
    words = str(command.arguments.get("text", ""))
    match command.name:
        case "ask_ok":
            kind, body = _TEXT, _said(words or text("command.are_you_well", "zh-CN"), form, urgent=True)
        case "text":
            kind, body = _TEXT, _said(words, form, urgent=False)
        case "configure":
            kind, body = _SET, _every(command.arguments.get("report_period_s", ""))
        case "locate":
            kind, body = _WHERE, b""
        case _:
            raise FieldError("command", command.name, f"one of {', '.join(sorted(COMMANDS.names))}")
    return CommandPacket(to_terminal(kind, form, number, body), number.to_bytes(2, "big") + kind.to_bytes(2, "big"))


def _form(packet: bytes) -> bytes:
    return opened(packet).form


def _confirmation(packet: bytes) -> Confirmation | None:
    message = opened(packet)
    if message.kind == _POSITION_ANSWER:
        return Confirmation(message.body[:2] + _WHERE.to_bytes(2, "big"))
    if message.kind != _GENERAL_ANSWER or len(message.body) < _ANSWER_BYTES:
        return None
    result = message.body[4]
    refusal = f"the device answered {result}: {_REFUSALS.get(result, 'no')}" if result else ""
    return Confirmation(message.body[:4], refusal)


def _device(kind: int, body: bytes, *, is_2019: bool = False) -> bytes:
    version, phone = (b"\1", bytes.fromhex("00000000013800138000")) if is_2019 else (b"", bytes.fromhex("013800138000"))
    return made(kind, Message(0, len(version) << 14, version, phone, 7, 1, 1, b""), body)


def _example(name: str, sent: str, confirmed: bytes, *, refusal: str = "", **arguments: str | float) -> CommandExample:
    is_2019 = sent[6] == "4"
    return CommandExample(
        command=Command(name=name, command_id="c-1", arguments=arguments),
        first=_device(0x0002, b"", is_2019=is_2019),
        sent=bytes.fromhex(sent),
        confirmed=confirmed,
        refusal=refusal,
    )


def _answer(kind: int, result: int = 0, *, is_2019: bool = False) -> bytes:
    return _device(_GENERAL_ANSWER, b"\x12\x34" + kind.to_bytes(2, "big") + bytes([result]), is_2019=is_2019)


COMMANDS = TcpCommands(
    names=frozenset({"ask_ok", "text", "configure", "locate"}),
    form=_form,
    encode=_encode,
    confirmation=_confirmation,
    examples=(
        _example("text", "7e8300000901380013800012340cb8c3b3d4d2a9c1cb677e", _answer(_TEXT), text="该吃药了"),
        _example(
            "text",
            "7e8300400a010000000001380013800012340f01b8c3b3d4d2a9c1cb277e",
            _answer(_TEXT, is_2019=True),
            text="该吃药了",
        ),
        _example("ask_ok", "7e8300000901380013800012340dc4fabac3c2f0a3bf627e", _answer(_TEXT), text="您好吗？"),
        _example(
            "ask_ok",
            "7e8300400a010000000001380013800012340e01c4fabac3c2f0a3bf227e",
            _answer(_TEXT, 3, is_2019=True),
            refusal="the device answered 3: not supported",
            text="您好吗？",
        ),
        _example(
            "configure", "7e8103000a013800138000123401000000290400000258727e", _answer(_SET), report_period_s=600.0
        ),
        _example("locate", "7e8201000001380013800012340f7e", _answer(_WHERE)),
        _example("locate", "7e8201000001380013800012340f7e", _device(_POSITION_ANSWER, b"\x12\x34" + bytes(28))),
    ),
)
