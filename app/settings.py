"""What an installation may decide: one frozen class, read from ``ANHU_…`` variables, checked before the network.

Every field is one variable: `port` is ``ANHU_PORT``. Channels bring variables of their own (`notify.channels`). An
unknown ``ANHU_`` variable is an error, so that a misspelt one is not silently ignored. Secrets have no default and
print as ``***``. Nobody else reads the environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from anhu.contract.errors import SettingsError
from anhu.contract.proxies import trusted_networks
from anhu.contract.settings import PREFIX, Secret, SettingRow, changed, check_port, parsed, rows, says, variables
from anhu.registry.time_zones import EXPECTED, is_time_zone
from app.broker_settings import BrokerRouteSettings
from app.door_settings import DoorSettings
from app.heartbeat.settings import WatcherSettings
from app.kafka_settings import LogSettings
from app.people_settings import PeopleSettings
from app.poll_settings import PolledCloudSettings
from app.push_settings import PushSettings
from app.remote_addresses import check_broker_url, check_database_url
from app.screen_settings import ScreenSettings
from notify.channels import channel_types

_NOT_SETTINGS = ("ANHU_TEST_",)
TLS_PORTS = ("mqtt_tls_port", "mqtt_wss_port", "mqtt_old_tls_port", "push_tls_port")


def _channel_defaults() -> Mapping[str, Any]:
    return {name: one.settings() for name, one in channel_types().items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(
    LogSettings, PushSettings, PolledCloudSettings, PeopleSettings, ScreenSettings, DoorSettings, BrokerRouteSettings
):
    """One installation. Each field's meaning stands in its metadata, from which the README's table is made.

    Channels, by name, and the watcher have settings of their own.
    """

    data: Path = field(
        default=Path("anhu-data"),
        metadata=says("folder for everything that must survive a restart", "存放一切重启后仍须保留的数据的文件夹"),
    )
    host: str = field(
        default="127.0.0.1",
        metadata=says("address on which pages, API and MQTT listen", "网页、API 与 MQTT 监听的地址"),
    )
    port: int = field(default=8080, metadata=says("HTTP port of pages and API", "网页与 API 的 HTTP 端口"))
    mqtt_port: int = field(
        default=1883, metadata=says("MQTT port of the front door; 0 closes it", "前门的 MQTT 端口；0 表示关闭")
    )
    mqtt_tls_port: int = field(
        default=0, metadata=says("MQTT port with TLS; 0 closes it", "带 TLS 的 MQTT 端口；0 表示关闭")
    )
    tcp_port: int = field(
        default=0, metadata=says("port for [3G*…], JT/T 808 and HL7; 0 closes it", "[3G*…]、JT/T 808、HL7 端口；0 关闭")
    )
    tls_certificate: str = field(
        default="",
        metadata=says("PEM file with the certificate chain of devices' doors", "设备接入端口的证书链（PEM 文件）"),
    )
    tls_key: str = field(default="", metadata=says("PEM file with its private key", "其私钥（PEM 文件）"))
    trusted_proxies: str = field(
        default="",
        metadata=says(
            "proxies and balancers whose word on the caller's address counts: 10.0.0.5,172.18.0.0/16",
            "可信代理与负载均衡器的地址，只采信它们转告的来访地址：10.0.0.5,172.18.0.0/16",
        ),
    )
    database_url: Secret = field(
        default=Secret(""),
        metadata=says(
            "SQLAlchemy URL; empty means SQLite in the data folder", "SQLAlchemy 地址；空则为数据文件夹中的 SQLite"
        ),
    )
    store: str = field(
        default="embedded", metadata=says("time-series store: embedded or influxdb", "时序库：embedded 或 influxdb")
    )
    influxdb_url: str = field(default="", metadata=says("address of InfluxDB 2.7", "InfluxDB 2.7 的地址"))
    influxdb_token: Secret = field(
        default=Secret(""), metadata=says("token that may write and read the bucket", "可读写该存储桶的令牌")
    )
    influxdb_org: str = field(default="anhu", metadata=says("organisation in InfluxDB", "InfluxDB 中的组织"))
    influxdb_bucket: str = field(default="anhu", metadata=says("bucket in InfluxDB", "InfluxDB 中的存储桶"))
    public_url: str = field(
        default="",
        metadata=says(
            "address that people's browsers use; links in messages start with it",
            "人们浏览器使用的地址；消息中的链接以此开头",
        ),
    )
    keep_readings_d: int = field(
        default=730,
        metadata=says("days that the embedded store keeps numbers and events", "内嵌存储保留数值与事件的天数"),
    )
    keep_waveforms_d: int = field(
        default=90, metadata=says("days that the embedded store keeps waveforms", "内嵌存储保留波形的天数")
    )
    codec_folder: str = field(default="", metadata=says("folder with codecs of your own", "自己的编解码器所在文件夹"))
    time_zone: str = field(
        default="Asia/Shanghai", metadata=says("time zone in which people read times", "人们阅读时间所用的时区")
    )
    session_limit_h: int = field(
        default=24,
        metadata=says(
            "hours after which a login ends even in the middle of work", "登录的最长时长，到时即使正在使用也会结束"
        ),
    )
    channels: Mapping[str, Any] = field(default_factory=_channel_defaults)
    watcher: WatcherSettings = field(default_factory=WatcherSettings)

    def __post_init__(self) -> None:
        check_port(self, "port", "mqtt_port", "mqtt_tls_port", "tcp_port", "push_port", "push_tls_port")
        trusted_networks(self.trusted_proxies)
        PeopleSettings.__post_init__(self)
        self.check_screens()
        self.check_doors()
        self.check_log()
        _check_addresses(self.public_url, self.database_url, self.broker_url)
        _check_url("ANHU_PUSH_PUBLIC_URL", self.push_public_url)
        _check_store(self)
        if not is_time_zone(self.time_zone):
            raise SettingsError("ANHU_TIME_ZONE", self.time_zone, EXPECTED)
        for name in ("keep_readings_d", "keep_waveforms_d", "log_max_age_h", "log_max_bytes", "session_limit_h"):
            if getattr(self, name) <= 0:
                raise SettingsError(PREFIX + name.upper(), getattr(self, name), "a number above 0")
        for name in TLS_PORTS:
            if getattr(self, name) and not (self.tls_certificate and self.tls_key):
                expected = f"both, since {PREFIX}{name.upper()} is set"
                raise SettingsError("ANHU_TLS_CERTIFICATE, ANHU_TLS_KEY", "", expected)

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{(self.data / 'anhu.db').absolute()}"

    @property
    def base_url(self) -> str:
        """Start of links for people, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host or "localhost"
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def keeps_secrets(self) -> bool:
        """Whether devices' secrets are kept readable: a broker is told of them, TLS by pre-shared keys needs them."""
        return self.broker_shuts_out or bool(self.mqtt_psk_port)

    @property
    def push_url(self) -> str:
        """Start of addresses for vendors' clouds, without a slash at the end; empty where no such door is open."""
        return self.push_address(self.base_url)

    @property
    def is_https(self) -> bool:
        """Whether people come by HTTPS: cookies then go no other way, and browsers remember it."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def listen_host(self) -> str:
        """Where to listen; all addresses of both families, where a program that is told ``::`` would leave one out."""
        return "" if self.host == "::" else self.host

    @property
    def log_folder(self) -> Path:
        """Where the LOG's segments are."""
        return self.data / "log"

    def environment(self) -> dict[str, str]:
        """Return the variables that make the same settings in a child process."""
        texts = changed(self) | changed(self.watcher)
        for own in self.channels.values():
            texts |= changed(own)
        return texts


