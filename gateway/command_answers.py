"""What devices answer to commands: by a command's identity, or by what they report after it was asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

from anhu.contract.commands import ANSWERED_BY
from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Observation
from gateway.codec import Codec, Frame
from gateway.salvage import shown

_logger = logging.getLogger(__name__)
_REPORTED = frozenset().union(*ANSWERED_BY.values())
"""Events that answer what was asked before them: all is well, help, here I am."""
_MOST = 10_000
_EVERY_S = 1.0


class CommandAnswer(NamedTuple):
    """What a device answered.

    Attributes
    ----------
    command_id : str
        Empty: the device does not say to which; `text` is the event that it reported then.
    is_refusal : bool
        It says that it cannot do what was asked.
    at_ms : int
        UTC. [ms]
    """

    device_id: str
    command_id: str
    text: str
    is_refusal: bool
    at_ms: int


class AnswerBook(Protocol):
    """Where answers are written down. Calls may block."""

    def answered(self, answers: Sequence[CommandAnswer]) -> int:
        """Write down those that answer something; return how many did."""
        ...


class CommandAnswers:
    """Notes answers as messages come, and has them written every second.

    Attributes
    ----------
    written : int
        Answers that belonged to a command.
    """

    def __init__(self) -> None:
        self._new: dict[tuple[str, str], CommandAnswer] = {}
        self.written = 0

    def note(self, frame: Frame, codec: Codec, observations: Sequence[Observation]) -> None:
        """Look for an answer in a message that is more than numbers."""
        if frame.retained:
            return
        for one in observations:
            if type(one) is Event and one.kind in _REPORTED and one.state == "on" and not one.source:
                self._put(CommandAnswer(frame.device_id, "", one.kind, is_refusal=False, at_ms=frame.received_at_ms))
        if codec.answer is None:
            return
        try:
            said = codec.answer(frame)
        except FieldError:
            return
        if said is not None:
            text = shown(said.text)
            self._put(CommandAnswer(frame.device_id, said.command_id, text, said.is_refusal, frame.received_at_ms))

    def _put(self, answer: CommandAnswer) -> None:
        key = (answer.device_id, answer.command_id or answer.text)
        if key not in self._new and len(self._new) >= _MOST:
            del self._new[next(iter(self._new))]
        self._new[key] = answer

    async def run(self, book: AnswerBook) -> None:
        """Write for ever."""
        executor = ThreadPoolExecutor(1, thread_name_prefix="answers")
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(_EVERY_S)
                answers, self._new = self._new, {}
                if not answers:
                    continue
                try:
                    self.written += await loop.run_in_executor(executor, book.answered, list(answers.values()))
                except Exception:
                    _logger.exception("answers of devices could not be written down; it is tried again")
                    self._new = {**answers, **self._new}
        finally:
            executor.shutdown(wait=False)
