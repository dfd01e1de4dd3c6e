"""A Mosquitto whose accounts are those of its dynamic security: ours, and devices'."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from paho.mqtt import publish

from tests.services.finding import find, need
from tests.services.mosquitto import Mosquitto

OURS = ("anhu", "broker-secret-1")
PLUGIN = Path("/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so")
_KINDS = ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe")


def can_be_guarded() -> bool:
    """Tell whether this machine's Mosquitto has dynamic security."""
    return PLUGIN.exists() and find("mosquitto_ctrl") is not None


def guarding(folder: Path) -> str:
    """Return the configuration of a broker with one account, which is ours."""
    accounts = folder / "accounts.json"
    control = str(need(find("mosquitto_ctrl"), "mosquitto_ctrl"))
    subprocess.run([control, "dynsec", "init", accounts, *OURS], check=True, capture_output=True, timeout=30)
    accounts.chmod(0o666)
    return f"allow_anonymous false\nper_listener_settings false\nplugin {PLUGIN}\nplugin_opt_config_file {accounts}"


def allow_everything(broker: Mosquitto) -> None:
    """Let everybody who has an account say and hear everything."""
    allowed = [{"acltype": kind, "allow": True} for kind in _KINDS]
    _tell(broker, [{"command": "setDefaultACLAccess", "acls": allowed}])


def open_accounts(broker: Mosquitto, secrets: Mapping[str, str]) -> None:
    """Make accounts of devices."""
    made = ({"command": "createClient", "username": one, "password": secret} for one, secret in secrets.items())
    _tell(broker, list(made))


def _tell(broker: Mosquitto, commands: Sequence[Mapping[str, object]]) -> None:
    publish.single(
        "$CONTROL/dynamic-security/v1",
        json.dumps({"commands": commands}),
        qos=1,
        hostname=broker.host,
        port=broker.port,
        auth={"username": OURS[0], "password": OURS[1]},
    )
