"""What the interfaces of chat providers share: JSON both ways, a result code in the answer, a token that runs out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from anhu.contract.clock import SECOND_MS, Clock
from anhu.registry.contact_form import Words
from notify.channel import PermanentError, RetryableError
from notify.outgoing import Outgoing, Reply, retry_after_s

_LONGEST_REASON = 120
_EARLY_S = 120.0
"""A token is fetched anew so long before its end: it must outlive the request. [s]"""
_SHOWN_CHARS = 4


class SpoiledTokenError(Exception):
    """The provider takes this token no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """How a provider says what became of a request.

    Attributes
    ----------
    name, text : str
        The fields of the result's code and of its words. 0 is well.
    busy : mapping
        Code -> try again after so much time. [s]
    spoiled : frozenset of int
        The token has run out, or was replaced by a newer one.
    busy_words : tuple of str
        Words that say the same where a code means several things.
    advice : mapping
        Code -> what somebody must mend.
    """

    name: str
    text: str
    busy: Mapping[int, float]
    spoiled: frozenset[int] = frozenset()
    busy_words: tuple[str, ...] = ()
    advice: Mapping[int, str] = field(default_factory=dict)


class ProviderApi:
    """Asks one provider.

    Parameters
    ----------
    codes : Codes
        How it answers.
    clock : Clock
        For waits that it asks for.
    """

    def __init__(self, codes: Codes, clock: Clock, time_limit_s: float) -> None:
        self._codes = codes
        self._clock = clock
        self._http = Outgoing(time_limit_s)

    async def ask(
        self, address: str, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return what it answered, when it is well.

        Raises
        ------
        RetryableError, PermanentError, SpoiledTokenError
            As its code says; an answer without one was given by somebody else, a proxy or a page of a hotel.
        """
        content = msgspec.json.encode(body)
        sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "anhu/1", **(headers or {})}
        said = await self._http.post(address, content=content, headers=sent, neighbours=True)
        return self._judged(said)

    def _judged(self, said: Reply) -> dict[str, Any]:
        read = said.json()
        code = read.get(self._codes.name)
        if not isinstance(code, int) or isinstance(code, bool):
            raise self._without_code(said)
        if code == 0:
            return read
        if code in self._codes.spoiled:
            raise SpoiledTokenError
        words = str(read.get(self._codes.text, "")).partition(", hint")[0][:_LONGEST_REASON]
        reason = f"code {code}: {words if words.isprintable() else ''}"
        if code in self._codes.busy or any(one in words.lower() for one in self._codes.busy_words):
            raise RetryableError(reason, after_s=self._codes.busy.get(code, 0.0))
        advice = self._codes.advice.get(code, "")
        raise PermanentError(f"{reason}; {advice}" if advice else reason)

    def _without_code(self, said: Reply) -> RetryableError | PermanentError:
        if said.is_success or said.is_busy or said.is_redirection:
            after_s = retry_after_s(said.headers, self._clock.now_ms())
            return RetryableError(f"HTTP {said.status}, not an answer of the provider", after_s=after_s)
        return PermanentError(f"HTTP {said.status}")

    async def close(self) -> None:
        """Close what is open."""
        await self._http.close()


class FreshToken(NamedTuple):
    """A token as the provider gave it."""

    text: str
    lasts_s: float


class AccessToken:
    """Keeps a provider's token; however many wait, it is fetched once.

    Parameters
    ----------
    fetch : callable
        Asks the provider for a new one.
    """

    def __init__(self, fetch: Callable[[], Awaitable[FreshToken]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._text = ""
        self._until_ms = 0

    async def current(self, *, spoiled: str = "") -> str:
        """Return a token; not the one that the provider has refused."""
        async with self._lock:
            if not self._text or self._text == spoiled or self._clock.now_ms() >= self._until_ms:
                fresh = await self._fetch()
                self._text = fresh.text
                self._until_ms = self._clock.now_ms() + round(max(fresh.lasts_s - _EARLY_S, 0.0) * SECOND_MS)
            return self._text

    async def used(self, work: Callable[[str], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """Do something with a token, and once more with a new one when it was refused."""
        token = await self.current()
        try:
            return await work(token)
        except SpoiledTokenError:
            try:
                return await work(await self.current(spoiled=token))
            except SpoiledTokenError:
                raise RetryableError("the provider refuses each token that it gives") from None


class Robot(NamedTuple):
    """A group's robot.

    Attributes
    ----------
    url : str
        Where it listens; whoever knows it can post in the group.
    mobiles : tuple of str
        Whom a message names, so that muted groups sound.
    everybody : bool
        Whether it names everybody.
    """

    url: str
    mobiles: tuple[str, ...]
    everybody: bool


EVERYBODY = "@all"


def robot_of(address: str) -> Robot:
    """Read a robot's address; after a ``#`` stand those whom it names: ``#13800138000,@all``. Raises `ValueError`."""
    url, _, named = address.partition("#")
    parts = [one for one in named.split(",") if one]
    mobiles = tuple(one for one in parts if one != EVERYBODY)
    if not all(one.isascii() and one.removeprefix("+").isdecimal() for one in mobiles):
        raise ValueError("after the # stand phone numbers or @all")
    return Robot(url, mobiles, EVERYBODY in parts)


def shown_address(address: str) -> str:
    """Return an address as others may see it: of a robot's only whose it is and how it ends."""
    if not address.startswith(("http://", "https://")):
        return address
    url, sign, named = address.partition("#")
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return f"{host}/…{url[-_SHOWN_CHARS:]}{sign}{named}"


def is_below(address: str, base: str) -> bool:
    """Tell whether a robot's address is its provider's own: nobody makes the platform talk to anybody else."""
    given, own = urlsplit(address), urlsplit(base)
    return (given.scheme, given.netloc) == (own.scheme, own.netloc)


def not_own(address: str, base: str, *, app_is_set_up: bool, app_setting: str, is_person: bool) -> Words | None:
    """Return what was expected of an address that these settings cannot reach: a person needs the app."""
    if is_person:
        return None if app_is_set_up else Words(f"先设置 {app_setting}", f"{app_setting} to be set first")
    return None if is_below(address, base) else Words(f"以 {base} 开头", f"one that begins with {base}")


def server_of(base: str) -> tuple[str, int]:
    """Return host and port of an interface."""
    url = urlsplit(base)
    return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
