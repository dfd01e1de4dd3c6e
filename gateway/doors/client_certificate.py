"""Who a client certificate says that a device is, once TLS has found that somebody trusted signed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def certified_names(certificate: Mapping[str, object] | None) -> frozenset[str]:
    """Return the common name and the DNS names of a certificate as `ssl` tells it; nothing without one."""
    return frozenset(_names(certificate)) if certificate else frozenset()


def _names(certificate: Mapping[str, object]) -> Iterator[str]:
    subject, others = certificate.get("subject"), certificate.get("subjectAltName")
    for relative in subject if isinstance(subject, tuple) else ():
        yield from (value for name, value in relative if name == "commonName")
    yield from (value for kind, value in (others if isinstance(others, tuple) else ()) if kind == "DNS")
