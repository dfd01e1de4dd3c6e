"""What reached people since somebody last looked; whatever nobody expected is a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple


class Arrived(NamedTuple):
    """One message on somebody's phone, or wherever the channel leads.

    Attributes
    ----------
    channel : str
        In a nurse's words: ``SMS``, ``call``, ``webhook``...
    about : str
        Its subject line.
    """

    at_ms: int
    at: str
    who: str
    channel: str
    about: str


class Inbox:
    """Messages in the order in which they came."""

    def __init__(self) -> None:
        self.all: list[Arrived] = []
        self._seen = 0

    @property
    def unread(self) -> list[Arrived]:
        """What nobody has looked at."""
        return self.all[self._seen :]

    def note(self, message: Arrived) -> None:
        """Take a message in."""
        self.all.append(message)

    def expect(self, wanted: Mapping[str, str], *, about: str = "", at_ms: int | None = None) -> None:
        """Fail unless exactly these came since the last look.

        Parameters
        ----------
        wanted : mapping
            Who -> over what: ``SMS``, ``SMS and call``, ``SMS and SMS`` for two.
        about : str
            What each of them says.
        at_ms : int, optional
            When all of them came. [ms]
        """
        came, self._seen = self.unread, len(self.all)
        expected = Counter((who, channel) for who, over in wanted.items() for channel in over.split(" and "))
        arrived = Counter((one.who, one.channel) for one in came)
        problems = [f"missing: {who} by {channel}" for who, channel in (expected - arrived).elements()]
        problems += [f"unexpected: {who} by {channel}" for who, channel in (arrived - expected).elements()]
        problems += [f"does not say {about}: {one.about}" for one in came if about not in one.about]
        problems += [f"at another time: {one.at}" for one in came if at_ms is not None and one.at_ms != at_ms]
        if problems:
            lines = [f"  {one.at} {one.who} by {one.channel}: {one.about}" for one in came] or ["  nothing"]
            raise AssertionError("\n".join([*problems, "what came:", *lines]))
