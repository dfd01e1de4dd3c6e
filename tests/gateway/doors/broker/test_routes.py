"""Which filters a broker is asked for, and whose a topic is."""

from __future__ import annotations

from gateway.doors.broker.routes import Binding, BrokerRoutes
from tests.gateway.doors.broker.broker_route import CODECS, URGENT


def test_overlapping_filters_are_subscribed_once() -> None:
    routes = BrokerRoutes(CODECS, (Binding(topic_filter="anhu/#", device_id="gw"),))
    assert routes.filters == ("anhu/#",)
    assert routes.urgent == ()


def test_the_device_is_read_from_the_topic() -> None:
    routes = BrokerRoutes(CODECS, ())
    assert routes.filters == ("anhu/v1/+/raw/#", "anhu/v1/+/up")
    assert routes.urgent == ("anhu/v1/+/urgent",)
    assert routes.sender(URGENT) == ("dev-1", False)
    assert routes.sender("anhu/v1/dev-7/raw/a/b") == ("dev-7", False)
    assert routes.sender("anhu/v1/dev-7/down") == ("", False)
