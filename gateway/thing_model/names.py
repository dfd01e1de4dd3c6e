"""The names that vendors give properties, without case, dashes and underscores."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

# Quantity: the names vendors give it, as `_plain` leaves them. Numbers are in the quantity's unit.
NUMBERS: Mapping[str, str] = {
    "heart_rate": "heartrate hr bpm heartbeat 心率",
    "pulse_rate": "pulserate pulse pr 脉率",
    "respiration_rate": "respirationrate respiratoryrate breathrate breath rr 呼吸 呼吸频率",
    "spo2": "spo2 bloodoxygen oxygensaturation bloodoxygensaturation oxygen 血氧",
    "systolic_pressure": "systolicpressure systolic sbp bphigh bpsys sys highpressure 收缩压 高压",
    "diastolic_pressure": "diastolicpressure diastolic dbp bplow bpdia dia lowpressure 舒张压 低压",
    "body_temperature": "bodytemperature bodytemp 体温",
    "glucose": "glucose bloodglucose bloodsugar glu 血糖",
    "weight": "weight bodyweight 体重",
    "steps": "steps step stepcount stepnumber 步数",
    "skin_temperature": "skintemperature skintemp wristtemperature wristtemp 皮肤温度",
    "room_temperature": "temperature temp roomtemperature roomtemp ambienttemperature indoortemperature 温度 室温",
    "room_humidity": "humidity roomhumidity ambienthumidity 湿度",
    "battery": "battery batterylevel batterypercentage batterypercent 电量",
    "signal_strength": "rssi rsrp signalstrength",
}
EVENTS: Mapping[str, str] = {
    "motion": "motion occupancy pir humandetected infrared 人体感应",
    "presence": "presence 有人",
    "contact": "contact doorstate doorstatus dooropen door 门磁",
    "bed": "bed inbed bedoccupied onbed 在床",
    "worn": "worn wearstate wearing 佩戴",
    "battery_low": "batterylow lowbattery lowpower 电量低",
}


def _by_name(table: Mapping[str, str]) -> dict[str, str]:
    return {name: code for code, names in table.items() for name in names.split()}


NUMBER_OF = _by_name(NUMBERS)
EVENT_OF = _by_name(EVENTS)
OF_A_BODY = frozenset({"heart_rate", "pulse_rate", "spo2", "systolic_pressure", "glucose", "body_temperature", "steps"})
WORN = frozenset({"watch", "band", "bracelet", "wristband", "wearable", "vital", "vitals", "vitalsign", "vitalsigns",
                   "health", "worn", "wearstate", "wearing", "手表", "手环", "健康", "体征", "佩戴"})  # fmt: skip
ON_THE_BODY: Mapping[str, str] = {"temperature": "体温", "temp": "体温", "温度": "体温", "power": "电量"}
OF_THE_AIR = frozenset(
    {"env", "environment", "ambient", "room", "indoor", "air", "weather", "climate", "home", "环境", "室内", "空气"}
)
_MOST_CHARS = 96
_NOT_A_NAME = re.compile(r"[\s_\-.:]+")


def plain(name: str) -> str:
    """Return a name without case, dashes, underscores, dots and spaces."""
    return _plain(name[:_MOST_CHARS])


@lru_cache(maxsize=8_192)
def _plain(name: str) -> str:
    return _NOT_A_NAME.sub("", name).lower()
