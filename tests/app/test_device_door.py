"""At which door the platform knocks by itself."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from anhu.contract.errors import SettingsError
from app.device_door import device_door
from app.settings import Settings, from_environment
from tests.services.certificate import make_certificate, make_device_certificate


def test_without_a_name_it_is_this_machines_own_door() -> None:
    assert device_door(Settings(host="0.0.0.0", mqtt_port=1893)) == ("127.0.0.1", 1893, None)  # noqa: S104 - not bound


def test_a_door_that_is_named_goes_before_the_own_one() -> None:
    assert device_door(Settings(device_door="mqtt://balancer")) == ("balancer", 1883, None)
    assert device_door(Settings(device_door="mqtt://10.0.0.9:1884", mqtt_port=0)) == ("10.0.0.9", 1884, None)
    host, port, tls = device_door(Settings(device_door="mqtts://door.example.org"))
    assert (host, port) == ("door.example.org", 8883)
    assert tls is not None
    assert tls.check_hostname


@pytest.mark.parametrize("wrong", ["balancer:1883", "http://b", "mqtt://", "mqtt://b:0", "mqtt://b/x", "mqtt://u@b"])
def test_what_is_no_door_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match="ANHU_DEVICE_DOOR"):
        from_environment({"ANHU_DEVICE_DOOR": wrong})


def shakes_hands(context: ssl.SSLContext, certificate: Path, key: Path) -> bool:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            try:
                server.wrap_socket(listener.accept()[0], server_side=True).close()
            except OSError:
                return

        answering = threading.Thread(target=answer)
        answering.start()
        try:
            plain = socket.create_connection(listener.getsockname())
            context.wrap_socket(plain, server_hostname="balancer").close()
        except ssl.SSLError:
            return False
        finally:
            answering.join()
    return True


def test_over_a_network_only_the_certificate_itself_is_trusted_by_whatever_name(tmp_path: Path) -> None:
    authority, door, key = make_device_certificate(tmp_path, "door.example.org")
    _, other, other_key = make_device_certificate(tmp_path, "other.example.org")
    chain = tmp_path / "tls.crt"
    chain.write_text(door.read_text() + authority.read_text())
    _, _, tls = device_door(Settings(device_door="mqtts://balancer", tls_certificate=str(chain)))
    assert tls is not None
    assert shakes_hands(tls, chain, key)
    assert not shakes_hands(tls, other, other_key), "the same authority signed it"
    (tmp_path / "self").mkdir()
    assert not shakes_hands(tls, *make_certificate(tmp_path / "self"))
