"""A mistake at the command line is one sentence that names what was wrong; nothing is half done by it."""

from __future__ import annotations

import os
import socketserver
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import func, select

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Resident
from app.cli.explaining import explained
from tests.services.process import free_port
from tests.smoke.installation import THIS_CODE


def anhu(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person does."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ANHU_")}
    run = [*THIS_CODE, *arguments]
    return subprocess.run(
        run, env={**clean, "LC_ALL": "C.UTF-8", **environment}, capture_output=True, check=False, text=True, timeout=120
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the data folder of an installation without anybody."""
    folder = tmp_path / "data"
    assert anhu("admin", "migrate", "--data", str(folder)).returncode == 0
    return folder


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("admin", "migrate"), {"ANHU_DATABASE_URL": "mysql://root:hush@db/anhu"}, "postgresql://user:password@host"),
        (("admin", "migrate"), {"ANHU_DATABASE_URL": "postgresql+psycopg2://h/d"}, "ANHU_DATABASE_URL: got '…'"),
        (("admin", "migrate"), {"ANHU_DATABASE_URL": "nonsense"}, "sqlite:///FILE"),
        (("admin", "migrate"), {"ANHU_DATABASE_URL": "postgresql://a:hush@127.0.0.1:1/d"}, "a database that answers"),
        (("up",), {"ANHU_TIME_ZONE": "Asia/Peking"}, "ANHU_TIME_ZONE: got 'Asia/Peking'"),
        (("up",), {"ANHU_BROKER_URL": "broker.example"}, "mqtt://user:password@host:1883"),
        (("up",), {"ANHU_BROKER_URL": "mqtt://hush@host:port"}, "ANHU_BROKER_URL"),
        (("up",), {"ANHU_BROKER_URL": "http://host"}, "ANHU_BROKER_URL"),
        (("admin", "migrate", "--data", "/proc/version/anhu"), {}, "/proc/version"),
        (("admin", "migrate", "--data", "/proc/anhu"), {}, "/proc/anhu"),
        (("replay", "--resident", "r", "--from", "yesterday"), {}, "--from: got 'yesterday'"),
        (("replay", "--resident", "r"), {}, "--from: got None, expected a value, or --alert"),
        (("simulate", "--credentials", "/etc/hostname"), {}, "device_id,secret"),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], words: str
) -> None:
    ran = anhu(*arguments, **{"ANHU_DATA": str(tmp_path / "data"), **environment})
    assert ran.returncode == 2
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "hush" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "/srv/anhu"), "'/srv/anhu', expected something that the user"),
        (OSError(30, "Read-only file system", "/srv/anhu"), "a folder that is not read-only"),
        (OSError(28, "No space left on device", "/srv/anhu"), "a disk with room on it"),
        (NotADirectoryError(20, "Not a directory", "/srv/anhu"), "Not a directory"),
    ],
)
def test_what_the_machine_refuses_is_named(error: OSError, words: str) -> None:
    assert words in explained(error)


def test_what_nobody_expected_is_not_explained_away() -> None:
    assert explained(KeyError("x")) == ""


def test_a_replay_of_somebody_unknown_is_an_error(data: Path) -> None:
    ran = anhu("replay", "--data", str(data), "--resident", "r-wang", "--from", "2026-11-23T00:00:00+08:00")
    assert ran.returncode == 2
    assert "r-wang" in ran.stderr


def test_devices_that_cannot_connect_are_not_enrolled(data: Path) -> None:
    ran = anhu("simulate", "--data", str(data), "--port", str(free_port()))
    assert ran.returncode == 2
    assert "nobody was enrolled" in ran.stderr
    sessions = open_sessions(f"sqlite:///{data / 'anhu.db'}")
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Resident)) == 0
    close_sessions(sessions)


def test_commands_that_are_told_name_the_data_folder(data: Path) -> None:
    said = anhu("doctor", "--data", str(data)).stdout
    assert f"anhu admin create-user --role admin --login NAME --data {data}" in said


def test_an_installation_where_nobody_lives_is_not_called_well(data: Path) -> None:
    assert "! silence              nobody lives here yet" in anhu("doctor", "--data", str(data)).stdout


def test_a_command_that_makes_a_new_installation_says_so(data: Path, tmp_path: Path) -> None:
    create = ("admin", "create-centre", "--name", "Lake", "--data")
    assert "is new; for another folder, pass its --data" in anhu(*create, str(tmp_path / "second")).stderr
    assert anhu(*create, str(data)).stderr == ""


def test_a_relatives_contact_is_made_with_the_name_they_log_in_with(data: Path) -> None:
    anhu("admin", "create-user", "--login", "daughter", "--role", "family", "--data", str(data))
    owner = ("--owner", "user:daughter", "--channel", "tel", "--address", "13900139000")
    assert anhu("admin", "create-contact", *owner, "--data", str(data)).returncode == 0


def test_a_folder_that_is_not_there_is_said_once(tmp_path: Path) -> None:
    ran = anhu("doctor", "--data", str(tmp_path / "nowhere"))
    assert ran.returncode == 1
    assert "does not exist" in ran.stdout
    assert "OperationalError" not in ran.stdout


class Stranger(BaseHTTPRequestHandler):
    """Another program, which says that it is well too."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"ok"}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_another_program_at_the_port_is_not_taken_for_ours(data: Path) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Stranger) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        port = str(other.server_address[1])
        said = anhu("doctor", "--data", str(data), "--port", port).stdout
        other.shutdown()
    assert f"127.0.0.1:{port} is open, and another program answers there" in said
