"""The tables of the device makers' guide, made from the code that answers them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from anhu.contract.observation import MAX_SAMPLING_RATE_HZ, MAX_WAVEFORM_SAMPLES, MIN_SAMPLING_RATE_HZ
from anhu.contract.topics import MAX_TOPIC_BYTES
from anhu.contract.wire import COMMANDS, MAX_MESSAGE_BYTES, MAX_OBSERVATIONS
from app.markdown import table
from gateway.device_limits import EVENTS, MOST_NAMES, SAME_CALL
from gateway.doors.http.settings import HttpSettings
from gateway.doors.mqtt.settings import MqttSettings
from gateway.push_signatures import FRESH_MS

GUIDE = Path("docs/guide/README.md")
_PART = re.compile(r"^(?:## .+|```\w+\n[\s\S]*?^```)$", re.MULTILINE)
_COMMANDS_ZH: Mapping[str, str] = {
    "ask_ok": "询问佩戴者是否安好；`text` 要读出来，`seconds` 为等待回答的秒数",
    "measure": "现在测量 `quantity`",
    "locate": "上报位置",
    "find": "发出声响",
    "configure": "从现在起每 `report_period_s` 秒上报一次",
    "text": "显示或读出 `text`",
    "firmware": "有更新的固件版本 `version`",
}
_FIRST, _LAST = "## Shell\n", "## What is answered to a log-in\n"
_HEADS: Mapping[str, Sequence[str]] = {"en": ("what", "limit"), "zh": ("什么", "限制")}


def guide_limits(language: str) -> str:
    """Return how much a device may say."""
    mqtt, http = MqttSettings(), HttpSettings()
    said: Sequence[tuple[str, str, str]] = (
        ("a message", "一条报文", f"{MAX_MESSAGE_BYTES // 1024:,} KiB"),
        ("observations in a message", "一条报文的观测值", f"{MAX_OBSERVATIONS:,}"),
        ("a topic", "主题", f"{MAX_TOPIC_BYTES:,} B"),
        ("numbers in a waveform", "波形的数值个数", f"{MAX_WAVEFORM_SAMPLES:,}"),
        ("sampling rate", "采样率", f"{MIN_SAMPLING_RATE_HZ:g} … {MAX_SAMPLING_RATE_HZ:,.0f} Hz"),
        ("events of a device at once; then each minute", "设备的事件：一次；之后每分钟",
         f"{EVENTS.burst:,}; {EVENTS.a_minute:,}"),
        ("calls of one sensor and kind at once; then each minute", "同一传感器同类求助：一次；之后每分钟",
         f"{SAME_CALL.burst}; {SAME_CALL.a_minute}"),
        ("sensors behind a device that are not registered", "设备后面未登记的传感器", str(MOST_NAMES)),
        ("a packet; over it MQTT 5 is told 0x97, MQTT 3.1.1 an ordinary PUBACK",
         "一个 MQTT 包；超过时 MQTT 5 收到 0x97，MQTT 3.1.1 收到普通 PUBACK", f"{mqtt.max_packet_bytes // 1024:,} KiB"),
        ("connections of a device at once; one more closes the oldest", "设备同时的连接；再多则关闭最早的",
         str(mqtt.max_connections_per_device)),
        ("messages on their way at once (receive maximum)", "同时在途的报文", str(mqtt.receive_maximum)),
        ("time from connecting to CONNECT", "连接到 CONNECT 的时间", f"{mqtt.connect_timeout_s:g} s"),
        ("failed log-ins a minute of one address and device, before the answer comes late",
         "同一地址和设备每分钟登录失败次数，超过则延迟应答", str(mqtt.failed_logins)),
        ("longest keep-alive at MQTT 5", "MQTT 5 最长保活", f"{mqtt.max_keep_alive_s:,} s"),
        ("a session is kept without a connection for", "断线后会话保留", f"{mqtt.max_session_expiry_s // 3600} h"),
        ("HTTP: messages in a push", "HTTP：一次推送的报文", f"{http.max_messages:,}"),
        ("HTTP: body; headers", "HTTP：正文；请求头",
         f"{http.max_body_bytes // 1024:,} KiB; {http.max_head_bytes // 1024} KiB"),
        ("HTTP: a device each minute; calls are exempt", "HTTP：每台设备每分钟；求助除外", f"{http.device_a_minute}"),
        ("HTTP: time for a request", "HTTP：一次请求的时间", f"{http.request_s:g} s"),
        ("HTTP: how far a signature's time may be off", "HTTP：签名时间的偏差", f"{FRESH_MS // 60_000} min"),
    )  # fmt: skip
    rows = [[en if language == "en" else zh, limit] for en, zh, limit in said]
    return table(_HEADS[language], rows)


def guide_commands(language: str) -> str:
    """Return what the platform may want of a device."""
    rows = [[f"`{name}`", told if language == "en" else _COMMANDS_ZH[name]] for name, told in COMMANDS.items()]
    return table({"en": ("command", "it wants"), "zh": ("指令", "含义")}[language], rows)


def guide_examples() -> str:
    """Return the programs of the English guide, for the Chinese one: headings and code."""
    text = GUIDE.read_text("utf-8")
    parts = _PART.findall(text[text.index(_FIRST) : text.index(_LAST)])
    return "\n\n".join(f"#{part}" if part.startswith("#") else part for part in parts) + "\n"
