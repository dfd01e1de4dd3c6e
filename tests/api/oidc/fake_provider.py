"""A provider that says whatever a test wants: what a certified one never would."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwk, jwt

CLIENT = "anhu"
_LONGEST_S = 600.0


class FakeProvider:
    """Answers at a port of its own.

    Attributes
    ----------
    claims, header : dict
        What the next identity token says, over what a true one would; None takes a claim away.
    changes : dict
        What the discovery document says otherwise.
    status : dict
        Path -> the status that is answered instead.
    go_on : Event
        Until it is set, no answer comes.
    """

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = _first_key()
        self.shown = [self.key]
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.changes: dict[str, Any] = {}
        self.status: dict[str, int] = {}
        self.userinfo: dict[str, Any] = {}
        self.token: str | None = None
        self.go_on = threading.Event()
        self.go_on.set()
        self.asked: Counter[str] = Counter()
        self.nonce = ""
        self.forms: list[dict[str, str]] = []
        self.now_s = 0
        self._codes: set[str] = set()

    def id_token(self) -> str:
        """Return a token, changed as the test wants."""
        claims = {
            "iss": self.issuer,
            "sub": "p-1",
            "aud": CLIENT,
            "iat": self.now_s,
            "exp": self.now_s + 300,
            "nonce": self.nonce,
            "groups": ["desk-ours"],
            "preferred_username": "wang",
            "name": "王秀英",
            **self.claims,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        return jwt.encode(
            {k: v for k, v in header.items() if v is not None}, said, self.key, algorithms=[header["alg"]]
        )

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        """Return status and answer."""
        self.asked[path] += 1
        if path in self.status:
            return self.status[path], {"error": "server_error"}
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "userinfo_endpoint": "me"}
            doors = {name: f"{self.issuer}/{end}" for name, end in ends.items()}
            return 200, {"issuer": self.issuer, **doors, "jwks_uri": f"{self.issuer}/jwks", **self.changes}
        if path == "/jwks":
            return 200, {"keys": [one.as_dict(private=False) for one in self.shown]}
        if path == "/me":
            return 200, self.userinfo
        self.forms.append(form)
        if form.get("code") in self._codes:
            return 400, {"error": "invalid_grant"}
        self._codes.add(form.get("code", ""))
        token = self.id_token() if self.token is None else self.token
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": token}


@cache
def _first_key() -> jwk.RSAKey:
    """Return the key of all tests: to make one takes longer than most of them."""
    return new_key()


def new_key() -> jwk.RSAKey:
    """Make a key with a name."""
    return jwk.RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


@contextmanager
def fake_provider() -> Iterator[FakeProvider]:
    """Run one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            self._answer(dict(parse_qsl(body)) | {"authorization": self.headers.get("authorization", "")})

        def _answer(self, form: dict[str, str]) -> None:
            fake.go_on.wait(_LONGEST_S)
            status, said = fake.answer(self.path, form)
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            if status in {301, 302}:
                self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake = FakeProvider(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
