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
