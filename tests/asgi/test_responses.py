"""Which responses are stored, and how: bodies of all kinds, limits, streams, background work."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from pydb.asgi import Config, Decision, keep_final_answers
from tests.asgi.conftest import DEADLINE, until
from tests.asgi.handler import Handler, key, problem

if TYPE_CHECKING:
    import httpx

    from pydb.asgi.types import Message, Receive, Scope, Send
    from tests.asgi.conftest import Site
    from tests.conftest import Connection

EVENTS = ((b"content-type", b"text/event-stream; charset=utf-8"),)


def twice(client: httpx.Client, value: str = "k") -> tuple[httpx.Response, httpx.Response]:
    first = client.post("/", headers=key(value))
    client.cookies.clear()
    return first, client.post("/", headers=key(value))


@pytest.mark.parametrize(
    "body", [b"", b"text \xe2\x82\xac", b"\x00", b"a\x00b", bytes(range(256)), b"\xed\xa0\x80", b'"\\u0000"']
)
def test_a_body_is_replayed_byte_by_byte(body: bytes, site: Site, client: httpx.Client) -> None:
    site.protect(Handler(body, status=200))
    first, second = twice(client)
    assert first.content == second.content == body
    assert second.headers["idempotent-replayed"] == "true"


def test_a_body_is_kept_as_text_where_it_is_text(site: Site, sql: Connection, client: httpx.Client) -> None:
    site.protect(Handler(b'{"a": "\xc3\xa9"}', headers=[(b"x-latin", b"\xe9"), (b"date", b"today")]))
    _, second = twice(client)
    assert second.headers.raw.count((b"x-latin", b"\xe9")) == 1
    stored = {"http": 1, "body": '{"a": "é"}', "headers": [["x-latin", "é"], ["x-run", "1"]]}
    assert sql.execute("select state::text, code, result from pydb.idempotency_key").fetchone() == (
        "completed",
        201,
        stored,
    )


def test_headers_to_drop_are_configured(site: Site, client: httpx.Client) -> None:
    headers = [(b"set-cookie", b"a=1"), (b"x-trace", b"1"), (b"x-kept", b"1")]
    site.protect(Handler(headers=headers), Config(dropped_headers=frozenset({"x-trace"})))
    first, second = twice(client)
    assert first.headers["x-trace"] == "1"
    assert "x-trace" not in second.headers
    assert second.headers["set-cookie"] == "a=1"
    assert second.headers["x-kept"] == "1"


def test_a_response_without_a_body(site: Site, client: httpx.Client) -> None:
    site.protect(Handler(b"", status=204), Config(methods=frozenset({"POST", "HEAD"})))
    assert [answer.status_code for answer in twice(client)] == [204, 204]
    site.protect(
        Handler(b"", status=200, headers=[(b"content-length", b"5")]), Config(methods=frozenset({"HEAD"}))
    )
    answers = [client.head("/", headers=key("h")) for _ in range(2)]
    assert [answer.headers["content-length"] for answer in answers] == ["5", "5"]
    assert answers[1].headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("policy", ["pass", "refuse"])
def test_a_response_that_is_too_large(policy: str, site: Site, client: httpx.Client) -> None:
    chunks = [b"x" * 400 for _ in range(5)]
    handler = Handler(*chunks, status=200)
    config = Config(max_response_body=1000, on_overflow=policy)  # type: ignore[arg-type]
    site.protect(handler, config)
    first, second = twice(client)
    if policy == "pass":
        assert (first.status_code, first.content) == (200, b"".join(chunks))
    else:
        assert problem(first) == (500, "response-too-large")
    assert problem(second) == (409, "response-not-stored")
    assert "too large" in second.json()["detail"]
    assert handler.runs == 1


def test_one_chunk_that_is_too_large(site: Site, client: httpx.Client) -> None:
    handler = Handler(b"x" * 1001, headers=[(b"content-length", b"1001")])
    site.protect(handler, Config(max_response_body=1000))
    first, second = twice(client)
    assert first.content == b"x" * 1001
    assert problem(second) == (409, "response-not-stored")
    assert Handler(b"x" * 1000).chunks == (b"x" * 1000,)


def test_events_reach_the_client_as_they_come(site: Site, client: httpx.Client) -> None:
    go_on = threading.Event()

    async def events(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(EVENTS)})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        assert await asyncio.to_thread(go_on.wait, DEADLINE)
        await send({"type": "http.response.body", "body": b"data: 2\n\n", "more_body": False})

    site.protect(events)
    with client.stream("POST", "/", headers=key("k")) as response:
        parts = response.iter_raw()
        assert next(parts) == b"data: 1\n\n"
        # from the first event on the key is done, whatever becomes of the stream
        assert problem(client.post("/", headers=key("k"))) == (409, "response-not-stored")
        go_on.set()
        assert b"".join(parts) == b"data: 2\n\n"


def test_a_stream_learns_that_its_client_is_gone(site: Site, client: httpx.Client) -> None:
    gone = threading.Event()

    async def events(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(EVENTS)})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        gone.set()

    site.protect(events)
    peer = site.raw(b"POST / HTTP/1.1", b"idempotency-key: k")
    assert peer.recv(8) == b"HTTP/1.1"
    peer.close()
    assert gone.wait(DEADLINE)
    assert problem(client.post("/", headers=key("k"))) == (409, "response-not-stored")


def test_a_policy_decides_what_is_stored(site: Site, sql: Connection, client: httpx.Client) -> None:
    def decide(status: int | None) -> Decision:
        return "hold" if status is None or status >= 500 else "store"

    site.protect(Handler(status=500), Config(decide=decide, on_stale="hold"))
    first, second = twice(client)
    assert first.status_code == 500
    assert problem(second) == (409, "in-progress")
    sql.execute("update pydb.idempotency_key set lease_until = now() - interval '1 s'")
    assert problem(client.post("/", headers=key("k"))) == (409, "outcome-unknown")

    site.protect(Handler(status=500), Config(decide=lambda _: "store"))
    assert [answer.status_code for answer in twice(client, "stored")] == [500, 500]
    site.protect(Handler(error=ValueError("no")), Config(decide=lambda _: "store"))
    first, second = twice(client, "error")
    assert first.status_code == 500
    assert problem(second) == (409, "response-not-stored")


def test_the_standard_policy() -> None:
    stored = {status for status in range(100, 600) if keep_final_answers(status) == "store"}
    assert stored == set(range(100, 500)) - {401, 408, 425, 429}
    assert keep_final_answers(None) == "release"


def test_an_exception_releases_the_key_and_goes_on(site: Site, sql: Connection, client: httpx.Client) -> None:
    raised: list[Exception] = []
    handler = Handler(error=RuntimeError("no \0 money \ud800"))

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await protected(scope, receive, send)
        except RuntimeError as error:  # its text is nothing for a log
            raised.append(error)
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body"})

    site.protect(handler)
    protected = site.app
    site.app = outer
    assert client.post("/", headers=key("k")).status_code == 500
    assert raised == [handler.error]
    row = sql.execute("select state::text, retryable, error from pydb.idempotency_key").fetchone()
    assert row == ("failed", True, {"error": "RuntimeError", "message": "no \\0 money \\ud800"})
    handler.error = None
    assert client.post("/", headers=key("k")).headers["x-run"] == "2"


def test_no_complete_response_releases_the_key(site: Site, sql: Connection, client: httpx.Client) -> None:
    async def stops(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    site.protect(stops)
    assert client.post("/", headers=key("k")).status_code == 500
    assert sql.execute("select error from pydb.idempotency_key").fetchone() == (
        {"error": "no complete response"},
    )


def test_work_after_the_response_does_not_delay_or_change_it(site: Site, client: httpx.Client) -> None:
    go_on = threading.Event()
    seen: list[Message] = []

    async def background(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"answer"})
        await receive()
        seen.append(await receive())
        assert await asyncio.to_thread(go_on.wait, DEADLINE)
        raise ValueError("after the response")

    site.protect(background)
    first, second = twice(client)
    assert first.content == second.content == b"answer"
    assert second.headers["idempotent-replayed"] == "true"
    go_on.set()
    until(lambda: seen)
    assert seen == [{"type": "http.disconnect"}]


def test_what_cannot_be_held_back_is_not_offered(site: Site, client: httpx.Client) -> None:
    offered: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        offered.append(scope["extensions"])
        await Handler()(scope, receive, send)

    site.protect(app)
    protected = site.app

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {"http.response.pathsend": {}, "http.response.trailers": {}, "tls": {}}
        await protected(scope, receive, send)

    site.app = server
    client.post("/", headers=key("k"))
    client.post("/")
    assert offered[0] == {"tls": {}}
    assert len(offered[1]) == 3  # type: ignore[arg-type]
