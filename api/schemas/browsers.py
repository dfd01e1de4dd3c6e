"""Browsers that are told of alarms while no page is open."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Input, Time, View, at, ruled


class BrowserView(View):
    """A browser of the caller's."""

    id: str
    label: str = Field(description="Which one it is, in its own words.")
    service: str = Field(description="Whose service carries the messages.")
    fingerprint: str = Field(description="SHA-256 of its address: a browser finds itself by it.")
    gone_at_ms: Time | None = at("gone_at")
    """Since when its service says that nobody is there; nothing is sent there any more."""


class BrowsersView(View):
    """The caller's browsers, and the key with which another one enters itself; empty: none can."""

    public_key: str
    browsers: list[BrowserView]


class BrowserKeys(Input):
    """What only this browser and the platform know."""

    p256dh: str = Field(max_length=100)
    auth: str = Field(max_length=50)


class NewBrowser(Input):
    """A subscription, as a browser makes it (``PushSubscription.toJSON``)."""

    endpoint: str = ruled(maxLength=500, examples=["https://updates.push.services.mozilla.com/wpush/v2/gAAAA"])
    keys: BrowserKeys
    label: str = ruled("", maxLength=100, examples=["Firefox, Linux"])
