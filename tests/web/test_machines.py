"""What machines read: metrics, and the stream of events."""

from __future__ import annotations

import json
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


def test_metrics_with_a_token(make: Callable[..., Browser]) -> None:
    browser = make(metrics="token")
    assert browser.client.get("/metrics").status_code == 401
    assert browser.client.get("/metrics", headers=BEARER).status_code == 200


def test_metrics_of_a_database_that_is_gone(make: Callable[..., Browser]) -> None:
    text = make(dsn="host=/nowhere").client.get("/metrics").text
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
