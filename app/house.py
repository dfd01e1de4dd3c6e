"""The rooms of the house and what each may import, read from the rules that the linter enforces."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Room(NamedTuple):
    """One room; `en` and `zh` say what lives there."""

    name: str
    en: str
    zh: str


ROOMS = (
    Room("app", "the roof: settings, wiring of adapters, processes, the demo, the `anhu` command; no logic",
         "屋顶：设置、适配器的接线、进程、演示、`anhu` 命令；没有业务逻辑"),
    Room("api", "what people and programs use: HTTP API, security, services, pages",
         "人和程序使用的部分：HTTP API、安全、服务、网页"),
    Room("notify", "the outbox carried to people: dispatcher, channels (one place, one channel)",
         "把发件箱送到人手里：派发器、渠道（一个渠道一处）"),
    Room("alerts", "LOG → engine → episodes that people answer; rules, signals, detectors (one place, one kind)",
         "从日志到有人应答的报警：引擎、规则、检测器（一种报警一处）、报警过程"),
    Room("ingest", "LOG → quality → batch → time-series store and its queries; dead letters and their replay",
         "日志 → 质量 → 批次 → 时序库及其查询；死信及其重放"),
    Room("gateway", "the device side: doors, codecs (one file, one device family), the MQTT protocol, intake",
         "设备一侧：入口、编解码器（一个文件一个设备系列）、MQTT 协议、接收"),
    Room("simulators", "devices that are real MQTT clients, recordings, made-up days, faults",
         "真实 MQTT 客户端形式的模拟设备、录音数据、虚构的日子、故障"),
    Room("dashboards", "Grafana dashboards as code", "以代码写成的 Grafana 仪表盘"),
    Room("anhu.outbox", "what must be said to whom, about any subject; written with what made it necessary",
         "要告诉谁什么：任何事由的消息，与引起它的事务一同写入"),
    Room("anhu.log", "the LOG: durable, ordered; its port and the embedded adapter",
         "日志：持久、有序；接口与内嵌适配器"),
    Room("anhu.registry", "who is who: residents, organisations, devices, users, contacts; database and migrations",
         "谁是谁：老人、机构、设备、用户、联系方式；数据库与迁移"),
    Room("anhu.contract", "the words: quantities, observations, topics, wire format, time, errors; no input or output",
         "共同的词汇：量、观测值、主题、消息格式、时间、错误；没有输入输出"),
)  # fmt: skip


def may_import(rules: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Return room -> what of ours it may import, by the contracts of import-linter.

    A lower room of which only a part is open is named by that part, or with what is closed.
    """
    floors = [[room.strip() for room in layer.split("|")] for layer in _floors(rules)["layers"]]
    allowed: dict[str, tuple[str, ...]] = {}
    for height, floor in enumerate(floors):
        below = [room for lower in floors[height + 1 :] for room in lower]
        for room in floor:
            allowed[room] = tuple(filter(None, (_open_part(rules, room, lower) for lower in below)))
    return allowed


def rules_of(pyproject: Path) -> Sequence[Mapping[str, Any]]:
    """Return the contracts that a ``pyproject.toml`` holds."""
    contracts: Sequence[Mapping[str, Any]] = tomllib.loads(pyproject.read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    return contracts


def _floors(rules: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(rule for rule in rules if rule["type"] == "layers" and "anhu.contract" in rule["layers"])


def _open_part(rules: Sequence[Mapping[str, Any]], room: str, lower: str) -> str:
    """Return how much of a lower room is open to a room; empty when nothing is."""
    closed = list(_closed(rules, room, lower))
    if any(part in (lower, f"{lower}.**") for part, _ in closed):
        return next((exception for _, exception in closed if exception), "")
    shut = ", ".join(part.removeprefix(f"{lower}.") for part, _ in closed)
    return f"{lower} (not {shut})" if shut else lower


def _closed(rules: Sequence[Mapping[str, Any]], room: str, lower: str) -> Iterator[tuple[str, str]]:
    """Yield (closed part of the lower room, the part of it that stays open)."""
    for rule in rules:
        if rule["type"] == "protected" and room not in rule["allowed_importers"]:
            for part in rule["protected_modules"]:
                if _within(part, lower) or _within(lower, part):
                    yield (lower if _within(lower, part) else part), ""
        elif rule["type"] == "forbidden" and room in rule["source_modules"]:
            for part in rule["forbidden_modules"]:
                if _within(part, lower):
                    yield part, _exception(rule, room)


def _exception(rule: Mapping[str, Any], room: str) -> str:
    for line in rule.get("ignore_imports", ()):
        importer, _, imported = line.partition(" -> ")
        if importer == f"{room}.**":
            return str(imported)
    return ""


def _within(part: str, whole: str) -> bool:
    return part == whole or part.startswith(f"{whole}.")
