"""Feishu calls: a button on a card was pressed. Encrypted and signed with the encrypt key of the settings.

The address to enter at Feishu is ``/callbacks/feishu/`` and ``ANHU_FEISHU_VERIFICATION_TOKEN``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, cast

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from anhu.contract.words import text
from anhu.outbox.callbacks import ProviderCall, ProviderReply
from notify.callback_reader import Answer, CallbackReader, News, UnreadableCallError
from notify.channels.feishu import ANSWERS, FeishuSettings

_IV_BYTES, _BLOCK = 16, 16
_CARD = "card.action.trigger"


class FeishuCalls(CallbackReader):
    """Reads Feishu's calls.

    Parameters
    ----------
    settings : FeishuSettings
        Token and key.
    """

    def __init__(self, settings: FeishuSettings) -> None:
        self._token = str(settings.feishu_verification_token)
        self._encrypt_key = str(settings.feishu_encrypt_key)
        self._key = hashlib.sha256(self._encrypt_key.encode()).digest()

    @property
    def secret(self) -> str:
        """The last part of the address at which Feishu calls."""
        return self._token

    def reply(self, call: ProviderCall) -> ProviderReply:
        """Return what Feishu wants to hear: its own word of a trial, a line for who pressed a button."""
        try:
            said = self._opened(call)
            if said.get("type") == "url_verification":
                return _answer({"challenge": str(said.get("challenge", ""))}, keep=False)
            self._check_signature(call)
            pressed = self._news(said)
        except UnreadableCallError:
            return ProviderReply(403, "application/json", b"{}", keep=False)
        if not pressed:
            return _answer({}, keep=False)
        both = " · ".join(text("card.pressed", language) for language in ("zh-CN", "en"))
        return _answer({"toast": {"type": "info", "content": both}}, keep=True)

    def news(self, call: ProviderCall) -> Sequence[News]:
        """Return which button was pressed."""
        return self._news(self._opened(call))

    def _news(self, said: dict[str, Any]) -> Sequence[News]:
        header, event = _part(said, "header"), _part(said, "event")
        if header.get("event_type") != _CARD:
            return ()
        value = _part(_part(event, "action"), "value")
        what, key = str(value.get("answer", "")), str(value.get("key", ""))
        if what not in ANSWERS or not key:
            raise UnreadableCallError("a button that no card of ours has")
        return (News(key=key, answer=cast("Answer", what), event=str(header.get("event_id", ""))),)

    def _opened(self, call: ProviderCall) -> dict[str, Any]:
        sealed = _object(call.body).get("encrypt")
        if not isinstance(sealed, str):
            raise UnreadableCallError("it is not encrypted")
        said = _object(self._decrypted(sealed))
        token = said.get("token") or _part(said, "header").get("token", "")
        if not hmac.compare_digest(str(token).encode(), self._token.encode()):
            raise UnreadableCallError("the token is wrong")
        return said

    def _check_signature(self, call: ProviderCall) -> None:
        """Refuse what is not signed: of time, nonce, key and the body as it came, in this order."""
        stamp, nonce = (call.headers.get(f"x-lark-request-{name}", "") for name in ("timestamp", "nonce"))
        wanted = hashlib.sha256(f"{stamp}{nonce}{self._encrypt_key}".encode() + call.body).hexdigest()
        if not hmac.compare_digest(wanted.encode(), call.headers.get("x-lark-signature", "").encode()):
            raise UnreadableCallError("the signature is wrong")

    def _decrypted(self, sealed: str) -> bytes:
        try:
            raw = base64.b64decode(sealed, validate=True)
            open_it = Cipher(AES(self._key), CBC(raw[:_IV_BYTES])).decryptor()
            plain = open_it.update(raw[_IV_BYTES:]) + open_it.finalize()
            return plain[: -plain[-1]] if 1 <= plain[-1] <= _BLOCK else b""
        except (ValueError, IndexError):
            raise UnreadableCallError("it cannot be decrypted") from None


def _object(document: bytes) -> dict[str, Any]:
    try:
        read = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UnreadableCallError("no JSON") from None
    if not isinstance(read, dict):
        raise UnreadableCallError("no JSON object")
    return read


def _part(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _answer(said: dict[str, Any], *, keep: bool) -> ProviderReply:
    return ProviderReply(200, "application/json", msgspec.json.encode(said), keep=keep)
