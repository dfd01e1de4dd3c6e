"""What was slow: routes by their slowest answers, and the statements behind them."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.city.asking import Answered, CityHall
from tests.bench.city.plan import WHO, Others, asked_once
from tests.bench.report import percentile


async def ask_all(
    hall: CityHall, times: int, who: Sequence[str] = WHO, told: Callable[[Answered], object] = lambda _: None
) -> list[Answered]:
    """Ask everything as everybody, so often; say each answer when it is there."""
    dice = random.Random(1)  # noqa: S311 - the same questions every time
    others = {side: Others(hall.sessions, side) for side in "AB"}
    found = []
    for caller in who:
        side = "B" if "-b" in caller else "A"
        async with hall.asking(caller) as client:
            for asked in asked_once(caller):
                for k in range(times):
                    about = others[side].instead(asked, side, dice) if k and caller[:6] != "family" else asked
                    found.append(await hall.ask(client, caller, about))
                    told(found[-1])
    return found


def route_rows(found: list[Answered]) -> list[dict[str, object]]:
    """Return route and caller with p50 and p99 of the database's time and of the answer, the slowest first."""
    by_route: dict[tuple[str, str, str], list[Answered]] = defaultdict(list)
    for one in found:
        by_route[
            one.asked.route, json.dumps(one.asked.params if not one.asked.side else {}, ensure_ascii=False), one.caller
        ].append(one)
    rows = []
    for (route, params, caller), ones in by_route.items():
        database = [one.worked_ms for one in ones]
        waited = [one.database_ms for one in ones]
        slowest = max((said for one in ones for said in one.said), key=lambda said: said.worked_ms, default=None)
        rows.append(
            {
                "route": route,
                "params": params,
                "caller": caller,
                "status": sorted({one.status for one in ones}),
                "p50_ms": percentile(database, 0.5),
                "p99_ms": percentile(database, 0.99),
                "waited_p50_ms": percentile(waited, 0.5),
                "waited_p99_ms": percentile(waited, 0.99),
                "answer_p50_ms": percentile([one.took_ms for one in ones], 0.5),
                "answer_p99_ms": percentile([one.took_ms for one in ones], 0.99),
                "statements": max(len(one.said) for one in ones),
                "slowest_ms": slowest.worked_ms if slowest else 0.0,
                "slowest": slowest.sql if slowest else "",
            }
        )
    return sorted(rows, key=lambda row: -float(str(row["p99_ms"])))


def say(one: Answered) -> None:
    """Say an answer that took the database long, with the statement that did."""
    slowest = max(one.said, key=lambda said: said.worked_ms, default=None)
    if slowest is not None and slowest.worked_ms > 8:
        sys.stdout.write(
            f"{one.worked_ms:9.1f} {one.database_ms:8.1f} n={len(one.said)} {one.status} {one.asked.route}"
            f" {one.asked.params} [{one.caller}] {slowest.worked_ms:.0f}: {slowest.sql!r}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        city = CityHall(sys.argv[1], Path(made))
        rows = route_rows(asyncio.run(ask_all(city, int(sys.argv[2]), sys.argv[4].split(","), say)))
        city.close()
    Path(sys.argv[3]).write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
