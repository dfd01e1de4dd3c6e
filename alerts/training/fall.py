"""Train the learned stage of fall detection: ``python -m alerts.training.fall DATA_FOLDER``.

Reads every fall set that `alerts.accuracy.fall_sets` knows. Writes ``fall.npz`` (trees) and ``fall.json`` (who trained
what) into `alerts/models/`: the shipped model on everybody, four models each without a quarter of the people, and one
without each set in which people fall. Operating points are read off people whom the trees in question did not see:
those of all but the sets off the people who are developed on anyway (`alerts/measured/development.toml`), each judged
by the trees of the quarter that leaves them out; those of a set left out off all others, for which trees are also grown
without each set and quarter.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, product, repeat
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.development import Development
from alerts.accuracy.fall_sets import trials
from alerts.accuracy.row import Chosen
from alerts.detectors.fall_motion import FallMotion
from alerts.signal.fall.model import CARD_FILE, PARTS, TREES_FILE
from alerts.signal.model_file import SHIPPED
from alerts.signal.trees import Trees
from alerts.training.fall_candidates import Candidates, candidates
from alerts.training.fall_learners import SETTINGS, SHARE, fit
from alerts.training.fall_limits import Score, limits_of, scored

SEED: Final = 20_261_123
QUARTERS: Final = 4
SETS: Final = ("sisfall", "smartfallmm", "umafall", "weda_fall")

Absent = frozenset[str]
"""Names of the groups that some trees did not see."""
Grown = tuple[dict[str, Trees], list[Score]]


def parted(people: Iterable[str], n: int) -> list[set[str]]:
    """Return people in n groups, each set spread evenly over them."""
    ordered = sorted(people)
    return [set(ordered[i::n]) for i in range(n)]


def groups(people: Sequence[str]) -> dict[str, dict[str, set[str]]]:
    """Return the two ways in which people are kept apart: quarters of everybody, and sets in which people fall."""
    quarters = {f"without_{number}": part for number, part in enumerate(parted(people, QUARTERS))}
    sets = {f"without_{name}": {p for p in people if p.startswith(f"{name}/")} for name in SETS}
    return {"quarters": quarters, "sets": sets}


def plans(apart: Mapping[str, Mapping[str, set[str]]]) -> list[Absent]:
    """Return what trees are grown without: nothing, each group, every set and quarter."""
    singles = [frozenset({name}) for kind in apart.values() for name in sorted(kind)]
    two = product(sorted(apart["sets"]), sorted(apart["quarters"]))
    return [frozenset(), *singles, *map(frozenset, two)]


def grown(group: Sequence[Candidates], absent: set[str], *, few: bool = False) -> Grown:
    """Return trees for each part of the body without some people, and what they say of those."""
    own = [one for one in group if one.person not in absent]
    trees = {part: fit(own, part, few=few) for part in PARTS}
    return trees, scored([one for one in group if one.person in absent], trees)


def is_developed_on(person: str) -> bool:
    """Return whether constants were chosen in sight of a person (``set/name``): then limits may be, too."""
    dataset, _, name = person.partition("/")
    return Development.read().claim(FallMotion.name, dataset, name) is Chosen.SAME_PEOPLE


def limits(name: str, quarters: Mapping[str, set[str]], found: Mapping[Absent, Grown]) -> dict[str, float]:
    """Return a model's operating points, from people whom the trees in question did not see.

    One set of points for all models but those without a set: three quarters of the people each by themselves scatter
    by a whole log-odds. Whoever is not developed on has no say in it.
    """
    dataset = name.removeprefix("without_")
    own = frozenset({name}) if dataset in SETS else frozenset()
    unseen: list[Score] = []
    for quarter, members in sorted(quarters.items()):
        of_others = {person for person in members if not person.startswith(f"{dataset}/")}
        asked = of_others if own else set(filter(is_developed_on, of_others))
        unseen += [one for one in found[own | {quarter}][1] if one.person in asked]
    return limits_of(unseen)


def train(group: Sequence[Candidates], say: Callable[[str], object]) -> None:
    """Train all models, several at a time, and write them."""
    people = sorted({one.person for one in group})
    apart = groups(people)
    everybody = {name: members for kind in apart.values() for name, members in kind.items()}
    wanted = plans(apart)
    absent = [set().union(*(everybody[name] for name in some)) for some in wanted]
    with ProcessPoolExecutor() as workers:
        found: dict[Absent, Grown] = {}
        several = [workers.submit(grown, group, a, few=len(s) > 1) for s, a in zip(wanted, absent, strict=True)]
        for some, result in zip(wanted, several, strict=True):
            found[some] = result.result()
            say(f"grown without {', '.join(sorted(some)) or 'nobody'}")
    finish(people, apart, found, say)


def finish(
    people: Sequence[str],
    apart: Mapping[str, Mapping[str, set[str]]],
    found: Mapping[Absent, Grown],
    say: Callable[[str], object],
) -> None:
    """Read every model's operating points off what was grown, and write the models."""
    everybody = {name: members for kind in apart.values() for name, members in kind.items()}
    arrays: dict[str, NDArray[Any]] = {}
    models: dict[str, Any] = {}
    for name in (SHIPPED, *everybody):
        own = frozenset() if name == SHIPPED else frozenset({name})
        for part, trees in found[own][0].items():
            arrays |= trees.arrays(f"{name}/{part}")
        trained_on = sorted(set(people) - everybody.get(name, set()))
        models[name] = {"limits": limits(name, apart["quarters"], found), "trained_on": trained_on}
        say(f"{name}: {len(trained_on)} people, limits {models[name]['limits']}")
    write(arrays, models, {person: name for name, part in apart["quarters"].items() for person in part})


def write(arrays: Mapping[str, NDArray[Any]], models: Mapping[str, Any], left_out: Mapping[str, str]) -> None:
    """Write trees and card."""
    np.savez_compressed(TREES_FILE, allow_pickle=False, **arrays)
    content = {"settings": {**SETTINGS, "share": SHARE}, "models": models, "left_out": dict(sorted(left_out.items()))}
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
