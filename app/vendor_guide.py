"""The tables of the device makers' guide, made from the code that answers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from anhu.contract.observation import MAX_SAMPLING_RATE_HZ, MAX_WAVEFORM_SAMPLES, MIN_SAMPLING_RATE_HZ
from anhu.contract.topics import MAX_TOPIC_BYTES, UP, for_device
from anhu.contract.wire import MAX_MESSAGE_BYTES, MAX_OBSERVATIONS
from app.markdown import table
from gateway.codec import Example
from gateway.codecs.open_json import CODEC
from gateway.device_limits import EVENTS, MOST_NAMES, SAME_CALL
from gateway.doors.mqtt.settings import MqttSettings
from gateway.mqtt.reason import CONNACK_311, Reason
from gateway.vendor_bench.trial import try_payload

GUIDE = Path("docs/guide/README.md")
_FIRST, _LAST = "## Shell\n", "## What is answered to a log-in\n"
_HEADS: Mapping[tuple[str, str], Sequence[str]] = {
    ("logins", "en"): ("MQTT 3.1.1", "MQTT 5", "what it means", "do"),
    ("logins", "zh"): ("MQTT 3.1.1", "MQTT 5", "含义", "怎么办"),
    ("errors", "en"): ("message", "error"),
    ("errors", "zh"): ("报文", "错误"),
    ("limits", "en"): ("what", "limit"),
    ("limits", "zh"): ("什么", "限制"),
}
_LOGINS: Sequence[tuple[Reason, Mapping[str, tuple[str, str]]]] = (
    (
        Reason.BAD_USER_NAME_OR_PASSWORD,
        {
            "en": (
                "identity or secret is wrong, or the device is disabled",
                "ask the administrator; try once a minute",
            ),
            "zh": ("标识或密钥不对，或设备已停用", "联系管理员；每分钟最多重试一次"),
        },
    ),
    (
        Reason.CLIENT_ID_NOT_VALID,
        {
            "en": ("no client identifier, and a session to keep", "send the device identity as client identifier"),
            "zh": ("要求保留会话却没有客户端标识", "以设备标识作为客户端标识"),
        },
    ),
    (
        Reason.UNSUPPORTED_VERSION,
        {"en": ("neither MQTT 3.1, 3.1.1 nor 5", "speak one of them"), "zh": ("不是 MQTT 3.1、3.1.1 或 5", "换版本")},
    ),
    (
        Reason.SERVER_UNAVAILABLE,
        {"en": ("the platform cannot look anybody up", "try again"), "zh": ("平台暂时无法查询设备", "稍后重试")},
    ),
)
_WRONG: Sequence[bytes] = (
    b"hello",
    b"[]",
    b'{"values":{"heart_rate":72}}',
    b'{"v":1,"values":{"hart_rate":72}}',
    b'{"v":1,"values":{"heart_rate":"72"}}',
    b'{"v":1,"values":{"heart_rate":null}}',
    b'{"v":1,"values":{"heart_rate":{"value":72,"unit":"kPa"}}}',
    b'{"v":1,"time":"2026-11-22T06:26:40","values":{"spo2":97}}',
    b'{"v":1,"time":1,"values":{"spo2":97}}',
    b'{"v":1,"events":[{"kind":"help_me"}]}',
    b'{"v":1,"events":[{"kind":"sos","state":"pressed"}]}',
)


def guide_logins(language: str) -> str:
    """Return what a refused log-in is answered."""
    rows = [[str(CONNACK_311[reason]), f"0x{reason:02X}", *told[language]] for reason, told in _LOGINS]
    return table(_HEADS["logins", language], rows)


def guide_errors(language: str) -> str:
    """Return messages as makers write them by mistake, each with the very error that it gets."""
    rows = []
    for payload in _WRONG:
        tried = try_payload(CODEC, Example(name="", payload=payload, route=for_device(UP, "dev-1")).frame())
        rows.append([f"`` {payload.decode()} ``", f"`` {tried.error} ``"])
    return table(_HEADS["errors", language], rows)


def guide_limits(language: str) -> str:
    """Return how much a device may say."""
    mqtt = MqttSettings()
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
        ("connections of a device at once", "设备同时的连接", str(mqtt.max_connections_per_device)),
        ("messages on their way at once (receive maximum)", "同时在途的报文", str(mqtt.receive_maximum)),
        ("time from connecting to CONNECT", "连接到 CONNECT 的时间", f"{mqtt.connect_timeout_s:g} s"),
        ("longest keep-alive at MQTT 5", "MQTT 5 最长保活", f"{mqtt.max_keep_alive_s:,} s"),
        ("a session is kept without a connection for", "断线后会话保留", f"{mqtt.max_session_expiry_s // 3600} h"),
    )  # fmt: skip
    rows = [[en if language == "en" else zh, limit] for en, zh, limit in said]
    return table(_HEADS["limits", language], rows)


def guide_examples() -> str:
    """Return the programs of the English guide, for the Chinese one."""
    text = GUIDE.read_text("utf-8")
    return text[text.index(_FIRST) : text.index(_LAST)].replace("\n## ", "\n### ").replace(_FIRST, f"#{_FIRST}", 1)
