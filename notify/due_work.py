"""What the database has for a dispatcher to do: each question and each change is one transaction. No network here."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority
from anhu.registry.database import reading
from notify.bundling import Bundling
from notify.callback_work import CallbackWork
from notify.channel_type import Capabilities, Limits
from notify.composer import Composer
from notify.due import DueMessages
from notify.leasing import Job, Leasing
from notify.pace import Pace
from notify.plans_moved import is_first_to_move
from notify.recipient_limits import RecipientLimits
from notify.subject import MessageStyle, Subject
from notify.unconfirmed import Unconfirmed

_logger = logging.getLogger(__name__)
_HELD = ""
_REST_MS = 5 * SECOND_MS
"""How long a subject that broke over what is due is left alone: it would be asked a hundred times a second. [ms]"""


class DueWork:
    """Hands out messages to send, as many as there is room for; its methods block.

    Parameters
    ----------
    sessions : sessionmaker
        The database.
    capabilities : mapping
        Channel -> what it can do.
    subjects : mapping
        Kind -> what knows it (`notify.subjects.subjects`).
    style : MessageStyle
        How messages are put into words.
    pace : Pace
        How long a lease lasts, and how much may be on its way to one contact.
    callbacks : CallbackWork
        Applies what providers called us with.
    limits : mapping
        Channel -> what one address may get.
    unconfirmed : Unconfirmed
        Misses receipts.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        *,
        capabilities: Mapping[str, Capabilities],
        subjects: Mapping[str, Subject[Any]],
        style: MessageStyle,
        pace: Pace,
        callbacks: CallbackWork,
        limits: Mapping[str, Limits],
        unconfirmed: Unconfirmed,
    ) -> None:
        self._sessions = sessions
        self._subjects = subjects
        self._pace = pace
        self._callbacks = callbacks
        self._unconfirmed = unconfirmed
        self._due = DueMessages(subjects)
        self._composer = Composer(subjects, capabilities, style)
        self._leasing = Leasing(self._due, self._composer, Bundling(limits, capabilities), style.zone)
        self._limits = RecipientLimits(capabilities, limits)
        self._own: Counter[str] = Counter()
        self._rests: dict[str, int] = {}

    @property
    def counters(self) -> Counter[str]:
        """What was done since the start; ``unknown_subjects`` and ``held_by_limit`` are what waits now."""
        done = Counter(self._own)
        for part in (self._composer, self._leasing):
            done.update(part.counters)
        return done

    def lease_if_due(self, now_ms: int, high: int, low: int, running: list[Job]) -> tuple[int | None, list[Job]]:
        """Look first without the write lock, then lease; return also when the next thing is or was due. [ms]."""
        with reading(self._sessions)() as session:
            due_ms, unknown = self._due.next_due(session, now_ms)
            others = (self._callbacks.next_due(session, now_ms), self._unconfirmed.next_due(session, now_ms))
        self._note_unknown(unknown)
        due_ms = min((at_ms for at_ms in (due_ms, *others) if at_ms is not None), default=None)
        if due_ms is None or due_ms > now_ms:
            return due_ms, []
        return due_ms, self.lease(now_ms, high, low, running)

    def lease(self, now_ms: int, high: int, low: int, running: list[Job]) -> list[Job]:
        """Let subjects do what has come due, and take messages. [ms].

        Parameters
        ----------
        high, low : int
            How many may start, and how many of them less urgent ones.
        running : list of Job
            What is on its way already.
        """
        self._callbacks.apply_due(now_ms)
        self._unconfirmed.look(now_ms)
        until_ms = now_ms + round(self._pace.lease_s * SECOND_MS)
        jobs: list[Job] = []
        with self._sessions.begin() as session:
            self._advance(session, now_ms)
            spent = self._limits.spent(session, now_ms)
            self._note_held(session, spent.full, now_ms)
            for limit, priority in ((high, Priority.HIGH), (low, Priority.INFO)):
                room = min(limit, high - len(jobs))
                # A call for help does not wait for a place at a contact behind what is less urgent.
                on_their_way = Counter(j.contact_id for j in [*running, *jobs] if j.priority >= priority)
                if room > 0:
                    jobs += self._leasing.lease(
                        session,
                        now_ms,
                        until_ms=until_ms,
                        limit=room,
                        min_priority=priority,
                        busy=on_their_way,
                        per_contact=self._pace.per_contact,
                        spent=spent,
                    )
                    session.flush()
            self._own["held_by_limit"] = self._limits.held(session, spent)
        return jobs

    def _advance(self, session: Session, now_ms: int) -> None:
        """Let subjects do what has come due; one that breaks is left alone for a while and silences no other."""
        for kind, subject in self._subjects.items():
            if now_ms < self._rests.get(kind, 0) <= now_ms + _REST_MS:
                continue
            with self._whatever_breaks(session, kind, now_ms):
                self._own.update(subject.advance(session, now_ms))
                self._own[f"stuck_{kind}"] = 0

    def _note_held(self, session: Session, contacts: Collection[str], now_ms: int) -> None:
        """Let subjects know, now and then, whose messages wait for their turn."""
        if not contacts or now_ms < self._rests.get(_HELD, 0) <= now_ms + _REST_MS:
            return
        self._rests[_HELD] = now_ms + _REST_MS
        for kind, subject in self._subjects.items():
            with self._whatever_breaks(session, kind, now_ms):
                subject.held(session, contacts, now_ms)

    @contextmanager
    def _whatever_breaks(self, session: Session, kind: str, now_ms: int) -> Iterator[None]:
        """Undo what a subject had half done when it broke, and leave it alone for a while."""
        try:
            with session.begin_nested():
                yield
        except SQLAlchemyError:
            raise
        except Exception:
            _logger.exception("what is due of %ss is not done, and tried again in %d s", kind, _REST_MS // SECOND_MS)
            self._own[f"stuck_{kind}"] = 1
            self._rests[kind] = now_ms + _REST_MS

    def clock_set_back(self, now_ms: int, by_ms: int) -> None:
        """Have nothing wait for longer because the clock was set back. [ms]."""
        with self._sessions.begin() as session:
            if not is_first_to_move(session, now_ms):
                return  # another dispatcher of this machine has moved everything already
            self._due.clock_set_back(session, now_ms, by_ms)
            self._callbacks.clock_set_back(session, now_ms, by_ms)

    def _note_unknown(self, messages: int) -> None:
        """Say that messages wait which nobody here can put into words; they are kept for a version that can."""
        if messages != self._own["unknown_subjects"]:
            self._own["unknown_subjects"] = messages
            known = ", ".join(sorted(self._subjects))
            _logger.error(
                "messages that wait although nobody here knows what they are about: %d (known: %s)", messages, known
            )
