"""Messages through a whole route at an offered rate: which rate holds, and what each stage pays for a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tests.bench.load import Load, Sent
from tests.bench.report import Options, Report
from tests.bench.usage import Meter, pss_bytes

_LOWEST, _HIGHEST, _STEP = 2_500, 40_000, 2_500
_CATCH_UP_S = 3.0
_LATE_S = 1.0
_GIVE_UP_S = 120.0
_MICRO = 1e6
_MIB = 1_048_576


class Route(Protocol):
    """From the door to the store."""

    name: str

    def stages(self) -> Mapping[str, Sequence[int]]:
        """Return the process ids of each stage."""
        ...

    def catch_up(self, within_s: float) -> float:
        """Wait until everything acknowledged is stored; return how long that took. Raises `TimeoutError`. [s]."""
        ...


class Trial(NamedTuple):
    """One rate, tried.

    Attributes
    ----------
    behind_s : float
        How long the readers still worked after the last answer. [s]
    cpu_s : mapping
        Stage -> CPU time. [s]
    """

    rate: float
    sent: Sent
    behind_s: float
    cpu_s: Mapping[str, float]

    @property
    def holds(self) -> bool:
        """Whether nothing was lost and no backlog grew."""
        kept_pace = self.sent.sent >= 0.99 * self.rate * self.sent.s and self.sent.late_s < _LATE_S
        return kept_pace and self.sent.acked == self.sent.sent and self.behind_s < _CATCH_UP_S


@dataclass(slots=True)
class Measurement:
    """Tries rates on one route and counts everything that was acknowledged."""

    route: Route
    devices: Load
    report: Report
    acked: int = 0

    def measure(self, options: Options) -> None:
        """Find the rate, say what it costs, and hold it for as long as was asked."""
        seconds = 2.0 if options.quick else 8.0
        self.trial(500 if options.quick else 1_000, 1.0)  # connections, caches and files are warm from here on
        rate = options.rate or (1_000 if options.quick else 0.0)
        best = self.trial(rate, seconds) if rate else self._highest(seconds)
        self._tell(best)
        if options.minutes:
            held = self.trial(0.9 * best.rate, 60 * options.minutes)
            name = f"held for {options.minutes:g} min" + ("" if held.holds else ": FAILED")
            self.report.add(self.route.name, name, "messages/s", held.sent.acked / held.sent.s)

    def trial(self, rate: float, seconds: float) -> Trial:
        """Send at a rate for a time and wait until everything is stored. [messages/s, s]."""
        meter = Meter(self.route.stages())
        sent = self.devices.run(rate, seconds)
        behind_s = self.route.catch_up(_GIVE_UP_S)
        self.acked += sent.acked
        return Trial(rate, sent, behind_s, meter.used() | {"generator": sent.cpu_s})

    def _highest(self, seconds: float) -> Trial:
        """Halve the interval between a rate that holds and one that does not."""
        best = self.trial(_LOWEST, seconds)
        low, high = _LOWEST, _HIGHEST + _STEP
        while high - low > _STEP:
            middle = (low + high) // (2 * _STEP) * _STEP
            tried = self.trial(middle, seconds)
            self.report.note(
                f"{self.route.name}: {middle}/s {'holds' if tried.holds else 'does not hold'}: sent {tried.sent.sent},"
                f" answered {tried.sent.acked}, late {tried.sent.late_s:.2f} s, behind {tried.behind_s:.2f} s"
            )
            if tried.holds:
                best, low = tried, middle
            else:
                high = middle
        return best

    def _tell(self, best: Trial) -> None:
        name, messages = self.route.name, best.sent.acked
        self.report.add(name, "rate" if best.holds else "rate: DOES NOT HOLD", "messages/s", messages / best.sent.s)
        for stage, cpu_s in best.cpu_s.items():
            self.report.add(name, f"CPU of {stage}", "µs/message", cpu_s / messages * _MICRO)
        total_s = sum(s for stage, s in best.cpu_s.items() if stage != "generator")
        self.report.add(name, "CPU of all but the generator", "µs/message", total_s / messages * _MICRO)
        for stage, pids in self.route.stages().items():
            self.report.add(name, f"memory of {stage}", "MiB", sum(map(pss_bytes, pids)) / _MIB)
