"""What only e-mail promises."""

from __future__ import annotations

import asyncio

import pytest

from anhu.contract.errors import SettingsError
from notify.channel import Recipient
from notify.channels import open_channels
from notify.channels.email import EmailSettings
from notify.channels.email.fake import SmtpServer
from tests.conformance.test_channels import CLOCK, MESSAGE


def test_the_mail_is_readable() -> None:
    async def scene(port: int) -> None:
        settings = EmailSettings(
            smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False, smtp_from="desk@anhu.example"
        )
        channel = open_channels({"email": settings}, CLOCK)["email"]
        await channel.send(MESSAGE, Recipient(address="doctor@clinic.example", secret="s3"))
        await channel.close()

    with SmtpServer() as server:
        asyncio.run(scene(server.port))
        (mail,) = (one.message for one in server.mails)
    assert mail["Subject"] == MESSAGE.subject
    assert mail["To"] == "doctor@clinic.example"
    assert mail.get_content().replace("\r", "").strip() == MESSAGE.text
    assert mail["Message-ID"] == "<a-1.raised.3.0.k-1@anhu.example>"


def test_mail_needs_a_sender() -> None:
    with pytest.raises(SettingsError, match="ANHU_SMTP_FROM"):
        EmailSettings(smtp_host="mail.example")
    assert "email" not in open_channels({}, CLOCK)
