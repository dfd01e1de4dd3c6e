"""``python -m tests.faults``: long campaigns over the whole matrix, with a report."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults.campaign import draw, run_campaign
from tests.faults.fault import Fault
from tests.faults.setup import MATRIX, Setup

_COLUMNS = (
    "kills", "faults", "messages", "points", "letters", "calls", "pages", "answered", "pages_repeated",
    "lost", "stored_twice", "invented", "not_raised", "raised_twice", "not_paged", "paged_after_answer",
    "keys_changed", "slowest_recovery_s", "seconds",
)  # fmt: skip
_KILLS_A_CAMPAIGN = 25


def main() -> int:
    """Run, and return how many campaigns found something wrong."""
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # takes the installation and its services along
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    campaigns = max(1, round(given.kills / _KILLS_A_CAMPAIGN))
    rows: list[dict[str, Any]] = []
    for number in range(campaigns):
        setup = MATRIX[(given.first + number) % len(MATRIX)]
        seed = f"{given.seed}-{number}-{setup}"
        kills = given.kills * (number + 1) // campaigns - given.kills * number // campaigns
        faults = draw(setup, seed, kills=kills, others=given.others, only=given.only)
        row = _campaign(setup, seed, faults)
        rows.append(row)
        sys.stderr.write(f"{json.dumps(row, ensure_ascii=False)}\n")
        if given.json:
            given.json.write_text(json.dumps({"seed": given.seed, "campaigns": rows}, indent=1), "utf-8")
    _show(rows)
    return sum(bool(row["wrong"]) for row in rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="processes killed in all")
    parser.add_argument("--others", type=int, default=12, help="other faults in each campaign")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=0, help="which setup of the matrix comes first")
    parser.add_argument("--only", default="", help="only faults whose name holds this")
    parser.add_argument("--json", type=Path, help="file for the report")
    return parser.parse_args()


def _campaign(setup: Setup, seed: str, faults: Sequence[Fault]) -> dict[str, Any]:
    try:
        return run_campaign(setup, seed, faults).row()
    except Exception as error:  # noqa: BLE001 - the other campaigns still have something to say
        traceback.print_exc()
        return {"setup": str(setup), "seed": seed, "wrong": {"failed": str(error)[:300]}}


def _show(rows: list[dict[str, Any]]) -> None:
    sound = [row for row in rows if "kills" in row]
    for column in _COLUMNS:
        numbers = [row[column] for row in sound]
        total = max(numbers, default=0) if column == "slowest_recovery_s" else sum(numbers)
        sys.stdout.write(f"{column:20} {total:>12,}\n")
    for row in rows:
        sys.stdout.write(f"{row['setup']:30} {'wrong: ' + str(row['wrong']) if row['wrong'] else 'all kept'}\n")


if __name__ == "__main__":
    sys.exit(main())
