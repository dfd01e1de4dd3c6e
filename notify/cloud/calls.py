"""What the clouds call us with: JSON, one object or a list of them, answered in one way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from anhu.outbox.callbacks import ProviderCall, ProviderReply
from notify.callback_reader import CallbackReader, News, UnreadableCallError

_OK = b'{"code":0,"msg":"OK","result":0,"errmsg":"OK"}'
"""What both want to hear: the first two are Aliyun's, the others Tencent's."""
_MOST = 1_000


class CloudCalls(CallbackReader):
    """Reads what comes to ``/callbacks/<channel>/…``; a channel says what one object means.

    Parameters
    ----------
    secret : str
        End of the address.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret

    @property
    def secret(self) -> str:
        """End of the address."""
        return self._secret

    def reply(self, call: ProviderCall) -> ProviderReply:
        """Say that it came."""
        return ProviderReply(200, "application/json", _OK, keep=call.method == "POST" and bool(call.body))

    def news(self, call: ProviderCall) -> Sequence[News]:
        """Return what all of its objects say."""
        try:
            said = msgspec.json.decode(call.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UnreadableCallError("no JSON") from None
        items = said if isinstance(said, list) else [said]
        if not all(isinstance(one, dict) for one in items):
            raise UnreadableCallError("no list of objects")
        return [news for one in items[:_MOST] for news in self.read(one)]

    @abstractmethod
    def read(self, said: Mapping[str, Any]) -> Iterable[News]:
        """Return what one object says; nothing where it is of no concern."""
