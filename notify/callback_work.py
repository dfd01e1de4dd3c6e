"""Applies what providers called us with: receipts to messages, answers to alarms. Each call is one transaction.

A receipt that comes before the provider's answer to the sending waits for it; said twice, it counts once. An answer
does not wait: who pressed a key has the alarm. What nobody can match after its time is counted, and shown.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from alerts.episodes.answer_links import forget_old
from anhu.contract.clock import DAY_MS, HOUR_MS, SECOND_MS
from anhu.outbox.callback_tables import Callback
from anhu.outbox.callbacks import kept
from notify.answers_by_message import AnswersByMessage
from notify.callback_reader import CallbackReader, News, UnreadableCallError
from notify.late_receipts import LateReceipts

_logger = logging.getLogger(__name__)
_BATCH = 200
_WAITS_S = (1, 2, 5, 10, 30, 60, 120, 300, 600)
"""Between looks for what a call is about: a provider's answer to the sending is not later than that."""
_KEPT_MS = 7 * DAY_MS
_WAITS = Callback.due_at_ms >= 0
"""Said with every question, as a range of the index: what is done with is kept for a week, and has none."""


def _is_due(now_ms: int) -> ColumnElement[bool]:
    """Tell what is to be looked at: also what nobody has looked at, or waits longer than anything does.

    Who kept it may have had a clock that was ahead, and been set back before this process began. [ms].
    """
    too_far = Callback.due_at_ms > now_ms + _WAITS_S[-1] * SECOND_MS
    return and_(_WAITS, or_(Callback.due_at_ms <= now_ms, Callback.tries == 0, too_far))


class CallbackWork:
    """Applies calls; its methods block.

    Parameters
    ----------
    sessions : sessionmaker
        The database.
    readers : mapping
        Channel -> what reads its provider's calls.
    receipts : LateReceipts
        Applies receipts.
    answers : AnswersByMessage
        Applies answers.

    Attributes
    ----------
    counters : Counter
        ``callbacks``: applied; ``callbacks_unmatched``: about nothing that we know; ``callbacks_unreadable``.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        readers: Mapping[str, CallbackReader],
        receipts: LateReceipts,
        answers: AnswersByMessage,
    ) -> None:
        self._sessions = sessions
        self._readers = readers
        self._receipts = receipts
        self._answers = answers
        self._swept_ms = 0
        self.counters: Counter[str] = Counter()

    @staticmethod
    def next_due(session: Session, now_ms: int) -> int | None:
        """Return when the next call is to be looked at. [ms]."""
        soonest = case((_is_due(now_ms), now_ms), else_=Callback.due_at_ms)
        found: int | None = session.scalar(select(func.min(soonest)).where(_WAITS))
        return found

    @staticmethod
    def clock_set_back(session: Session, now_ms: int, by_ms: int) -> None:
        """Look no later at what was kept, or waits, by a clock that was ahead. [ms]."""
        moved = update(Callback).where(Callback.due_at_ms > now_ms).values(due_at_ms=Callback.due_at_ms - by_ms)
        session.execute(moved, execution_options={"synchronize_session": False})

    def apply_due(self, now_ms: int) -> int:
        """Apply what is due; return how many calls were looked at. [ms]."""
        with self._sessions() as session:
            due = select(Callback.id).where(_is_due(now_ms)).order_by(Callback.due_at_ms, Callback.id)
            ids = session.scalars(due.limit(_BATCH)).all()
        for number in ids:
            with self._sessions.begin() as session:
                mine = select(Callback).where(Callback.id == number, _is_due(now_ms))
                row = session.scalar(mine.with_for_update(skip_locked=True))
                if row is not None:
                    self._apply(session, row, now_ms)
        self._sweep(now_ms)
        return len(ids)

    def _apply(self, session: Session, row: Callback, now_ms: int) -> None:
        row.tries += 1
        reader = self._readers.get(row.channel)
        try:
            news = () if reader is None else reader.news(kept(row))
        except UnreadableCallError as error:
            self._finish(row, "callbacks_unreadable", str(error))
            return
        except Exception as error:  # a reader that breaks over one call must not hold up the others
            _logger.exception("call %d of channel %s cannot be read", row.id, row.channel)
            self._finish(row, "callbacks_unreadable", type(error).__name__)
            return
        waiting = [one for one in news if not self._applied(session, row, one, now_ms)]
        if not waiting:
            self._finish(row, "callbacks", "" if reader else "no such channel")
        elif row.tries > len(_WAITS_S):
            self._finish(row, "callbacks_unmatched", f"about nothing that was sent: {waiting[0].provider_id}")
        else:
            row.due_at_ms = now_ms + _WAITS_S[row.tries - 1] * SECOND_MS

    def _applied(self, session: Session, row: Callback, one: News, now_ms: int) -> bool:
        """Apply one thing; False when what it is about is not there yet."""
        try:
            with session.begin_nested():
                answered = not (one.answer or one.text) or self._answers.apply(session, row, one, now_ms)
                return (not one.state or self._receipts.apply(session, row.channel, one, now_ms)) and answered
        except SQLAlchemyError:
            raise
        except Exception:
            _logger.exception("call %d of channel %s cannot be applied", row.id, row.channel)
            self.counters["callbacks_broken"] += 1
            return False

    def _finish(self, row: Callback, what: str, outcome: str) -> None:
        row.due_at_ms, row.outcome = None, outcome[:200]
        self.counters[what] += 1

    def _sweep(self, now_ms: int) -> None:
        """Forget, once an hour, what is done with for long."""
        if 0 <= now_ms - self._swept_ms < HOUR_MS:
            return
        self._swept_ms = now_ms
        with self._sessions.begin() as session:
            session.execute(delete(Callback).where(Callback.at_ms < now_ms - _KEPT_MS))
            forget_old(session, now_ms)
