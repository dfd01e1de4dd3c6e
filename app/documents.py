"""What `anhu docs` writes: whole files made from code, and tables for the blocks in the README files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from alerts.detectors import discover
from alerts.kinds import KINDS, SHEETS
from anhu.contract import schema
from anhu.contract.guide import quantity_tables
from anhu.contract.quantities import QUANTITIES
from app import house, settings
from dashboards.build import dashboards
from gateway import codecs
from gateway.codec import Codec

_COLUMNS = ("source", "measured", "on", "blind")


def generated_files() -> Mapping[str, str]:
    """Return path in the repository -> text of every file that is made from code."""
    published = {f"anhu/contract/published/{name}": made for name, made in schema.documents().items()}
    grafana = {f"dashboards/grafana/dashboards/{name}.json": _json(body) for name, body in dashboards().items()}
    return published | grafana


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def sections() -> Mapping[str, Callable[[], str]]:
    """Return block name -> function that makes its Markdown."""
    return {
        "rooms": lambda: _rooms("en"),
        "rooms.zh": lambda: _rooms("zh"),
        "decisions": _decisions,
        "settings": _settings,
        "quantities": _quantities,
        "quantity-tables": quantity_tables,
        "alerts": _alerts,
        "codecs": _codecs,
        "detectors": _detectors,
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _rooms(language: str) -> str:
    rules = house.may_import(house.rules_of(Path("pyproject.toml")))
    heads = {"en": ["room", "what lives there", "may import"], "zh": ["房间", "里面有什么", "可以引用"]}
    rows = [
        [f"`{room.name}`", getattr(room, language), ", ".join(f"`{name}`" for name in rules[room.name])]
        for room in house.ROOMS
    ]
    return _table(heads[language], rows)


def _decisions() -> str:
    """List the decisions by their titles."""
    files = sorted(path for path in Path("docs/decisions").glob("*.md") if path.name != "README.md")
    titles = [path.read_text("utf-8").partition("\n")[0].removeprefix("# ") for path in files]
    return "".join(f"- [{title}]({path.name})\n" for path, title in zip(files, titles, strict=True))


def _settings() -> str:
    rows = [[f"`{name}`", f"`{default}`" if default else "", says] for name, default, says in settings.table()]
    return _table(["variable", "default", "meaning"], rows)


def _quantities() -> str:
    rows = [
        [f"`{q.code}`", q.en, q.zh, q.kind, q.unit and f"`{q.unit}`", q.loinc, str(q.mdc or "")]
        for q in QUANTITIES.values()
    ]
    return _table(["code", "English", "中文", "kind", "unit", "LOINC", "MDC"], rows)


def _alerts() -> str:
    rows = [
        [f"`{code}`", k.en, k.zh, k.level, "yes" if k.latches else "", f"{k.late_h:g} h"] for code, k in KINDS.items()
    ]
    return _table(["code", "English", "中文", "priority", "only a person ends it", "pages when late up to"], rows)


def _codecs() -> str:
    rows = [[f"`{c.name}`", c.title, *way] for c in codecs.discover().values() for way in _ways_in(c)]
    return _table(["codec", "device family", "door", "comes by", "reads commands from"], rows)


def _ways_in(codec: Codec) -> Iterator[tuple[str, str, str]]:
    """Yield, for each door that a codec fits: the door, the ways in, where commands are read."""
    if codec.mqtt is not None:
        commands = codec.mqtt.commands
        yield "MQTT", " ".join(f"`{t}`" for t in codec.mqtt.publish), f"`{commands}`" if commands else ""
    if codec.http is not None:
        yield "HTTP", f"`{codec.http.path}`", ""
    if codec.tcp is not None:
        yield "TCP", " ".join(f"`{first.hex(' ')}`" for first in codec.tcp.begins), ""


def measured() -> Mapping[str, Mapping[str, str]]:
    """Return how far to believe each detector: name -> source, measured, on, blind."""
    return {sheet.name: msgspec.to_builtins(sheet.measured) for sheet in SHEETS.values() if sheet.measured is not None}


def _detectors() -> str:
    rows = [[f"`{one.name}`", *(measured()[one.name][column] for column in _COLUMNS)] for one in discover()]
    return _table(["detector", "source", "measured", "on", "blind to"], rows)
