"""The one table of quantities: what can be measured, its names, unit, codes and plausible range.

Everything that needs a unit, a name, a code or a range looks here: codecs, quality checks, rules, charts,
dashboards, schemas and documents. Codes: LOINC and IEEE 11073-10101 MDC (partition * 65536 + term); events of the
home use IEEE 11073-10471 (partition 130). A range is what an instrument can plausibly report of a living person
or a lived-in room, not what is healthy: outside it a value is flagged, never altered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from anhu.contract.errors import FieldError

_BYTE_FULL = 255.0
_BYTE_RATES = ("heart_rate", "pulse_rate")


class Kind(StrEnum):
    """How a quantity is reported."""

    SCALAR = "scalar"
    WAVEFORM = "waveform"
    EVENT = "event"


class Quantity(NamedTuple):
    """One row of the table.

    Attributes
    ----------
    code : str
        Our name, snake_case, stable for ever; the key on the wire and the field in the store.
    en, zh : str
        Name shown to people.
    kind : Kind
        Scalar, waveform or event.
    unit : str
        UCUM unit in which values are kept; empty for events.
    loinc : str
        LOINC code; empty where there is none.
    mdc : int
        MDC code, decimal; 0 where there is none.
    low, high : float
        Plausible range, both ends allowed. [unit]
    decimals : int
        Digits after the point when shown.
    """

    code: str
    en: str
    zh: str
    kind: Kind
    unit: str = ""
    loinc: str = ""
    mdc: int = 0
    low: float = float("-inf")
    high: float = float("inf")
    decimals: int = 0


def _scalars() -> Iterable[Quantity]:
    s = Kind.SCALAR
    yield Quantity("heart_rate", "Heart rate", "心率", s, "/min", "8867-4", 147842, 20, 300)
    yield Quantity("pulse_rate", "Pulse rate", "脉率", s, "/min", "8867-4", 149530, 20, 300)
    yield Quantity("respiration_rate", "Respiration rate", "呼吸频率", s, "/min", "9279-1", 151562, 0, 80)
    yield Quantity("spo2", "Oxygen saturation", "血氧饱和度", s, "%", "59408-5", 150456, 40, 100)
    yield Quantity("perfusion_index", "Perfusion index", "灌注指数", s, "%", "61006-3", 150448, 0, 30, 1)
    yield Quantity("systolic_pressure", "Systolic pressure", "收缩压", s, "mm[Hg]", "8480-6", 150021, 40, 300)
    yield Quantity("diastolic_pressure", "Diastolic pressure", "舒张压", s, "mm[Hg]", "8462-4", 150022, 20, 200)
    yield Quantity("mean_pressure", "Mean arterial pressure", "平均压", s, "mm[Hg]", "8478-0", 150023, 30, 250)
    yield Quantity("body_temperature", "Body temperature", "体温", s, "Cel", "8310-5", 150364, 25, 45, 1)
    yield Quantity("skin_temperature", "Skin temperature", "皮肤温度", s, "Cel", "", 0, 10, 45, 1)
    yield Quantity("glucose", "Blood glucose", "血糖", s, "mmol/L", "14743-9", 160184, 0.5, 50, 1)
    yield Quantity("weight", "Body weight", "体重", s, "kg", "29463-7", 188736, 20, 300, 1)
    yield Quantity("height", "Body height", "身高", s, "cm", "8302-2", 188740, 80, 230)
    yield Quantity("bmi", "Body mass index", "体质指数", s, "kg/m2", "39156-5", 188752, 8, 80, 1)
    yield Quantity("rr_interval", "Beat interval", "心搏间期", s, "ms", "", 147240, 150, 4000)
    yield Quantity("steps", "Steps", "步数", s, "{steps}", "55423-8", 8454247, 0, 200_000)
    yield Quantity("sleep_duration", "Sleep duration", "睡眠时长", s, "h", "93832-4", 0, 0, 24, 1)
    yield Quantity("room_temperature", "Room temperature", "室温", s, "Cel", "", 8519694, -40, 80, 1)
    yield Quantity("room_humidity", "Room humidity", "室内湿度", s, "%", "", 0, 0, 100)
    yield Quantity("battery", "Battery", "电量", s, "%", "", 67996, 0, 100)
    yield Quantity("signal_strength", "Signal strength", "信号强度", s, "dB[mW]", "", 0, -150, 0)


def _waveforms() -> Iterable[Quantity]:
    w = Kind.WAVEFORM
    yield Quantity("acceleration", "Acceleration", "加速度", w, "[g]", "", 0, -32, 32, 2)
    yield Quantity("angular_velocity", "Angular velocity", "角速度", w, "deg/s", "", 0, -4000, 4000)
    yield Quantity("ecg", "ECG", "心电图", w, "mV", "11524-6", 131329, -20, 20, 2)
    yield Quantity("ppg", "Photoplethysmogram", "光电容积脉搏波", w, "1", "", 150452)


def _events() -> Iterable[Quantity]:
    e = Kind.EVENT
    yield Quantity("sos", "SOS call", "紧急呼叫", e, mdc=8519682)
    yield Quantity("fall", "Fall", "跌倒", e, mdc=8519681)
    yield Quantity("fall_suspected", "Suspected fall", "疑似跌倒", e)
    yield Quantity("fall_cancelled", "Fall cancelled by the wearer", "跌倒报警已取消", e)
    yield Quantity("smoke", "Smoke", "烟雾", e, mdc=8519683)
    yield Quantity("carbon_monoxide", "Carbon monoxide", "一氧化碳", e, mdc=8519684)
    yield Quantity("water_leak", "Water leak", "漏水", e, mdc=8519685)
    yield Quantity("gas", "Combustible gas", "可燃气体", e, mdc=8519686)
    yield Quantity("motion", "Motion", "人体活动", e, mdc=8519687)
    yield Quantity("property_exit", "Left the home", "离家", e, mdc=8519688)
    yield Quantity("enuresis", "Wet bed", "尿湿", e, mdc=8519689)
    yield Quantity("contact", "Door or window", "门窗", e, mdc=8519690)
    yield Quantity("bed", "Bed occupancy", "在床", e, mdc=8519691)
    yield Quantity("chair", "Chair occupancy", "座椅", e, mdc=8519691)
    yield Quantity("switch", "Switch", "开关", e, mdc=8519692)
    yield Quantity("medication", "Medication taken", "服药", e, mdc=8519693)
    yield Quantity("presence", "Presence", "有人", e)
    yield Quantity("vibration", "Vibration", "震动", e)
    yield Quantity("position", "Position", "定位", e)
    yield Quantity("worn", "Worn on the body", "佩戴", e)
    yield Quantity("tamper", "Tampered with", "拆动", e)
    yield Quantity("sensor_fault", "Sensor fault", "传感器故障", e)
    yield Quantity("battery_low", "Battery low (device's own word)", "设备报告电量低", e)
    yield Quantity("connection", "Connection", "在线状态", e)
    yield Quantity("drill_call", "Drill: a call that is none", "演练呼叫", e)
    yield Quantity("heartbeat_call", "Heartbeat: the platform calls itself", "平台自检呼叫", e)
    yield Quantity("unknown_vendor_event", "Unknown device event", "未知设备事件", e)


def _table(rows: Iterable[Quantity]) -> Mapping[str, Quantity]:
    table: dict[str, Quantity] = {}
    for row in rows:
        if row.code in table:
            raise ValueError(f"quantity {row.code!r} stands in the table twice")
        table[row.code] = row
    return MappingProxyType(table)


QUANTITIES: Mapping[str, Quantity] = _table([*_scalars(), *_waveforms(), *_events()])


def quantity(code: str, *, kind: Kind | None = None, field: str = "quantity") -> Quantity:
    """Look a quantity up.

    Raises
    ------
    FieldError
        If the table has no such code, or it is of another kind.
    """
    row = QUANTITIES.get(code)
    if row is None or (kind is not None and row.kind is not kind):
        what = f"a{'n' * (kind is Kind.EVENT)} {kind or 'code'} of the quantity table"
        raise FieldError(field, code, what)
    return row


def of_kind(kind: Kind) -> tuple[Quantity, ...]:
    """Return the rows of one kind, in table order."""
    return tuple(q for q in QUANTITIES.values() if q.kind is kind)


def is_no_value(code: str, value: float) -> bool:
    """Tell whether a number that could be a reading is a word for "not measured": eight full bits of a rate."""
    return value == _BYTE_FULL and code in _BYTE_RATES
