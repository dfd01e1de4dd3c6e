"""Loopback: the telephone of the platform's own heartbeat, on this machine or on the watcher's.

Whoever listens believes a message by its ``Anhu-Signature``: HMAC-SHA256, in hex, with the secret that the watcher
wrote beside the address, over the message's key, a line feed and the body.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.settings import says
from anhu.registry.contact_form import ContactForm, Words
from notify.channel_type import Capabilities, ChannelType, Shows


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopbackSettings:
    """What an installation may decide.

    Attributes
    ----------
    loopback_url : str
        The only address off this machine that is called: nobody who may write a contact makes us call a neighbour.
    """

    loopback_url: str = field(
        default="",
        metadata=says(
            "address at which dispatchers on other machines reach the watcher's telephone, http://watcher:9101; its "
            "port is the telephone's; empty: it is on this machine",
            "其他机器上的派发器访问自检电话（watcher）的地址，如 http://watcher:9101，端口即其监听端口；空表示在本机",
        ),
    )
    loopback_host: str = field(
        default="127.0.0.1",
        metadata=says("address on which the watcher's telephone listens", "自检电话（watcher）监听的地址"),
    )

    @property
    def phone_port(self) -> int:
        """Where the telephone listens; 0: at any port."""
        return urlsplit(self.loopback_url).port or 0

    def __post_init__(self) -> None:
        if self.loopback_url and not _place(self.loopback_url):
            raise SettingsError("ANHU_LOOPBACK_URL", self.loopback_url, "http://HOST:PORT")


def signature(secret: str, key: str, body: bytes) -> str:
    """Return what shows that a message is the platform's."""
    return hmac.new(secret.encode(), key.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def _place(address: str) -> tuple[str, int] | None:
    """Return host and port of an address; None where it is none."""
    try:
        url = urlsplit(address)
        usable = url.scheme == "http" and bool(url.hostname) and bool(url.port) and url.username is None
    except ValueError:
        return None
    usable = usable and address.isprintable() and " " not in address
    return (url.hostname or "", url.port or 0) if usable else None


def check_address(address: str, elsewhere: str = "") -> None:
    """Raise `FieldError` for what is neither on this machine's loopback nor where the watcher is said to be."""
    place = _place(address)
    if place is None or (place[0] != "127.0.0.1" and place != _place(elsewhere)):
        raise FieldError("address", address, "http://127.0.0.1:PORT/…", zh="http://127.0.0.1:端口/…")


CHANNEL = ChannelType(
    name="loopback",
    settings=LoopbackSettings,
    server=lambda _: None,
    capabilities=Capabilities(
        shows=Shows.TEXT, longest_text=None, answerable=False, receipts=frozenset(), per_minute=None
    ),
    form=ContactForm(
        title=Words("平台自检", "the platform's own heartbeat"),
        label=Words("本机地址", "Address on this machine"),
        hint=Words("由平台自行登记", "The platform enters it by itself"),
        kind="url",
        check=check_address,
        has_secret=False,
        for_people=False,
    ),
)
