"""Tables of the published figures for the documents: what proves something first, what flatters in small print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from alerts.accuracy.published import FOLDER, Published, PublishedRow, everything, left_out_first
from alerts.accuracy.row import COSTS, Chosen
from alerts.accuracy.run import said, said_as
from alerts.kinds import SHEETS
from alerts.kinds.sheet import Measured
from anhu.contract.errors import FieldError
from app.markdown import table

_HEADS: Mapping[str, Sequence[str]] = {
    "en": ("detector", "set", "of what", "figure", "95 %", "worst person", "10th", "people", "chosen on"),
    "zh": ("检测器", "数据集", "对象", "结果", "95 % 区间", "最差的人", "第 10 百分位", "人数", "常数选自"),
}
_CHOSEN_ZH: Mapping[Chosen, str] = {
    Chosen.LEFT_OUT_SET: "整组留出",
    Chosen.LEFT_OUT_PEOPLE: "留出的人",
    Chosen.NOT_CHOSEN: "无可选",
    Chosen.SAME_PEOPLE: "同一批人",
}
_BEFORE_HEAD = ("detector", "set", "of what", "figure", "before", "worst", "now", "worst", "people")
_COST_HEAD = ("detector", "on", "of what", "cost", "cases")
_SMALL = "Constants were chosen on these very people; it flatters:"


def measured_sections() -> Mapping[str, Callable[[], str]]:
    """Return block name -> function that makes its Markdown: figures by part, the ten worst, costs, headlines."""
    parts = everything()
    return {
        "measured": partial(_by_part, parts, _figures),
        "worst": partial(_by_part, parts, _worst),
        "before-after": partial(_before_after, parts),
        "costs": partial(_costs, parts),
        "headlines": partial(_headlines, parts, "en"),
        "headlines.zh": partial(_headlines, parts, "zh"),
    }


def _by_part(parts: Mapping[str, Published], made: Callable[[Published], str]) -> str:
    texts = {part: made(published) for part, published in parts.items()}
    return "\n".join(f"**{part}**\n\n{text}" for part, text in texts.items() if text)


def _figures(published: Published) -> str:
    proof, same = left_out_first(published.rows)
    text = table(_HEADS["en"], (_cells(row, "en") for row in proof)) if proof else ""
    if same:
        text += f"\n<sub>{_SMALL} {'; '.join(_in_words(row) for row in same)}.</sub>\n"
    return text


def _cells(row: PublishedRow, language: str) -> list[str]:
    spread = ["", "", ""] if row.people == 1 else [_between(row), said_as(row, row.worst), said_as(row, row.tenth)]
    on = "" if row.chosen is None else _CHOSEN_ZH[row.chosen] if language == "zh" else row.chosen.value
    return [f"`{row.detector}`", row.dataset, row.group, _figure(row), *spread, str(row.people), on]


def _figure(row: PublishedRow) -> str:
    return f"{_metric(row)} {said(row)}"


def _metric(row: PublishedRow) -> str:
    return {"mae": "MAE", "ppv": "PPV", "f1": "F1"}.get(
        row.metric, row.metric.replace("_", " ").replace("person week", "person-week")
    )


def _in_words(row: PublishedRow) -> str:
    return f"{row.detector}, {row.dataset}, {row.group}: {_figure(row)} ({row.people})"


def _worst(published: Published) -> str:
    lines = []
    for row in left_out_first(published.rows)[0]:
        if row.worst_people and row.worst != row.value:
            people = ", ".join(
                f"{name.removeprefix(row.dataset + '/')} {said_as(row, v)}" for name, v in row.worst_people
            )
            lines.append(f"- {row.detector}, {row.dataset}, {row.group}, {_figure(row)}: {people}\n")
    return "".join(lines)


def _before_after(parts: Mapping[str, Published]) -> str:
    """Return figures beside what the detectors before gave on the very same people; no others can be compared."""
    before = {
        (*_of(row), published.people[row.who]): row
        for published in everything(FOLDER / "before").values()
        for row in published.rows
        if row.who
    }
    rows = [
        [f"`{row.detector}`", row.dataset, row.group, _metric(row), *_twice(before[at]), *_twice(row), str(row.people)]
        for published in parts.values()
        for row in left_out_first(published.rows)[0]
        if (at := (*_of(row), published.people[row.who])) in before
    ]
    return table(_BEFORE_HEAD, rows) if rows else ""


def _of(row: PublishedRow) -> tuple[str, str, str, str]:
    return row.detector, row.dataset, row.group, row.metric


def _twice(row: PublishedRow) -> tuple[str, str]:
    return f"{said(row)}{f' ({between})' if (between := _between(row)) else ''}", said_as(row, row.worst)


def _between(row: PublishedRow) -> str:
    return "" if row.low is None or row.people == 1 else f"{said_as(row, row.low)} to {said_as(row, row.high)}"


def _costs(parts: Mapping[str, Published]) -> str:
    rows = [row for published in parts.values() for row in published.rows if row.metric in COSTS]
    unit = {"us_per_message": "us a message", "us_per_resident_minute": "us a resident-minute"}
    lines = sorted(
        [f"`{r.detector}`", r.dataset, r.group, f"{r.value:,.1f} {unit[r.metric]}", str(r.count)] for r in rows
    )
    return table(_COST_HEAD, lines)


def headline(name: str, told: Measured, parts: Iterable[Published]) -> tuple[str, str]:
    """Return what a detector's sheet calls its figure, and on whom: from the published rows it names, or in words.

    Raises
    ------
    FieldError
        If it names a figure that is not published.
    """
    if not told.headline:
        return told.measured, told.on
    rows = headline_rows(name, told, parts)
    figures = "; ".join(_small(row, f"{row.dataset}, {row.group}: {_figure(row)}{_spread(row)}") for row in rows)
    people = {f"{row.dataset}, {row.people} people, {row.chosen}" for row in rows}
    return figures, "; ".join(sorted(people))


def _small(row: PublishedRow, text: str) -> str:
    return f"<sub>{text}</sub>" if row.chosen is Chosen.SAME_PEOPLE else text


def headline_rows(name: str, told: Measured, parts: Iterable[Published]) -> list[PublishedRow]:
    """Return the published rows that a sheet names, in its order; of people left out, where there are some."""
    proof, same = left_out_first(row for published in parts for row in published.rows)
    there = {(r.detector, r.dataset, r.group, r.metric): r for r in reversed([*proof, *same])}
    missing = [at for at in told.headline if (name, *at) not in there]
    if missing:
        raise FieldError(f"{name}: measured.headline", missing, "figures published in alerts/measured")
    return [there[name, *at] for at in told.headline]


def _spread(row: PublishedRow) -> str:
    return "" if row.worst is None or row.people == 1 else f" (worst person {said_as(row, row.worst)})"


def _headlines(parts: Mapping[str, Published], language: str) -> str:
    rows = [
        row
        for name, told in sheets_measured().items()
        if told.headline
        for row in headline_rows(name, told, parts.values())
    ]
    proof, _ = left_out_first(rows)
    return table(_HEADS[language], (_cells(row, language) for row in proof))


def sheets_measured() -> Mapping[str, Measured]:
    """Return what each detector's sheet says of how far to believe it."""
    return {sheet.name: sheet.measured for sheet in SHEETS.values() if sheet.measured is not None}
