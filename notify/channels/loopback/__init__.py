"""Loopback: the telephone of the platform's own heartbeat, on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from anhu.contract.errors import FieldError
from anhu.registry.contact_form import ContactForm, Words
from notify.channel_type import Capabilities, ChannelType, Shows


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopbackSettings:
    """There is nothing to decide."""


def check_address(address: str) -> None:
    """Raise `FieldError` for what is not on this machine's loopback."""
    try:
        url = urlsplit(address)
        usable = url.scheme == "http" and url.hostname == "127.0.0.1" and bool(url.port)
    except ValueError:
        usable = False
    if not usable or not address.isprintable() or " " in address:
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
