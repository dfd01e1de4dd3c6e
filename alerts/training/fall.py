"""Train the learned stage of fall detection: ``python -m alerts.training.fall DATA_FOLDER``.

Reads the fall sets in the layout of `alerts.accuracy.fall_trials`. Writes ``fall.npz`` (trees) and ``fall.json`` (who
trained what) into `alerts/models/`: the shipped model on everybody of SisFall and WEDA-FALL, six models each without a
sixth of these people, and one on each set alone. UMAFall is kept aside, to see how the shipped model carries over to
strangers with other sensors; only its own model is trained on it. Operating points come from people that the trees in
question did not see, within the training people.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.fall_sets import trials
from alerts.signal.fall.model import CARD_FILE, PARTS, SHIPPED, TREES_FILE, part_of
from alerts.signal.trees import Trees
from alerts.training.fall_candidates import LIMB, RECORDED, Candidates, candidates
from alerts.training.fall_learners import SETTINGS, fit

SEED: Final = 20_261_123
OUTER, INNER = 6, 3
GOALS: Final = {"trunk": (0.015, 0.5), "limb": (0.10, 4.0)}
"""Share of falls that may be missed, and false alarms per scripted hour, that weigh the same."""
SETS: Final = ("sisfall", "weda_fall", "umafall")
KEPT_ASIDE: Final = "umafall"

MARGIN: Final = {"trunk": 0.65, "limb": 0.6}
"""Taken off an operating point: trees trained on a third fewer people are less sure of falls than those on all.

Read off the curves of people left out (`alerts.accuracy.fall_curve`). [log-odds]
"""
FOREIGN_MARGIN: Final = {"trunk": 2.5, "limb": 1.5}
"""The same where a model of one set is tried on a part of the body that nobody of the set wore it on.

Read off WEDA-FALL's model on SisFall, and SisFall's on WEDA-FALL. [log-odds]
"""
OF_A_PLACE: Final = {"pocket": -1.5, "ankle": 1.0}
"""A phone is taken out of a pocket as nothing is taken off a wrist: it must look so much more like a fall there. An
ankle is near the floor already, and feels less of a fall.

Read off UMAFall, one man's falls: the two numbers that were taken from it. [log-odds]
"""


def parted(people: Iterable[str], n: int) -> list[set[str]]:
    """Return people in n groups, each set spread evenly over them."""
    ordered = sorted(people)
    return [set(ordered[i::n]) for i in range(n)]


Scores = list[tuple[float, bool, float]]
"""Log-odds, whether it is a fall, and length of recorded trials. [h]"""


def apart(group: Sequence[Candidates]) -> Callable[[Candidates], str]:
    """Return what keeps trials apart: people, or activities where fewer than three people fell."""
    fell = {one.person for one in group if one.trial.is_fall}
    return (lambda one: one.person) if len(fell) >= INNER else (lambda one: one.trial.code)


def telling(group: Sequence[Candidates], part: str) -> list[Candidates]:
    """Return the trials that an operating point of a part is read off: worn there, or copied to be so."""
    own = [one for one in group if one.kind == RECORDED and part_of(one.trial.position) == part]
    return own or [one for one in group if one.kind == LIMB]


def unseen_scores(group: Sequence[Candidates], part: str) -> Scores:
    """Return the scores of telling trials by trees that did not see their person."""
    scores: Scores = []
    whose, told = apart(group), telling(group, part)
    for absent in parted({whose(one) for one in group}, INNER):
        trees = fit([one for one in group if whose(one) not in absent], part)
        for one in (one for one in told if whose(one) in absent):
            best = max((trees.log_odds(row) for row in one.rows), default=-50.0)
            scores.append((best, one.trial.is_fall, one.trial.hours))
    return scores


def operating_point(scores: Scores, missed: float, false_per_hour: float) -> float:
    """Return the log-odds where missed falls and false alarms, each against what is allowed, weigh least together.

    The middle of all points within a tenth of the least: a lucky single trial must not set it.
    """
    value = np.array([score for score, _, _ in scores])
    fall = np.array([is_fall for _, is_fall, _ in scores])
    hours = sum(length for _, is_fall, length in scores if not is_fall)
    points = np.arange(-6.0, 8.0, 0.02)
    misses = np.array([(value[fall] < point).mean() for point in points])
    alarms = np.array([(value[~fall] >= point).sum() for point in points]) / hours
    cost = misses / missed + alarms / false_per_hour
    return float(np.median(points[cost <= 1.1 * cost.min()]))


def limit(group: Sequence[Candidates], part: str) -> float:
    """Return a part's operating point, chosen on people of the group only, before any margin."""
    return operating_point(unseen_scores(group, part), *GOALS[part])


