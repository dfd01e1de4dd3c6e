"""Real Kafka: one broker, or three of which each may be killed, frozen and started again with the same data."""

from __future__ import annotations

import base64
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic

from tests.services.certificate import make_certificate
from tests.services.finding import ServiceMissingError
from tests.services.kafka_build import java
from tests.services.process import HOST, ServiceProcess, accepts, free_port

USER: Final = "anhu"
PASSWORD: Final = "kafka-pass-Zei7"
_READY_WITHIN_S: Final = 120.0


class KafkaBroker:
    """One broker, which is a controller too; `process` is killed, paused and started by the tests."""

    def __init__(self, folder: Path, node: int, ports: Mapping[str, int], voters: str) -> None:
        folder.mkdir()
        self.folder, self.node, self.ports = folder, node, ports
        self.port = ports["PLAINTEXT"]
        self.address = f"{HOST}:{self.port}"
        self.data = folder / "data"
        self.config = folder / "server.properties"
        self._voters = voters
        self.process = ServiceProcess(
            java("kafka.Kafka", str(self.config)),
            log=folder / "kafka.log",
            ready=lambda: accepts(ports["CONTROLLER"]),
        )

    def write_config(self, more: Mapping[str, str]) -> None:
        """Write its configuration."""
        secure = "SASL_SSL" in self.ports
        names = [name for name in self.ports if name != "CONTROLLER"]
        settings = {
            "process.roles": "broker,controller",
            "node.id": str(self.node),
            "controller.quorum.voters": self._voters,
            "listeners": ",".join(f"{name}://{HOST}:{port}" for name, port in self.ports.items()),
            "advertised.listeners": ",".join(f"{name}://{HOST}:{self.ports[name]}" for name in names),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self.data),
            "offsets.topic.num.partitions": "4",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            "log.segment.delete.delay.ms": "100",
        }
        settings |= _secure(self.folder.parent) if secure else {}
        settings |= more
        self.config.write_text("".join(f"{k}={v}\n" for k, v in settings.items()), "utf-8")


