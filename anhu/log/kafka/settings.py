"""What a client of the brokers is told, whatever it does there."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_RECORD_BYTES = 16 * 1_048_576
"""The longest entry; the topic takes it with its frame. [byte]"""
MAX_MESSAGE_BYTES = MAX_RECORD_BYTES + 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSettings:
    """Where the brokers are, who we are to them, and what is asked of them.

    Attributes
    ----------
    servers : str
        ``host:port``, several with commas between.
    topic : str
        Holds the LOG.
    partitions : int
        How many the topic must have.
    mechanism : str
        ``PLAIN``, ``SCRAM-SHA-256`` or ``SCRAM-SHA-512``; empty: no password.
    tls : bool
        Whether to speak TLS.
    ca_file : str
        Certificates that sign the brokers'; empty means the system's.
    ack_within_s : float
        A record that is not acknowledged by then counts as refused. [s]
    """

    servers: str
    topic: str
    partitions: int = 1
    mechanism: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: str = ""
    ack_within_s: float = 30.0

    def client(self) -> dict[str, str | int | float | bool]:
        """Return what every client is told."""
        own: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.servers,
            "client.id": "anhu",
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 1_000,
            "socket.keepalive.enable": True,
            "socket.timeout.ms": 10_000,
            "socket.connection.setup.timeout.ms": 5_000,
            "topic.metadata.refresh.interval.ms": 60_000,
            "allow.auto.create.topics": False,
        }
        secure = "SSL" if self.tls else "PLAINTEXT"
        own["security.protocol"] = f"SASL_{secure}" if self.mechanism else secure
        if self.mechanism:
            own |= {"sasl.mechanism": self.mechanism, "sasl.username": self.user, "sasl.password": self.password}
        if self.ca_file:
            own["ssl.ca.location"] = self.ca_file
        return own

    def group(self, consumer: str) -> str:
        """Return the name under which the brokers keep a consumer's positions."""
        return f"{self.topic}.{consumer}"
