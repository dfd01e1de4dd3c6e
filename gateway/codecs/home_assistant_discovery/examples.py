"""What firmware says once it has announced itself, and what must come of it."""

from __future__ import annotations

from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged
from gateway.codec import Example, Frame
from gateway.codecs.home_assistant_discovery.announcing import announced
from gateway.codecs.home_assistant_discovery.configurations import (
    ALL_AT_ONCE,
    CONTACT,
    ESPHOME,
    HOME_BUTTONS,
    OMG,
    REMOTE,
    RTL_433,
    SHELLY,
    SMOKE_DETECTOR,
    SOS_EVENT,
    TASMOTA,
    THERMOMETER,
    ZIGBEE,
    Config,
)
from gateway.door_specs import DoorKind

_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED


def _about(route: str, *configs: Config) -> tuple[bytes, ...]:
    """Return what the configurations announce of a topic."""
    found: list[bytes] = []
    for place, payload in configs:
        frame = Frame(
            door=DoorKind.MQTT, route=f"homeassistant/{place}/config", payload=payload.encode(), device_id="dev-1",
            received_at_ms=_AT_MS,
        )  # fmt: skip
        made = announced(frame)
        found += [one.says for one in made.announcements if one.topic == route] if made is not None else []
    return tuple(dict.fromkeys(found))


def _said(
    name: str,
    route: str,
    payload: str,
    configs: tuple[Config, ...],
    *observations: Observation,
    retained: bool = False,
) -> Example:
    about = _about(route, *configs)
    return Example(
        name=name, route=route, payload=payload.encode(), announced=about, observations=observations, retained=retained
    )


def _event(kind: str, source: str, state: str = "on", **about: str | float | bool) -> Event:
    return Event(kind, _AT_MS, state, dict(about), _RECEIVED, 0, source)


def _number(quantity: str, value: float, source: str) -> Scalar:
    return Scalar(quantity, value, _AT_MS, _RECEIVED, source=source)


_ACTION = "zigbee2mqtt/0x90fd9ffffedf1266/action"

