"""From a vendor's cloud to the desk with everything real: a product, its key, a push, an alert."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app import status
from tests.services.process import free_port
from tests.smoke.installation import Installation, until

FORM = {
    "imei": "860000000000007",
    "heartrate": "88",
    "city": "德州市",
    "address": "3号楼",
    "lon": "116.31",
    "lat": "37.45",
}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One centre and one resident; the push door is open."""
    made = Installation(tmp_path, push_port=str(free_port()))
    made.admin("create-centre", id="c-1", name="幸福里")
    made.admin("create-resident", id="r-1", name="王秀英", centre="c-1")
    made.log_in()
    yield made
    made.stop()


def push(installation: Installation, key: str, where: str = "/push/x8") -> int:
    port = installation._environment["ANHU_PUSH_PORT"]
    try:
        return httpx.post(
            f"http://127.0.0.1:{port}{where}", params={"token": key}, data=FORM, trust_env=False
        ).status_code
    except httpx.TransportError:
        return 0


def test_an_sos_that_a_vendors_cloud_pushes_is_an_alert_and_a_new_key_ends_the_old_one(
    installation: Installation,
) -> None:
    installation.start()
    key = installation.admin("create-product", id="x8", vendor="ACME", codec="aiqiangua_x8")["push_key"]
    until(lambda: push(installation, key) == 403, installation.log)  # the product is known; its device is nobody's yet
    installation.admin("create-device", id=FORM["imei"], product="x8", resident="r-1")
    until(lambda: push(installation, key) == 200, installation.log)
    [alert] = until(lambda: installation.alerts("r-1"), installation.log)
    assert alert["kind"] == "sos"
    asked = ("doctor", "--data", str(installation.data), "--port", str(installation.port))
    until(lambda: "devices that nobody enrolled" in installation.run(*asked).stdout, installation.log)
    fresh = installation.run("admin", "new-push-key", "x8", "--data", str(installation.data))
    assert fresh.returncode == 0
    until(lambda: push(installation, key) == 403, installation.log)


def test_a_gateway_that_is_killed_knows_products_and_devices_again(installation: Installation) -> None:
    key = installation.admin("create-product", id="x8", vendor="ACME", codec="aiqiangua_x8")["push_key"]
    installation.admin("create-device", id=FORM["imei"], product="x8", resident="r-1")
    installation.start()
    until(lambda: push(installation, key, "/push/x8/heartrate") == 200, installation.log)
    gateway = until(
        lambda: next((s for s in status.read_all(installation.data / "status") if s.process == "gateway"), None),
        installation.log,
    )
    assert gateway is not None
    os.kill(gateway.pid, signal.SIGKILL)
    until(lambda: push(installation, key, "/push/x8/heartrate") == 0, installation.log)
    until(lambda: push(installation, key) == 200, installation.log)
    assert until(lambda: installation.alerts("r-1"), installation.log)


def test_its_product_says_where_to_push_and_what_came_is_in_the_delivery_log(installation: Installation) -> None:
    installation.start()
    key = installation.admin("create-product", id="x8", vendor="ACME", codec="aiqiangua_x8")["push_key"]
    installation.admin("create-device", id=FORM["imei"], product="x8", resident="r-1")
    port = installation._environment["ANHU_PUSH_PORT"]
    (product,) = installation.get("/products")
    assert product["push_address"] == f"http://127.0.0.1:{port}/push/x8"
    until(lambda: push(installation, key, "/push/x8/heartrate") == 200, installation.log)
    log = until(
        lambda: [one for one in installation.get("/deliveries")["items"] if one["accepted"]],
        installation.log,
        seconds=150.0,
    )
    assert [(one["device_id"], one["accepted"], one["refused"]) for one in log] == [(FORM["imei"], 1, 0)]
