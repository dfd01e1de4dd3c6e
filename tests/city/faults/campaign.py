"""One campaign: a city lives through faults drawn from a seed; then comes the verdict."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.city.faults.catalogue import FAULTS, CityFault
from tests.city.faults.world import CityWorld, city_world
from tests.city.layout import Size
from tests.faults.postbox import mailed
from tests.faults.properties import Verdict, counted, has_all

_logger = logging.getLogger(__name__)
_CALLS_A_FAULT = 6
_PROOF_EVERY = 5
_LOOKS, _LOOK_S = 80, 3.0
_NO_PHONES = {"rings": 0, "rings_repeated": 0, "not_rung": 0, "rung_after_answer": 0}
_ROLLING_CALLS = 26


def draw(seed: str, *, kills: int, others: int, only: str = "") -> list[CityFault]:
    """Return faults that kill so many processes, and so many that kill none, in an order of the seed's own."""
    rng = random.Random(seed)  # noqa: S311 - repeatable is what it must be
    fitting = [f for f in FAULTS if only in f.name]
    deadly, harmless = [f for f in fitting if f.kills], [f for f in fitting if not f.kills]
    rng.shuffle(deadly)
    rng.shuffle(harmless)
    chosen: list[CityFault] = []
    for fault in cycle(deadly) if deadly else ():
        if sum(f.kills for f in chosen) >= kills:
            break
        chosen.append(fault)
    chosen += islice(cycle(harmless), others) if harmless else ()
    rng.shuffle(chosen)
    return chosen


def run_campaign(seed: str, faults: Sequence[CityFault], size: Size | None = None) -> dict[str, Any]:
    """Start a city, let the faults happen to it while it works, and return what came of it, for a JSON report."""
    with TemporaryDirectory(prefix="anhu-city-", ignore_cleanup_errors=True) as folder:
        calls = _CALLS_A_FAULT * len(faults) + 20 + _ROLLING_CALLS * sum("rolling" in f.name for f in faults)
        making = city_world(Path(folder), size or Size(), seed=seed, callers=calls)
        return asyncio.run(_run(seed, faults, making))


async def _run(seed: str, faults: Sequence[CityFault], making: Any) -> dict[str, Any]:  # noqa: ANN401 - a context
    start_s = time.monotonic()
    recoveries_s: dict[str, float] = {}
    async with making as made:
        await made.recovers()
        for number, fault in enumerate(faults):
            found_s = await _one(made, fault, proof=not fault.kills or number % _PROOF_EVERY == 0)
            recoveries_s[fault.name] = max(found_s, recoveries_s.get(fault.name, 0.0))
        await _settle(made)
        made.note_memory()
        verdict = Verdict(**await asyncio.to_thread(counted, made), **_NO_PHONES)
        kills = made.ledger.kills
        return {
            "setup": "city",
            "seed": seed,
            "kills": sum(kills.values()),
            "faults": len(faults),
            **verdict._asdict(),
            "wrong": verdict.wrong,
            "seconds": round(time.monotonic() - start_s, 1),
            "slowest_recovery_s": round(max(recoveries_s.values(), default=0.0), 2),
            "peak_mb": {name: round(size / 1_048_576) for name, size in sorted(made.ledger.peak_bytes.items())},
            "killed": kills,
            "done": Counter(f.name for f in faults),
            "notes": {f"ended by itself: {name}": times for name, times in made.given_up.items()},
            "recoveries_s": {name: round(took_s, 1) for name, took_s in recoveries_s.items() if took_s},
        }


async def _one(made: CityWorld, fault: CityFault, *, proof: bool) -> float:
    began_s, recovery_s = time.monotonic(), 0.0
    try:
        await fault.inject(made)
        if proof:
            recovery_s = await made.recovers()
    except Exception as error:
        error.add_note(f"fault {fault.name!r}, seed {made.ledger.seed}")
        raise
    _logger.info("%6.1f s  %s %.1f", time.monotonic() - began_s, fault.name, recovery_s)
    return recovery_s


async def _settle(made: CityWorld) -> None:
    """Let the devices fall silent, everything be acknowledged, stored, raised and told."""
    ledger, insides = made.ledger, made.insides

    def unanswered_are_mailed() -> bool:
        return {a.id for a in insides.alerts() if a.id not in ledger.answered_s} <= mailed(made.mail.mails)

    made.fall_silent()
    await made.all_run()
    await made.until(lambda: not any(s.owed for s in ledger.senders), "every message is answered")
    raised = lambda: len({a.resident_id for a in insides.alerts()}) >= len(ledger.calls)  # noqa: E731
    await made.until(raised, "every call is an alert")
    await made.until(lambda: all(map(made.callers.paged, ledger.calls)), "every call is paged")
    await made.until(unanswered_are_mailed, "every unanswered call is mailed")
    for _ in range(_LOOKS):
        if await asyncio.to_thread(has_all, made):
            return
        await asyncio.sleep(_LOOK_S)  # what is missing in the end is named by the verdict
