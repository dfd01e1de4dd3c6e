"""A certificate for loopback, made for one test or measurement."""

from __future__ import annotations

import subprocess
from pathlib import Path


def make_certificate(folder: Path, name: str = "") -> tuple[Path, Path]:
    """Return the paths of a certificate for a host name, else for 127.0.0.1, and of its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    held = f"DNS:{name}" if name else "IP:127.0.0.1"
    names = ["-days", "2", "-subj", f"/CN={name or '127.0.0.1'}", "-addext", f"subjectAltName={held}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *names, *files], check=True, capture_output=True)
    return certificate, key


def make_device_certificate(folder: Path, device_id: str) -> tuple[Path, Path, Path]:
    """Return the paths of whoever signs devices' certificates, of a device's certificate, and of its key."""
    authority, signing = folder / "makers.pem", folder / "makers.key"
    certificate, key, asked = (folder / f"{device_id}.{end}" for end in ("pem", "key", "csr"))
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    if not authority.exists():
        named = ["-days", "2", "-subj", "/CN=makers", "-keyout", str(signing), "-out", str(authority)]
        _run(["openssl", "req", "-x509", *made, *named])
    _run(["openssl", "req", *made, "-subj", f"/CN={device_id}", "-keyout", str(key), "-out", str(asked)])
    by = ["-CA", str(authority), "-CAkey", str(signing), "-CAcreateserial", "-days", "2"]
    _run(["openssl", "x509", "-req", "-in", str(asked), *by, "-out", str(certificate)])
    return authority, certificate, key


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)
