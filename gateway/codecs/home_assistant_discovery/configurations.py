"""Configurations as their makers' programs send them, cut to what matters here: (topic within the prefix, payload).

From Zigbee2MQTT's own tests, OpenMQTTGateway's and Home Assistant's documentation, ``rtl_433_mqtt_hass.py``, and what
Tasmota, Shelly's scripts and ESPHome nodes were seen to publish.
"""

from __future__ import annotations

Config = tuple[str, str]

SMOKE_DETECTOR = "zigbee2mqtt_0x00158d000205d552"
_OF_SMOKE = (
    '"device":{"identifiers":["zigbee2mqtt_0x00158d000205d552"],"manufacturer":"Feibit","model":"Smoke detector",'
    '"name":"kitchen"},"state_topic":"zigbee2mqtt/kitchen",'
    '"availability":[{"topic":"zigbee2mqtt/bridge/state","value_template":"{{ value_json.state }}"}],'
    '"payload_off":false,"payload_on":true'
)
ZIGBEE: tuple[Config, ...] = (
    (
        "binary_sensor/0x00158d000205d552/smoke",
        (
            f'{{{_OF_SMOKE},"device_class":"smoke","unique_id":"0x00158d000205d552_smoke_zigbee2mqtt",'
            '"value_template":"{{ value_json.smoke }}"}'
        ),
    ),
    (
        "binary_sensor/0x00158d000205d552/tamper",
        f'{{{_OF_SMOKE},"device_class":"tamper","value_template":"{{{{ value_json.tamper }}}}"}}',
    ),
    (
        "sensor/0x00158d000205d552/battery",
        (
            '{"device":{"identifiers":["zigbee2mqtt_0x00158d000205d552"]},"state_topic":"zigbee2mqtt/kitchen",'
            '"device_class":"battery","entity_category":"diagnostic","unit_of_measurement":"%",'
            '"value_template":"{{ value_json.battery }}"}'
        ),
    ),
)
CONTACT: tuple[Config, ...] = (
    (
        "binary_sensor/0x00158d00029b063b/contact",
        (
            '{"payload_on":false,"payload_off":true,"value_template":"{{ value_json.contact }}","device_class":"door",'
            '"state_topic":"zigbee2mqtt/0x00158d00029b063b","name":"0x00158d00029b063b_contact",'
            '"device":{"identifiers":["zigbee2mqtt_0x00158d00029b063b"],"name":"0x00158d00029b063b",'
            '"model":"MiJia door & window contact sensor (MCCGQ01LM)"},"availability_topic":"zigbee2mqtt/bridge/state"}'
        ),
    ),
)
_OF_A_BUTTON = '"device":{"identifiers":["zigbee2mqtt_0xa4c1380001020304"],"model":"TS0215A_sos","name":"bedside"}'
SOS_EVENT: tuple[Config, ...] = (
    (
        "event/0xa4c1380001020304/action",
        (
            f'{{{_OF_A_BUTTON},"event_types":["emergency"],"state_topic":"zigbee2mqtt/bedside",'
            '"value_template":"{% set patterns = [] %}{{ patterns|to_json }}"}'
        ),
    ),
)
REMOTE: tuple[Config, ...] = (
    (
        "device_automation/0x90fd9ffffedf1266/action_arrow_left_click",
        (
            '{"automation_type":"trigger","type":"action","subtype":"arrow_left_click","payload":"arrow_left_click",'
            '"topic":"zigbee2mqtt/0x90fd9ffffedf1266/action","device":{"identifiers":["zigbee2mqtt_0x90fd9ffffedf1266"],'
            '"model":"TRADFRI remote control (E1524/E1810)","manufacturer":"IKEA"}}'
        ),
    ),
)
HOME_BUTTONS: tuple[Config, ...] = (
    (
        "device_automation/HBTNS-2510-091-423828/button_1",
        (
            '{"atype":"trigger","t":"homebuttons/423828/button_1","pl":"PRESS","type":"button_short_press",'
            '"stype":"button_1","dev":{"ids":["HBTNS-2510-091-423828"],"name":"SOS button of the bathroom"}}'
        ),
    ),
)
TASMOTA: tuple[Config, ...] = (
    (
        "sensor/295AB4_DS18S20_Temperature",
        (
            '{"name":"gen-01 DS18S20 Temperature","stat_t":"~SENSOR","avty_t":"~LWT","pl_avail":"Online",'
            '"pl_not_avail":"Offline","uniq_id":"295AB4_DS18S20_Temperature","device":{"identifiers":["295AB4"],'
            '"connections":[["mac","3C:71:BF:29:5A:B4"]]},"~":"gen-01/tele/","unit_of_meas":"°C","dev_cla":"temperature",'
            '"val_tpl":"{{value_json[\'DS18S20\'].Temperature}}"}'
        ),
    ),
)
_OF_A_NODE = '"dev":{"ids":"a4cf12345678","name":"dev-1","sw":"esphome v2024.11.0","mdl":"esp32dev","mf":"Espressif"}'
ESPHOME: tuple[Config, ...] = (
    (
        "binary_sensor/dev-1/hall_pir",
        (
            '{"dev_cla":"motion","name":"Hall PIR","stat_t":"dev-1/binary_sensor/hall_pir/state",'
            f'"avty_t":"dev-1/status","uniq_id":"ESPbinary_sensorhall_pir",{_OF_A_NODE}}}'
        ),
    ),
    (
        "binary_sensor/dev-1/bedroom_fall",
        (
            '{"dev_cla":"safety","name":"Fall detected","stat_t":"dev-1/binary_sensor/bedroom_fall/state",'
            f'"avty_t":"dev-1/status",{_OF_A_NODE}}}'
        ),
    ),
    (
        "sensor/dev-1/heart_rate",
        (
            '{"name":"Heart rate","unit_of_meas":"bpm","stat_cla":"measurement",'
            f'"stat_t":"dev-1/sensor/heart_rate/state",{_OF_A_NODE}}}'
        ),
    ),
    (
        "binary_sensor/dev-1/gpio_4",
        f'{{"name":"GPIO 4","stat_t":"dev-1/binary_sensor/gpio_4/state",{_OF_A_NODE}}}',
    ),
)
THERMOMETER = "home/OpenMQTTGateway_ESP32_BLE/BTtoMQTT/A4C138C38EE5"
OMG: tuple[Config, ...] = (
    (
        "sensor/A4C138C38EE5-LYWSD03MMC-tempc",
        (
            f'{{"stat_t":"{THERMOMETER}","name":"LYWSD03MMC-tempc","uniq_id":"A4C138C38EE5-LYWSD03MMC-tempc",'
            '"dev_cla":"temperature","val_tpl":"{{ value_json.tempc | is_defined }}","unit_of_meas":"°C",'
            '"device":{"name":"A4C138C38EE5","model":"LYWSD03MMC","manufacturer":"OMG_community","identifiers":["A4C138C38EE5"]}}'
        ),
    ),
    (
        "sensor/A4C138C38EE5-LYWSD03MMC-hum",
        (
            f'{{"stat_t":"{THERMOMETER}","name":"LYWSD03MMC-hum","dev_cla":"humidity","unit_of_meas":"%",'
            '"val_tpl":"{{ value_json.hum | is_defined }}","device":{"identifiers":["A4C138C38EE5"]}}'
        ),
    ),
)
RTL_433: tuple[Config, ...] = (
    (
        "sensor/Acurite-986-51778/Acurite-986-51778-F",
        (
            '{"device_class":"temperature","name":"Temperature","unit_of_measurement":"°F",'
            '"value_template":"{{ value|float }}",'
            '"state_topic":"rtl_433/pi/devices/Acurite-986/51778/temperature_F","device":{"identifiers":["Acurite-986-51778"],'
            '"manufacturer":"rtl_433"}}'
        ),
    ),
    (
        "sensor/Acurite-986-51778/Acurite-986-51778-B",
        (
            '{"device_class":"battery","name":"Battery","unit_of_measurement":"%","value_template":'
            '"{{ float(value) * 99 + 1 }}","state_topic":"rtl_433/pi/devices/Acurite-986/51778/battery_ok",'
            '"device":{"identifiers":["Acurite-986-51778"],"manufacturer":"rtl_433"}}'
        ),
    ),
    (
        "binary_sensor/Visonic-1/Visonic-1-alarm",
        (
            '{"device_class":"safety","force_update":"true","payload_on":"1","payload_off":"0","name":"Visonic-1-alarm",'
            '"state_topic":"rtl_433/pi/devices/Visonic/1/alarm","device":{"identifiers":["Visonic-1"]}}'
        ),
    ),
)
SHELLY: tuple[Config, ...] = (
    (
        "binary_sensor/shellyflood_ab12cd/flood",
        (
            '{"name":"Flood","stat_t":"shellies/shellyflood-AB12CD/sensor/flood","pl_on":"true","pl_off":"false",'
            '"dev_cla":"moisture","uniq_id":"shellyflood-AB12CD-flood","avty_t":"shellies/shellyflood-AB12CD/online",'
            '"pl_avail":"true","pl_not_avail":"false","dev":{"ids":["shellyflood-AB12CD"],"mf":"Allterco Robotics"}}'
        ),
    ),
    (
        "binary_sensor/shellytrv_60a423/calibrated",
        (
            '{"stat_t":"shellies/shellytrv-60A423/info","value_template":'
            '"{% if value_json.calibrated %}OFF{% else %}ON{% endif %}","device_class":"problem","payload_on":"ON",'
            '"entity_category":"diagnostic","payload_off":"OFF","device":{"identifiers":["shellytrv-60A423"]}}'
        ),
    ),
)
ALL_AT_ONCE: tuple[Config, ...] = (
    (
        "device/bed-07",
        (
            '{"dev":{"ids":"bed-07","name":"Mattress"},"o":{"name":"bed2mqtt"},"~":"beds/7","stat_t":"~/state","cmps":{'
            '"hr":{"p":"sensor","name":"Heart rate","unit_of_meas":"bpm","val_tpl":"{{ value_json.hr | int(0) }}"},'
            '"gas":{"p":"binary_sensor","dev_cla":"gas","val_tpl":"{{ \'ON\' if value_json.ppm > 50 else \'OFF\' }}"},'
            '"call":{"p":"binary_sensor","name":"求助","stat_t":"~/call"},"old":{"p":"sensor"}}}'
        ),
    ),
)
