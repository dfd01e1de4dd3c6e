"""One campaign: an installation of one setup lives through faults drawn from a seed; then comes the verdict."""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.fault import Fault, all_faults
from tests.faults.postbox import mailed
from tests.faults.properties import Verdict, unrung, verdict
from tests.faults.pulse import beats_again
from tests.faults.setup import Setup, services
from tests.faults.small_disk import small_disk
from tests.faults.world import World, world

_logger = logging.getLogger(__name__)
_CALLS_A_FAULT = 6
_PROOF_EVERY = 5
_ON_ITS_WAY_S = 20.0


class Outcome(NamedTuple):
    """What a campaign came to.

    Attributes
    ----------
    recoveries_s : list of float
        From a call for help made right after a fault until it had reached the doctor. [s]
    """

    setup: Setup
    seed: str
    verdict: Verdict
    kills: dict[str, int]
    faults: dict[str, int]
    recoveries_s: list[float]
    peak_bytes: dict[str, int]
    notes: dict[str, float]
    seconds: float

    def row(self) -> dict[str, Any]:
        """Return it for a JSON report."""
        counted = {"kills": sum(self.kills.values()), "faults": sum(self.faults.values())}
        return {
            "setup": str(self.setup),
            "seed": self.seed,
            **counted,
            **self.verdict._asdict(),
            "wrong": self.verdict.wrong,
            "seconds": round(self.seconds, 1),
            "slowest_recovery_s": round(max(self.recoveries_s, default=0.0), 2),
            "peak_mb": {name: round(size / 1_048_576) for name, size in sorted(self.peak_bytes.items())},
            "killed": self.kills,
            "done": self.faults,
            "notes": self.notes,
        }


def draw(
    setup: Setup, seed: str, *, kills: int, others: int, only: str = "", turn: int = 0, short: bool = False
) -> list[Fault]:
    """Return the faults of a campaign: so many that kill and so many that do not, in an order of the seed's own.

    The next turn of the same setup goes on in the same two packs, so that two turns have met nearly everything.
    """
    fitting = [f for f in all_faults() if f.fits(setup) and only in f.name and not (short and f.takes_minutes)]
    chosen: list[Fault] = []
    for count, some in ((kills, [f for f in fitting if f.kills]), (others, [f for f in fitting if not f.kills])):
        _rng(setup, seed).shuffle(some)
        chosen += islice(cycle(some), turn * count, (turn + 1) * count) if some else ()
    _rng(setup, seed, turn).shuffle(chosen)
    return chosen


def _rng(*parts: object) -> random.Random:
    return random.Random("-".join(map(str, parts)))  # noqa: S311 - repeatable is what it must be


def run_campaign(setup: Setup, seed: str, faults: Sequence[Fault]) -> Outcome:
    """Start an installation, let the faults happen to it while it works, and judge it."""
    with (
        services(setup) as around,
        tempfile.TemporaryDirectory(prefix="anhu-faults-") as folder,
        small_disk(Path(folder)) as disk,
    ):
        making = world(setup, around, Path(folder), disk, seed=seed, callers=_calls(faults))
        return asyncio.run(_run(setup, seed, faults, making))


def _calls(faults: Sequence[Fault]) -> int:
    return _CALLS_A_FAULT * len(faults) + 20


async def _run(setup: Setup, seed: str, faults: Sequence[Fault], making: Any) -> Outcome:  # noqa: ANN401 - a context
    start_s = time.monotonic()
    recoveries_s: list[float] = []
    async with making as made:
        recoveries_s.append(await made.recovers())
        for number, fault in enumerate(faults):
            recoveries_s += await _one(made, fault, proof=not fault.kills or number % _PROOF_EVERY == 0)
        await _settle(made)
        judged = await _judged(made)
        return Outcome(
            setup=setup,
            seed=seed,
            verdict=judged,
            kills=made.ledger.kills,
            faults=Counter(f.name for f in faults),
            recoveries_s=recoveries_s,
            peak_bytes=made.ledger.peak_bytes,
            notes=made.ledger.notes,
            seconds=time.monotonic() - start_s,
        )


async def _settle(made: World) -> None:
    """Let the devices fall silent, everything be acknowledged, read, stored, raised and told."""
    ledger, insides = made.ledger, made.insides

    def unanswered_are_mailed() -> bool:
        return {a.id for a in insides.alerts() if a.id not in ledger.answered_s} <= mailed(made.mail.mails)

    made.fall_silent()
    await made.until(lambda: not any(s.owed for s in ledger.senders), "every message is answered")
    await made.until(made.settled, "both readers are at the end of the LOG")
    raised = lambda: len({a.resident_id for a in insides.alerts()}) >= len(ledger.calls)  # noqa: E731
    await made.until(raised, "every call is an alert")
    await made.until(lambda: all(map(made.callers.paged, ledger.calls)), "every call is paged")
    await made.until(unanswered_are_mailed, "every unanswered call is mailed")
    await made.until(lambda: not unrung(made), "every unanswered call is told a doctor by text and call")
    await made.until(lambda: not made.insides.callbacks_waiting(), "all that the clouds said is heard")
    await beats_again(made)


async def _judged(made: World) -> Verdict:
    """Judge; what a broker acknowledged a moment ago may still be on its way to us, and is given some seconds."""
    end_s = time.monotonic() + (_ON_ITS_WAY_S if made.setup.route == "broker" else 0.0)
    while True:
        judged = await asyncio.to_thread(verdict, made)
        if not judged.lost or time.monotonic() > end_s:
            return judged
        await asyncio.sleep(1.0)


async def _one(made: World, fault: Fault, *, proof: bool) -> list[float]:
    began_s = time.monotonic()
    try:
        await fault.inject(made)
        recovery_s = [await made.recovers()] if proof else []
    except Exception as error:
        error.add_note(f"fault {fault.name!r}, setup {made.setup}, seed {made.ledger.seed}")
        raise
    _logger.info("%6.1f s  %s %s", time.monotonic() - began_s, fault.name, [round(s, 1) for s in recovery_s])
    return recovery_s
