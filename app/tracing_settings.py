"""What an installation may decide about tracing: where the steps of messages are written down, and of how many."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from anhu.contract.errors import SettingsError
from anhu.contract.settings import says


@dataclass(frozen=True, kw_only=True)
class TracingSettings:
    """A part of the installation's settings."""

    tracing_url: str = field(
        default="",
        metadata=says(
            "where OpenTelemetry traces go (OTLP/HTTP, as http://collector:4318/v1/traces); empty: nowhere",
            "OpenTelemetry 跟踪数据的去向（OTLP/HTTP，如 http://collector:4318/v1/traces）；空则不跟踪",
        ),
    )
    tracing_share: float = field(
        default=0.001,
        metadata=says(
            "share of messages that are followed, 0 to 1; calls for help always are",
            "被跟踪的消息所占比例，0 到 1；求助消息始终被跟踪",
        ),
    )

    def check_tracing(self) -> None:
        """Raise `SettingsError` for an address or a share that is none."""
        url = urlsplit(self.tracing_url)
        if self.tracing_url and not (url.scheme in {"http", "https"} and url.hostname and url.path.strip("/")):
            raise SettingsError("ANHU_TRACING_URL", self.tracing_url, "http://collector:4318/v1/traces")
        if not 0.0 <= self.tracing_share <= 1.0:
            raise SettingsError("ANHU_TRACING_SHARE", self.tracing_share, "a number from 0 to 1")
