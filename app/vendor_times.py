"""How old is too old, for the device makers' guide, from the numbers that storing and alarming go by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.engine.lateness import STILL_URGENT_MS
from alerts.kinds import KINDS, VITAL_LATE_H
from alerts.silent_questions import SILENT_AFTER_MS
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.contract.device_clock import KEPT_MS, LATE_MS, SANE_MS
from app.markdown import table

_HEADS: Mapping[str, Sequence[str]] = {"en": ("a time", "what it does"), "zh": ("时间", "结果")}
_Row = tuple[str, str, str, str]
"""A time and what it does, in English and in Chinese."""


def guide_times(language: str) -> str:
    """Return what becomes of what is late, and of what a wrong clock says."""
    said = (*_clocks(), *_old())
    rows = [[en, does] if language == "en" else [zh, does_zh] for en, does, zh, does_zh in said]
    return table(_HEADS[language], rows)


def _clocks() -> Sequence[_Row]:
    sane, late = f"{SANE_MS // MINUTE_MS} min", f"{LATE_MS // MINUTE_MS} min"
    return (
        (f"up to {sane} off", "the clock is right enough", f"相差 {sane} 以内", "视为准确"),
        (f"older than {late}", "kept under its own time and marked late", f"早于 {late}", "按自己的时间保存，标为迟到"),
        (
            f"more than {sane} ahead",
            "accepted; kept under its own time, marked as of a wrong clock; rules take the time of arrival",
            f"超前 {sane} 以上",
            "收下；按自己的时间保存，标为时钟有误；判断以接收时间为准",
        ),
        (
            f"always behind by the same, more than {sane}; or by more than {DAY_MS // HOUR_MS} h and never seen right",
            "as one ahead, once that is sure (seconds to minutes)",
            f"总是落后同样多（{sane} 以上）；或落后 {DAY_MS // HOUR_MS} h 以上且从未准确",
            "确定之后（数秒至数分钟）同上",
        ),
    )


def _old() -> Sequence[_Row]:
    urgent, shown = f"{STILL_URGENT_MS // HOUR_MS} h", f"{KINDS['sos'].late_h} h"
    return (
        (
            f"a vital sign older than {VITAL_LATE_H} h",
            "kept; nobody is alarmed",
            f"超过 {VITAL_LATE_H} h 的生命体征",
            "保存；不报警",
        ),
        (
            f"a call older than {urgent}; than {shown}",
            "told with medium priority; shown on the desk, and nobody is paged",
            f"超过 {urgent} 的求助；超过 {shown}",
            "按中等优先级通知；只在值班台显示，不通知",
        ),
        (
            f"a call older than {KEPT_MS // DAY_MS} days",
            "taken as of now: no device keeps one for so long",
            f"超过 {KEPT_MS // DAY_MS} 天的求助",
            "视为现在：没有设备保存这么久",
        ),
        ("before 2000, after 2100", "an error: leave `time` out", "2000 年以前、2100 年以后", "报错：不要写 `time`"),
        (
            f"`ask_ok` unanswered for {SILENT_AFTER_MS // MINUTE_MS} min",
            "whoever asked is told",
            f"`ask_ok` {SILENT_AFTER_MS // MINUTE_MS} min 无回答",
            "通知询问的人",
        ),
    )
