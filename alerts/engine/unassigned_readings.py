"""What is nobody's and somebody has to say whose it is, until it is written into the queue.

Measured with a shared device that does not know whom, or heard by radio of a sensor that nobody registered. Such a
reading is nobody's, and its observations still name the user or the sensor as their source.
"""

from __future__ import annotations

from collections.abc import Sequence

from alerts.engine.calls_of_nobody import UNASSIGNED, Call, CallsOfNobody
from alerts.limits import LIMITS
from anhu.contract.observation import Scalar
from anhu.contract.record import Numbers, Reading

_MOST = 5_000
_UPPER = "upper"


def _abnormal() -> dict[str, tuple[float, float]]:
    """Return quantity -> below and above which a rule would look at it, from the data sheets of the detectors."""
    found: dict[str, tuple[float, float]] = {}
    for limit in LIMITS.values():
        if limit.drawn is None or limit.default == "none":
            continue
        for quantity in limit.drawn.on:
            low, high = found.get(quantity, (float("-inf"), float("inf")))
            if limit.drawn.side == _UPPER:
                found[quantity] = (low, min(high, limit.default))
            else:
                found[quantity] = (max(low, limit.default), high)
    return found


ABNORMAL = _abnormal()


class UnassignedReadings:
    """Remembers them until somebody has written them down.

    Parameters
    ----------
    calls : CallsOfNobody
        Told of one that is not normal: whoever measured it may need help, whoever it is.

    Attributes
    ----------
    unkept : int
        So many at once that there was no room; they are in the LOG and the store, as nobody's.
    """

    def __init__(self, calls: CallsOfNobody) -> None:
        self._calls = calls
        self._waiting: list[Reading] = []
        self.unkept = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def note(self, reading: Reading | Numbers) -> None:
        """Take what a device of nobody reports, if it is a measurement of a user whom it does not know."""
        if isinstance(reading, Numbers) or not reading.observations[0].source:
            return
        slot = reading.observations[0].source
        for one in reading.observations:
            if is_abnormal(one):
                self._calls.tell(reading.device_id, Call(one.quantity, reading.received_at_ms, slot, UNASSIGNED))
                break
        if len(self._waiting) >= _MOST:
            self.unkept += 1
            return
        self._waiting.append(reading)

    def waiting(self) -> Sequence[Reading]:
        """Return them, in the order in which they came."""
        return tuple(self._waiting)

    def written(self, count: int) -> None:
        """Forget the first ones, which are written down."""
        del self._waiting[:count]


def is_abnormal(one: object) -> bool:
    """Tell whether a number is one that a rule would look at."""
    if not isinstance(one, Scalar):
        return False
    low, high = ABNORMAL.get(one.quantity, (float("-inf"), float("inf")))
    return not low < one.value < high
