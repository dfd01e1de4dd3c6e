from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from anhu.contract.errors import FieldError
from dashboards.build import city_dashboards, dashboards
from dashboards.publish import PublishError, publish

EDITOR, VIEWER = "glsa_editor", "glsa_viewer"


class _Grafana(BaseHTTPRequestHandler):
    """The part of Grafana's HTTP API that publishing uses, under a path prefix, with its status codes and bodies."""

    folders: ClassVar[dict[str, str]] = {}
    boards: ClassVar[dict[str, dict[str, Any]]] = {}

    def do_GET(self) -> None:
        if not self._known():
            return
        uid = self.path.removeprefix("/grafana/api/folders/")
        if uid in self.folders:
            self._answer(200, {"uid": uid, "title": self.folders[uid]})
        else:
            self._answer(404, {"message": "folder not found", "status": "not-found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._known():
            return
        if self.headers["Authorization"] != f"Bearer {EDITOR}":
            self._answer(403, {"message": "You'll need additional permissions to perform this action."})
        elif self.path == "/grafana/api/folders":
            self.folders[body["uid"]] = body["title"]
            self._answer(200, body)
        elif self.path == "/grafana/api/dashboards/db":
            self._save(body)
        else:
            self._answer(404, {"message": "Not found"})

    def _save(self, body: dict[str, Any]) -> None:
        board = body["dashboard"]
        if body["folderUid"] not in self.folders:
            self._answer(400, {"message": "folder not found"})
        elif board["uid"] in self.boards and not body["overwrite"]:
            self._answer(
                412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
            )
        else:
            self.boards[board["uid"]] = board
            self._answer(200, {"uid": board["uid"], "url": f"/grafana/d/{board['uid']}/x", "status": "success"})

    def _known(self) -> bool:
        if self.headers["Authorization"] in (f"Bearer {EDITOR}", f"Bearer {VIEWER}"):
            return True
        self._answer(401, {"message": "Invalid API key"})
        return False

    def _answer(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _SomethingElse(_Grafana):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "13")
        self.end_headers()
        self.wfile.write(b"<html></html>")


def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/grafana/"
        server.shutdown()
        thread.join()


@pytest.fixture
def grafana() -> Iterator[str]:
    _Grafana.folders.clear()
    _Grafana.boards.clear()
    yield from _served(_Grafana)


@pytest.fixture
def something_else() -> Iterator[str]:
    yield from _served(_SomethingElse)


def test_all_dashboards_arrive_in_their_folder(grafana: str) -> None:
    addresses = publish(grafana, EDITOR, "安护")
    assert _Grafana.folders == {"anhu": "安护"}
    assert list(_Grafana.boards.values()) == list(dashboards().values())
    assert addresses[0] == grafana + "d/anhu-centre/x"


def test_the_citys_dashboard_comes_when_it_is_asked_for(grafana: str) -> None:
    publish(grafana, EDITOR, with_city=True)
    assert _Grafana.boards["anhu-city"] == city_dashboards()["city"]


def test_publishing_again_replaces(grafana: str) -> None:
    assert publish(grafana, EDITOR) == publish(grafana, EDITOR)


@pytest.mark.parametrize(
    ("token", "says"),
    [("glsa_unknown", "does not know this token.*Service accounts"), (VIEWER, "needs the role Editor")],
)
def test_a_refused_token_says_what_to_do_and_is_not_shown(grafana: str, token: str, says: str) -> None:
    with pytest.raises(PublishError, match=says) as refused:
        publish(grafana, token)
    assert token not in str(refused.value)


def test_nobody_there(grafana: str) -> None:
    closed = grafana.replace("http://127.0.0.1", "http://127.0.0.2")
    with pytest.raises(PublishError, match=r"127\.0\.0\.2.*cannot connect: is Grafana running there"):
        publish(closed, EDITOR)


def test_something_else_there(something_else: str) -> None:
    with pytest.raises(PublishError, match="is not Grafana"):
        publish(something_else, EDITOR)


@pytest.mark.parametrize("url", ["grafana:3000", "ftp://grafana", "http://", "http://grafana:port", ""])
def test_an_impossible_address_is_refused_before_the_network(url: str) -> None:
    with pytest.raises(FieldError, match=r"url: got .* expected an address such as"):
        publish(url, EDITOR)


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    with pytest.raises(FieldError) as refused:
        publish("http://admin:hunter2@grafana:3000", EDITOR)
    assert "hunter2" not in str(refused.value)


def test_no_token_is_refused_before_the_network(grafana: str) -> None:
    with pytest.raises(FieldError, match="token"):
        publish(grafana, "  ")
