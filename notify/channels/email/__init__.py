"""E-mail: messages for people, through one mail server."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import EmailMessage

from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.settings import Secret, check_port, says, variable
from anhu.registry.contact_form import ContactForm, Words
from notify.channel_type import Capabilities, ChannelType, Shows

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings:
    """The mail server; without a host there is no e-mail.

    Attributes
    ----------
    smtp_port : int
        465 means TLS from the first byte.
    smtp_starttls : bool
        Encrypt before anything else is said. False is for a server on the same machine.
    """

    smtp_host: str = field(
        default="", metadata=says("mail server; empty means that no e-mail is sent", "邮件服务器；空则不发邮件")
    )
    smtp_port: int = field(default=587, metadata=says("port of the mail server", "邮件服务器的端口"))
    smtp_user: str = field(default="", metadata=says("user at the mail server", "邮件服务器的用户"))
    smtp_password: Secret = field(default=Secret(""), metadata=says("password at the mail server", "邮件服务器的口令"))
    smtp_from: str = field(default="", metadata=says("sender of e-mails", "邮件的发件人"))
    smtp_starttls: bool = field(
        default=True, metadata=says("encrypt the connection to the mail server", "加密与邮件服务器的连接")
    )

    def __post_init__(self) -> None:
        check_port(self, "smtp_port")
        if self.smtp_host and "@" not in self.smtp_from:
            raise SettingsError(variable("smtp_from"), self.smtp_from, "the sender's mail address")

    @property
    def server(self) -> tuple[str, int] | None:
        """Host and port; None where no e-mail is sent."""
        return (self.smtp_host, self.smtp_port) if self.smtp_host else None


def check_address(address: str) -> None:
    """Raise `FieldError` for what is no one mail address: a name, ``@`` and a domain that mail servers can find."""
    mail = EmailMessage()
    try:
        mail["To"] = address
        usable = [one.addr_spec for one in mail["To"].addresses] == [address] and _is_domain(wire_address(address))
    except (ValueError, IndexError):
        usable = False
    if not usable:
        raise FieldError(
            "address", address, "a mail address such as name@example.com", zh="邮箱地址，如 name@example.com"
        )


def wire_address(address: str) -> str:
    """Return a mail address as mail servers write it: its domain in ASCII (``xn--``). Raises `ValueError`."""
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.encode('idna').decode('ascii')}"


def _is_domain(address: str) -> bool:
    domain = address.rpartition("@")[2]
    return domain == "localhost" or ("." in domain and all(_LABEL.fullmatch(label) for label in domain.split(".")))


_TLS_FROM_THE_FIRST_BYTE = 465


def _encrypt(settings: EmailSettings) -> str:
    encrypted = settings.smtp_starttls or settings.smtp_port == _TLS_FROM_THE_FIRST_BYTE
    return "" if encrypted else "ANHU_SMTP_STARTTLS=true"


CHANNEL = ChannelType(
    name="email",
    settings=EmailSettings,
    server=lambda settings: settings.server,
    capabilities=Capabilities(
        shows=Shows.LINKS, longest_text=None, answerable=False, receipts=frozenset(), per_minute=None
    ),
    form=ContactForm(
        title=Words("电子邮件", "e-mail"),
        label=Words("邮箱地址", "Mail address"),
        hint=Words("报警发往此邮箱", "Alerts are mailed there"),
        kind="email",
        check=check_address,
        has_secret=False,
    ),
    missing=lambda settings: "" if settings.smtp_host else "ANHU_SMTP_HOST",
    encrypt=_encrypt,
)
