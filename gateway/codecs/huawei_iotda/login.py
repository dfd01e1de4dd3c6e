"""How devices of Huawei Cloud IoTDA sign their log-ins: the hour is the key, the secret is what is digested.

The client id is ``<device>_0_<type>_<YYYYMMDDHH>`` in UTC. Type 1 is good for its hour and the one beside it; type 0 is
what Huawei's SDKs use for devices without a clock, and says nothing of the time.
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime

from anhu.contract.clock import HOUR_MS
from gateway.door_specs import LoginExample, LoginVerdict, MqttLogin, SignedLogins
from gateway.signed_logins import digest_of, same_hex, within

_CLIENT_ID = re.compile(r"(?P<device>.+)_0_(?P<type>[01])_(?P<hour>\d{10})")


def device_of(login: MqttLogin) -> str:
    """Return whose log-in it is."""
    found = _CLIENT_ID.fullmatch(login.client_id)
    return login.user_name if found is not None and found["device"] == login.user_name else ""


def verdict(login: MqttLogin, secret: str) -> LoginVerdict:
    """Check the digest, and the hour where it counts."""
    found = _CLIENT_ID.fullmatch(login.client_id)
    if found is None or not same_hex(digest_of("sha256", found["hour"].encode(), secret), login.password):
        return LoginVerdict.FALSE
    if found["type"] == "0":
        return LoginVerdict.GENUINE
    try:
        hour = datetime.strptime(found["hour"], "%Y%m%d%H").replace(tzinfo=UTC)
    except ValueError:
        return LoginVerdict.STALE
    return within(round(hour.timestamp() * 1_000) + HOUR_MS // 2, login.at_ms, HOUR_MS + HOUR_MS // 2)


def _example(name: str, kind: str, at_ms: int) -> LoginExample:
    password = hmac.new(b"2026112122", b"0123456789abcdef", "sha256").hexdigest().encode()
    login = MqttLogin(client_id=f"dev-1_0_{kind}_2026112122", user_name="dev-1", password=password, at_ms=at_ms)
    return LoginExample(name=name, login=login, device_id="dev-1", secret="0123456789abcdef")  # noqa: S106 - made up


LOGINS = SignedLogins(
    device_of=device_of,
    verdict=verdict,
    examples=(
        _example("of this hour", "1", 1_795_300_000_000),
        _example("of the hour before", "1", 1_795_300_000_000 + HOUR_MS),
        _example("of a device without a clock", "0", 1_795_300_000_000 + 1_000 * HOUR_MS),
    ),
)
