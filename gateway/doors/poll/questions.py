"""What is to be asked of one product's cloud, and when: one question for each device, or for as many as go into one."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from gateway.doors.poll.pace import Dice, first_s, next_s, pause_s
from gateway.doors.poll.settings import PollSettings

_LONGEST_FIRST_S = 60.0


@dataclass(slots=True)
class Question:
    """About whom, and how often in a row it came to nothing."""

    device_ids: tuple[str, ...]
    failures: int = 0
    is_wanted: bool = True


class Questions:
    """A queue by time.

    Attributes
    ----------
    under_way : int
        Questions that were taken and have not come back.
    failures : int
        Of the cloud as a whole, in a row: meanwhile a single question tries it.
    """

    def __init__(self, period_s: float, settings: PollSettings, dice: Dice) -> None:
        self._period_s, self._settings, self._dice = period_s, settings, dice
        self._by_devices: dict[tuple[str, ...], Question] = {}
        self._queue: list[tuple[float, int, Question]] = []
        self._order = count()
        self._not_before_s = 0.0
        self.under_way = self.failures = 0

    def want(self, device_ids: Sequence[str], at_once: int, now_s: float) -> None:
        """Ask about these devices from now on; who was asked about already keeps the turn. [s]."""
        parts = {tuple(device_ids[i : i + at_once]) for i in range(0, len(device_ids), at_once)}
        for gone in self._by_devices.keys() - parts:
            self._by_devices.pop(gone).is_wanted = False
        self._put_all((Question(one) for one in sorted(parts - self._by_devices.keys())), now_s)

    def take(self, now_s: float) -> Question | None:
        """Return one whose turn it is; None when there is none, or enough are under way. [s]."""
        most = 1 if self.failures else self._settings.at_once_per_product
        if self.under_way >= most or now_s < self._not_before_s:
            return None
        while self._queue and self._queue[0][0] <= now_s:
            question = heapq.heappop(self._queue)[2]
            if question.is_wanted:
                self.under_way += 1
                return question
        return None

    def answered(self, question: Question, now_s: float) -> None:
        """Take that a question was answered. Who waited while the cloud failed is asked about one by one. [s]."""
        question.failures = 0
        self._back(question, now_s + next_s(self._period_s, self._dice))
        if self.failures:
            self.failures = 0
            waiting = [one for _, _, one in self._queue if one is not question and one.is_wanted]
            self._queue = [entry for entry in self._queue if entry[2] is question]
            self._put_all(waiting, now_s)

    def failed(self, question: Question, now_s: float, *, wait_s: float, of_cloud: bool) -> float:
        """Take that one came to nothing; return how long it, or the whole cloud, is left in peace. [s]."""
        question.failures += 1
        self.failures += of_cloud
        failures = self.failures if of_cloud else question.failures
        first, longest = self._settings.first_pause_s, self._settings.longest_pause_s
        pause = pause_s(failures, first, longest, wait_s, self._dice)
        if of_cloud:
            self._not_before_s = now_s + pause
        self._back(question, now_s + pause)
        return pause

    def soon(self, question: Question, now_s: float) -> None:
        """Ask once more what was answered, and could not be kept. [s]."""
        self._back(question, now_s + self._settings.first_pause_s * self._dice())

    def drop(self, question: Question, now_s: float) -> None:
        """Leave out for this time what needs no question. [s]."""
        self._back(question, now_s + next_s(self._period_s, self._dice))

    def _back(self, question: Question, due_s: float) -> None:
        self.under_way -= 1
        if question.is_wanted:
            heapq.heappush(self._queue, (due_s, next(self._order), question))

    def _put_all(self, questions: Iterable[Question], now_s: float) -> None:
        within_s = min(self._period_s, _LONGEST_FIRST_S)
        for question in questions:
            self._by_devices[question.device_ids] = question
            heapq.heappush(self._queue, (now_s + first_s(within_s, self._dice), next(self._order), question))
