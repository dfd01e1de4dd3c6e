"""What vendors' names and values mean: an alarm, the end of one, a setting, a level, or something to be mapped."""

from __future__ import annotations

import pytest

from anhu.contract.meaning import is_call, understood
from anhu.contract.vendor_words import name_meaning, word_meaning


def says(name: str, value: object) -> str:
    """Return ``kind:state``; ``!`` for an unknown alarm, ``?`` for an unknown event, empty for nothing."""
    found = understood(name, value, 1)
    if found is None:
        return ""
    if found.kind != "unknown_vendor_event":
        return f"{found.kind}:{found.state}"
    return f"{'!' if is_call(found) else '?'}:{found.state}"


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("status", "falling", "fall"), ("state", "Fall Detected", "fall"), ("posture", "fallen", "fall"),
        ("human_activity", "fall_down", "fall"), ("tumble", "true", "fall"),
        ("manDown", 1, "fall"), ("FallDetect", 1, "fall"),
        ("fall", "ON", "fall"), ("状态", "跌倒", "fall"), ("人体状态", "摔倒", "fall"), ("status", "Sturz", "fall"),
        ("etat", "chute", "fall"), ("smoke_state", "alarm", "smoke"), ("smokeAlarm", "1", "smoke"),
        ("smoke", "yes", "smoke"), ("smoke", True, "smoke"), ("SMOKE_DETECTED", "TRUE", "smoke"),
        ("fire_alarm", "true", "smoke"), ("heat_alarm", True, "smoke"),
        ("烟雾报警", "报警", "smoke"), ("烟感", 1, "smoke"), ("火警", "是", "smoke"),
        ("co_state", "alarm", "carbon_monoxide"), ("co", 180, "carbon_monoxide"),
        ("一氧化碳", "报警", "carbon_monoxide"),
        ("gas", "alarm", "gas"), ("gas_leak", 1, "gas"), ("燃气", "泄漏", "gas"), ("gas_sensor_status", "alarm", "gas"),
        ("water_leak", "wet", "water_leak"), ("leakage", "leaking", "water_leak"), ("水浸", "有水", "water_leak"),
        ("flood", "1", "water_leak"), ("waterLeakState", 1, "water_leak"), ("sos", "pressed", "sos"), ("SOS", 1, "sos"),
        ("panic_button", "pressed", "sos"), ("求助", True, "sos"), ("紧急呼叫", "触发", "sos"),
        ("event", "help", "sos"),
        ("message", "Notruf", "sos"), ("text", "help me", "sos"),
        ("alarm", "SOS", "sos"), ("alarms", ["smoke"], "smoke"),
        ("water_leak", {"value": True}, "water_leak"), ("data", '{"smoke":true}', "smoke"),
    ],
)  # fmt: skip
def test_an_alarm_is_one_in_whatever_words(name: str, value: object, kind: str) -> None:
    assert says(name, value) == f"{kind}:on"


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("smoke", False, "smoke"), ("smoke", 0, "smoke"), ("smoke", "0", "smoke"), ("smoke", "false", "smoke"),
        ("smoke", "OFF", "smoke"), ("smoke_state", "normal", "smoke"), ("烟雾报警", "正常", "smoke"),
        ("gas", "clear", "gas"), ("water_leak", "dry", "water_leak"), ("水浸状态", "无水", "water_leak"),
        ("co_state", "ok", "carbon_monoxide"), ("fall_down_status", "none", "fall_suspected"),
    ],
)  # fmt: skip
def test_an_all_clear_is_one_in_whatever_words(name: str, value: object, kind: str) -> None:
    assert says(name, value) == f"{kind}:off"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("linkage_alarm", True), ("alarmvolume", 7), ("sosphone", "138"), ("alarm_volume", "high"), ("alarm_time", 10),
        ("alarm_melody", 3), ("alarm_mode", "loud"),
        ("fallAlarmSwitch", True), ("fall_sensitivity", 3), ("sos_phone", "13800000000"), ("heartRateAlarmHigh", 120),
        ("spo2AlarmLow", 88), ("max_temperature_alarm", 39), ("smokeThreshold", 50), ("gasAlarmLevel", 5),
        ("报警音量", "高"), ("跌倒报警灵敏度", "高"), ("报警解除", True), ("alarm_cleared", True), ("sos_cancelled", 1),
        ("self_test", True), ("smoke_test", True), ("silence", True), ("siren", "alarm"), ("sos", "cancel"),
        ("sos", "released"), ("sos_state", "idle"), ("emergency_call", "none"), ("smoke", "unknown"), ("smoke", None),
        ("water_leak", ""), ("alarm", "N/A"), ("alarms", []), ("alarm", {}), ("status", "no fall"),
        ("status", "not falling"), ("model", "SOS button"), ("type", "sos_button"), ("type", "smoke"), ("room", "fire"),
        ("battery_state", "critical"), ("gas", 0.3), ("gas", 12), ("co", 35), ("smoke", 0.05), ("smoke", 85),
        ("smoke_density", 30), ("燃气浓度", 3),
    ],
)  # fmt: skip
def test_settings_levels_and_words_for_nothing_call_nobody(name: str, value: object) -> None:
    assert says(name, value) in ("", "?:off", "!:off")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alarm", 5), ("alarm", "heat"), ("alarm_state", "over_tem_alarm"), ("fall_down", 2), ("smoke", 2),
        ("water_leak", 2), ("static_dwell_alarm", "dwell"), ("help_requested", True), ("alarm_status", 33),
        ("state", "alarm"), ("status", "triggered"), ("status", "报警"), ("breathing_state", "apnea"),
        ("unresponsive", True), ("wristsos", True), ("homealarm", 1), ("状态", "昏迷"),
        ("movement", "fall"), ("type", "sos"), ("presence_alarm", "alarm"),
        ("temperature_alarm", True),
    ],
)  # fmt: skip
def test_what_sounds_like_help_and_is_not_known_is_an_unknown_alarm(name: str, value: object) -> None:
    assert says(name, value) == "!:on"


def test_names_and_words_of_any_length_cost_little_memory() -> None:
    for n in range(2_000):
        name_meaning(f"{n}" * 20_000)
        word_meaning(f"{n}" * 20_000)
    assert name_meaning("smoke_alarm" + "x" * 10**6).helps
