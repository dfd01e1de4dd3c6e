"""Mail to servers that take seven bits only, and to people whose address is not of ASCII."""

from __future__ import annotations

import asyncio

import pytest

from anhu.contract.errors import FieldError
from notify.channel import PermanentError, Recipient
from notify.channels import open_channels
from notify.channels.email import check_address, wire_address
from notify.channels.email.fake import SmtpServer
from tests.conformance.test_channels import CLOCK, MESSAGE


def mailed(server: SmtpServer, address: str) -> None:
    async def scene() -> None:
        channel = open_channels({"email": SmtpServer.settings(server.port)}, CLOCK)["email"]
        try:
            await channel.send(MESSAGE, Recipient(address=address, secret=""))
        finally:
            await channel.close()

    asyncio.run(scene())


@pytest.mark.parametrize("extensions", [(), ("8BITMIME",), ("SMTPUTF8",), ("8BITMIME", "SMTPUTF8")])
def test_a_chinese_mail_is_seven_bits_whatever_the_server_says_of_itself(extensions: tuple[str, ...]) -> None:
    with SmtpServer() as server:
        server.extensions = extensions
        mailed(server, "doc@clinic.example")
        (mail,) = server.mails
    assert mail.raw.isascii()
    assert max(map(len, mail.raw.splitlines())) < 998
    assert mail.message.get_content().replace("\r", "").strip() == MESSAGE.text


@pytest.mark.parametrize("extensions", [(), ("8BITMIME", "SMTPUTF8")])
def test_a_chinese_domain_is_written_as_servers_write_it(extensions: tuple[str, ...]) -> None:
    with SmtpServer() as server:
        server.extensions = extensions
        mailed(server, "doc@例子.cn")
        (mail,) = server.mails
    assert mail.recipients == ("doc@xn--fsqu00a.cn",)


def test_a_name_that_the_server_cannot_take_fails_for_good_and_says_why() -> None:
    with SmtpServer() as server:
        server.extensions = ("8BITMIME",)
        with pytest.raises(PermanentError, match="ASCII"):
            mailed(server, "医生@clinic.example")


@pytest.mark.parametrize(
    "address",
    ["doc", "doc@", "@clinic.example", "doc@clinic", "doc@-x.example", "doc@a..b", "doc@例\u200b。", "not-an-address",
     "a@b.example, c@d.example", "Doc <doc@clinic.example>", "doc@" + "a" * 64 + ".example", "doc@clinic.example\n"],
)  # fmt: skip
def test_what_no_server_can_find_is_refused_when_it_is_entered(address: str) -> None:
    with pytest.raises(FieldError, match="a mail address"):
        check_address(address)


@pytest.mark.parametrize("address", ["doc@clinic.example", "doc@例子.cn", "a.b+c@mail.qq.com", "x@localhost"])
def test_what_a_server_can_find_is_taken(address: str) -> None:
    check_address(address)
    assert wire_address(address).rpartition("@")[2].isascii()
