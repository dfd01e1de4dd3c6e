"""The live stream: at once, only what one may see, and on from where it was cut."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from alerts.tables import AlertEvent
from anhu.registry.tables import Token, User
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import Site, World, serve


@pytest.fixture
def either(either_world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(either_world, store) as served:
        yield served


class Listener:
    """Reads server-sent events as a browser does."""

    def __init__(self, client: httpx.Client, **headers: str) -> None:
        self._response = client.stream("GET", "/api/v1/alerts/stream", headers=headers)
        self.answer = self._response.__enter__()
        self._lines = self.answer.iter_lines()
        assert next(self._lines) == "retry: 1000"
        assert next(self._lines) == ""

    def next(self) -> tuple[int, str, dict[str, Any]]:
        """Return (id, event, data) of the next event; comments are passed over."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line and fields:
                return int(fields.get("id", 0)), fields["event"], json.loads(fields["data"])
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
        raise EOFError

    def close(self) -> None:
        """Go away."""
        self._response.__exit__(None, None, None)


def test_what_happens_is_told_as_it_happens(either: Site) -> None:
    either.world.contact("https://clinic.example/hook")
    with either.program("desk") as desk, either.program("team") as team:
        listener = Listener(desk)
        assert listener.answer.headers["content-type"].startswith("text/event-stream")
        foreign = either.world.raise_alert("r-theirs")
        alert = either.world.raise_alert("r-ours")
        _, event, data = listener.next()
        assert event == "alert"
        assert (data["alert"]["id"], data["event"]["what"]) == (alert, "raised")
        assert data["alert"]["id"] != foreign
        team.post(f"/api/v1/alerts/{alert}/acknowledge")
        _, _, data = listener.next()
        assert (data["event"]["what"], data["alert"]["response"]) == ("acknowledged", "acknowledged")
        assert data["event"]["actor_name"] == "the team"
        listener.close()


def test_a_cut_stream_goes_on_where_it_was(either: Site) -> None:
    either.world.contact("https://clinic.example/hook")
    with either.program("desk") as desk:
        listener = Listener(desk)
        alert = either.world.raise_alert("r-ours")
        last, _, _ = listener.next()
        listener.close()
        for step in ("acknowledge", "on-the-way"):
            assert desk.post(f"/api/v1/alerts/{alert}/{step}").status_code == 200
        either.world.raise_alert("r-theirs")
        listener = Listener(desk, **{"Last-Event-ID": str(last)})
        told = [listener.next() for _ in range(2)]
        assert [data["event"]["what"] for _, _, data in told] == ["acknowledged", "on_the_way"]
        assert last < told[0][0] < told[1][0]
        listener.close()


def test_too_long_away_means_load_again(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.world.sessions.begin() as session:
        session.add_all(AlertEvent(alert_id=alert, at_ms=1, what="comment", text=str(n), data={}) for n in range(1_001))
    with site.program("desk") as desk:
        listener = Listener(desk, **{"Last-Event-ID": "0"})
        assert listener.next()[1] == "reset"
        desk.post(f"/api/v1/alerts/{alert}/acknowledge")
        assert listener.next()[2]["event"]["what"] == "acknowledged"
        listener.close()


def test_a_late_commit_of_a_lower_number_is_told_too(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.program("desk") as desk:
        listener = Listener(desk)
        for number in (110, 105):
            with site.world.sessions.begin() as session:
                session.add(AlertEvent(id=number, alert_id=alert, at_ms=1, what="comment", data={}))
            assert listener.next()[0] == number
        listener.close()


def test_the_stream_ends_with_the_session(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.routes.stream._QUIET_S", 0.1)
    with site.program("desk") as desk:
        listener = Listener(desk)
        with site.world.sessions.begin() as session:
            session.query(Token).filter_by(user_id="u-desk").delete()
        with pytest.raises(EOFError):
            listener.next()
        listener.close()


@pytest.mark.parametrize("lost", ["token", "link", "role", "user"])
def test_a_stream_ends_with_the_right_to_listen_however_much_happens(site: Site, lost: str) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.program("desk") as desk, site.program("team") as team:
        listener = Listener(desk)
        team.post(f"/api/v1/alerts/{alert}/acknowledge")
        assert listener.next()[2]["event"]["what"] == "acknowledged"
        with site.world.sessions.begin() as session:
            user = session.get_one(User, "u-desk")
            if lost == "token":
                session.query(Token).filter_by(user_id="u-desk").delete()
            elif lost == "link":
                user.centre_id = "theirs"
            elif lost == "role":
                user.role = "vendor"
            else:
                user.enabled = False
        for number in range(3):
            team.post(f"/api/v1/alerts/{alert}/comment", json={"text": f"secret {number}"})
        with pytest.raises(EOFError):
            listener.next()
        listener.close()


def test_many_listen_and_all_are_told(site: Site) -> None:
    heard: list[str] = []

    def listen(ready: threading.Barrier) -> None:
        with site.program("desk") as desk:
            listener = Listener(desk)
            ready.wait(timeout=20)
            heard.append(listener.next()[2]["alert"]["id"])
            listener.close()

    ready = threading.Barrier(11)
    threads = [threading.Thread(target=listen, args=(ready,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    ready.wait(timeout=20)
    alert = site.world.raise_alert("r-ours")
    for thread in threads:
        thread.join(timeout=20)
    assert heard == [alert] * 10


def test_one_user_listens_so_often_and_no_more_and_keeps_nobody_else_from_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream_feed.MOST_OF_ONE_USER", 2)
    with site.program("desk") as desk, site.program("team") as team:
        listeners = [Listener(desk), Listener(desk)]
        refused = desk.get("/api/v1/alerts/stream")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        listeners.append(Listener(team))
        alert = site.world.raise_alert("r-ours")
        assert [one.next()[2]["alert"]["id"] for one in listeners] == [alert] * 3
        for one in listeners:
            one.close()
