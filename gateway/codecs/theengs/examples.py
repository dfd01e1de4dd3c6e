"""What gateways publish: the decoder's own outputs for advertisements of real devices, and what must come of them."""

from __future__ import annotations

from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from gateway.codec import Example

_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_ADDRESS = "3c2ef5aabbcc"
_ROUTE = "home/TheengsGateway/BTtoMQTT/3C2EF5AABBCC"


def _example(name: str, payload: str, *observations: Observation) -> Example:
    return Example(name=name, route=_ROUTE, payload=payload.encode(), observations=observations)


def _number(quantity: str, value: float, context: str = "") -> Scalar:
    return Scalar(quantity, value, _AT_MS, _RECEIVED, 0, context, _ADDRESS)


def _event(kind: str, state: str = "on", **attributes: str | float | bool) -> Event:
    return Event(kind, _AT_MS, state, dict(attributes), _RECEIVED, 0, _ADDRESS)


EXAMPLES = (
    _example(
        "body scale, with impedance",
        '{"brand":"Xiaomi","model":"Mi Body Composition Scale","model_id":"XMTZC02HM/XMTZC05HM","type":"SCALE",'
        '"weighing_mode":"person","unit":"kg","weight":72.45,"impedance":503}',
        _number("weight", 72.45),
    ),
    _example(
        "body scale in pounds",
        '{"brand":"Xiaomi","model_id":"XMTZC01HM/XMTZC04HM","type":"SCALE","weighing_mode":"person","unit":"lb",'
        '"weight":131.7}',
        _number("weight", 59.74),
    ),
    _example(
        "body scale in jin",
        '{"model_id":"XMTZC01HM/XMTZC04HM","type":"SCALE","weighing_mode":"person","unit":"jin","weight":123.5}',
        _number("weight", 61.75),
    ),
    _example(
        "body scale, a suitcase on it",
        '{"brand":"Xiaomi","model_id":"XMTZC01HM/XMTZC04HM","type":"SCALE","weighing_mode":"object","unit":"kg",'
        '"weight":9.55}',
    ),
    _example(
        "a scale that weighs coffee",
        '{"brand":"Atomax","model":"Skale I/II","model_id":"SKALE","type":"SCALE","cidc":false,"weight":123.9}',
    ),
    _example(
        "door and window: open",
        '{"brand":"Shelly","model":"ShellyBLU Door/Window","model_id":"SBDW-002C","type":"CTMO","acts":true,'
        '"cont":true,"packet":93,"batt":100,"lux":87,"open":true,"rot":40.6,"mac":"3C:2E:F5:AA:BB:CC"}',
        _event("contact"),
        _number("battery", 100.0),
    ),
    _example(
        "door that was left open",
        '{"brand":"SwitchBot","model_id":"W120150X","type":"CTMO","acts":true,"cont":true,'
        '"contact":"timeout not closed","motion":false,"lightlevel":"dark","scopetested":false,"in_ct":1,"out_ct":0,'
        '"push_ct":2,"batt":100}',
        _event("contact"),
        _event("motion", "off"),
        _number("battery", 100.0),
    ),
    _example(
        "motion",
        '{"brand":"Shelly","model_id":"SBMO-003Z","type":"CTMO","acts":true,"cont":true,"packet":2,"batt":100,'
        '"lux":132,"motion":true}',
        _event("motion"),
        _number("battery", 100.0),
    ),
    _example(
        "a lamp's motion, which never ends",
        '{"brand":"Xiaomi","model":"MiLamp","model_id":"MUE4094RT","type":"CTMO","motion":true,"darkness":29}',
        _event("motion"),
    ),
    _example(
        "button",
        '{"brand":"Shelly","model":"ShellyBLU Button1","model_id":"SBBT-002C","type":"BTN","acts":true,"cont":true,'
        '"packet":29,"batt":100,"button":1}',
        _event("sos", press="single"),
        _number("battery", 100.0),
    ),
    _example(
        "button, held",
        '{"model_id":"SBBT-002C","type":"BTN","packet":172,"batt":100,"button":11}',
        _event("sos", press="hold"),
        _number("battery", 100.0),
    ),
    _example(
        "button in beacon mode: nothing pressed",
        '{"model_id":"SBBT-002C","type":"BTN","packet":173,"batt":100,"button":0}',
        _number("battery", 100.0),
    ),
    _example(
        "remote with four buttons: shown until somebody maps it",
        '{"model_id":"SBBT-004CEU/US","type":"BTN","packet":30,"batt":100,"button1":0,"button2":9,"button3":0,'
        '"button4":0}',
        _event("unknown_vendor_event", vendor_type="button2 long"),
        _number("battery", 100.0),
    ),
    _example(
        "encrypted button: its press may be the call",
        '{"model":"ShellyBLU Button1 encrypted","model_id":"SBBT_002C_ENCR","type":"BTN","acts":true,"cont":true,'
        '"encr":2,"cipher":"62511158bd25","ctr":"b8f09364","mic":"5b573115"}',
        _event("unknown_vendor_event", vendor_type="SBBT_002C_ENCR needs its key", urgent=True),
    ),
    _example(
        "encrypted motion sensor: said once",
        '{"model_id":"SBMO_003Z_ENCR","type":"CTMO","encr":2,"cipher":"cc08edf25d61cc0f42b6","ctr":"00112233",'
        '"mic":"18cd3624"}',
        _event("unknown_vendor_event", value="encrypted", vendor_type="SBMO_003Z_ENCR needs its key"),
    ),
    _example(
        "heart strap",
        '{"brand":"Polar","model":"Heart Rate Sensor","model_id":"H10","type":"BODY","bpm":70}',
        _number("heart_rate", 70.0),
    ),
    _example(
        "band while active",
        '{"brand":"Xiaomi/Amazfit","model_id":"MB/SW","type":"BODY","acts":true,"track":true,"steps":9101,'
        '"act_bpm":125,"device":"Xiaomi/Amazfit Tracker"}',
        _number("heart_rate", 125.0, "active"),
        _number("steps", 9101.0),
    ),
    _example(
        "a blind: open by 30 %, and no door",
        '{"brand":"SwitchBot","model_id":"W270160X","type":"WCVR","open":30,"direction":"up","motion":false,"batt":60}',
        _number("battery", 60.0),
    ),
    _example(
        "a tyre's alarm",
        '{"model_id":"TPMS","type":"TIRE","alarm":true,"tempc":20,"batt":80}',
        _number("battery", 80.0),
    ),
    _example(
        "a climate sensor's pairing button",
        '{"model_id":"SBHT-003C","type":"THB","packet":9,"tempc":20.1,"button":1}',
        _event("unknown_vendor_event", vendor_type="button single"),
        _number("room_temperature", 20.1),
    ),
    _example("toothbrush", '{"model_id":"ORALB_BT","type":"BODY","state":"running","mode":"massage","pressure":50}'),
    _example(
        "climate",
        '{"brand":"ThermoPro","model_id":"TP35X/393","type":"THB","cidc":false,"acts":true,"tempc":37.4,"tempf":99.32,'
        '"hum":74}',
        _number("room_temperature", 37.4),
        _number("room_humidity", 74.0),
    ),
    _example("somebody's phone", '{"id":"7A:12:45:11:22:33","rssi":-89,"distance":21.5,"name":"SOS phone"}'),
    _example(
        "an alarm that this gateway adds itself",
        '{"model_id":"PIR-X","type":"CTMO","smoke":true}',
        _event("smoke"),
    ),
    Example(
        name="a retained copy is state, not news",
        route=_ROUTE,
        payload=b'{"model_id":"SBDW-002C","type":"CTMO","open":true}',
        retained=True,
        observations=(Event("contact", _AT_MS, "on", {}, _RECEIVED, int(Quality.RETAINED), _ADDRESS),),
    ),
    Example(
        name="the answer to a read of a health device",
        route=_ROUTE,
        payload=b'{"id":"3C:2E:F5:AA:BB:CC","characteristic":"2A5F","read":"0060004800","success":true}',
        observations=(_number("spo2", 96.0), _number("pulse_rate", 72.0)),
    ),
    Example(
        name="the gateway is gone: nobody hears the home's sensors",
        route="anhu/theengs/dev-1/LWT",
        payload=b"offline",
        observations=(Event("connection", _AT_MS, "off", {}, _RECEIVED),),
    ),
    Example(name="the gateway's own state", route="home/OMG/SYStoMQTT", payload=b'{"uptime":5}', observations=()),
    Example(name="not JSON", route=_ROUTE, payload=b"open", error="expected a JSON object"),
    Example(name="another radio", route="home/OMG/433toMQTT", payload=b'{"value":1}', error="topic: got"),
)
