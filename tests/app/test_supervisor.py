"""The supervisor with real child processes: it starts the dead again and leaves nobody behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports import PortTakenError, check_free, is_open
from app.supervisor import child_environment, own_command

_PARENT = """
import sys, os
from app.supervisor import Supervisor
child = "import os,sys,time;open(sys.argv[1]+str(os.getpid()),'w').close();sys.stdin.buffer.read(1)"
s = Supervisor({"one": [sys.executable, "-c", child, sys.argv[1]]}, dict(os.environ))
s.start()
s.watch()
"""


def _children(folder: Path) -> set[int]:
    return {int(p.name) for p in folder.iterdir()}


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text("utf-8").split()[2] != "Z"


def _until(what: object, *, seconds: float = 15.0) -> None:
    assert callable(what)
    end_s = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end_s, "did not come true in time"
        time.sleep(0.05)


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", _PARENT, f"{tmp_path}/"])
    _until(lambda: _children(tmp_path))
    yield process
    process.kill()
    process.wait()


def test_a_dead_child_is_started_again(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (first,) = _children(tmp_path)
    os.kill(first, signal.SIGKILL)
    _until(lambda: len(_children(tmp_path)) == 2)
    assert parent.poll() is None


def test_a_signal_takes_everybody_down(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    parent.terminate()
    assert parent.wait(timeout=15) == 0
    assert not any(_alive(pid) for pid in _children(tmp_path))


def test_no_child_outlives_a_killed_supervisor(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (child,) = _children(tmp_path)
    parent.kill()
    _until(lambda: not _alive(child))


def test_a_taken_port_is_told_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert is_open("127.0.0.1", port)
        with pytest.raises(PortTakenError, match=rf"port {port} on 127.0.0.1 is taken.*--port PORT or ANHU_PORT"):
            check_free("127.0.0.1", port, variable="ANHU_PORT", option="--port", patience_s=0.0)


@pytest.mark.parametrize("python_path", [None, "", ":/elsewhere", "/elsewhere:", ".", "here"])
def test_nothing_of_the_present_folder_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python_path: str | None
) -> None:
    """Neither a library that is not there (h2, which httpx looks for), nor one that is, nor our own name."""
    ran = tmp_path / "ran"
    for folder in (tmp_path, tmp_path / "here"):
        folder.mkdir(exist_ok=True)
        for name in ("h2", "click", "secrets", "app", "sitecustomize"):
            (folder / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write(__name__)", "utf-8")
    if python_path is None:
        monkeypatch.delenv("PYTHONPATH", raising=False)
    else:
        monkeypatch.setenv("PYTHONPATH", python_path)
    subprocess.run(
        own_command("run", "--help"), env=child_environment({}), cwd=tmp_path, check=True, stdout=subprocess.DEVNULL
    )
    assert not ran.exists()