EXAMPLES = (
    _said(
        "Zigbee2MQTT: smoke, with what else one message says",
        "zigbee2mqtt/kitchen",
        '{"smoke":true,"tamper":false,"battery":97,"linkquality":60}',
        ZIGBEE,
        _event("smoke", SMOKE_DETECTOR),
        _event("tamper", SMOKE_DETECTOR, "off"),
        _number("battery", 97.0, SMOKE_DETECTOR),
    ),
    _said("Zigbee2MQTT: only a part of its state", "zigbee2mqtt/kitchen", '{"linkquality":60}', ZIGBEE),
    _said(
        "Zigbee2MQTT: a retained state is no news",
        "zigbee2mqtt/kitchen",
        '{"tamper":true}',
        ZIGBEE,
        *flagged((_event("tamper", SMOKE_DETECTOR),), Quality.RETAINED),
        retained=True,
    ),
    _said(
        "Zigbee2MQTT: a call in a field that nobody announced",
        "zigbee2mqtt/kitchen",
        '{"sos":true,"linkquality":60}',
        ZIGBEE,
        _event("sos", SMOKE_DETECTOR),
    ),
    _said(
        "Zigbee2MQTT: the bridge is gone, and with it all sensors",
        "zigbee2mqtt/bridge/state",
        '{"state":"offline"}',
        (*ZIGBEE, *CONTACT),
        _event("connection", "", "off"),
    ),
    _said(
        "Zigbee2MQTT: payload_on false, an open door",
        "zigbee2mqtt/0x00158d00029b063b",
        '{"contact":false}',
        CONTACT,
        _event("contact", "zigbee2mqtt_0x00158d00029b063b"),
    ),
    _said(
        "Zigbee2MQTT: payload_off true, a closed one",
        "zigbee2mqtt/0x00158d00029b063b",
        '{"contact":true}',
        CONTACT,
        _event("contact", "zigbee2mqtt_0x00158d00029b063b", "off"),
    ),
    _said(
        "Zigbee2MQTT: an SOS button, its template not understood",
        "zigbee2mqtt/bedside",
        '{"action":"emergency","battery":100}',
        SOS_EVENT,
        _event("sos", "zigbee2mqtt_0xa4c1380001020304", vendor_type="action:emergency"),
    ),
    _said(
        "Zigbee2MQTT: the same button, pressed in another way",
        "zigbee2mqtt/bedside",
        '{"action":"single"}',
        SOS_EVENT,
        _event("sos", "zigbee2mqtt_0xa4c1380001020304", press="single"),
    ),
    _said("Zigbee2MQTT: the empty action after a real one", "zigbee2mqtt/bedside", '{"action":""}', SOS_EVENT),
    _said(
        "Zigbee2MQTT: a remote's button, to be mapped",
        _ACTION,
        "arrow_left_click",
        REMOTE,
        _event(
            "unknown_vendor_event",
            "zigbee2mqtt_0x90fd9ffffedf1266",
            vendor_type="action:action arrow_left_click",
        ),
    ),
    _said(
        "Zigbee2MQTT: a press that no trigger names",
        _ACTION,
        "toggle",
        REMOTE,
        _event(
            "unknown_vendor_event",
            "zigbee2mqtt_0x90fd9ffffedf1266",
            vendor_type="action:toggle",
        ),
    ),
    _said(
        "Home Buttons: short press of what is called an SOS button",
        "homebuttons/423828/button_1",
        "PRESS",
        HOME_BUTTONS,
        _event("sos", "HBTNS-2510-091-423828", press="button_short_press button_1"),
    ),
    _said(
        "Tasmota: temperature, its topics behind ~",
        "gen-01/tele/SENSOR",
        '{"Time":"2026-11-22T06:26:40","DS18S20":{"Id":"0008038B2D3C","Temperature":21.5},"TempUnit":"C"}',
        TASMOTA,
        _number("room_temperature", 21.5, "295AB4/DS18S20_Temperature"),
    ),
    _said("Tasmota: it is gone", "gen-01/tele/LWT", "Offline", TASMOTA, _event("connection", "295AB4", "off")),
    _said("ESPHome: motion", "dev-1/binary_sensor/hall_pir/state", "ON", ESPHOME, _event("motion", "hall_pir")),
    _said("ESPHome: a fall", "dev-1/binary_sensor/bedroom_fall/state", "ON", ESPHOME, _event("fall", "bedroom_fall")),
    _said(
        "ESPHome: heart rate, by name and unit",
        "dev-1/sensor/heart_rate/state",
        "71.0",
        ESPHOME,
        _number("heart_rate", 71.0, "heart_rate"),
    ),
    _said("ESPHome: has measured nothing yet", "dev-1/sensor/heart_rate/state", "nan", ESPHOME),
    _said(
        "ESPHome: a name that tells nothing",
        "dev-1/binary_sensor/gpio_4/state",
        "ON",
        ESPHOME,
        _event("unknown_vendor_event", "gpio_4", vendor_type="gpio_4"),
    ),
    _said("ESPHome: the node is gone", "dev-1/status", "offline", ESPHOME, _event("connection", "", "off")),
    _said(
        "OpenMQTTGateway: a thermometer that it hears",
        THERMOMETER,
        '{"id":"A4:C1:38:C3:8E:E5","rssi":-70,"tempc":21.3,"hum":48}',
        OMG,
        _number("room_temperature", 21.3, "a4c138c38ee5"),
        _number("room_humidity", 48.0, "a4c138c38ee5"),
    ),
    _said("OpenMQTTGateway: what is_defined leaves out", THERMOMETER, '{"id":"A4:C1:38:C3:8E:E5","rssi":-70}', OMG),
    _said(
        "rtl_433: Fahrenheit",
        "rtl_433/pi/devices/Acurite-986/51778/temperature_F",
        "68",
        RTL_433,
        _number("room_temperature", 68 / 1.8 - 32 / 1.8, "Acurite-986-51778"),
    ),
    _said(
        "rtl_433: its battery is well",
        "rtl_433/pi/devices/Acurite-986/51778/battery_ok",
        "1",
        RTL_433,
        _number("battery", 100.0, "Acurite-986-51778"),
    ),
    _said(
        "rtl_433: an alarm of class safety",
        "rtl_433/pi/devices/Visonic/1/alarm",
        "1",
        RTL_433,
        _event("unknown_vendor_event", "Visonic-1", vendor_type="alarm", urgent=True),
    ),
    _said(
        "Shelly: water",
        "shellies/shellyflood-AB12CD/sensor/flood",
        "true",
        SHELLY,
        _event("water_leak", "shellyflood-AB12CD/flood"),
    ),
    _said(
        "Shelly: gone",
        "shellies/shellyflood-AB12CD/online",
        "false",
        SHELLY,
        _event("connection", "shellyflood-AB12CD", "off"),
    ),
    _said(
        "Shelly: a condition in its template",
        "shellies/shellytrv-60A423/info",
        '{"calibrated":false}',
        SHELLY,
        _event("sensor_fault", "shellytrv-60A423/calibrated"),
    ),
    _said(
        "a whole device at once",
        "beds/7/state",
        '{"ppm":80,"hr":58}',
        ALL_AT_ONCE,
        _number("heart_rate", 58.0, "bed-07/hr"),
        _event("gas", "bed-07"),
    ),
    _said("a call by its Chinese name", "beds/7/call", "ON", ALL_AT_ONCE, _event("sos", "bed-07/call")),
    _said(
        "nothing was announced: a call all the same",
        "zigbee2mqtt/toilet",
        '{"sos":true,"battery":90}',
        (),
        _event("sos", "zigbee2mqtt/toilet"),
    ),
    Example(
        name="a configuration says nothing of the home",
        route="homeassistant/binary_sensor/0x00158d000205d552/smoke/config",
        payload=ZIGBEE[0][1].encode(),
        observations=(),
    ),
    Example(name="a thing is taken out", route="homeassistant/sensor/a/b/config", payload=b"", observations=()),
    Example(
        name="behind the broker of a home",
        route="anhu/home_assistant_discovery/dev-1/zigbee2mqtt/kitchen",
        payload=b'{"smoke":true}',
        announced=_about("zigbee2mqtt/kitchen", *ZIGBEE),
        observations=(_event("smoke", SMOKE_DETECTOR),),
    ),
    Example(
        name="a configuration without a topic",
        route="homeassistant/sensor/a/b/config",
        payload=b'{"name":"t"}',
        error="state_topic: got None",
    ),
    Example(
        name="a configuration that is no JSON",
        route="homeassistant/sensor/a/b/config",
        payload=b"offline",
        error="expected a JSON object",
    ),
    Example(
        name="a state that a thing cannot have",
        route="dev-1/binary_sensor/hall_pir/state",
        payload=b"blue",
        announced=_about("dev-1/binary_sensor/hall_pir/state", *ESPHOME),
        error="hall_pir: got 'blue', expected on or off",
    ),
    Example(
        name="no JSON where JSON was announced",
        route="zigbee2mqtt/kitchen",
        payload=b"smoke",
        announced=_about("zigbee2mqtt/kitchen", *ZIGBEE),
        error="expected a JSON object, as was announced",
    ),
)
