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
        ("Rauchmelder", "Alarm", "smoke"), ("Notrufknopf", "gedrückt", "sos"),
        ("Sturzerkennung", "Sturz erkannt", "fall"),
        ("zustand", "Gestuerzt", "fall"), ("Wasseralarm", True, "water_leak"), ("état", "chute détectée", "fall"),
        ("détecteur_fumée", "alarme", "smoke"), ("fuite_gaz", True, "gas"), ("fuite_eau", True, "water_leak"),
        ("кнопка_сос", "нажата", "sos"), ("дым", "обнаружен", "smoke"), ("утечка_газа", True, "gas"),
        ("upadek", "tak", "fall"), ("czujnik_dymu", "alarm", "smoke"), ("caduta", True, "fall"),
        ("queda", True, "fall"),
        ("一键求助", True, "sos"), ("転倒", True, "fall"), ("낙상", True, "fall"), ("ＳＯＳ", 1, "sos"),
        ("gestu\u0308rzt", True, "fall"), ("status", "🆘", "sos"), ("call_button", "pressed", "sos"),
        ("message", "fall detected, battery ok", "fall"), ("message", "SOS\n电量正常", "sos"),
        ("text", "烟雾报警,电池正常", "smoke"), ("status", "fall, no response", "fall"),
        ("text", "SOS, door closed", "sos"),
        ("status", [{"code": "smoke_sensor_status", "value": "alarm"}], "smoke"),
        ("targets", [{"id": 1, "posture": "fallen"}], "fall"), ("zones", {"1": {"status": "fall"}}, "fall"),
        ("radar", {"person": {"posture": "fall"}}, "fall"), ("alarms", [{"type": "fall"}], "fall"),
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
        ("rauch", "nicht erkannt", "smoke"), ("fumée", "aucune", "smoke"), ("dym", "nie wykryto", "smoke"),
        ("smoke", "00", "smoke"), ("alarms", [{"type": "fall", "active": False}], "fall_suspected"),
        ("fall_state", "standing", "fall_suspected"),
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
        ("smoke_density", 30), ("燃气浓度", 3), ("alarm_state", "armed_home"), ("alarm", "ready"), ("alarm", -1),
        ("emergency_heating", True), ("alarm_clock", "07:00"), ("next_alarm", "07:00"), ("season", "fall"),
        ("smoke_alarm", "test"), ("text", "test alarm"), ("last_fall", "2025-01-01T00:00:00Z"),
        ("estado", "sin caída"), ("alarm", "brak"), ("device_info", {"name": "SOS button", "fall": "supported"}),
        ("config", {"radar": {"fall": True}}),
        ("message", "no fall detected, battery ok"), ("text", "SOS cancelled, battery low"),
        ("text", "fall detected, cancelled by user"), ("text", "all clear, smoke gone"),
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
        ("message", "SOS from bedroom. Signal normal."), ("text", "fell while walking"),
        ("state", "fall_detected_unknown_zone"), ("text", "no smoke, fall detected in hall"),
    ],
)  # fmt: skip
def test_what_sounds_like_help_and_is_not_known_is_an_unknown_alarm(name: str, value: object) -> None:
    assert says(name, value) == "!:on"


def test_names_and_words_of_any_length_cost_little_memory() -> None:
    for n in range(2_000):
        name_meaning(f"{n}" * 20_000)
        word_meaning(f"{n}" * 20_000)
    assert name_meaning("smoke_alarm" + "x" * 10**6).helps
