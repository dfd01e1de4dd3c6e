"""The OpenAPI document, the headers, and what an unexpected error shows."""

from __future__ import annotations

import pytest

from anhu import __version__
from api.services import alerts
from tests.api.world import Site


def test_the_document_describes_every_route(site: Site) -> None:
    with site.anonymous() as client:
        document = client.get("/openapi.json").json()
    assert document["info"]["title"] == "Anhu"
    assert document["info"]["version"] == __version__
    operations = [(p, m, o) for p, methods in document["paths"].items() for m, o in methods.items()]
    assert len(operations) > 45
    for path, method, operation in operations:
        assert operation.get("summary"), f"{method} {path}"
        assert operation.get("tags"), f"{method} {path}"
        success = next(code for code in operation["responses"] if code.startswith("2"))
        if success != "204" and not path.endswith("/stream"):
            described = operation["responses"][success]["content"]
            assert described, f"{method} {path} says nothing of its answer"
            assert all(one["schema"] for one in described.values()), f"{method} {path} says nothing of its answer"
        if path.startswith("/api/v1/"):
            assert "application/problem+json" in operation["responses"]["401"]["content"]
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names))


def test_models_carry_examples(site: Site) -> None:
    with site.anonymous() as client:
        schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for model in ("AlertView", "ResidentView", "DeviceView", "LatestView", "NewDevice", "Problem", "Login"):
        assert any("examples" in field for field in schemas[model]["properties"].values()), model
    assert schemas["AlertView"]["properties"]["raised_at"]["format"] == "date-time"
    assert schemas["Login"]["properties"]["password"]["format"] == "password"


@pytest.mark.parametrize("path", ["/health", "/api/v1/alerts", "/openapi.json", "/login"])
def test_every_answer_has_the_security_headers(site: Site, path: str) -> None:
    with site.anonymous() as client:
        headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_an_unexpected_error_shows_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(alerts, "list_alerts", broken)
    with site.program("desk") as desk:
        answer = desk.get("/api/v1/alerts")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "hunter2" not in answer.text
    assert answer.headers["content-security-policy"]
    assert "GET /api/v1/alerts failed" in caplog.text


def test_health_tells_no_data(site: Site) -> None:
    with site.anonymous() as client:
        assert client.get("/health").json() == {"status": "ok"}
