"""What `anhu docs` writes: whole files made from code, and tables for the blocks in the README files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from alerts.accuracy.published import everything
from alerts.detectors import discover
from alerts.kinds import KINDS
from anhu.contract import published_files
from anhu.contract.guide import quantity_tables
from anhu.contract.quantities import QUANTITIES
from app import house, settings
from app.capacity import capacity_sections
from app.codec_tables import codec_table
from app.markdown import table
from app.measured_tables import headline, measured_sections, sheets_measured
from app.risk_tables import risk_section
from app.vendor_errors import guide_closed, guide_kept, guide_logins, guide_mistakes, guide_pushes
from app.vendor_folder import guide_copies
from app.vendor_guide import guide_commands, guide_examples, guide_limits
from app.vendor_times import guide_times
from dashboards.build import city_dashboards, dashboards
from gateway import codecs
from gateway.codec import Codec
from gateway.mapping.file_schema import file_schema
from gateway.mapping.loading import load_mapping, mapping_files
from gateway.mapping.message_schema import message_schema

_COLUMNS = ("source", "measured", "on", "blind")
_HEADS: Mapping[tuple[str, str], Sequence[str]] = {
    ("rooms", "en"): ("room", "what lives there", "may import"),
    ("rooms", "zh"): ("房间", "里面有什么", "可以引用"),
    ("settings", "en"): ("variable", "default", "meaning"),
    ("settings", "zh"): ("变量", "默认值", "含义"),
    ("quantities", "en"): ("code", "English", "中文", "kind", "unit", "LOINC", "MDC"),
    ("quantities", "zh"): ("代码", "English", "中文", "类型", "单位", "LOINC", "MDC"),
    ("alerts", "en"): ("code", "English", "中文", "priority", "only a person ends it", "pages when late up to"),
    ("alerts", "zh"): ("代码", "English", "中文", "优先级", "只有人能结束", "迟到多久仍通知"),
    ("codecs", "en"): ("codec", "device family", "door", "comes by", "commands: read from, or which"),
    ("codecs", "zh"): ("编解码器", "设备系列", "入口", "上报路径", "接收命令（主题或种类）"),
}
_PRIORITIES: Mapping[str, Mapping[str, str]] = {
    "en": {level: level for level in ("high", "medium", "low", "info")},
    "zh": {"high": "高", "medium": "中", "low": "低", "info": "提示"},
}


def generated_files() -> Mapping[str, str]:
    """Return path in the repository -> text of every file that is made from code."""
    published = {f"anhu/contract/published/{name}": made for name, made in published_files.documents().items()}
    grafana = {f"dashboards/grafana/dashboards/{name}.json": _json(body) for name, body in dashboards().items()}
    grafana |= {f"dashboards/prometheus/{name}.json": _json(body) for name, body in city_dashboards().items()}
    return published | grafana | _mapping_schemas() | guide_copies()


def _mapping_schemas() -> dict[str, str]:
    """Return the schema of a description, and of the messages of each that is installed with us."""
    files = mapping_files(Path(codecs.__file__).parent)
    made = {"mapping-file": file_schema()} | {name: message_schema(load_mapping(file)) for name, file in files.items()}
    return {f"docs/guide/schemas/{name}.schema.json": _json(body) for name, body in made.items()}


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def sections() -> Mapping[str, Callable[[], str]]:
    """Return block name -> function that makes its Markdown; a name that ends in ``.zh`` is for Chinese readers."""
    in_both = {
        "rooms": _rooms,
        "settings": _settings,
        "quantities": _quantities,
        "alerts": _alerts,
        "codecs": _codecs,
        "codec-table": codec_table,
        "guide-logins": guide_logins,
        "guide-closed": guide_closed,
        "guide-pushes": guide_pushes,
        "guide-mistakes": guide_mistakes,
        "guide-kept": guide_kept,
        "guide-commands": guide_commands,
        "guide-limits": guide_limits,
        "guide-times": guide_times,
    }
    english = {name: partial(make, "en") for name, make in in_both.items()}
    chinese = {f"{name}.zh": partial(make, "zh") for name, make in in_both.items()}
    only = {"decisions": _decisions, "quantity-tables": quantity_tables, "detectors": _detectors}
    only["guide-examples"] = guide_examples
    return {**english, **chinese, **only, **measured_sections(), **capacity_sections(), "risk-coverage": risk_section}


def _rooms(language: str) -> str:
    rules = house.may_import(house.rules_of(Path("pyproject.toml")))
    rows = [
        [f"`{room.name}`", getattr(room, language), ", ".join(f"`{name}`" for name in rules[room.name])]
        for room in house.ROOMS
    ]
    return table(_HEADS["rooms", language], rows)


def _decisions() -> str:
    """List the decisions by their titles."""
    files = sorted(path for path in Path("docs/decisions").glob("*.md") if path.name != "README.md")
    titles = [path.read_text("utf-8").partition("\n")[0].removeprefix("# ") for path in files]
    return "".join(f"- [{title}]({path.name})\n" for path, title in zip(files, titles, strict=True))


def _settings(language: str) -> str:
    rows = [
        [f"`{row.variable}`", f"`{row.default}`" if row.default else "", row.says if language == "en" else row.says_zh]
        for row in settings.table()
    ]
    return table(_HEADS["settings", language], rows)


def _quantities(language: str) -> str:
    rows = [
        [f"`{q.code}`", q.en, q.zh, q.kind, q.unit and f"`{q.unit}`", q.loinc, str(q.mdc or "")]
        for q in QUANTITIES.values()
    ]
    return table(_HEADS["quantities", language], rows)


def _alerts(language: str) -> str:
    yes = {"en": "yes", "zh": "是"}[language]
    rows = [
        [f"`{code}`", k.en, k.zh, _PRIORITIES[language][k.level], yes if k.latches else "", f"{k.late_h:g} h"]
        for code, k in KINDS.items()
    ]
    return table(_HEADS["alerts", language], rows)


def _codecs(language: str) -> str:
    rows = [[f"`{c.name}`", c.title, *way] for c in codecs.discover().values() for way in _ways_in(c)]
    return table(_HEADS["codecs", language], rows)


def _ways_in(codec: Codec) -> Iterator[tuple[str, str, str]]:
    """Yield, for each door that a codec fits: the door, the ways in, where commands are read."""
    if codec.mqtt is not None:
        commands = codec.mqtt.commands
        yield "MQTT", " ".join(f"`{t}`" for t in codec.mqtt.publish), f"`{commands}`" if commands else ""
    if codec.http is not None:
        yield "HTTP", " ".join(f"`…{rest}`" if rest else "`/push/{product}`" for rest in codec.http.rests), ""
    if codec.tcp is not None:
        told = sorted(codec.tcp.commands.names) if codec.tcp.commands is not None else ()
        yield "TCP", " ".join(f"`{first.hex(' ')}`" for first in codec.tcp.begins), " ".join(f"`{one}`" for one in told)
    if codec.poll is not None:
        yield "poll", f"`{codec.poll.address}` every {codec.poll.period_s:g} s", ""


def measured() -> Mapping[str, Mapping[str, str]]:
    """Return how far to believe each detector: name -> source, measured, on, blind."""
    parts = everything().values()
    found = {}
    for name, told in sheets_measured().items():
        figures, on = headline(name, told, parts)
        found[name] = {"source": told.source, "measured": figures, "on": on, "blind": told.blind}
    return found


def _detectors() -> str:
    told = measured()
    rows = [[f"`{one.name}`", *(told[one.name][column] for column in _COLUMNS)] for one in discover()]
    return table(["detector", "source", "measured", "on", "blind to"], rows)
