"""What an installation may decide of the door to which vendors' clouds push."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from anhu.contract.settings import says


@dataclass(frozen=True, kw_only=True)
class PushSettings:
    """Ports of the HTTP push door. Each field's meaning stands in its metadata; its certificate is the devices'."""

    push_port: int = field(
        default=0,
        metadata=says(
            "HTTP port to which vendors' clouds push; 0 closes it", "厂商云平台推送数据的 HTTP 端口；0 表示关闭"
        ),
    )
    push_tls_port: int = field(
        default=0, metadata=says("the same with TLS (HTTPS); 0 closes it", "同上，带 TLS（HTTPS）；0 表示关闭")
    )
    push_public_url: str = field(
        default="",
        metadata=says(
            "address at which vendors' clouds reach it, shown with each product; empty: our own, with that port",
            "厂商云平台访问它的地址，显示在产品页面；留空则为本机地址加上述端口",
        ),
    )

    def push_address(self, base_url: str) -> str:
        """Return where vendors' clouds reach it; empty where no such door is open."""
        if not (self.push_port or self.push_tls_port):
            return ""
        name = urlsplit(base_url).hostname or "localhost"
        host = f"[{name}]" if ":" in name else name
        own = f"https://{host}:{self.push_tls_port}" if self.push_tls_port else f"http://{host}:{self.push_port}"
        return (self.push_public_url or own).rstrip("/")
