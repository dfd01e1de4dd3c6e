"""The live stream of alerts."""

from __future__ import annotations

from api.schemas.alerts import AlertEventView, AlertView
from api.schemas.base import View


class StreamItem(View):
    """One message of the live stream: what happened, and the alert as it is now."""

    event: AlertEventView
    alert: AlertView
