"""People who press SOS while everybody else comes back: connected anew, each once, one after the other."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from notify.channels.webhook.fake import WebhookServer
from simulators import mqtt_packets as packets
from tests.bench.doors import CUT, Visit
from tests.bench.platform import Platform
from tests.bench.report import Report
from tests.smoke.installation import until

_EVERY_S = 0.5
_ARRIVED_S = 60.0
_TRIES = 20
_SOS = b'{"v":1,"events":[{"kind":"sos"}]}'


class Buttons:
    """Callers, each with the door they come in by."""

    def __init__(self, callers: Iterable[Visit], phone: WebhookServer) -> None:
        self._waiting, self._phone = list(callers), phone
        self._over = threading.Event()
        self._door_of: dict[str, str] = {}
        self._pressed_s: dict[str, float] = {}
        self._answered_s: dict[str, float] = {}
        self._again = 0

    @contextmanager
    def pressed(self) -> Iterator[None]:
        """Have them pressed during the block."""
        with ThreadPoolExecutor(1) as thread:
            pressing = thread.submit(self._press)
            try:
                yield
            finally:
                self._over.set()
            pressing.result()

    def tell(self, report: Report, scenario: str, title: str, platform: Platform) -> None:
        """Wait for every call, and report how long the slowest and the one in the middle took."""
        called = until(self._all_called_s, platform.log, seconds=_ARRIVED_S)
        for to, times in (("its answer", self._answered_s), ("webhook", called)):
            taken_s = sorted(times[r] - at_s for r, at_s in self._pressed_s.items())
            name = f"{title}, SOS from a device that comes back too, to {to}"
            report.add(scenario, f"{name}, median", "ms", 1_000 * taken_s[len(taken_s) // 2])
            report.add(scenario, f"{name}, slowest", "ms", 1_000 * taken_s[-1])
        for kind, calls in sorted(Counter(self._door_of.values()).items()):
            report.add(scenario, f"{title}, SOS pressed meanwhile at the {kind} door, all arrived", "calls", calls)
        report.add(scenario, f"{title}, SOS that was cut off and sent again", "calls", self._again)

    def _press(self) -> None:
        while self._waiting and not self._over.wait(_EVERY_S if self._pressed_s else 0):
            caller = self._waiting.pop()
            resident = f"r-{caller.one.device_id}"
            self._door_of[resident] = caller.door.kind
            self._pressed_s[resident] = time.monotonic()
            self._again += self._call(caller)
            self._answered_s[resident] = time.monotonic()

    def _call(self, caller: Visit) -> int:
        """Send the call until it is answered, as a device does; return how often once more."""
        for again in range(_TRIES):
            if self._is_answered(caller):
                return again
        raise ConnectionAbortedError(f"a call was cut off {_TRIES} times before it was answered")

    def _is_answered(self, caller: Visit) -> bool:
        """Send the call; false where the connection was cut off before the answer."""
        try:
            with caller.door.dial("127.0.0.1") as sock:
                caller.log_in(sock)
                caller.be_let_in(sock)
                sock.sendall(packets.publish(f"anhu/v1/{caller.one.device_id}/up", _SOS, 1))
                return sock.recv(4) == b"\x40\x02\0\1"
        except ConnectionRefusedError:
            raise  # nobody is there
        except CUT:
            return False

    def _all_called_s(self) -> dict[str, float]:
        """Return when each call came to the phone; nothing while one has not."""
        found: dict[str, float] = {}
        for call in tuple(self._phone.calls):
            found.setdefault(json.loads(call.body)["resident_id"], call.at_s)
        return found if self._pressed_s.keys() <= found.keys() else {}
