"""The counted report: what campaigns came to, one at a time or merged from several files."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_SUMS = (
    "kills", "faults", "messages", "points", "letters", "calls", "pages", "answered", "pages_repeated",
    "mails", "mails_repeated", "rings", "rings_repeated", "not_mailed", "mailed_after_answer",
    "not_rung", "rung_after_answer", "taken_twice",
    "lost", "stored_twice", "invented", "not_raised", "raised_twice", "not_paged", "paged_after_answer",
    "keys_changed", "too_much_memory", "seconds",
)  # fmt: skip


def write(file: Path, rows: Sequence[Row]) -> None:
    """Keep what campaigns came to."""
    file.write_text(json.dumps({"campaigns": rows}, indent=1, ensure_ascii=False), "utf-8")


def read(files: Iterable[Path]) -> list[Row]:
    """Return the campaigns of several files, in the order given."""
    return [row for file in files for row in json.loads(file.read_text("utf-8"))["campaigns"]]


def show(rows: Sequence[Row]) -> None:
    """Print the totals, how each campaign ended, and how often each fault happened."""
    whole = [row for row in rows if "kills" in row]
    for name in _SUMS:
        sys.stdout.write(f"{name:20} {sum(row[name] for row in whole):>12,.0f}\n")
    slowest = max((row["slowest_recovery_s"] for row in whole), default=0.0)
    sys.stdout.write(f"{'slowest_recovery_s':20} {slowest:>12}\n\n")
    for row in rows:
        verdict = f"wrong: {row['wrong']}" if row["wrong"] else "all kept"
        sys.stdout.write(
            f"{row['setup']:30} {row.get('kills', 0):>4} kills {row.get('faults', 0):>4} faults  {verdict}\n"
        )
    sys.stdout.write("\n")
    done: Counter[str] = Counter()
    for row in whole:
        done.update(row["done"])
    for name, times in sorted(done.items()):
        sys.stdout.write(f"{times:>4}  {name}\n")
