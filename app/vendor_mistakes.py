"""What device makers get wrong in format v1, each with what to do about it; the error is always the code's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from anhu.contract.errors import FieldError
from anhu.contract.observation import MAX_WAVEFORM_SAMPLES
from anhu.contract.topics import UP, for_device
from anhu.contract.wire import MAX_MESSAGE_BYTES, MAX_OBSERVATIONS, MAX_PUSHED
from gateway.codec import Example
from gateway.codecs.open_json import CODEC
from gateway.codecs.open_json.pushing import HTTP
from gateway.door_specs import HttpRequest
from gateway.vendor_bench.trial import try_payload

_SHOWN_CHARS = 140
_LONG = 65


@dataclass(frozen=True, slots=True)
class Mistake:
    """A message as makers write it by mistake.

    Attributes
    ----------
    en, zh : str
        What to do.
    door : str
        ``mqtt``, or ``http`` where it is the body of a push.
    """

    message: bytes
    en: str
    zh: str
    door: str = "mqtt"

    @property
    def shown(self) -> str:
        """The message, or its beginning where it is long."""
        text = self.message[: _SHOWN_CHARS + 4].decode(errors="replace").replace("\0", "\\0")
        return text if len(self.message) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"

    @property
    def error(self) -> str:
        """Return the very error that it gets."""
        if self.door == "http":
            return _pushed(self.message)
        return try_payload(CODEC, Example(name="", payload=self.message, route=for_device(UP, "dev-1")).frame()).error


def _pushed(body: bytes) -> str:
    request = HttpRequest(method="POST", target="/push/my-watch", headers={}, body=body, received_at_ms=0)
    try:
        HTTP.messages(request)
    except FieldError as error:
        return str(error)
    return ""


def _values(**values: Any) -> bytes:  # noqa: ANN401 - what is wrong with them is the point
    return json.dumps({"v": 1, "values": values}, separators=(",", ":")).encode()


def _event(**event: Any) -> bytes:  # noqa: ANN401 - what is wrong with them is the point
    return json.dumps({"v": 1, "events": [event]}, separators=(",", ":"), ensure_ascii=False).encode()


def _ecg(**more: Any) -> bytes:  # noqa: ANN401 - what is wrong with them is the point
    wave = {"quantity": "ecg", "sampling_rate_hz": 250, "channels": ["II"], "samples": [[0.1]], **more}
    wave = {name: value for name, value in wave.items() if value is not None}
    return json.dumps({"v": 1, "waveforms": [wave]}, separators=(",", ":")).encode()


_WHOLE: Sequence[Mistake] = (
    Mistake(b"hello", "send JSON, in UTF-8", "发送 UTF-8 编码的 JSON"),
    Mistake(b'{"v":1,"values":{"spo2":97}', "send all of it: your buffer was too short", "报文被截断：缓冲区太短"),
    Mistake(
        b'{"v":1,"values":{"spo2":97}}\0',
        "leave out C's final zero: its length is strlen",
        "不要带上 C 字符串末尾的 0，长度为 strlen",
    ),
    Mistake(b"[]", "one object a message; several only over HTTP", "一条报文一个对象；只有 HTTP 推送可以用数组"),
    Mistake(b'{"values":{"heart_rate":72}}', 'begin with "v": 1', '加上 "v": 1'),
    Mistake(b'{"v":2,"values":{"heart_rate":72}}', 'say "v": 1', '写 "v": 1'),
    Mistake(b'{"v":1,"hr":72}', "numbers stand in values, what happened in events", "数值放在 values，事件放在 events"),
    Mistake(b'{"v":1}', "say nothing when there is nothing to say", "没有内容就不要发送"),
    Mistake(
        b'{"v":1,"events":[{"kind":"sos"}],"events":[]}', "each name once in an object", "同一对象中每个名称只写一次"
    ),
    Mistake(b'{"v":1,"answer":{"ok":true}}', "give the command's id back", "带上命令的 id"),
    Mistake(b'{"v":1,"values":{"spo2":97}}' + b" " * MAX_MESSAGE_BYTES, "send less at once", "拆成几条发送"),
    Mistake(
        json.dumps({"v": 1, "events": [{"kind": "motion"}] * (MAX_OBSERVATIONS + 1)}, separators=(",", ":")).encode(),
        "send less at once",
        "拆成几条发送",
    ),
)
_NUMBERS: Sequence[Mistake] = (
    Mistake(_values(hart_rate=72), "take the code of the table of quantities", "使用数值表中的代码"),
    Mistake(_values(fall=1), "that is an event: events, kind", "这是事件：写在 events 的 kind"),
    Mistake(_values(heart_rate="72"), "a number without quotes", "数值不加引号"),
    Mistake(_values(heart_rate=None), "leave out what was not measured", "没有测到就不要写"),
    Mistake(_values(heart_rate=float("nan")), "leave out what was not measured", "没有测到就不要写"),
    Mistake(
        _values(heart_rate={"value": 72, "unit": "kPa"}), "convert it, or take one of these", "换算，或使用所列单位"
    ),
    Mistake(_values(systolic_pressure={"value": 1e308, "unit": "kPa"}), "send the number measured", "发送实际测量值"),
    Mistake(
        _values(spo2={"value": 97, "quality": 1}),
        "only value, unit, time, context, poor, source",
        "只能有 value、unit、time、context、poor、source",
    ),
    Mistake(_values(spo2={"value": 97, "source": "s" * _LONG}), "at most 64 characters", "最多 64 个字符"),
)
_TIMES: Sequence[Mistake] = (
    Mistake(b'{"v":1,"time":"2026-11-22T06:26:40","values":{"spo2":97}}', "add Z, or +08:00", "末尾加 Z 或 +08:00"),
    Mistake(b'{"v":1,"time":"22/11/2026 06:26","values":{"spo2":97}}', "write it in this way", "按此格式书写"),
    Mistake(
        b'{"v":1,"time":"Sunday 22 November 2026 at 06:26:40 GMT+8","values":{"spo2":97}}',
        "write it in this way",
        "按此格式书写",
    ),
    Mistake(b'{"v":1,"time":1,"values":{"spo2":97}}', "clock not set: leave time out", "时钟未设置：不要写 time"),
    Mistake(b'{"v":1,"time":1795402800,"values":{"spo2":97}}', "milliseconds, not seconds", "单位是毫秒，不是秒"),
)
_EVENTS: Sequence[Mistake] = (
    Mistake(_event(kind="help_me"), "take a kind of the table of events", "使用事件表中的代码"),
    Mistake(_event(kind="SOS"), "write it small", "用小写"),
    Mistake(_event(kind="sos", state="pressed"), "on or off; leave it out for on", "on 或 off，省略即为 on"),
    Mistake(
        _event(kind="sos", attributes={"position": [30.2, 120.1]}),
        "attributes are plain: latitude_deg, longitude_deg",
        "attributes 只能是简单值：latitude_deg、longitude_deg",
    ),
    Mistake(_event(state="on"), "say what happened: kind", "写明发生了什么：kind"),
)
_WAVES: Sequence[Mistake] = (
    Mistake(_ecg(quantity="heart_rate"), "take a code of the table of waveforms", "使用波形表中的代码"),
    Mistake(_ecg(sampling_rate_hz=0), "say the true rate", "写实际采样率"),
    Mistake(_ecg(samples_int16="AAA="), "samples, or samples_int16", "samples 与 samples_int16 二选一"),
    Mistake(_ecg(samples=[[0.1, 0.2]]), "a row has one number a channel", "每行每个通道一个数值"),
    Mistake(_ecg(samples=[]), "send no empty waveform", "不要发送空波形"),
    Mistake(_ecg(samples=[[0]] * (MAX_WAVEFORM_SAMPLES + 1)), "pieces of about a second", "每段约一秒"),
    Mistake(_ecg(samples=[[1e39]]), "leave it out: null", "缺失处写 null"),
    Mistake(_ecg(samples=None, samples_int16="?"), "base64 with its padding", "base64，含末尾的 ="),
    Mistake(_ecg(samples=None, samples_int16="AAAA"), "two bytes a number, whole rows", "每个数值两字节，行要完整"),
    Mistake(_ecg(unit="V"), "convert it, or take one of these", "换算，或使用所列单位"),
)
_PUSHES: Sequence[Mistake] = (
    Mistake(
        b'{"v":1,"values":{"spo2":97}}',
        "name the device in the header, or push an array",
        "在请求头写明设备，或推送数组",
        "http",
    ),
    Mistake(b'[{"device":"watch-1"', "send JSON, in UTF-8", "发送 UTF-8 编码的 JSON", "http"),
    Mistake(b"[" + b",".join([b"{}"] * (MAX_PUSHED + 1)) + b"]", "push less at once", "分几次推送", "http"),
)
MISTAKES = (*_WHOLE, *_NUMBERS, *_TIMES, *_EVENTS, *_WAVES, *_PUSHES)
"""Every mistake that format v1 can tell, in the order of the guide."""
