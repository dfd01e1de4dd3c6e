"""What an installation may decide about its LOG: on this machine's disk, or in Kafka, and where and how there."""

from __future__ import annotations

from dataclasses import dataclass, field

from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret, says

LOGS = ("embedded", "kafka")
_MECHANISMS = ("", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """A part of the installation's settings."""

    log: str = field(
        default="embedded",
        metadata=says("where the LOG is kept: embedded or kafka", "日志（LOG）保存在哪里：embedded 或 kafka"),
    )
    log_max_bytes: int = field(
        default=8_589_934_592,
        metadata=says(
            "size at which the LOG starts to drop what was read by all",
            "日志达到此大小后，开始丢弃所有读者都已读过的部分",
        ),
    )
    log_max_age_h: int = field(
        default=168,
        metadata=says("age at which the LOG drops what was read by all", "所有读者都已读过的日志保留的时长"),
    )
    kafka_servers: str = field(
        default="",
        metadata=says("Kafka's brokers: kafka-1:9092,kafka-2:9092", "Kafka 代理地址：kafka-1:9092,kafka-2:9092"),
    )
    kafka_topic: str = field(
        default="anhu-log", metadata=says("topic that holds the LOG", "存放日志（LOG）的主题（topic）")
    )
    kafka_partitions: int = field(
        default=1,
        metadata=says(
            "partitions of the topic, fixed for its life; a centre's residents share one",
            "主题的分区数，创建后不可更改；同一社区中心的老人在同一分区",
        ),
    )
    kafka_copies: int = field(
        default=3,
        metadata=says(
            "copies of each partition that `anhu log create` asks for; 3 survive the loss of a machine",
            "`anhu log create` 为每个分区创建的副本数；3 份可承受一台机器丢失",
        ),
    )
    kafka_keep_h: int = field(
        default=168,
        metadata=says(
            "hours that Kafka keeps records, read or not; `anhu log create` sets it",
            "Kafka 保留记录的小时数，无论是否已读；由 `anhu log create` 设定",
        ),
    )
    kafka_tls: bool = field(default=False, metadata=says("speak TLS with Kafka", "与 Kafka 的连接使用 TLS"))
    kafka_ca: str = field(
        default="",
        metadata=says(
            "PEM file with who signs the brokers' certificates; empty means the system's",
            "签发代理证书的 CA（PEM 文件）；空则用系统自带的",
        ),
    )
    kafka_mechanism: str = field(
        default="",
        metadata=says(
            "how we log in to Kafka: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, or empty for not at all",
            "登录 Kafka 的方式：PLAIN、SCRAM-SHA-256、SCRAM-SHA-512，空则不登录",
        ),
    )
    kafka_user: str = field(default="", metadata=says("our name in Kafka", "登录 Kafka 的用户名"))
    kafka_password: Secret = field(default=Secret(""), metadata=says("and its password", "及其密码"))
    kafka_ack_within_s: float = field(
        default=30.0,
        metadata=says(
            "seconds after which a record that Kafka has not acknowledged is refused to the device",
            "Kafka 超过这么多秒仍未确认的记录，即向设备拒绝",
        ),
    )

    def check_log(self) -> None:
        """Refuse what does not fit together.

        Raises
        ------
        SettingsError
            Names the setting.
        """
        if self.log not in LOGS:
            raise SettingsError("ANHU_LOG", self.log, "embedded or kafka")
        if self.kafka_mechanism not in _MECHANISMS:
            raise SettingsError("ANHU_KAFKA_MECHANISM", self.kafka_mechanism, "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
        if self.log == "kafka" and not self.kafka_servers:
            raise SettingsError("ANHU_KAFKA_SERVERS", "", "host:port, since ANHU_LOG is kafka")
        if self.kafka_mechanism and not (self.kafka_user and self.kafka_password):
            raise SettingsError("ANHU_KAFKA_USER, ANHU_KAFKA_PASSWORD", "", "both, since ANHU_KAFKA_MECHANISM is set")
        for name in ("kafka_partitions", "kafka_copies", "kafka_keep_h", "kafka_ack_within_s"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"ANHU_{name.upper()}", getattr(self, name), "a number above 0")
