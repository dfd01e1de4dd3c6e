"""The table of alerts: what can be raised, how urgent it is, whether only a person may end it.

The numbers of the catalogue (`number`) are those of the README's table. A kind that latches stays open until a person
closes it. `late_h`: how long after the event a late report still pages (then marked late); 0 means that a report older
than the vital-sign limit of two hours is stored and shown, never paged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from anhu.contract.priority import Priority

VITAL_LATE_H = 2
EVENT_LATE_H = 24


class AlertKind(NamedTuple):
    """One row of the table."""

    code: str
    en: str
    zh: str
    priority: Priority
    number: int
    late_h: int = VITAL_LATE_H
    latches: bool = False


def _rows() -> Iterable[AlertKind]:
    high, medium, low = Priority.HIGH, Priority.MEDIUM, Priority.LOW
    late = EVENT_LATE_H
    week = 168
    yield AlertKind("sos", "SOS call", "紧急呼叫", high, 1, late_h=late, latches=True)
    yield AlertKind("fall", "Fall", "跌倒", high, 2, late_h=late, latches=True)
    yield AlertKind("fall_suspected", "Suspected fall", "疑似跌倒", medium, 3, late_h=late, latches=True)
    yield AlertKind("long_lie", "Lying on the floor", "跌倒后长时间未起", high, 4, late_h=late, latches=True)
    yield AlertKind("smoke", "Smoke", "烟雾报警", high, 5, late_h=late, latches=True)
    yield AlertKind("carbon_monoxide", "Carbon monoxide", "一氧化碳报警", high, 5, late_h=late, latches=True)
    yield AlertKind("gas", "Combustible gas", "燃气泄漏", high, 6, late_h=late, latches=True)
    yield AlertKind("water_leak", "Water leak", "漏水", medium, 7, late_h=late)
    yield AlertKind("room_temperature", "Room too hot or cold", "室温异常", medium, 8)
    yield AlertKind("no_motion", "No motion at home", "长时间无活动", medium, 9)
    yield AlertKind("bathroom_dwell", "Long stay in the bathroom", "卫生间滞留", medium, 11)
    yield AlertKind("bed_exit", "Out of bed at night", "夜间离床未归", medium, 12)
    yield AlertKind("not_up", "Not up in the morning", "早晨未起床", medium, 13)
    yield AlertKind("not_in_bed", "Not in bed at night", "深夜未上床", medium, 13)
    yield AlertKind("door_open", "Door open or exit at night", "门未关或夜间外出", medium, 14)
    yield AlertKind("wandering", "Left the safe area", "走出安全区域", medium, 15)
    yield AlertKind("location_lost", "Location lost outside", "外出失去定位", medium, 16)
    yield AlertKind("glucose_low", "Low blood glucose", "低血糖", medium, 17)
    yield AlertKind("glucose_falling", "Glucose falling fast", "血糖快速下降", medium, 17)
    yield AlertKind("glucose_high", "High blood glucose", "高血糖", high, 18)
    yield AlertKind("pressure_crisis", "Hypertensive crisis", "血压危急值", high, 19)
    yield AlertKind("pressure_uncontrolled", "Blood pressure not controlled", "血压控制不满意", low, 20, late_h=week)
    yield AlertKind("pressure_low", "Low blood pressure", "低血压", high, 21)
    yield AlertKind("heart_rate_high", "Fast heart rate", "心率过快", medium, 22)
    yield AlertKind("heart_rate_low", "Slow heart rate", "心率过慢", medium, 23)
    yield AlertKind("irregular_rhythm", "Irregular rhythm", "心律不齐", medium, 24)
    yield AlertKind("asystole_pause", "Heart pause", "心脏停搏", high, 24)
    yield AlertKind("spo2_low", "Low oxygen saturation", "血氧过低", medium, 25)
    yield AlertKind("spo2_nights", "Low oxygen at night", "夜间低氧", low, 25, late_h=week)
    yield AlertKind("respiration_low", "Slow breathing", "呼吸过慢", high, 26)
    yield AlertKind("respiration_high", "Fast breathing", "呼吸过快", medium, 27)
    yield AlertKind("temperature_high", "Fever", "发热", medium, 28)
    yield AlertKind("temperature_low", "Low body temperature", "体温过低", high, 28)
    yield AlertKind("news2", "Early-warning score", "早期预警评分", medium, 29)
    yield AlertKind("weight_gain", "Fast weight gain", "体重快速增加", medium, 31, late_h=week)
    yield AlertKind("weight_loss", "Weight loss", "体重下降", low, 32, late_h=week)
    yield AlertKind("trend", "Change against own baseline", "偏离个人基线", low, 33, late_h=week)
    yield AlertKind("routine_changed", "Changed daily routine", "作息改变", low, 35, late_h=week)
    yield AlertKind("measure_again", "Please measure again", "请复测", low, 36)
    yield AlertKind("device_silent", "Device silent", "设备失联", low, 38, late_h=late)
    yield AlertKind("battery_low", "Battery low", "电量低", low, 39, late_h=late)
    yield AlertKind("not_worn", "Not worn", "未佩戴", low, 40)
    yield AlertKind("sensor_fault", "Sensor fault", "传感器故障", medium, 41, late_h=late)
    yield AlertKind("area_silent", "Area silent", "片区设备失联", medium, 42, late_h=late)
    yield AlertKind("rule_storm", "Same alert at many homes", "多户同类报警", medium, 42, late_h=late)
    yield AlertKind("unknown_event", "Unknown device event", "未知设备事件", medium, 43, late_h=late)
    yield AlertKind("unknown_alarm", "Unknown device alarm", "未知设备报警", high, 43, late_h=late, latches=True)


def _table(rows: Iterable[AlertKind]) -> Mapping[str, AlertKind]:
    table: dict[str, AlertKind] = {}
    for row in rows:
        if row.code in table:
            raise ValueError(f"alert kind {row.code!r} stands in the table twice")
        table[row.code] = row
    return MappingProxyType(table)


KINDS: Mapping[str, AlertKind] = _table(_rows())