def _check_store(settings: Settings) -> None:
    if settings.store not in ("embedded", "influxdb"):
        raise SettingsError("ANHU_STORE", settings.store, "embedded or influxdb")
    if settings.store == "influxdb" and not (settings.influxdb_url and settings.influxdb_token):
        raise SettingsError("ANHU_INFLUXDB_URL, ANHU_INFLUXDB_TOKEN", "", "both, since ANHU_STORE is influxdb")


def _check_addresses(public_url: str, database_url: str, broker_url: str) -> None:
    _check_url("ANHU_PUBLIC_URL", public_url)
    check_database_url(database_url)
    check_broker_url(broker_url)


def _check_url(variable: str, text: str) -> None:
    """Refuse what browsers could not open: a host without a scheme would pass for plain HTTP."""
    try:
        url = urlsplit(text)
        usable = not text or (url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0)
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(variable, text, "an address such as https://anhu.example.org")


def from_environment(environment: Mapping[str, str], **given: object) -> Settings:
    """Read settings; values given directly (command-line options) win, None means not given.

    Raises
    ------
    SettingsError
        For an unknown variable or a value that does not fit.
    """
    texts = {k: v for k, v in environment.items() if k.startswith(PREFIX) and not k.startswith(_NOT_SETTINGS)}
    known = sorted(name for one in _classes() for name in variables(one))
    for name in texts:
        if name not in known:
            raise SettingsError(name, "…", f"one of {', '.join(known)}")
    channels = {name: one.settings(**parsed(one.settings, texts)) for name, one in channel_types().items()}
    values = parsed(Settings, texts) | {k: v for k, v in given.items() if v is not None}
    watcher = WatcherSettings(**parsed(WatcherSettings, texts))
    return Settings(channels=channels, watcher=watcher, **values)


def table() -> list[SettingRow]:
    """Return (variable, default, meaning) for every setting, for the README."""
    return [row for one in _classes() for row in rows(one)]


def _classes() -> Iterator[type]:
    """Give every class of settings. Raises `ValueError` when a channel wants a variable of the installation."""
    yield Settings
    yield WatcherSettings
    for name, one in channel_types().items():
        if taken := variables(one.settings).keys() & variables(Settings).keys():
            raise ValueError(f"channel {name!r} wants {', '.join(sorted(taken))}, which is the installation's own")
        yield one.settings
