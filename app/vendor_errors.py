"""The error list of the guide: every answer and every reason that a vendor can meet, from the code that gives it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from app.markdown import table
from app.vendor_answers import CLOSED, KEPT, LOGINS, PUSHES
from app.vendor_mistakes import MISTAKES
from gateway.mqtt.reason import CONNACK_311, Reason

_HEADS: Mapping[tuple[str, str], Sequence[str]] = {
    ("logins", "en"): ("MQTT 3.1.1", "MQTT 5", "what it means", "do"),
    ("logins", "zh"): ("MQTT 3.1.1", "MQTT 5", "含义", "怎么办"),
    ("closed", "en"): ("MQTT 5", "name", "what it means", "do"),
    ("closed", "zh"): ("MQTT 5", "名称", "含义", "怎么办"),
    ("pushes", "en"): ("answer", "what it means", "do"),
    ("pushes", "zh"): ("应答", "含义", "怎么办"),
    ("kept", "en"): ("reason", "what it means", "do"),
    ("kept", "zh"): ("原因", "含义", "怎么办"),
    ("mistakes", "en"): ("error", "for example", "do"),
    ("mistakes", "zh"): ("错误", "例如", "怎么办"),
}
_GOT_BYTES = re.compile(r"got b(['\"]).*?\1, expected")


def guide_logins(language: str) -> str:
    """Return what a refused log-in is answered."""
    rows = [[str(CONNACK_311[reason]), f"0x{reason:02X}", *told.said(language)] for reason, told in LOGINS.items()]
    return table(_HEADS["logins", language], rows)


def guide_closed(language: str) -> str:
    """Return what MQTT 5 says where a connection ends, or a packet comes to nothing."""
    rows = [[f"0x{reason:02X}", _name(reason), *told.said(language)] for reason, told in sorted(CLOSED.items())]
    return table(_HEADS["closed", language], rows)


def _name(reason: Reason) -> str:
    return reason.name.replace("_", " ").lower()


def guide_pushes(language: str) -> str:
    """Return what a push is answered."""
    rows = [[f"{int(status)} {_phrase(status)}", *told.said(language)] for status, told in PUSHES.items()]
    return table(_HEADS["pushes", language], rows)


def _phrase(status: HTTPStatus) -> str:
    return "" if status is HTTPStatus.OK else status.phrase


def guide_kept(language: str) -> str:
    """Return the reasons with which a message is kept, beside those of the format."""
    rows = [[f"`` {reason} ``", *told.said(language)] for reason, told in KEPT]
    return table(_HEADS["kept", language], rows)


def guide_mistakes(language: str) -> str:
    """Return messages as makers write them by mistake, each with the very error that it gets."""
    rows = [
        [
            f"`` {_GOT_BYTES.sub('got …, expected', one.error)} ``",
            f"`` {one.shown} ``",
            one.en if language == "en" else one.zh,
        ]
        for one in MISTAKES
    ]
    return table(_HEADS["mistakes", language], rows)
