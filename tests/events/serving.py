"""Followers of a real ``pydb serve``: how long after its commit each of them has an event."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg

from tests.events import soak
from tests.servers import PAUSE, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN: Final = "a-token-of-who-follows-0123456789"
STREAM: Final = "/admin/events/stream"
DEADLINE: Final = 60.0


@contextmanager
def served(dsn: str, **env: str) -> Iterator[int]:
    """The port of ``pydb serve`` in a process of its own, which publishes as well."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PYDB_"))}
    whole = {**kept, "PYTHONPATH": str(ROOT), "PYDB_DSN": dsn, "PYDB_SERVE_PORT": "0", **env}
    process = subprocess.Popen(
        [sys.executable, "-m", "pydb", "serve"],
        env={**whole, "PYDB_SERVE_TOKEN": TOKEN},
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        match = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert match, line + process.stderr.read().decode()
        yield int(match[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE)


def delays(dsn: str, readers: int, events: int, pause: float = 0.05) -> list[float]:
    """Seconds from the commit of each event to each of so many readers; each must get all, in order."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("select position from pydb.event_status()").fetchone()
    start = int(str(row and row[0]))
    following = [soak.Reader(("orders",), seen=start, path=STREAM, token=TOKEN) for _ in range(readers)]
    sent: list[float] = []

    def write() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for number in range(events):
                connection.execute(soak.PUBLISH, ("orders", number))
                sent.append(time.monotonic())
                time.sleep(pause)

    async def main(port: int) -> None:
        tasks = [asyncio.create_task(reader.read(port, DEADLINE)) for reader in following]
        try:
            async with asyncio.timeout(DEADLINE):
                while not all(reader.is_answered for reader in following):
                    await asyncio.sleep(PAUSE)
                thread = threading.Thread(target=write)
                thread.start()
                while not all(len(reader.got) == events for reader in following):
                    await asyncio.sleep(PAUSE)
                thread.join()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    with served(dsn) as port:
        asyncio.run(main(port))
    assert all([number for _, number in reader.got] == list(range(events)) for reader in following)
    return [
        at - sent[number]
        for reader in following
        for (_, number), at in zip(reader.got, reader.at, strict=True)
    ]
