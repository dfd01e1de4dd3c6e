"""Findings go into the database in short transactions: whoever answers an alert waits for none of them long."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from anhu.contract.clock import SECOND_MS
from anhu.contract.delays import Delays, Stage
from anhu.contract.priority import Priority
from anhu.contract.tracing import Step, Tracer, trace_of
from anhu.registry.database import is_refusal

_LOG = logging.getLogger(__name__)
MOST_AT_ONCE = 200
"""Findings in one transaction: who answers an alert waits for it no longer."""
LONGEST_S = 0.2
"""A transaction takes no further finding after this. [s]"""

Along = Callable[[Session, Sequence[ResidentFinding]], None]


def _nothing(_session: Session, _rest: Sequence[ResidentFinding]) -> None:
    """Write nothing beside the findings."""


class ShortWrites:
    """Writes findings part by part.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    counts : Counter
        ``refused_findings``, and what became of the others.
    steady_s : callable
        A time that only runs forward: how long a transaction lasts. [s]
    delays : Delays, optional
        Is told how long findings took.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        counts: Counter[str],
        *,
        steady_s: Callable[[], float] = time.monotonic,
        delays: Delays | None = None,
    ) -> None:
        self._sessions = sessions
        self._counts = counts
        self._steady_s = steady_s
        self._since_s = 0.0  # since when what is to be written waits; 0: nothing does
        self.delays = delays or Delays()

    def write(self, found: list[ResidentFinding], now_ms: int, along: Along) -> None:
        """Write a part and take it out of the list. [ms].

        What the database refuses for good is taken out, too: it must not hold up all that follow.

        Parameters
        ----------
        along : callable
            Writes into the same transaction what belongs to it; is told what is left.

        Raises
        ------
        DBAPIError
            If the database does not answer; nothing was written.
        """
        try:
            written = self._write(found, now_ms, along)
        except DBAPIError as error:
            if not is_refusal(error):
                raise
            self._take_out_the_refused(found, now_ms)
            written = self._write(found, now_ms, along)
        del found[:written]

    def write_ahead(self, found: list[ResidentFinding], now_ms: int) -> None:
        """Write all of what was found ahead; what the database refuses is left to the engine. [ms]."""
        while found:
            try:
                del found[: self._write(found, now_ms, _nothing)]
            except DBAPIError as error:
                if not is_refusal(error):
                    raise
                _LOG.warning("the database refuses what was found ahead; it is left to the engine: %s", error)
                del found[:MOST_AT_ONCE]

    def _write(self, found: list[ResidentFinding], now_ms: int, along: Along) -> int:
        began_s = self._steady_s()
        until_s = began_s + LONGEST_S
        self._since_s = self._since_s or began_s
        with self._sessions.begin() as session:
            counts = apply_findings(
                session, found[:MOST_AT_ONCE], now_ms=now_ms, enough=lambda: self._steady_s() >= until_s
            )
            written = sum(counts.values())
            along(session, found[written:])
        self._counts.update(counts)
        self._note(found[:written], now_ms, began_s)
        if written == len(found):
            self._since_s = 0.0
        return written

    def _note(self, written: Sequence[ResidentFinding], now_ms: int, began_s: float) -> None:
        """Note how long they took, until the database had them."""
        if not written:
            return
        end_s = self._steady_s()
        end_ms = now_ms + round((end_s - began_s) * SECOND_MS)
        since_ms = end_ms - round((end_s - self._since_s) * SECOND_MS)
        for one in written:
            priority = Priority(one.finding.priority)
            self.delays.note(Stage.DECIDED_TO_OUTBOX, (end_s - self._since_s) * SECOND_MS, priority)
            if one.received_ms:
                self.delays.note(Stage.RECEIVED_TO_OUTBOX, end_ms - one.received_ms, priority)
                if self.delays.tracer is not None:
                    _trace(self.delays.tracer, one, since_ms, end_ms)

    def _take_out_the_refused(self, found: list[ResidentFinding], now_ms: int) -> None:
        good, part = [], found[:MOST_AT_ONCE]
        for one in part:
            try:
                with self._sessions() as session:  # rolled back: only tried
                    apply_findings(session, [one], now_ms=now_ms)
                good.append(one)
            except DBAPIError as error:
                if not is_refusal(error):
                    raise
                _LOG.exception("the database refuses a finding of kind %s", one.finding.kind)
        found[: len(part)] = good
        self._counts["refused_findings"] += len(part) - len(good)


def _trace(tracer: Tracer, one: ResidentFinding, since_ms: int, end_ms: int) -> None:
    """Write down that a message became a finding that is stored; it names the kind and nobody. [ms]."""
    trace, finding = trace_of(one.device_id, one.received_ms), one.finding
    if tracer.wants(trace, is_call=finding.priority >= Priority.HIGH):
        about: dict[str, str | int] = {"kind": finding.kind, "priority": int(finding.priority), "late": int(one.late)}
        tracer.note(trace, Step.ALERT, since_ms, end_ms, number=0, **about)
