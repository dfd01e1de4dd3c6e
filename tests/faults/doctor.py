"""The doctor at the other end: reads the pages that came, and answers those that a person will answer."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import httpx

from notify.channels.webhook.fake import Call, WebhookServer
from tests.faults.ledger import Ledger

_LOOK_S = 0.05
_BACK_S = 30.0


def taken(page: Call) -> bool:
    """Tell whether a page was taken, and its sender told so."""
    return httpx.codes.is_success(page.status)


def pages_of(calls: Sequence[Call], resident_id: str) -> list[Call]:
    """Return every try of every page about an SOS of a resident; a later step may get through before the first."""
    wanted = resident_id.encode()
    bodies = [(call, json.loads(call.body)) for call in list(calls) if wanted in call.body]
    return [call for call, body in bodies if body["kind"] == "sos"]


async def answer(pages: WebhookServer, ledger: Ledger, url: str, token: str, *, trusted: str = "") -> None:
    """Acknowledge what is meant to be answered, once its page has come, and be there; try until the platform knows.

    Whoever only acknowledges is asked after some minutes whether he goes, and a clock that is set on makes them of one.
    `trusted` is the file of a certificate of their own.
    """
    seen = 0
    waiting: set[str] = set()
    told: dict[str, Any] = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 5.0}
    async with httpx.AsyncClient(**told, verify=ssl.create_default_context(cafile=trusted or None)) as client:
        while True:
            to_answer = {c.sender.resident_id for c in ledger.calls if c.answer}
            for page in pages.calls[seen:]:
                seen += 1
                body = json.loads(page.body)
                if taken(page) and body["kind"] == "sos" and body["resident_id"] in to_answer:
                    waiting.add(body["alert_id"])
            for alert_id in sorted((waiting | ledger.answered_by_phone) - ledger.answered_s.keys()):
                with suppress(httpx.HTTPError):
                    if await _goes(client, f"{url}/api/v1/alerts/{alert_id}"):
                        ledger.answered_s[alert_id] = time.monotonic()
            await asyncio.sleep(_LOOK_S)


async def _goes(client: httpx.AsyncClient, alert: str) -> bool:
    """Acknowledge and be there; tell whether the platform knows. What it knew already is a conflict."""
    for step in ("acknowledge", "on-scene"):
        said = await client.post(f"{alert}/{step}", json={})
        if not (said.is_success or said.status_code == httpx.codes.CONFLICT):
            return False
    return True


async def close(url: str, token: str, alert_id: str) -> None:
    """Close an alert from the desk, as a false one; try again while the API is coming back."""
    end_s = time.monotonic() + _BACK_S
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=10.0) as client:
        while True:
            try:
                said = await client.post(f"{url}/api/v1/alerts/{alert_id}/close", json={"outcome": "false"})
            except httpx.ConnectError:
                if time.monotonic() > end_s:
                    raise
                await asyncio.sleep(_LOOK_S)
            else:
                said.raise_for_status()
                return
