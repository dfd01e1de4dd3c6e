"""Both clouds on one loopback port: they check signatures, and fail, delay, double and lie when told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlsplit

import httpx

from notify.cloud import aliyun, tencent
from notify.fake_server import FakeServer, Taken

KEY_ID, SECRET = "id", "key"
_POLL_S = 0.01
_RECEIPT_AFTER_S, _RECEIPT_LIMIT_S = 0.5, 5.0
_MAX_BODY_BYTES = 1_048_576
_NAMES: dict[str, str] = {}
Outcome = Literal["take", "refuse", "refuse_for_good", "lie"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came, its signature checked."""

    cloud: str
    action: str
    values: Mapping[str, Any]
    headers: Mapping[str, str] = field(repr=False)


class FakeCloud(FakeServer):
    """Base of the fakes of channels that go through a cloud.

    Attributes
    ----------
    asked : list of Asked
        Everything that came with a right signature.
    down : set of str
        Clouds that answer 503.
    bad : int
        Requests whose signature was wrong.
    """

    refusals: ClassVar[Mapping[str, tuple[str, str]]] = {
        "aliyun": ("isp.SYSTEM_ERROR", "isv.MOBILE_NUMBER_ILLEGAL"),
        "tencent": ("InternalError.OtherError", "InvalidParameterValue.IncorrectPhoneNumber"),
    }
    """Cloud -> the code for now, and the one for good."""

    def __init__(self, port: int = 0) -> None:
        self.asked: list[Asked] = []
        self.kept: list[Asked] = []
        self.down: set[str] = set()
        self.codes: list[str] = []
        self.on_taken: Callable[[Asked, str], None] = lambda _asked, _number: None
        self.bad = 0
        self.delay_s = 0.0
        self.answers = 1
        self.silent = False
        self._outcomes: list[Outcome] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), daemon=True)

    @classmethod
    def address(cls, port: int, name: str) -> str:  # noqa: ARG003 - the port stands in the settings
        """Return the number of somebody with this name."""
        number = f"+86138{sum(ord(c) * 31**n for n, c in enumerate(name)) % 10**8:08d}"
        _NAMES[number] = name
        return number

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop, letting go of what was never answered."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def refuse(self, times: int, *, for_good: bool = False) -> None:
        """Refuse the next messages with a code of the cloud."""
        self._outcomes += ["refuse_for_good" if for_good else "refuse"] * times

    def lie(self, times: int) -> None:
        """Keep the next messages and say that the cloud is broken."""
        self._outcomes += ["lie"] * times

    def came(self) -> int:
        """Return how many messages came."""
        return len(self.asked)

    def taken(self) -> Sequence[Taken]:
        """Return the messages that it has, in order."""
        return [self.as_taken(one) for one in self.kept]

    def as_taken(self, one: Asked) -> Taken:
        """Return what a phone would show of a request."""
        raise NotImplementedError

    def answer_of(self, one: Asked, code: str, number: str) -> Mapping[str, Any]:
        """Return a cloud's answer: a code of its own, and what it calls the message."""
        raise NotImplementedError

    def confirmation(self, one: Asked, number: str) -> tuple[str, bytes]:
        """Return path and body of the call with which a cloud says that a message arrived."""
        raise NotImplementedError

    def call_back(self, base_url: str) -> None:
        """Call the platform with a receipt, a moment after each message."""

        def later(one: Asked, number: str) -> None:
            timer = threading.Timer(_RECEIPT_AFTER_S, _post, (base_url, *self.confirmation(one, number)))
            timer.daemon = True
            timer.start()

        self.on_taken = later

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Answer one request; status 0 for no answer."""
        one = self._checked(path, headers, body)
        if one is None:
            self.bad += 1
            return 400, json.dumps(_bad_signature(headers)).encode()
        with self._lock:
            self.asked.append(one)
            outcome: Outcome = self._outcomes.pop(0) if self._outcomes else "take"
            code = self.codes.pop(0) if self.codes else ""
            is_down = one.cloud in self.down
            if not is_down and not code and outcome in {"take", "lie"}:
                self.kept.append(one)
            number = f"n-{len(self.asked)}"
        self._closing.wait(self.delay_s)
        if self.silent or is_down or outcome == "lie":
            return self._no_answer()
        if not code:
            now, for_good = self.refusals[one.cloud]
            code = {"take": "", "refuse": now, "refuse_for_good": for_good}[outcome]
        if not code:
            self.on_taken(one, number)
        return 200, json.dumps(self.answer_of(one, code, number), ensure_ascii=False).encode()

    def _no_answer(self) -> tuple[int, bytes]:
        while self.silent and not self._closing.is_set():
            self._closing.wait(_POLL_S)
        return 503, b"<html>busy</html>"

    @staticmethod
    def _checked(path: str, headers: Mapping[str, str], body: bytes) -> Asked | None:
        """Return the request, if its signature is right, whoever made it."""
        given = headers.get("authorization", "")
        try:
            names = given.split("SignedHeaders=")[1].split(",")[0]
            seal = given.rsplit("Signature=", 1)[1]
            if given.startswith(aliyun.ALGORITHM):
                split = urlsplit(path)
                query = dict(parse_qsl(split.query, keep_blank_values=True))
                line = aliyun.query_line(query)
                right = aliyun.signature(split.path, line, headers, names, SECRET)
                one = Asked(cloud="aliyun", action=headers["x-acs-action"], values=query, headers=headers)
            else:
                service = given.split("/")[2]
                time_s = int(headers["x-tc-timestamp"])
                right = tencent.signature(headers, names, body, service, time_s, SECRET)
                values = json.loads(body)
                one = Asked(cloud="tencent", action=headers["x-tc-action"], values=values, headers=headers)
        except (IndexError, KeyError, ValueError):
            return None
        return one if seal == right and f"Credential={KEY_ID}" in given else None


def named(number: str) -> str:
    """Return whose number it is, in the test's word."""
    whole = number if number.startswith("+") else f"+86{number}"
    return f"{_NAMES.get(whole, '')} {number}".strip()


def _bad_signature(headers: Mapping[str, str]) -> Mapping[str, Any]:
    if headers.get("authorization", "").startswith(tencent.ALGORITHM):
        error = {"Code": "AuthFailure.SignatureFailure", "Message": "x"}
        return {"Response": {"Error": error, "RequestId": "r"}}
    return {"Code": "SignatureDoesNotMatch", "Message": "x", "RequestId": "r"}


def _post(base_url: str, path: str, body: bytes) -> None:
    with suppress(httpx.HTTPError):
        httpx.post(f"{base_url}{path}", content=body, timeout=_RECEIPT_LIMIT_S, trust_env=False)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: a sender that hangs up is what it is for."""


def _handler(owner: FakeCloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), _MAX_BODY_BYTES)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                return
            status, answer = owner.take(self.path, headers, body)
            for _ in range(owner.answers):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing: `asked` holds it all."""

    return Handler
