"""Brings Apache Kafka's broker from Maven where no container engine is: once a machine, kept in the cache.

The version is that of `kafka_jars/pom.xml` beside this file. Its classes are archived once for this machine's Java
(class-data sharing), so that a broker starts in one to two seconds instead of four.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import click

from tests.services.building import Step, alone, build_folder, run_steps
from tests.services.finding import ServiceMissingError, cache_folder, find, need
from tests.services.process import ServiceProcess, accepts, free_port

VERSION = "4.4.0"
_POM = Path(__file__).parent / "kafka_jars" / "pom.xml"
_COPY = ["mvn", "-B", "-ntp", "-q", "dependency:copy-dependencies", "-DoutputDirectory=libs", "-DincludeScope=runtime"]
_QUICK = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)
_CLUSTER = "AAAAAAAAAAAAAAAAAAAAAQ"
_ALONE = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
"""
_STEPS = (Step("fetching its jars", _COPY, about_s=60.0),)


def find_java() -> Path | None:
    """Return Java."""
    return find("java")


def find_maven() -> Path | None:
    """Return Maven."""
    return find("mvn")


def java(*command: str) -> list[str]:
    """Return the command that runs one of Kafka's programs, quick to start."""
    program, libs = need(find_java(), "Java"), kafka_libs()
    return _command(program, libs, f"-XX:SharedArchiveFile={_class_archive(program, libs)}", *command)


def kafka_libs() -> Path:
    """Return the folder of the broker's jars: in the cache, else fetched now (a minute)."""
    target = cache_folder() / f"kafka-{VERSION}"
    if not target.exists():
        with alone(target):
            if not target.exists():
                _fetch(target)
    return target


def _command(program: Path, libs: Path, archive: str, *command: str) -> list[str]:
    jars = ":".join(sorted(map(str, libs.glob("*.jar"))))  # the archive holds for one order of them only
    return [str(program), *_QUICK, archive, "-cp", jars, *command]


def _fetch(target: Path) -> None:
    missing = [
        name for tool, name in (("mvn", "maven"), ("java", "default-jdk-headless")) if shutil.which(tool) is None
    ]
    if missing:
        raise ServiceMissingError(f"fetching Kafka {VERSION} needs {' and '.join(missing)}: install that")
    click.echo(f"fetching Kafka {VERSION} into {target}: a minute, once on this machine")
    with build_folder(target) as folder:
        shutil.copy(_POM, folder)
        run_steps(f"Kafka {VERSION}", _STEPS, folder, dict(os.environ))
        (folder / "libs").replace(target)


def _class_archive(program: Path, libs: Path) -> Path:
    """Return the archive of a started broker's classes for this Java: made once, by a broker that ends at once."""
    said = subprocess.run([str(program), "-version"], capture_output=True, check=True).stderr
    target = libs.with_name(f"{libs.name}-{hashlib.sha256(said).hexdigest()[:12]}.jsa")
    if not target.exists():
        with alone(target):
            if not target.exists():
                _archive(program, libs, target)
    return target


def _archive(program: Path, libs: Path, target: Path) -> None:
    with build_folder(target) as folder:
        made, config = folder / "made.jsa", folder / "server.properties"
        ports = free_port(), free_port()
        config.write_text(_ALONE.format(broker=ports[0], controller=ports[1], folder=folder), "utf-8")
        tool = ["kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(config)]
        subprocess.run(_command(program, libs, "-Xshare:auto", *tool), capture_output=True, check=True)
        command = _command(program, libs, f"-XX:ArchiveClassesAtExit={made}", "kafka.Kafka", str(config))
        broker = ServiceProcess(command, log=folder / "kafka.log", ready=lambda: accepts(ports[0]))
        broker.start()
        broker.stop()
        made.replace(target)
