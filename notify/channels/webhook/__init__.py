"""Webhook: messages for programs, as a signed HTTP POST."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from anhu.contract.errors import FieldError
from anhu.contract.settings import says, variable
from anhu.registry.contact_form import ContactForm, Words
from notify.addresses import PORTS, is_private_literal
from notify.channel_type import Capabilities, ChannelType, Shows


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """What an installation may decide.

    Attributes
    ----------
    webhook_private : bool
        Whether webhooks may go to addresses inside the own network. Off: nobody who may enter a contact can make
        the platform talk to its neighbours.
    """

    webhook_private: bool = field(
        default=False,
        metadata=says("allow webhooks to private and loopback addresses", "允许向内网与本机地址发送 webhook"),
    )


def check_address(address: str) -> None:
    """Raise `FieldError` for what is no http or https URL."""
    try:
        url = urlsplit(address)
        usable = url.scheme in PORTS and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable or not address.isprintable() or " " in address:
        raise FieldError("address", address, "an http or https URL", zh="http 或 https 网址")


def _refuses(settings: WebhookSettings, address: str) -> Words | None:
    """Refuse at once what would be refused at every alarm; a name is looked up only when something is sent."""
    host = urlsplit(address).hostname or ""
    if settings.webhook_private or not is_private_literal(host):
        return None
    allowed = f"{variable('webhook_private')}=true"
    return Words(f"内网以外的地址，或设置 {allowed}", f"an address outside the own network, or {allowed}")


CHANNEL = ChannelType(
    name="webhook",
    settings=WebhookSettings,
    server=lambda _: None,
    capabilities=Capabilities(
        shows=Shows.LINKS, longest_text=None, answerable=False, receipts=frozenset(), per_minute=None
    ),
    form=ContactForm(
        title=Words("接口推送", "webhook"),
        label=Words("网址", "URL"),
        hint=Words("报警以带签名的 HTTP POST 发往此网址", "Alerts are posted there, signed with the contact's secret"),
        kind="url",
        check=check_address,
        has_secret=True,
    ),
    refuses=_refuses,
)