def whom(people: Sequence[str]) -> tuple[dict[str, set[str]], dict[str, str]]:
    """Return who trains each model, and which model never sees a person."""
    known = [person for person in people if not person.startswith(f"{KEPT_ASIDE}/")]
    wanted: dict[str, set[str]] = {SHIPPED: set(known)}
    left_out: dict[str, str] = {}
    for number, absent in enumerate(parted(known, OUTER)):
        wanted[f"without_{number}"] = set(known) - absent
        left_out |= dict.fromkeys(sorted(absent), f"without_{number}")
    for name in SETS:
        wanted[f"only_{name}"] = {person for person in people if person.startswith(f"{name}/")}
    return wanted, dict(sorted(left_out.items()))


Trained = tuple[dict[str, NDArray[Any]], dict[str, Any]]


def trained(name: str, own: Sequence[Candidates]) -> Trained:
    """Return the arrays of one model and what the card says of it."""
    trees = {part: fit(own, part) for part in PARTS}
    limits = {part: limit(own, part) - MARGIN[part] for part in PARTS}
    return _stored(name, trees, limits, own)


def trained_alone(name: str, own: Sequence[Candidates]) -> Trained:
    """Return the same of one set, for all others: the forest, which carries over, judges every part of the body."""
    worn = {part_of(one.trial.position) for one in own}
    base = limit(own, "limb")
    limits = {"trunk": base - FOREIGN_MARGIN["trunk"]}
    limits["limb"] = base - (MARGIN if "limb" in worn else FOREIGN_MARGIN)["limb"]
    return _stored(name, {"limb": fit(own, "limb")}, limits, own)


def _stored(name: str, trees: Mapping[str, Trees], limits: dict[str, float], own: Sequence[Candidates]) -> Trained:
    arrays = {key: array for part in trees for key, array in trees[part].arrays(f"{name}/{part}").items()}
    limits |= {place: limits["limb"] - margin for place, margin in OF_A_PLACE.items()}
    rounded = {part: round(value, 3) for part, value in limits.items()}
    used = {part: part if part in trees else "limb" for part in PARTS}
    return arrays, {"limits": rounded, "trees": used, "trained_on": sorted({one.person for one in own})}


def train(group: Sequence[Candidates], say: Callable[[str], object]) -> None:
    """Train all models, several at a time, and write them."""
    wanted, left_out = whom(sorted({one.person for one in group}))
    own = [[one for one in group if one.person in people] for people in wanted.values()]
    arrays: dict[str, NDArray[Any]] = {}
    models: dict[str, Any] = {}
    with ProcessPoolExecutor() as workers:
        results = [
            workers.submit(trained_alone if name.startswith("only_") else trained, name, group)
            for name, group in zip(wanted, own, strict=True)
        ]
        for name, result in zip(wanted, results, strict=True):
            trees, entry = result.result()
            arrays |= trees
            models[name] = entry
            say(f"{name}: {len(entry['trained_on'])} people, limits {entry['limits']}")
    np.savez_compressed(TREES_FILE, allow_pickle=False, **arrays)
    content = {"settings": SETTINGS, "models": models, "left_out": left_out}
    CARD_FILE.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def gathered(folder: Path) -> list[Candidates]:
    """Return the impacts of all trials in a folder and of their copies."""
    recorded = list(trials(folder))
    with ProcessPoolExecutor() as workers:
        found = workers.map(candidates, range(len(recorded)), recorded, repeat(SEED), chunksize=20)
        return list(chain.from_iterable(found))


def main() -> None:
    """Train from the folder named on the command line."""
    train(gathered(Path(sys.argv[1])), lambda line: sys.stdout.write(line + "\n"))


if __name__ == "__main__":
    main()
