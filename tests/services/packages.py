"""Services that are system packages: which there are, and their installation on Debian and Ubuntu."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from typing import NamedTuple

import click

from tests.services.chromium import find_chinese_font, find_chromium
from tests.services.compose import find_compose
from tests.services.finding import ServiceMissingError, find
from tests.services.firefox import find_firefox
from tests.services.haproxy import find_haproxy
from tests.services.kafka_build import find_java, find_maven
from tests.services.mosquitto import find_mosquitto
from tests.services.postgres import find_postgres
from tests.services.prometheus import find_prometheus


class Need(NamedTuple):
    """Something the tests use and the packages that bring it."""

    name: str
    is_here: Callable[[], object]
    debian_packages: tuple[str, ...]


NEEDS = (
    Need("Mosquitto broker", find_mosquitto, ("mosquitto",)),
    Need("Mosquitto clients", lambda: find("mosquitto_pub"), ("mosquitto-clients",)),
    Need("HAProxy", find_haproxy, ("haproxy",)),
    Need("Prometheus", find_prometheus, ("prometheus",)),
    Need("Alertmanager", lambda: find("amtool"), ("prometheus-alertmanager",)),
    Need("Java", find_java, ("default-jdk-headless",)),
    Need("Maven", find_maven, ("maven",)),
    Need("PostgreSQL", find_postgres, ("postgresql",)),
    Need("Chromium", find_chromium, ("chromium",)),
    Need("Firefox", find_firefox, ("firefox-esr",)),
    Need("a Chinese font", find_chinese_font, ("fonts-noto-cjk",)),
    Need("Docker Compose", find_compose, ("docker-compose",)),
)


def install_packages() -> None:
    """Install what is missing; quick when nothing is.

    Raises
    ------
    ServiceMissingError
        If something is missing and cannot be installed from here; names what, and the command for it.
    """
    missing = [need for need in NEEDS if not need.is_here()]
    if not missing:
        return
    names = ", ".join(need.name for need in missing)
    packages = [package for need in missing for package in need.debian_packages]
    command = _apt_get()
    if command is None:
        raise ServiceMissingError(
            f"missing: {names}. As root: apt-get install {' '.join(packages)} (or your system's packages of that name)"
        )
    click.echo(f"installing {names}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
        if subprocess.run([*command, *arguments], env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
            raise ServiceMissingError(f"`{' '.join([*command, *arguments])}` failed: see its output above")
    still = [need.name for need in missing if not need.is_here()]
    if still:
        raise ServiceMissingError(f"installed {' '.join(packages)}, yet still missing: {', '.join(still)}")


def _apt_get() -> list[str] | None:
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    may_sudo = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n", "apt-get"] if may_sudo and may_sudo.returncode == 0 else None
