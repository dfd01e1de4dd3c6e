"""Asks a message's subject whether it is still needed and what it says; one that breaks silences no other. No I/O."""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from notify.channel import Message
from notify.channel_type import Capabilities, Shows
from notify.due import Found
from notify.subject import MessageStyle, Subject, Telling
from notify.wording import fitted

_logger = logging.getLogger(__name__)
_PLAIN = Capabilities(shows=Shows.TEXT, longest_text=None, answerable=False, receipts=frozenset(), per_minute=None)
"""Of a channel that is not there: its message will fail, and say so."""


class Composed(NamedTuple):
    """A message in its recipient's words.

    Attributes
    ----------
    broken : str
        Why it cannot be sent at all; empty when it can.
    """

    message: Message
    broken: str = ""


class Composer:
    """Puts messages into words.

    Parameters
    ----------
    subjects : mapping
        Kind -> what knows it (`notify.subjects.subjects`).
    channels : mapping
        Channel -> what it can do.
    style : MessageStyle
        How messages are put into words.

    Attributes
    ----------
    counters : Counter
        ``cut``: messages that a channel could not show whole; ``broken``: that a subject cannot handle.
    """

    def __init__(
        self, subjects: Mapping[str, Subject[Any]], channels: Mapping[str, Capabilities], style: MessageStyle
    ) -> None:
        self._subjects = subjects
        self._channels = channels
        self._style = style
        self.counters: Counter[str] = Counter()

    def is_needed(self, found: Found) -> bool:
        """Tell whether it must be sent; what is gone or in doubt goes on, and fails or arrives aloud."""
        outbox, row = found.outbox, found.row
        try:
            return row is None or self._subjects[outbox.subject_kind].still_needed(outbox, row)
        except Exception:  # one subject that is broken must not silence all others
            _logger.exception("nobody can say whether message %d is still needed: it is sent", outbox.id)
            self.counters["broken"] += 1
            return True

    def join(self, session: Session, bundle: Sequence[Found], now_ms: int) -> None:
        """Let the subject of messages that go as one know: one answer is the answer to all of them. [ms]."""
        lead = bundle[0]
        subject = self._subjects[lead.outbox.subject_kind]
        subject.join(session, lead.contact, [found.outbox.subject_id for found in bundle], now_ms)

    def may_go_together(self, one: Found, other: Found) -> bool:
        """Tell whether two about the same may be said as one; what is gone is said with nothing."""
        kind = one.outbox.subject_kind
        if one.row is None or other.row is None or kind != other.outbox.subject_kind:
            return False
        by = self._subjects[kind].told_apart_by
        return by(one.row) == by(other.row)

    def may_go_to(self, found: Found) -> bool:
        """Tell whether its contact is switched on, or need not be."""
        return found.contact.enabled or self._subjects[found.outbox.subject_kind].reaches_switched_off

    def is_awaited(self, found: Found) -> bool:
        """Tell whether somebody has just asked for it, so that it must not wait."""
        subject = self._subjects.get(found.outbox.subject_kind)
        return subject is not None and subject.is_awaited

    def compose(self, found: Found, now_ms: int) -> Composed:
        """Return the message, or why there is none. [ms]."""
        composed = self._composed(found, now_ms)
        self.counters["broken"] += bool(composed.broken)
        return composed

    def _composed(self, found: Found, now_ms: int) -> Composed:
        outbox, contact, resident, row, zone = found
        nothing = Message(idempotency_key=outbox.idempotency_key, subject="", text="", data={})
        if row is None:
            return Composed(nothing, f"the {outbox.subject_kind} {outbox.subject_id} is gone")
        can = self._channels.get(contact.channel, _PLAIN)
        try:
            style = self._style._replace(zone=ZoneInfo(zone)) if zone else self._style
            telling = Telling(outbox, contact, resident, style, can, now_ms)
            letter = self._subjects[outbox.subject_kind].compose(row, telling)
        except Exception as error:  # one message that cannot be said must not silence all others
            _logger.exception("message %d cannot be put into words", outbox.id)
            return Composed(nothing, f"it cannot be put into words: {type(error).__name__}")
        made = fitted(letter, outbox.idempotency_key, contact.language, can)
        self.counters["cut"] += made.is_cut
        return Composed(dataclasses.replace(made.message, reference=str(outbox.id)))
