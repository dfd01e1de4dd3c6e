"""One question to a cloud: put, answered, and read; whatever is wrong with it has a name."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from urllib.parse import quote

from anhu.contract.errors import FieldError
from anhu.contract.printable import printable
from gateway.door_specs import HttpMessage
from gateway.doors.poll.port import Getter, PolledProduct, PollError, Trouble
from gateway.doors.poll.settings import PollSettings
from gateway.poll_spec import PollAsk, PollRefusedError, PollSpec

_logger = logging.getLogger(__name__)
_SHOWN_CHARS = 160
_NONCE_BYTES = 16


class Answer:
    """A good answer.

    Attributes
    ----------
    messages : tuple of HttpMessage
        What it brings.
    path : str
        What was asked for, as it may be kept.
    """

    __slots__ = ("messages", "path")

    def __init__(self, messages: tuple[HttpMessage, ...], path: str) -> None:
        self.messages, self.path = messages, path


async def ask_cloud(
    product: PolledProduct,
    spec: PollSpec,
    device_ids: tuple[str, ...],
    *,
    getter: Getter,
    settings: PollSettings,
    at_ms: int,
    since_ms: int,
) -> Answer:
    """Ask once. Raises `PollError` for anything but a good answer; the secret is in none of its words. [ms]."""
    if not product.secret:
        raise PollError(Trouble.SECRET, "the installation's key does not open it")
    ask = PollAsk(
        device_ids=device_ids,
        account=product.account,
        secret=product.secret,
        nonce=secrets.token_hex(_NONCE_BYTES),
        at_ms=at_ms,
        since_ms=since_ms,
    )
    try:
        request = spec.request(ask)
    except Exception as error:
        _logger.exception("codec %s cannot put a question", product.codec)
        raise PollError(Trouble.NONSENSE, f"codec {product.codec} failed: {type(error).__name__}") from None
    address = (product.address or spec.address).rstrip("/") + request.target
    body = await getter.get(address, request.headers, most_bytes=settings.most_bytes, limit_s=settings.limit_s)
    return Answer(_read(product, spec, ask, body, settings.most_messages), request.path)


def _read(
    product: PolledProduct, spec: PollSpec, ask: PollAsk, body: bytes, most_messages: int
) -> tuple[HttpMessage, ...]:
    try:
        messages = spec.messages(ask, body)
    except PollRefusedError as error:
        raise PollError(Trouble.CREDENTIALS, _shown(str(error), ask.secret)) from None
    except FieldError as error:
        raise PollError(Trouble.NONSENSE, _shown(str(error), ask.secret), body=body) from None
    except Exception as error:
        _logger.exception("codec %s failed on an answer of product %s's cloud", product.codec, product.product_id)
        detail = f"codec {product.codec} failed: {type(error).__name__}"
        raise PollError(Trouble.NONSENSE, detail, body=body) from None
    if len(messages) > most_messages:
        detail = f"{len(messages)} messages in one answer, at most {most_messages}"
        raise PollError(Trouble.TOO_LONG, detail, body=body)
    return messages


def strayed(answer: Answer, asked: Sequence[str], spec: PollSpec) -> str:
    """Return about whom a cloud answered that was asked about somebody else; empty where it answered well."""
    if spec.at_once > 1 or not answer.messages or any(one.device_id in asked for one in answer.messages):
        return ""
    return _shown(answer.messages[0].device_id, "") or "nobody"


def _shown(text: str, secret: str) -> str:
    """Return words of a cloud as they may be shown: it may send our own secret back to us."""
    for spelling in {secret, quote(secret, safe="")} - {""}:
        text = text.replace(spelling, "***")
    return printable(text[:_SHOWN_CHARS])


def mark_of(position: str) -> str:
    """Return what is kept of a message's position; of a position that says nothing nothing is kept."""
    return hashlib.sha256(position.encode("utf-8", "surrogatepass")).hexdigest()[:16] if position else ""
