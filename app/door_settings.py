"""What an installation may decide about the doors that devices come in by, beside the first two MQTT ports."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from anhu.contract.errors import SettingsError
from anhu.contract.settings import check_port, says
from gateway.doors import psk

CERTIFICATE_CHOICES = ("optional", "required")


@dataclass(frozen=True, kw_only=True)
class DoorSettings:
    """Part of an installation's settings."""

    mqtt_ws_port: int = field(
        default=0, metadata=says("port of MQTT over WebSocket; 0 closes it", "MQTT over WebSocket 的端口；0 表示关闭")
    )
    mqtt_wss_port: int = field(
        default=0,
        metadata=says(
            "port of MQTT over WebSocket with TLS; 0 closes it", "带 TLS 的 MQTT over WebSocket 端口；0 表示关闭"
        ),
    )
    mqtt_old_tls_port: int = field(
        default=0,
        metadata=says(
            "MQTT port for modems that know no newer TLS than 1.0, 1.1 or AES128-SHA, which can be broken; 0 closes it",
            "供仅支持 TLS 1.0、1.1 或 AES128-SHA 的老旧模组使用的 MQTT 端口，可被破解；0 表示关闭",
        ),
    )
    mqtt_psk_port: int = field(
        default=0,
        metadata=says(
            "MQTT port for modems that have a pre-shared key and no certificates (TLS 1.2 PSK suites, Python 3.13 or "
            "newer): the identity is the device's, the key its secret; 0 closes it",
            "供只有预共享密钥、不支持证书的模组使用的 MQTT 端口（TLS 1.2 PSK 套件，需 Python 3.13 或更新版本）："
            "PSK 身份即设备标识，密钥即设备密钥；0 表示关闭",
        ),
    )
    mqtt_client_ca: str = field(
        default="",
        metadata=says(
            "PEM file with whoever signs devices' certificates; the device is the certificate's common or DNS name",
            "签发设备证书的 CA（PEM 文件）；证书的 CN 或 DNS 名称即设备标识",
        ),
    )
    mqtt_client_certificates: str = field(
        default="optional",
        metadata=says(
            "whether devices on ports with TLS must show a certificate: optional or required",
            "TLS 端口上的设备是否必须出示证书：optional（可选）或 required（必须）",
        ),
    )

    def check_doors(self) -> None:
        """Raise `SettingsError` for ports that are none, and for certificates that nobody could check."""
        check_port(self, "mqtt_ws_port", "mqtt_wss_port", "mqtt_old_tls_port", "mqtt_psk_port")
        if self.mqtt_psk_port and not psk.is_possible():
            raise SettingsError("ANHU_MQTT_PSK_PORT", self.mqtt_psk_port, psk.NEEDED)
        choice = self.mqtt_client_certificates
        if choice not in CERTIFICATE_CHOICES:
            raise SettingsError("ANHU_MQTT_CLIENT_CERTIFICATES", choice, " or ".join(CERTIFICATE_CHOICES))
        if choice == "required" and not self.mqtt_client_ca:
            raise SettingsError("ANHU_MQTT_CLIENT_CA", "", "a PEM file, since certificates are required")
        if self.mqtt_client_ca and not Path(self.mqtt_client_ca).is_file():
            raise SettingsError("ANHU_MQTT_CLIENT_CA", self.mqtt_client_ca, "a PEM file that is there")
