"""WeCom calls: a button on a card was pressed. Signed with the token, encrypted with the key, both of the settings.

The address to enter at WeCom is ``/callbacks/wecom/`` and ``ANHU_WECOM_CALLBACK_TOKEN``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from collections.abc import Sequence
from typing import cast
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from anhu.outbox.callbacks import ProviderCall, ProviderReply
from notify.callback_reader import Answer, CallbackReader, News, UnreadableCallError
from notify.channels.wecom import ANSWERS, SPLIT, WeComSettings

_LONGEST_BYTES = 65_536
_BLOCK, _RANDOM_BYTES = 32, 16


class Envelope:
    """How WeCom signs and encrypts what it says to us.

    Parameters
    ----------
    token, aes_key : str
        As they stand at WeCom.
    receiver : str
        For whom it is: the corp id.
    """

    def __init__(self, token: str, aes_key: str, receiver: str) -> None:
        self._token = token
        self._key = base64.b64decode(aes_key + "=")
        self._receiver = receiver.encode()

    def opened(self, signature: str, stamp: str, nonce: str, sealed: str) -> bytes:
        """Return what was said. Raises `UnreadableCallError` for what WeCom did not say to us."""
        wanted = hashlib.sha1("".join(sorted((self._token, stamp, nonce, sealed))).encode()).hexdigest()  # noqa: S324 - WeCom's own signature
        if not hmac.compare_digest(wanted.encode(), signature.encode()):
            raise UnreadableCallError("the signature is wrong")
        try:
            raw = base64.b64decode(sealed, validate=True)
            open_it = Cipher(AES(self._key), CBC(self._key[:16])).decryptor()
            plain = open_it.update(raw) + open_it.finalize()
            plain = plain[: -plain[-1]] if 1 <= plain[-1] <= _BLOCK else b""
            (length,) = struct.unpack(">I", plain[_RANDOM_BYTES : _RANDOM_BYTES + 4])
        except (ValueError, IndexError, struct.error):
            raise UnreadableCallError("it cannot be decrypted") from None
        begin = _RANDOM_BYTES + 4
        if plain[begin + length :] != self._receiver:
            raise UnreadableCallError("it is for somebody else")
        return plain[begin : begin + length]


class WeComCalls(CallbackReader):
    """Reads WeCom's calls.

    Parameters
    ----------
    settings : WeComSettings
        Token, key, and who we are.
    """

    def __init__(self, settings: WeComSettings) -> None:
        self._token = str(settings.wecom_callback_token)
        self._envelope = Envelope(self._token, settings.wecom_callback_aes_key, settings.wecom_corp_id)

    @property
    def secret(self) -> str:
        """The last part of the address at which WeCom calls."""
        return self._token

    def reply(self, call: ProviderCall) -> ProviderReply:
        """Return what WeCom wants to hear: of a trial the text in it, of news nothing."""
        try:
            if call.method == "GET":
                echo = self._open(call, call.query.get("echostr", ""))
                return ProviderReply(200, "text/plain", echo, keep=False)
            self._event(call)
        except UnreadableCallError:
            return ProviderReply(403, "text/plain", b"", keep=False)
        return ProviderReply(200, "text/plain", b"success", keep=True)

    def news(self, call: ProviderCall) -> Sequence[News]:
        """Return which button was pressed."""
        event = self._event(call)
        if event.get("Event") != "template_card_event":
            return ()
        what, _, key = event.get("EventKey", "").partition(SPLIT)
        if what not in ANSWERS or not key:
            raise UnreadableCallError("a button that no card of ours has")
        pressed = f"{event.get('TaskId', '')}:{event.get('FromUserName', '')}:{what}"
        return (News(key=key, answer=cast("Answer", what), event=pressed),)

    def _event(self, call: ProviderCall) -> dict[str, str]:
        return fields(self._open(call, fields(call.body).get("Encrypt", "")))

    def _open(self, call: ProviderCall, sealed: str) -> bytes:
        said = call.query
        return self._envelope.opened(
            said.get("msg_signature", ""), said.get("timestamp", ""), said.get("nonce", ""), sealed
        )


def fields(document: bytes) -> dict[str, str]:
    """Return the texts of an XML document's elements by name; one that declares entities is refused."""
    found: dict[str, str] = {}
    path: list[str] = []

    def refuse(*_: object) -> None:
        raise UnreadableCallError("a document type")

    def text(data: str) -> None:
        if path:
            found[path[-1]] = found.get(path[-1], "") + data

    if len(document) > _LONGEST_BYTES:
        raise UnreadableCallError("too long")
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, _: path.append(name)
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(document, True)  # noqa: FBT003 - positional in C
    except expat.ExpatError:
        raise UnreadableCallError("no XML") from None
    return {name: value.strip() for name, value in found.items()}
