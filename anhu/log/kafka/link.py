"""One producer and the thread that hears what became of its records: a fatal error ends both, and new ones begin."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from anhu.log.kafka.errors import in_words
from anhu.log.kafka.settings import MAX_MESSAGE_BYTES, KafkaSettings

logger = logging.getLogger(__name__)
_LINGER_MS = 1.0
_POLL_S = 1.0
MAX_WAITING_BYTES = 64 * 1_048_576

Report = Callable[[KafkaError | None, Any], None]


class Link:
    """A producer that keeps order and writes nothing twice as long as it lives.

    Parameters
    ----------
    settings : KafkaSettings
        Where to.
    heard : callable
        Called in this link's thread after reports came, once for all that came together.
    """

    def __init__(self, settings: KafkaSettings, heard: Callable[[], None]) -> None:
        self._heard = heard
        self._ends = threading.Event()
        self.is_broken = False
        self.trouble = ""
        """What a broker said last; empty while nothing is wrong."""
        self._producer = Producer(_config(settings) | {"error_cb": self._note})
        self._thread = threading.Thread(target=self._listen, name="kafka writer", daemon=True)
        self._thread.start()

    def send(self, topic: str, partition: int, record: bytes, report: Report) -> None:
        """Hand a record over.

        Raises
        ------
        OSError
            When the client takes none; after a fatal error it never will again.
        """
        try:
            self._producer.produce(topic, record, partition=partition, on_delivery=report)
        except BufferError as error:
            raise OSError(f"Kafka: {error}") from None
        except KafkaException as error:
            self._note(error.args[0])
            raise OSError(in_words(error.args[0])) from None

    def drain(self, within_s: float) -> None:
        """Wait until all are reported; what is not by then is given up, and reported so. [s]."""
        if self._producer.flush(within_s):
            self.give_up()

    def give_up(self) -> None:
        """Give up what waits: each record is reported as not written."""
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        self._producer.flush(_POLL_S)

    def close(self) -> None:
        """End the thread; what was reported meanwhile is heard."""
        self._ends.set()
        self._thread.join()
        self._heard()

    def _listen(self) -> None:
        while not self._ends.is_set():
            if self._producer.poll(_POLL_S):
                self._heard()

    def _note(self, error: KafkaError) -> None:
        said = in_words(error)
        if error.fatal():
            self.is_broken = True
            logger.error("log: Kafka's client gives up, a new one begins: %s", said)
        elif said != self.trouble:
            logger.warning("log: %s", said)
        self.trouble = said


def _config(settings: KafkaSettings) -> dict[str, Any]:
    return settings.client() | {
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": _LINGER_MS,
        "message.timeout.ms": int(settings.ack_within_s * 1_000),
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "queue.buffering.max.messages": 1_000_000,
        "queue.buffering.max.kbytes": 2 * MAX_WAITING_BYTES // 1_024,
        "retry.backoff.ms": 50,
        "retry.backoff.max.ms": 500,
        "log_level": 0,
    }
