"""Web push: messages on a phone or computer whose browser entered itself, page open or not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.settings import Secret, says, variable
from anhu.registry.contact_form import ContactForm, Words
from notify.addresses import PORTS, is_private_literal
from notify.channel_type import Capabilities, ChannelType, Installation, Shows

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_ADDRESS = 500
_SERVICES = "fcm.googleapis.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPushSettings:
    """What an installation may decide.

    Attributes
    ----------
    web_push_key : Secret
        Who lost it must ask everybody to enter their devices anew.
    web_push_services : str
        A browser names the server to which the platform then posts: so only servers that are known for it.
    """

    web_push_key: Secret = field(
        default=Secret(""),
        metadata=says(
            "private key that signs pushes to browsers (P-256, base64url); made in the data folder when empty",
            "浏览器推送的签名私钥（P-256，base64url）；空则自动生成并存入数据文件夹",
        ),
    )
    web_push_contact: str = field(
        default="",
        metadata=says(
            "whom push services may ask about our pushes: mailto: or https:; empty means ANHU_PUBLIC_URL",
            "推送服务商的联系地址（mailto: 或 https:）；空则用 ANHU_PUBLIC_URL",
        ),
    )
    web_push_services: str = field(
        default=_SERVICES,
        metadata=says(
            "hosts of push services that browsers may name; * allows every public one",
            "浏览器可使用的推送服务主机；* 表示任何公网主机",
        ),
    )
    web_push_private: bool = field(
        default=False,
        metadata=says(
            "allow push services at private and loopback addresses, also without TLS",
            "允许内网与本机地址上的推送服务，且可不加密",
        ),
    )

    def __post_init__(self) -> None:
        if self.web_push_contact and not self.web_push_contact.startswith(("mailto:", "https://")):
            raise SettingsError(variable("web_push_contact"), self.web_push_contact, "mailto:… or https://…")


def check_address(address: str) -> None:
    """Raise `FieldError` for what is no address of a push service."""
    try:
        url = urlsplit(address)
        usable = url.scheme in PORTS and bool(url.hostname) and url.port != 0 and not url.username
    except ValueError:
        usable = False
    if not usable or not address.isprintable() or " " in address or len(address) > _LONGEST_ADDRESS:
        raise FieldError("address", shown(address), "a push service's URL", zh="推送服务的网址")


def check_secret(secret: str) -> None:
    """Raise `FieldError` for what is no browser's key and secret."""
    from notify.channels.web_push.encryption import Keys  # noqa: PLC0415 - cryptography is only for who pushes

    try:
        Keys.of(secret)
    except ValueError:
        raise FieldError("keys", "…", "a browser's p256dh and auth", zh="浏览器的 p256dh 与 auth") from None


def shown(address: str) -> str:
    """Return only whose service it is: who knows the rest can push junk there."""
    try:
        return f"{urlsplit(address).hostname or ''}/…"
    except ValueError:
        return "…"


def refused(settings: WebPushSettings, address: str) -> Words | None:
    """Return what was expected of an address; None: it is allowed. Names are looked up when something is sent."""
    url = urlsplit(address)
    host = (url.hostname or "").rstrip(".")
    known = [one.strip() for one in settings.web_push_services.split(",")]
    if not any(one in (ANY, host) or (one.startswith("*.") and host.endswith(one[1:])) for one in known):
        name = variable("web_push_services")
        return Words(f"{name} 中的推送服务，不是 {host}", f"a push service named in {name}, not {host}")
    if settings.web_push_private or (url.scheme == "https" and not is_private_literal(host)):
        return None
    allowed = f"{variable('web_push_private')}=true"
    return Words(f"公网 https 地址，或设置 {allowed}", f"a public https address, or {allowed}")


def _kept(settings: WebPushSettings, at: Installation) -> WebPushSettings:
    """Return the settings with the key of this installation, and somebody whom push services may ask."""
    from notify.channels.web_push.vapid import kept_key  # noqa: PLC0415 - see above

    key = settings.web_push_key or kept_key(at.folder)
    if not _KEY.fullmatch(key):
        raise SettingsError(variable("web_push_key"), "…", "32 bytes in base64url")
    site = urlsplit(at.public_url)
    own = f"https://{site.netloc}" if site.netloc else ""
    return replace(settings, web_push_key=key, web_push_contact=settings.web_push_contact or own)


def _browser_key(settings: WebPushSettings) -> str:
    from notify.channels.web_push.vapid import public_key  # noqa: PLC0415 - see above

    return public_key(settings.web_push_key) if settings.web_push_key else ""


CHANNEL = ChannelType(
    name="web_push",
    settings=WebPushSettings,
    server=lambda _: None,
    capabilities=Capabilities(
        shows=Shows.LINKS, longest_text=500, answerable=False, receipts=frozenset(), per_minute=None
    ),
    form=ContactForm(
        title=Words("浏览器通知", "notification in a browser"),
        label=Words("设备", "Device"),
        hint=Words("在要接收通知的设备上打开“本机通知”页面登记", "Entered on the device itself, on the page for it"),
        kind="url",
        check=check_address,
        has_secret=False,
        shown=shown,
        check_secret=check_secret,
        is_browser=True,
    ),
    refuses=refused,
    kept=_kept,
    browser_key=_browser_key,
)
