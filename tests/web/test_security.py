"""Headers of every answer, hosts, sizes, rates, and clients that take their time."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.web.conftest import DEADLINE
from tests.web.world import TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.web.conftest import Browser

BEARER = {"authorization": f"Bearer {TOKEN}"}


def test_every_answer_has_the_headers(looking: Browser) -> None:
    for path in ("/admin/system/health", "/livez", "/nothing", "/admin/sign-in", "/admin/runs?state=x"):
        headers = looking.client.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers or "uvicorn" not in headers["server"] or path
    static = looking.client.get("/admin/static/style.css")
    assert static.headers["content-type"].startswith("text/css")
    assert "immutable" in static.headers["cache-control"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil", "[::2]:1"])
def test_a_host_that_is_not_ours_is_refused(looking: Browser, host: str) -> None:
    assert looking.client.get("/admin/policies", headers={"host": host}).status_code == 400


def test_hosts_that_were_named(visit: Callable[..., Browser]) -> None:
    browser = visit(hosts=("pages.example.org", "*.internal"))
    good = ("pages.example.org", "pages.example.org:8432", "a.internal", "A.B.Internal")
    bad = ("internal", ".internal", "xinternal", "example.org")
    for host, code in [*((one, 200) for one in good), *((one, 400) for one in bad)]:
        assert browser.client.get("/livez", headers={"host": host}).status_code == code, host


def test_other_origins(visit: Callable[..., Browser]) -> None:
    browser = visit(origins=("https://admin.example.org",))
    asks = {"origin": "https://admin.example.org", "access-control-request-method": "POST"}
    allowed = browser.client.options("/admin/api/policies", headers=asks)
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == "https://admin.example.org"
    assert "access-control-allow-credentials" not in allowed.headers
    answered = browser.client.get("/admin/api/jobs", headers={**BEARER, **asks})
    assert answered.headers["access-control-allow-origin"] == "https://admin.example.org"
    for origin in ("https://evil.example", "https://admin.example.org.evil", "null"):
        refused = browser.client.options("/admin/api/policies", headers={**asks, "origin": origin})
        assert refused.status_code == 405
        assert "access-control-allow-origin" not in refused.headers


def test_too_much_is_refused(looking: Browser) -> None:
    assert looking.client.get("/livez", headers={"x-more": "x" * 20_000}).status_code in (400, 431)
    assert looking.client.get("/livez?" + "x" * 5000).status_code == 414
    large = looking.client.post("/admin/pause", content=b"x" * 65_000)
    assert large.status_code == 413

    def pieces() -> object:
        for _ in range(20):
            yield b"x" * 5000

    chunked = looking.again().client.post("/admin/sign-in", content=pieces())  # type: ignore[arg-type]
    assert chunked.status_code == 413


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x--"),
        ("text/plain", b"reason=x"),
        ("application/x-www-form-urlencoded", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(500))),
    ],
)
def test_a_body_that_is_no_form(looking: Browser, kind: str, body: bytes) -> None:
    answered = looking.client.post("/admin/pause", content=body, headers={"content-type": kind})
    assert answered.status_code == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b"[" * 30_000),
        ("text/plain", b'{"reason": "x"}'),
        ("application/x-www-form-urlencoded", b"reason=x"),
    ],
)
def test_a_body_that_is_no_json(looking: Browser, kind: str, body: bytes) -> None:
    answered = looking.client.post("/admin/api/pause", content=body, headers={**BEARER, "content-type": kind})
    assert answered.status_code == 400
    assert answered.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("pause", b'{"reason": "a\\u0000b"}'),
        ("pause", b'{"reason": "\\ud800"}'),
        ("pause", b'{"reason": "  "}'),
        ("pause", b'{"reason": {"a": 1e999}, "form_key": 1' + b"0" * 5000 + b"}"),
        ("policies/events/run", b'{"dry_run": true, "reason": "' + b"x" * 1001 + b'"}'),
        ("policies/events/run", b'{"dry_run": true, "reason": "\\u0000"}'),
        ("policies/events/run", b'{"dry_run": "maybe"}'),
        ("policies/events/run", b'{"ticket": "a.b", "reason": "x"}'),
        ("policies/logins/approve", b'{"reason": "x", "digest": "\\u0000"}'),
        ("policies/logins/approve", b'{"reason": "x", "digest": "\\udfff"}'),
        ("policies/%F0%28%8C%28/pause", b'{"reason": "x"}'),
        ("runs/retry/plan", b'{"runs": [true, -1, "x", 1e3]}'),
        ("runs/retry/plan", b'{"runs": {"a": 1}}'),
        ("jobs/1/plan", b'{"action": "drop"}'),
        ("jobs/9999999999999999999/plan", b'{"action": "run"}'),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(looking: Browser, path: str, body: bytes) -> None:
    headers = {**BEARER, "content-type": "application/json"}
    answered = looking.client.post(f"/admin/api/{path}", content=body, headers=headers)
    assert 400 <= answered.status_code < 500, answered.text
    assert answered.json()["error"]["message"]
    assert "Traceback" not in answered.text


def test_the_rate_of_a_workspace(visit: Callable[..., Browser]) -> None:
    browser = visit(rate=5)
    codes = [browser.client.get("/admin/api/jobs", headers=BEARER).status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2
    # probes are asked by machines, and are cheap
    assert browser.client.get("/livez").status_code == 200


def test_requests_of_a_workspace_at_once(visit: Callable[..., Browser]) -> None:
    browser = visit(concurrency=2, slow=5.0)

    async def hold(count: int) -> list[int]:
        # each is answered only when its body has come
        gate, sent = asyncio.Event(), asyncio.Semaphore(0)

        async def body() -> AsyncIterator[bytes]:
            yield b"reason="
            sent.release()
            await gate.wait()
            yield b"x"

        async with httpx.AsyncClient(base_url=browser.url, timeout=DEADLINE, headers=BEARER) as client:
            held = [asyncio.create_task(client.post("/admin/pause", content=body())) for _ in range(count)]
            for _ in range(count):
                await sent.acquire()
            while (refused := await client.get("/admin/api/jobs")).status_code == 200:
                await asyncio.sleep(0.01)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            gate.set()
            await asyncio.gather(*held)
            return [(await client.get("/admin/api/jobs")).status_code]

    assert asyncio.run(hold(2)) == [200]


def test_a_slow_body_is_given_up(visit: Callable[..., Browser]) -> None:
    browser = visit(slow=1.0)
    host, port = browser.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=DEADLINE) as peer:
        peer.sendall(b"POST /admin/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\ntoken=")
        assert peer.recv(100).startswith(b"HTTP/1.1 408")


def test_a_server_full_of_slow_clients_still_answers(visit: Callable[..., Browser]) -> None:
    browser = visit(slow=30.0)
    host, port = browser.url.removeprefix("http://").split(":")
    peers = [socket.create_connection((host, int(port)), timeout=DEADLINE) for _ in range(60)]
    try:
        for peer in peers:
            peer.sendall(b"GET /admin/runs HTTP/1.1\r\nHost: local")
        began = time.monotonic()
        assert browser.client.get("/livez").status_code == 200
        assert time.monotonic() - began < 20  # a third less than what any of them is waited for
    finally:
        for peer in peers:
            peer.close()


def test_many_at_once_are_all_answered(looking: Browser) -> None:
    codes: list[int] = []

    def ask() -> None:
        answered = looking.client.get("/admin/system/health")
        codes.append(answered.status_code)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert codes == [200] * 12
