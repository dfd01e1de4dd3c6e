"""``python -m tests.faults``: long campaigns over all eleven setups and the city, with a counted report.

``--part K`` runs the K-th campaign alone, and ``--merge FILES`` makes one report of the files of several parts.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import traceback
from functools import partial
from itertools import chain
from pathlib import Path

from tests.city.faults.campaign import draw as city_draw
from tests.city.faults.campaign import run_campaign as city_campaign
from tests.faults import report
from tests.faults.campaign import draw, run_campaign
from tests.faults.setup import MATRIX

_KILLS_A_CAMPAIGN, _KILLS_A_CITY = 26, 50


def main() -> int:
    """Run, and return how many campaigns found something wrong."""
    given = _arguments()
    rows = report.read(given.merge)
    campaigns = () if given.merge else (partial(_campaign, number, given) for number in _numbers(given))
    cities = range(0 if given.merge else given.city)
    for campaign in chain(campaigns, (partial(_city, number, given) for number in cities)):
        rows.append(campaign())
        sys.stderr.write(f"{json.dumps(rows[-1], ensure_ascii=False)}\n")
        if given.json:
            report.write(given.json, rows)
    report.show(rows)
    return sum(bool(row["wrong"]) for row in rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=286, help="processes killed in all")
    parser.add_argument("--others", type=int, default=12, help="other faults in each campaign")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--part", type=int, default=0, help="only this campaign, from 1")
    parser.add_argument("--city", type=int, default=0, help="campaigns of a whole city, of 50 kills each")
    parser.add_argument("--only", default="", help="only faults whose name holds this")
    parser.add_argument("--json", type=Path, help="file for the report")
    parser.add_argument("--merge", type=Path, nargs="+", default=[], help="run nothing: one report of these files")
    return parser.parse_args()


def _campaigns(given: argparse.Namespace) -> int:
    kills: int = given.kills
    return max(1, round(kills / _KILLS_A_CAMPAIGN)) if kills else 0


def _numbers(given: argparse.Namespace) -> range:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # takes the installation and its services along
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return range(given.part - 1, given.part) if given.part else range(_campaigns(given))


def _campaign(number: int, given: argparse.Namespace) -> report.Row:
    turn, place = divmod(number, len(MATRIX))
    setup, seed = MATRIX[place], f"{given.seed}-{number + 1}"
    kills = given.kills * (number + 1) // _campaigns(given) - given.kills * number // _campaigns(given)
    faults = draw(setup, str(given.seed), kills=kills, others=given.others, only=given.only, turn=turn)
    try:
        return run_campaign(setup, seed, faults).row()
    except Exception as error:  # noqa: BLE001 - the other campaigns still have something to say
        traceback.print_exc()
        return {"setup": str(setup), "seed": seed, "wrong": {"failed": str(error)[:300]}}


def _city(number: int, given: argparse.Namespace) -> report.Row:
    seed = f"{given.seed}-{number + 1}"
    try:
        return city_campaign(seed, city_draw(seed, kills=_KILLS_A_CITY, others=given.others, only=given.only))
    except Exception as error:  # noqa: BLE001 - as above
        traceback.print_exc()
        return {"setup": "city", "seed": seed, "wrong": {"failed": str(error)[:300]}}


if __name__ == "__main__":
    sys.exit(main())