class Kafka:
    """A cluster of one broker or of three.

    Parameters
    ----------
    folder : Path
        Empty folder for configurations, data and logs.
    brokers : int
        With three, topics have three copies, of which two must be in step (``min.insync.replicas``).
    secure : bool
        Also listen with TLS and a password (``SASL_SSL``; SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN).
    settings : mapping
        Further lines of each broker's configuration.
    """

    def __init__(
        self, folder: Path, brokers: int = 1, *, secure: bool = False, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.certificate = make_certificate(folder)[0] if secure else folder / "none"
        names = ("PLAINTEXT", *(("SASL_SSL",) if secure else ()), "CONTROLLER")
        ports = _ports(len(names) * brokers)
        by_node = {node: dict(zip(names, [next(ports) for _ in names], strict=True)) for node in range(1, brokers + 1)}
        voters = ",".join(f"{node}@{HOST}:{own['CONTROLLER']}" for node, own in by_node.items())
        self.brokers = [KafkaBroker(folder / f"broker-{node}", node, own, voters) for node, own in by_node.items()]
        self._settings = _copies(brokers) | dict(settings or {})
        self._admin: AdminClient | None = None
        self._starter = ThreadPoolExecutor(1)  # the kernel ends a broker with the thread that started it

    @property
    def servers(self) -> str:
        """Addresses without TLS and password."""
        return ",".join(broker.address for broker in self.brokers)

    @property
    def secure_servers(self) -> str:
        """Addresses with TLS and a password."""
        return ",".join(f"{HOST}:{broker.ports['SASL_SSL']}" for broker in self.brokers)

    @property
    def admin(self) -> AdminClient:
        """Who makes topics and asks about them."""
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self.servers, "log_level": 0})
        return self._admin

    def start(self) -> None:
        """Format and start all, and wait until each of them is known to the cluster."""
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        for broker in self.brokers:
            broker.write_config(self._settings)
            _format(broker, cluster)
        for broker in self.brokers:
            self.start_again(broker)
        self.wait_until_known(len(self.brokers))

    def stop(self) -> None:
        """End all: a test's data need not be closed in order."""
        self._admin = None
        for broker in self.brokers:
            broker.process.kill()
        self._starter.shutdown()

    def start_again(self, broker: KafkaBroker) -> None:
        """Start one that was killed, from whatever thread; it may take a while until the cluster knows it."""
        self._starter.submit(broker.process.start).result()

    def wait_until_known(self, count: int) -> None:
        """Return when that many brokers are there."""
        deadline_s = time.monotonic() + _READY_WITHIN_S
        while self._known() != count:
            if time.monotonic() > deadline_s:
                logs = "\n".join((b.folder / "kafka.log").read_text("utf-8")[-2_000:] for b in self.brokers)
                raise ServiceMissingError(f"Kafka: {self._known()} of {count} brokers are there\n{logs}")
            time.sleep(0.05)

    def restart(self, broker: KafkaBroker) -> None:
        """Start one that was killed, and wait until the cluster knows it again."""
        self.start_again(broker)
        self._admin = None  # its connection may be to the one that was killed
        self.wait_until_known(sum(one.process.runs for one in self.brokers))

    def new_topic(self, partitions: int = 1, name: str = "", **config: str) -> str:
        """Make an empty topic and return its name; ``retention_ms="1000"`` sets ``retention.ms``."""
        name = name or f"t-{uuid.uuid4().hex[:12]}"
        settings = {key.replace("_", "."): value for key, value in config.items()}
        deadline_s = time.monotonic() + _READY_WITHIN_S
        while True:
            try:
                self.admin.create_topics([NewTopic(name, partitions, -1, config=settings)])[name].result(30)
                break
            except KafkaException as error:  # a broker that was killed is not let in again at once
                if error.args[0].code() != KafkaError.INVALID_REPLICATION_FACTOR or time.monotonic() > deadline_s:
                    raise
                time.sleep(0.1)
        while not self._is_led(name, partitions):
            if time.monotonic() > deadline_s:
                raise ServiceMissingError(f"Kafka: topic {name} has no leaders")
            time.sleep(0.02)
        return name

    def change_topic(self, topic: str, name: str, value: str) -> None:
        """Set one of a topic's settings, and wait until the brokers go by it."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        resource.add_incremental_config(ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET))
        self.admin.incremental_alter_configs([resource])[resource].result(30)
        while self.admin.describe_configs([resource])[resource].result(30)[name].value != value:
            time.sleep(0.02)

    def leader(self, topic: str, partition: int = 0) -> KafkaBroker:
        """Return the broker that leads a partition."""
        node = self.admin.list_topics(topic, timeout=10).topics[topic].partitions[partition].leader
        return next(broker for broker in self.brokers if broker.node == node)

    def _is_led(self, topic: str, partitions: int) -> bool:
        found = self.admin.list_topics(topic, timeout=10).topics[topic].partitions
        return len(found) == partitions and all(one.leader > 0 for one in found.values())

    def _known(self) -> int:
        try:
            return len(self.admin.list_topics(timeout=2).brokers)
        except KafkaException:
            return 0


@contextmanager
def kafka_cluster(brokers: int = 1, *, secure: bool = False, **settings: str) -> Iterator[Kafka]:
    """Have a cluster run; ``log_retention_ms="1000"`` sets ``log.retention.ms``."""
    own = {key.replace("_", "."): value for key, value in settings.items()}
    with TemporaryDirectory(prefix="anhu-kafka-", ignore_cleanup_errors=True) as folder:
        kafka = Kafka(Path(folder), brokers, secure=secure, settings=own)
        try:
            kafka.start()
            yield kafka
        finally:
            kafka.stop()


def _format(broker: KafkaBroker, cluster: str) -> None:
    users = (
        [f"SCRAM-SHA-{n}=[name={USER},password={PASSWORD}]" for n in (256, 512)] if "SASL_SSL" in broker.ports else []
    )
    more = [part for user in users for part in ("--add-scram", user)]
    command = java("kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(broker.config), *more)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceMissingError(f"Kafka: its folder could not be formatted\n{done.stdout}{done.stderr}")


def _ports(count: int) -> Iterator[int]:
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return iter(found)


def _copies(brokers: int) -> dict[str, str]:
    copies, in_step = (3, 2) if brokers >= 3 else (1, 1)
    return {
        "default.replication.factor": str(copies),
        "min.insync.replicas": str(in_step),
        "offsets.topic.replication.factor": str(copies),
        "transaction.state.log.replication.factor": str(copies),
        "transaction.state.log.min.isr": str(in_step),
        "share.coordinator.state.topic.replication.factor": str(copies),
        "share.coordinator.state.topic.min.isr": str(in_step),
    }


def _secure(folder: Path) -> dict[str, str]:
    both = folder / "broker.pem"
    both.write_text((folder / "key.pem").read_text("utf-8") + (folder / "certificate.pem").read_text("utf-8"), "utf-8")
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
    named = "listener.name.sasl_ssl"
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(both),
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
        f"{named}.plain.sasl.jaas.config": f'{plain} required user_{USER}="{PASSWORD}";',
        f"{named}.scram-sha-256.sasl.jaas.config": f"{scram} required;",
        f"{named}.scram-sha-512.sasl.jaas.config": f"{scram} required;",
    }
