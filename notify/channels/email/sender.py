"""E-mail over SMTP, with the message's idempotency key as Message-ID: mail programs show a second copy once."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email import policy
from email.message import EmailMessage
from email.utils import formatdate
from typing import Self

from anhu.contract.clock import SECOND_MS, Clock
from anhu.contract.errors import FieldError
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels.email import EmailSettings, check_address, wire_address

_SEVEN_BITS = policy.default.clone(cte_type="7bit")
"""Bodies are encoded: any mail server takes them, also one that says nothing of 8BITMIME."""
_TEMPORARY, _PERMANENT = 400, 500
_TLS_PORT = 465
_SOCKET_LIMIT_S = 8.0
_THREADS = 32


class Email(Channel):
    """Sends messages through one mail server.

    Parameters
    ----------
    settings : EmailSettings
        Server, security, login, sender.
    clock : Clock
        For the date line.
    """

    def __init__(self, settings: EmailSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        # Threads of its own: a mail server that hangs must not keep the dispatcher's from the database.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="email")

    async def close(self) -> None:
        """Wait for nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @classmethod
    def from_settings(cls, settings: EmailSettings, clock: Clock) -> Self | None:
        """Make it, where a mail server is named."""
        return cls(settings, clock) if settings.smtp_host else None

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Hand the message to the mail server once."""
        try:
            check_address(to.address)
        except FieldError:
            raise PermanentError("no usable mail address") from None
        mail = self._mail(message, to)
        await self._do(self._deliver, mail)
        return Delivery(provider_id=mail["Message-ID"], detail="taken by the mail server")

    async def try_out(self) -> None:
        """Log in, and ask whether the server sends from our address."""
        await self._do(self._ask)

    async def _do(self, work: Callable[..., None], *about: EmailMessage) -> None:
        """Do it in a thread; what goes wrong is for now or for good."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, work, *about)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _refusal(code, answer) from None
        except smtplib.SMTPNotSupportedError as error:
            if "SMTPUTF8" in str(error):
                raise PermanentError("no usable mail address: the mail server takes ASCII only before the @") from None
            raise RetryableError(f"mail server: {error}") from None
        except smtplib.SMTPAuthenticationError as error:
            raise RetryableError(f"the mail server refused the login: {error.smtp_code}", after_s=60) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from None
        except (smtplib.SMTPException, OSError) as error:
            raise RetryableError(f"mail server: {type(error).__name__}") from None

    def _mail(self, message: Message, to: Recipient) -> EmailMessage:
        mail = EmailMessage(policy=_SEVEN_BITS)
        sender = wire_address(self._settings.smtp_from)
        domain = sender.rpartition("@")[2]
        mail["From"] = sender
        mail["To"] = wire_address(to.address)
        mail["Subject"] = message.subject
        mail["Date"] = formatdate(self._clock.now_ms() / SECOND_MS)
        mail["Message-ID"] = f"<{message.idempotency_key.replace(':', '.')}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail

    def _deliver(self, mail: EmailMessage) -> None:
        with self._open() as server:
            server.send_message(mail)

    def _ask(self) -> None:
        with self._open() as server:
            code, answer = server.mail(wire_address(self._settings.smtp_from))
            if code >= _TEMPORARY:
                raise smtplib.SMTPResponseException(code, answer)

    @contextmanager
    def _open(self) -> Iterator[smtplib.SMTP]:
        chosen = self._settings
        if chosen.smtp_port == _TLS_PORT:
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                chosen.smtp_host, chosen.smtp_port, timeout=_SOCKET_LIMIT_S, context=context
            )
        else:
            server = smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=_SOCKET_LIMIT_S)
        try:
            if chosen.smtp_starttls and chosen.smtp_port != _TLS_PORT:
                server.starttls(context=ssl.create_default_context())
            if chosen.smtp_user:
                server.login(chosen.smtp_user, chosen.smtp_password)
            yield server
        finally:
            _leave(server)


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye and wait for no answer: what is said now changes nothing about a mail that was taken."""
    with suppress(smtplib.SMTPException, OSError):
        server.putcmd("QUIT")
    server.close()


def _refusal(code: int, answer: bytes | str) -> PermanentError | RetryableError:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    reason = f"mail server: {code} {said}"[:300]
    return PermanentError(reason) if code >= _PERMANENT else RetryableError(reason)
