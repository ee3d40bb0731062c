"""What makes two requests the same: vectors 7 and 8 over HTTP, forms, and limits of the body."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from pydb.asgi import Config
from pydb.asgi.request import fingerprint, sender
from tests.asgi.conftest import DEADLINE, until
from tests.asgi.handler import Handler, key, problem

if TYPE_CHECKING:
    import httpx

    from pydb.asgi.types import Message, Scope
    from tests.asgi.conftest import Site
    from tests.conftest import Connection

JSON = "application/json"


def payload(
    body: bytes,
    media_type: str = JSON,
    *,
    hmac_key: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    lines = {"content-type": media_type, **(headers or {})}
    scope: dict[str, object] = {"method": "POST", "path": "/", "query_string": b""}
    sent = [(name.encode(), value.encode()) for name, value in lines.items()]
    return fingerprint(scope, sent, body, (b"authorization", b"x-api-version"), hmac_key)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a": 1, "b": [1, 2]}', b'{"b":[1,2],"a":1}'),
        (b'{"a": 1.0}', b'{"a": 1}'),
        (b'"\\u00e9"', b'"\xc3\xa9"'),
        (b"[1.10, 1e0, 100, 0.1]", b"[1.1, 1.0, 1e2, 1e-1]"),
        (b"1.0000000000000000010", b"1000000000000000001e-18"),
        (b"9007199254740993.0", b"9007199254740993"),
        (
            b"[1e21, 1e23, -1.5e22]",
            b"[1000000000000000000000, 100000000000000000000000, -15000000000000000000000]",
        ),
        (b"{ broken", b"{ broken"),
        (b"", b""),
    ],
)
def test_vector_7_the_same_json(one: bytes, other: bytes) -> None:
    assert payload(one) == payload(other)
    assert payload(one, "application/vnd.api+json") == payload(
        other, "Application/vnd.API+json; charset=utf-8"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"1", b'"1"'),
        (b"[1, 2]", b"[2, 1]"),
        (b'{"a": {"b": 1}}', b'{"a": {"b": 2}}'),
        (b'{"a": 1, "a": 2}', b'{"a": 2}'),
        (b"1", b"true"),
        (b"1e400", b"2e400"),
        (b"1.000000000000000001", b"1.000000000000000002"),
        (b"1.000000000000000001", b"1"),
        (b"9007199254740993.0", b"9007199254740992.0"),
        (b"-0.30000000000000001665", b"-0.3"),
        (b"1e-400", b"0"),
        (b"[1e-999999999]", b"[1e-999999998]"),
        (b"[1e-%s]" % (b"9" * 30), b"[0e-%s]" % (b"9" * 30)),
        (b"NaN", b"Infinity"),
        (b"{ broken", b"{broken"),
        (b'"\\ud800"', b'"\\ud801"'),
        (b"[" * 100_000, b"[" * 100_001),
        (b"9" * 5000, b"8" * 5000),
        (b"\xff", b"\xfe"),
        (b"", b"null"),
    ],
)
def test_vector_8_other_json(one: bytes, other: bytes) -> None:
    assert payload(one) != payload(other)


def test_what_is_no_json_is_compared_byte_by_byte() -> None:
    assert payload(b'{"a":1}', "text/plain") != payload(b'{"a": 1}', "text/plain")
    assert payload(b"a", "text/plain") != payload(b"a", "text/html")


def test_the_boundary_of_a_form_does_not_count() -> None:
    def form(boundary: bytes, value: bytes) -> bytes:
        lines = [
            b"--" + boundary,
            b'Content-Disposition: form-data; name="f"',
            b"",
            value,
            b"--" + boundary + b"--",
        ]
        return payload(b"\r\n".join([*lines, b""]), f"multipart/form-data; boundary={boundary.decode()}")

    assert form(b"abc", b"x") == form(b"xyz", b"x")
    assert form(b"abc", b"x") != form(b"abc", b"y")


def test_cookies_count_however_many_lines_they_come_in() -> None:
    def sent(*cookies: bytes, named: bytes = b"") -> bytes:
        return sender([(b"cookie", line) for line in cookies], [(b"cookie", named)], None)

    for named in (b"", b"session"):
        assert sent(b"ad=1; session=x", named=named) == sent(b"ad=1", b"session=x", named=named)
        assert sent(b"ad=1; session=x", named=named) != sent(b"ad=1", b"session=y", named=named)
        assert sent(b"ad=1", named=named) != sent(named=named)
    assert sent(b"ad=1", b"session=x", named=b"session") == sent(b"session=x", named=b"session")


def test_chosen_headers_and_the_hmac_key_count() -> None:
    plain = payload(b"{}")
    assert payload(b"{}", headers={"x-api-version": "2"}) != plain
    assert payload(b"{}", headers={"user-agent": "x"}) == plain
    assert payload(b"{}", hmac_key=b"secret") not in (plain, payload(b"{}", hmac_key=b"other"))


def test_the_handler_gets_the_body_as_it_came(site: Site, client: httpx.Client) -> None:
    handler = Handler()
    site.protect(handler)
    body = bytes(range(256)) * 300
    pieces = [body[start : start + 7000] for start in range(0, len(body), 7000)]
    client.post("/", headers=key("k"), content=iter(pieces))
    assert handler.bodies == [body]
    assert client.post("/", headers=key("k"), content=body).headers["idempotent-replayed"] == "true"


def test_a_body_beyond_the_limit(site: Site, sql: Connection, client: httpx.Client) -> None:
    handler = Handler()
    site.protect(handler, Config(max_request_body=1000))
    assert client.post("/", headers=key("a"), content=b"x" * 1000).status_code == 201
    assert problem(client.post("/", headers=key("b"), content=b"x" * 1001)) == (413, "body-too-large")
    chunks = iter([b"x" * 600, b"x" * 600])
    assert problem(client.post("/", headers=key("c"), content=chunks)) == (413, "body-too-large")
    assert (
        client.post("/", content=b"x" * 1001).status_code == 201
    )  # without a key it is none of our business
    assert sql.execute("select key from pydb.idempotency_key").fetchall() == [("a",)]


def test_a_client_that_goes_away_while_it_sends(site: Site, sql: Connection) -> None:
    handler = Handler()
    site.protect(handler)
    with socket.create_connection(("127.0.0.1", site.port), timeout=DEADLINE) as peer:
        lines = [b"POST / HTTP/1.1", b"host: x", b"idempotency-key: k", b"content-length: 10", b"", b"half"]
        peer.sendall(b"\r\n".join(lines))
    # the next request of the same key is the first one
    peer = site.raw(b"POST / HTTP/1.1", b"idempotency-key: k", body=b"0123456789")
    until(lambda: handler.runs == 1)
    assert peer.recv(12) == b"HTTP/1.1 201"
    peer.close()
    assert handler.bodies == [b"0123456789"]


def test_what_few_servers_hand_on_is_answered(site: Site, sql: Connection) -> None:
    handler = Handler()
    site.protect(handler)
    seen: list[object] = []

    async def asked(path: str, *headers: tuple[bytes, bytes]) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"[1]", "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.append(message["status"])

        sent = [(b"idempotency-key", b'"k"'), (b"content-type", b"application/json"), *headers]
        scope: Scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": sent}
        await site.app(scope, receive, send)

    for path in ("/a\udcff", "/a\udcfe", "/a\udcff", "/a\0"):
        site.do(asked(path))
    site.do(asked("/b", (b"content-length", b"9" * 5000)))
    assert seen == [201, 201, 201, 201, 413]
    assert handler.runs == 3
    assert sql.execute("select count(*) from pydb.idempotency_key").fetchone() == (3,)
