"""The database stops while requests go on: memory stays bounded, and every row is written once or counted."""

from __future__ import annotations

import threading
import tracemalloc
from typing import TYPE_CHECKING

import psycopg

from pydb.telemetry import Writer
from tests.servers import TestServer
from tests.telemetry.conftest import exact, ordinary, wait

if TYPE_CHECKING:
    from tests.servers import Filling

CAPACITY = 1_000


def test_a_server_that_stops_while_requests_go_on(mortal_name: str, with_app: Filling) -> None:
    # what was committed is there after a crash
    settings = {"synchronous_commit": True}
    with (
        TestServer(mortal_name, settings) as server,
        server.database(migrated=True, filling=with_app) as database,
    ):
        writer = Writer(database.dsn, schema="app", capacity=CAPACITY, batch=100, every=0.02)
        ended = threading.Event()

        def requests() -> None:
            while not ended.wait(0.001):
                ordinary(writer, 20)

        threads = [threading.Thread(target=requests) for _ in range(2)]
        try:
            for thread in threads:
                thread.start()
            wait(lambda: writer.counts().written > 500)
            server.stop("immediate")
            wait(lambda: writer.counts().trouble is not None and "full" in writer.counts().dropped)
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            dropped = writer.counts().dropped["full"]
            wait(lambda: writer.counts().dropped["full"] > dropped + 20 * CAPACITY)
            grown = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
            assert writer.counts().waiting == CAPACITY
            assert grown < 200 * CAPACITY  # 20,000 rows more would be fifty times as much
            exact(writer)
            server.start()
            written = writer.counts().written
            wait(lambda: writer.counts().written > written + CAPACITY and writer.counts().trouble is None)
        finally:
            ended.set()
            for thread in threads:
                thread.join()
            assert writer.close(30)
        counts = writer.counts()
        exact(writer)
        assert counts.waiting == 0
        with psycopg.connect(database.dsn) as db:
            count = db.execute("select count(*) from app.request_telemetry").fetchone()
        assert count == (counts.written,)
        # who asks about the last COMMIT may be told, after a crash, that there is no such number
        assert set(counts.dropped) <= {"full", "unknown"}
        assert counts.dropped.get("unknown", 0) <= 100
