"""The AsyncAPI 3.0 document of the open format: which doors there are, and who may say what where."""

from __future__ import annotations

from typing import Any

from anhu.contract import topics
from anhu.contract.schema import COMMAND_FILE, PUSH_FILE, SCHEMA_FILE

_DIALECT = "application/schema+json;version=draft-2020-12"
_MQTT = ("mqtt", "mqtts", "websocket")
_PUSH = "/push/{product}"


def asyncapi() -> dict[str, Any]:
    """Return the document, from the device's side: it sends reports and calls, and receives commands."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Anhu device interface",
            "version": "1.0.0",
            "description": "QoS 1; a PUBACK, or 200 to a push, means that the message is on disk."
            " A device speaks only for itself.",
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {
                "report": _message("A report of a device", SCHEMA_FILE),
                "command": _message("Something the platform wants of a device", COMMAND_FILE),
                "push": _message("Reports that a vendor's cloud hands over", PUSH_FILE),
            },
            "securitySchemes": {
                "secret": {"type": "userPassword", "description": "User name: the device's identity; its secret."},
                "certificate": {"type": "X509", "description": "A client certificate in the device's name."},
                "pushKey": {"type": "http", "scheme": "bearer", "description": "The product's push key."},
                "signature": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "X-Anhu-Signature",
                    "description": "HMAC-SHA256, hexadecimal, of X-Anhu-Time, X-Anhu-Device and the body,"
                    " a line feed between each, with the push key.",
                },
            },
        },
    }


def _servers() -> dict[str, Any]:
    of_mqtt = [_ref("securitySchemes", "secret")]
    by_tls = [*of_mqtt, _ref("securitySchemes", "certificate")]
    device = {"mqtt": {"clientId": "the device's identity", "cleanSession": False, "keepAlive": 60}}
    host = {"host": {"default": "localhost", "description": "The platform's address."}}

    def server(port: int, protocol: str, security: list[dict[str, str]], **more: object) -> dict[str, Any]:
        return {"host": f"{{host}}:{port}", "protocol": protocol, "variables": host, "security": security, **more}

    return {
        "mqtt": server(1883, "mqtt", of_mqtt, protocolVersion="3.1.1", bindings=device),
        "mqtts": server(8883, "mqtts", by_tls, protocolVersion="3.1.1", bindings=device),
        "websocket": server(8083, "ws", of_mqtt, pathname="/mqtt", description="MQTT inside WebSocket."),
        "push": server(8098, "http", [_ref("securitySchemes", n) for n in ("pushKey", "signature")]),
    }


def _channels() -> dict[str, Any]:
    device = {"deviceId": {"description": "The device's identity; also its MQTT user name and client identifier."}}
    of_mqtt = {"parameters": device, "servers": [{"$ref": f"#/servers/{name}"} for name in _MQTT]}
    return {
        "up": {"address": _address(topics.UP), **of_mqtt, "messages": _messages("report")},
        "urgent": {
            "address": _address(topics.URGENT),
            "description": "Calls for help: through a broker they wait behind no other message.",
            **of_mqtt,
            "messages": _messages("report"),
        },
        "commands": {"address": _address(topics.COMMANDS), **of_mqtt, "messages": _messages("command")},
        "push": {
            "address": _PUSH,
            "description": "For a cloud whose devices do not come themselves; one message needs X-Anhu-Device.",
            "parameters": {"product": {"description": "The identity under which the product is enrolled."}},
            "servers": [{"$ref": "#/servers/push"}],
            "messages": _messages("push"),
        },
    }


def _operations() -> dict[str, Any]:
    surely = {"bindings": {"mqtt": {"qos": 1, "retain": False}}}
    return {
        "sendReport": {"action": "send", "channel": {"$ref": "#/channels/up"}, **surely},
        "callForHelp": {"action": "send", "channel": {"$ref": "#/channels/urgent"}, **surely},
        "receiveCommand": {"action": "receive", "channel": {"$ref": "#/channels/commands"}, **surely},
        "pushReports": {
            "action": "send",
            "channel": {"$ref": "#/channels/push"},
            "bindings": {"http": {"method": "POST"}},
        },
    }


def _address(template: str) -> str:
    return template.replace("{device_id}", "{deviceId}")


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _messages(name: str) -> dict[str, Any]:
    return {name: _ref("messages", name)}


def _message(title: str, file: str) -> dict[str, Any]:
    return {"title": title, "payload": {"schemaFormat": _DIALECT, "schema": {"$ref": f"./{file}"}}}
