"""Nobody else reads the data folder, and nothing of ours runs twice on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from anhu.contract.clock import SystemClock
from app.check_result import CheckVerdict
from app.checks import private_files
from app.data_folder import InUseError, hold, make_private
from app.settings import Settings

HOLDER = """
import sys
from pathlib import Path
from app.data_folder import hold
held = hold(Path(sys.argv[1]), "up")
print("held", flush=True)
sys.stdin.read()
"""


def modes(folder: Path) -> set[int]:
    return {path.lstat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}


def test_what_is_there_is_taken_from_others(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "log").mkdir(parents=True, mode=0o755)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("x")
    elsewhere.chmod(0o644)
    (folder / "link").symlink_to(elsewhere)
    for name in ("anhu.db", "log/1.seg"):
        (folder / name).write_text("x")
        (folder / name).chmod(0o664)
    [before] = private_files(Settings(data=folder), SystemClock())
    make_private(folder)
    [after] = private_files(Settings(data=folder), SystemClock())
    assert (before.verdict, after.verdict) == (CheckVerdict.WARNING, CheckVerdict.OK)
    assert modes(folder) - {0o777} == {0o700, 0o600}
    assert elsewhere.stat().st_mode & 0o777 == 0o644


def test_what_commands_make_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = subprocess.run(
        [sys.executable, "-m", "app", "admin", "create-centre", "--name", "莲花", "--data", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        umask=0o022,
    )
    assert made.returncode == 0, made.stderr
    assert modes(folder) == {0o700, 0o600}


@pytest.mark.parametrize("command", [["up"], ["run", "gateway"]])
def test_a_second_one_on_a_folder_is_refused_until_the_first_ends_however_it_ends(
    tmp_path: Path, command: list[str]
) -> None:
    name = " ".join(command)
    source = HOLDER.replace('"up"', repr(name))
    holder = subprocess.Popen(
        [sys.executable, "-c", source, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    second = subprocess.run(
        [sys.executable, "-m", "app", *command, "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert second.returncode == 2
    assert f"`anhu {name}` runs already on {tmp_path} (process {holder.pid})" in second.stderr
    assert "Traceback" not in second.stderr
    assert not (tmp_path / "anhu.db").exists()
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    hold(tmp_path, name).close()


def test_two_folders_and_two_parts_do_not_disturb_each_other(tmp_path: Path) -> None:
    with hold(tmp_path, "run gateway"), hold(tmp_path, "run alerts"):
        with pytest.raises(InUseError, match="run gateway"):
            hold(tmp_path, "run gateway")
        (tmp_path / "b").mkdir()
        hold(tmp_path / "b", "run gateway").close()
