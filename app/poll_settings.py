"""What an installation may decide about asking vendors' clouds."""

from __future__ import annotations

from dataclasses import dataclass, field

from anhu.contract.settings import says


@dataclass(frozen=True, kw_only=True)
class PolledCloudSettings:
    """Part of an installation's settings. Which clouds are asked, and as whom, stands with the products."""

    poll_private_hosts: str = field(
        default="",
        metadata=says(
            "vendors' clouds inside the own network that may be asked, also over http: iot.care.local,10.0.0.8",
            "允许主动查询的内网厂商云平台（也可用 http）：iot.care.local,10.0.0.8",
        ),
    )

    @property
    def polled_neighbours(self) -> tuple[str, ...]:
        """Those hosts."""
        return tuple(host.strip().lower() for host in self.poll_private_hosts.split(",") if host.strip())
