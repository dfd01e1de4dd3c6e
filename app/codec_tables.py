"""The table of codecs: how many examples each passes, what broken bytes did to it, and what one message costs.

Each codec is examined when the table is made, which gives the same counts everywhere. What a message costs stands in a
file that ``python -m tests.bench codecs --json gateway/measured/codecs.json`` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import gateway
from app.markdown import table
from gateway.codecs import discover
from gateway.vendor_bench.examination import Examination, examine

MEASURED = Path(gateway.__file__).parent / "measured" / "codecs.json"
_HEADS: Mapping[str, Sequence[str]] = {
    "en": ("codec", "doors", "examples passed", "broken bytes", "crashes", "a message, median (from … to) µs"),
    "zh": ("编解码器", "接入方式", "通过的示例", "异常报文字节", "出错", "每条消息中位耗时（范围）µs"),
}
_ON: Mapping[str, str] = {
    "en": "Cost measured {day} (processor time) on {cores} cores, {processor}, Python {python}, {runs} runs.",
    "zh": "耗时（处理器时间）{day} 测于 {cores} 核 {processor}，Python {python}，{runs} 次。",
}


def codec_table(language: str) -> str:
    """Return the table in a language; a codec whose cost was not measured yet has an empty cell there."""
    whole = json.loads(MEASURED.read_text("utf-8")) if MEASURED.exists() else {"rows": []}
    costs = {row["metric"]: row for row in whole["rows"] if row["unit"] == "us"}
    made = table(_HEADS[language], [_cells(one, costs.get(one.codec.name)) for one in _examined()])
    runs = max((row["runs"] for row in costs.values()), default=0)
    if not runs:
        return made
    about = {key: whole[key] for key in ("cores", "processor", "python")}
    return made + "\n" + _ON[language].format(day=str(whole["date"])[:10], runs=runs, **about) + "\n"


@cache
def _examined() -> tuple[Examination, ...]:
    return tuple(examine(codec) for codec in discover().values())


def _cells(one: Examination, cost: Mapping[str, Any] | None) -> list[str]:
    return [
        f"`{one.codec.name}`",
        ", ".join(door.upper() for door in one.codec.doors),
        f"{one.vectors_passed} / {one.vectors}",
        f"{one.fuzzed_bytes:,}",
        str(one.crashes),
        "" if cost is None else f"{cost['median']:.1f} ({cost['min']:.1f} … {cost['max']:.1f})",
    ]
