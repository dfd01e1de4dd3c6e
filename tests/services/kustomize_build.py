"""Kustomize, which puts the Kubernetes manifests together as `kubectl apply -k` does."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.services.go_program import GoProgram

KUSTOMIZE = GoProgram("kustomize", "5.6.0", "sigs.k8s.io/kustomize/kustomize/v5", about_s=60.0)


def built(folder: Path) -> str:
    """Return the manifests of a folder, as YAML.

    Raises
    ------
    AssertionError
        If it cannot be put together; with what Kustomize says.
    """
    ran = subprocess.run([KUSTOMIZE.path(), "build", folder], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
