"""A build with a made-up compiler: it is cached, says how far it is, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from tests.services import building, influxd_build
from tests.services.building import Step
from tests.services.finding import ServiceMissingError

_BUILDS = """
import signal
from tests.services import influxd_build
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background is deaf to it
influxd_build.find = lambda _: None
influxd_build.influxd_program()
"""
_WRITES = """#!/bin/sh
echo built >> "$RUNS"
while [ "$1" != -o ]; do shift; done
echo '#!/bin/sh' > "$2"
"""
_NEVER_ENDS = """#!/bin/sh
echo half > influxd
sleep 600 &
echo $$ $! > "$PIDS.new" && mv "$PIDS.new" "$PIDS"
wait
"""
_FAILS = "#!/bin/sh\necho 'flux.h: no such file' >&2\nexit 2\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that gives the machine a compiler and returns the cache, in which nothing is yet."""

    def with_compiler(script: str) -> Path:
        tools = tmp_path / "tools"
        tools.mkdir(exist_ok=True)
        for name in ("go", "cargo", "cc"):
            (tools / name).write_text(script, "utf-8")
            (tools / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("RUNS", str(tmp_path / "runs"))
        monkeypatch.setenv("PIDS", str(tmp_path / "pids"))
        monkeypatch.setattr(influxd_build, "find", lambda _: None)
        return tmp_path / "cache" / "anhu"

    return with_compiler


@pytest.fixture
def half_built(machine: Callable[[str], Path], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A build that has a child and a grandchild at work, and half a program on disk; and the cache."""
    cache = machine(_NEVER_ENDS)
    run = subprocess.Popen([sys.executable, "-c", _BUILDS], stdout=subprocess.DEVNULL)
    _until((tmp_path / "pids").exists)
    assert _folders(cache)
    yield run, cache
    run.kill()
    run.wait()
    for pid in _pids(tmp_path):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _pids(tmp_path: Path) -> list[int]:
    return [int(pid) for pid in (tmp_path / "pids").read_text("utf-8").split()]


def _folders(cache: Path) -> list[Path]:
    return [one for one in cache.iterdir() if one.is_dir()]


def _until(what: Callable[[], object]) -> None:
    end_s = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end_s, "did not come true in time"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_it_is_built_once(machine: Callable[[str], Path], tmp_path: Path) -> None:
    cache = machine(_WRITES)
    assert influxd_build.influxd_program() == influxd_build.influxd_program()
    assert (tmp_path / "runs").read_text("utf-8").count("built") == len(influxd_build._STEPS)
    assert os.access(cache / f"influxd-{influxd_build.VERSION}", os.F_OK)
    assert not _folders(cache)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_no_half_folder_and_no_child(
    half_built: tuple[subprocess.Popen[bytes], Path], how: signal.Signals, tmp_path: Path
) -> None:
    run, cache = half_built
    run.send_signal(how)
    assert run.wait(60)
    assert not _folders(cache)
    _until(lambda: not any(map(_runs, _pids(tmp_path))))
    assert not (cache / f"influxd-{influxd_build.VERSION}").exists()


def test_what_a_killed_build_left_is_swept_up_by_the_next(
    half_built: tuple[subprocess.Popen[bytes], Path], machine: Callable[[str], Path]
) -> None:
    run, cache = half_built
    run.kill()
    run.wait()
    assert _folders(cache)
    machine(_WRITES)
    assert influxd_build.influxd_program().exists()
    assert not _folders(cache)


def test_a_build_that_fails_says_why_and_leaves_nothing(machine: Callable[[str], Path]) -> None:
    cache = machine(_FAILS)
    with pytest.raises(ServiceMissingError, match=r"go build .* failed:\nflux\.h: no such file"):
        influxd_build.influxd_program()
    assert not _folders(cache)


def test_it_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    enough = tmp_path / "enough"

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 3:
            enough.touch()

    monkeypatch.setattr(click, "echo", say)
    waits = Step("linking", ["sh", "-c", f"until [ -e {enough} ]; do sleep 0.01; done"], about_s=90.0)
    building.run_steps("a server", [waits], tmp_path, os.environ, say_every_s=0.01)
    assert said[0] == "building a server: step 1 of 1, linking: 0 s of about 90 s"
    assert said[-1].startswith("building a server: done after ")
