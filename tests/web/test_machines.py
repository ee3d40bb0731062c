"""What machines read: metrics, and the stream of events."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import httpx

from tests.web.conftest import DEADLINE
from tests.web.world import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connection
    from tests.web.conftest import Browser

BEARER = {"authorization": f"Bearer {TOKEN}"}


def test_metrics(looking: Browser) -> None:
    answered = looking.again().client.get("/metrics")
    assert answered.status_code == 200
    assert answered.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "\nlifecycle_up 1.0\n" in answered.text
    assert 'lifecycle_scrape_success{collector="runs"} 1.0' in answered.text
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    assert looking.client.get("/metrics", headers=accept).text.endswith("# EOF\n")


def test_metrics_with_a_token(visit: Callable[..., Browser]) -> None:
    browser = visit(metrics="token")
    assert browser.client.get("/metrics").status_code == 401
    assert browser.client.get("/metrics", headers=BEARER).status_code == 200


def test_metrics_of_a_database_that_is_gone(visit: Callable[..., Browser]) -> None:
    text = visit(dsn="host=/nowhere").client.get("/metrics").text
    assert "lifecycle_up 0.0" in text
    assert "lifecycle_runs_total" not in text


def test_the_stream_is_for_who_has_a_token(looking: Browser) -> None:
    assert looking.again().client.get("/admin/events/stream").status_code == 401


def test_an_event_comes_through_the_stream(make: Callable[..., Browser], db: Connection) -> None:
    db.execute("select pydb.event_publish('own', '{\"a\": 1}')")
    db.execute("select pydb_internal.event_publish_batch()")
    there = f"{make().url}/admin/events/stream?topic=own&since=0"
    with httpx.stream("GET", there, headers=BEARER, timeout=DEADLINE) as answered:
        assert answered.headers["content-type"].startswith("text/event-stream")
        assert answered.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answered.headers["content-security-policy"]
        lines = answered.iter_lines()
        assert next(lines) == "retry: 3000"
        data = next(line for line in lines if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: "))["payload"] == {"a": 1}


def test_a_client_that_takes_nothing_is_dropped_and_counted(
    make: Callable[..., Browser], db: Connection
) -> None:
    browser = make().sign_in()
    host, port = browser.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(
            f"GET /admin/events/stream?topic=own HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {TOKEN}\r\n\r\n".encode()
        )
        assert b" 200 " in slow.recv(4096)
        with httpx.stream(
            "GET", f"{browser.url}/admin/events/stream?topic=quick", headers=BEARER, timeout=DEADLINE
        ) as quick:
            lines = quick.iter_lines()
            assert next(lines) == "retry: 3000"
            stream = browser.client.get("/admin/system/health.json").json()["stream"]
            assert (stream["subscribers"], stream["dropped"]) == (2, {})
            # more than all buffers on the way hold
            for _ in range(6):
                db.execute(
                    "select pydb.event_publish('own', to_jsonb(repeat('x', 8000)))"
                    " from generate_series(1, 1000)"
                )
                while db.execute("select pydb_internal.event_publish_batch()").fetchone() != (0,):
                    pass
            db.execute("select pydb.event_publish('quick', '{}')")
            db.execute("select pydb_internal.event_publish_batch()")
            assert next(line for line in lines if line.startswith("event: ")) == "event: quick"
    stream = browser.client.get("/admin/system/health.json").json()["stream"]
    assert stream["dropped"] == {"slow": 1}
    page = browser.get("/admin/system/health")
    assert "<dt>ended: too slow to take them</dt><dd>1</dd>" in page
    scraped = browser.client.get("/metrics").text
    assert 'lifecycle_event_followers_dropped_total{reason="slow"} 1.0' in scraped
    assert 'lifecycle_event_followers_dropped_total{reason="timeout"} 0.0' in scraped
