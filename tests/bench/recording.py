"""Telemetry: rows a second that are recorded and written, and what the middleware adds to a request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pydb.telemetry import Writer
from tests import servers
from tests.bench import http
from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse

    from tests.bench.arena import Arena

ROWS: Final = 100_000
TRACE: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """The application and the writer share one process, as they do in life."""
    with arena.connect("postgres") as connection:
        connection.execute("create database telemetry")
    dsn = arena.server.dsn("telemetry")
    servers.install(dsn)
    with arena.connect("telemetry") as connection:
        connection.execute("select pydb.telemetry_create()")
    rate = Figure(
        "request telemetry recorded and written, rows a second", 20_000.0, unit="rows/s", at_least=True
    )
    added = Figure("telemetry middleware, 1 client: p50 with it - p50 without", 0.2, unit="ms")
    for _ in range(options.rounds):
        rate.ours.append(_rate(dsn))
    with http.serving(dsn) as port:
        for path in ("/bare", "/recorded"):
            http.p50(port, path, clients=1)  # warm
        for _ in range(max(options.rounds, 5)):
            bare, recorded = (http.p50(port, path, clients=1) for path in ("/bare", "/recorded"))
            added.ours.append(recorded - bare)
    arena.drop("telemetry")
    return [rate, added]


def _rate(dsn: str) -> float:
    writer = Writer(dsn, capacity=ROWS)
    start = time.perf_counter()
    for number in range(ROWS):
        writer.request(
            method="GET",
            path=f"/orders/{number}",
            route="/orders/{id}",
            status=200,
            duration=0.012,
            user=number % 1000,
            traceparent=TRACE,
        )
    if not writer.flush(120):
        raise AssertionError(f"not all was written: {writer.counts()}")
    seconds = time.perf_counter() - start
    writer.close()
    return ROWS / seconds
