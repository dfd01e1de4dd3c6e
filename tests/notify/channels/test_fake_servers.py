from __future__ import annotations

import smtplib
import socket
from email.message import EmailMessage

import httpx
import pytest

from notify.channels.email.fake import SmtpServer
from notify.channels.webhook.fake import WebhookServer


def test_webhook_records_and_fails_on_demand() -> None:
    with WebhookServer() as server:
        server.fail_next = 2
        answers = [httpx.post(server.url, content=b"%d" % i, headers={"X-Sign": "s"}).status_code for i in range(3)]
        assert answers == [503, 503, 204]
        assert server.wait_for(3)
        assert [(c.body, c.status, c.path) for c in server.calls] == [
            (b"0", 503, "/hook"),
            (b"1", 503, "/hook"),
            (b"2", 204, "/hook"),
        ]
        assert server.calls[0].headers["x-sign"] == "s"
        assert not server.wait_for(4, timeout_s=0.05)


def test_webhook_may_be_late_or_silent() -> None:
    with WebhookServer() as server:
        server.delay_s = 0.3
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(server.url, content=b"x", timeout=0.05)
        server.delay_s = 0.0
        server.silent = True
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(server.url, content=b"y", timeout=0.1)
        assert server.wait_for(2)
        assert server.calls[1].status == 0


def mail(subject: str = "报警") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "anhu@example.org", "gp@example.org", subject
    message.set_content("跌倒\n.a line that begins with a dot\n")
    return message


def test_smtp_keeps_what_a_real_client_sends() -> None:
    with SmtpServer() as server, smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.send_message(mail())
        client.send_message(mail("again"), to_addrs=["a@example.org", "b@example.org"])
        assert server.wait_for(2)
        assert server.mails[0].sender == "anhu@example.org"
        assert server.mails[0].recipients == ("gp@example.org",)
        assert server.mails[0].message["Subject"] == "报警"
        assert server.mails[0].message.get_content().splitlines() == ["跌倒", ".a line that begins with a dot"]
        assert server.mails[1].recipients == ("a@example.org", "b@example.org")


def test_smtp_refuses_on_demand() -> None:
    with SmtpServer() as server, smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        server.refuse_next = 1
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            client.send_message(mail())
        client.send_message(mail())
        assert server.wait_for(1)
        assert len(server.mails) == 1


def test_smtp_takes_no_mail_whose_sender_dies_in_its_middle() -> None:
    with SmtpServer() as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as dying:
            dying.sendall(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nSubject: half of it\r\n")
        with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
            client.send_message(mail())
        assert server.wait_for(1)
        assert [str(one.message["Subject"]) for one in server.mails] == ["报警"]


def test_smtp_keeps_a_mail_for_which_it_never_answers() -> None:
    with SmtpServer() as server:
        server.silent = True
        with smtplib.SMTP("127.0.0.1", server.port, timeout=0.3) as client, pytest.raises(OSError, match="timed out"):
            client.send_message(mail())
        server.silent = False
        assert [one.told for one in server.mails] == [False]
