"""What the ASGI middleware adds to a request, over HTTP to a uvicorn process of its own."""

from __future__ import annotations

import itertools
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests import servers
from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from tests.bench.arena import Arena

BODY: Final = b'{"strategy": "momentum", "trials": 200}'
REQUESTS: Final = 400
RATE: Final = 100.0
START_SECONDS: Final = 20.0
_numbers = itertools.count(1)


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Median time of a request with a new key each, minus that of the same request without the middleware."""
    with arena.connect("postgres") as connection:
        connection.execute("create database http")
    servers.install(arena.server.dsn("http"))
    one = Figure("ASGI middleware, new keys, 1 client: p50 with it - p50 without", 2.0, unit="ms")
    eight = Figure(
        f"ASGI middleware, new keys, 8 clients, {RATE:.0f} requests/s: p50 with it - p50 without",
        2.0,
        unit="ms",
    )
    with serving(arena.server.dsn("http")) as port:
        for path in ("/bare", "/kept"):
            p50(port, path, clients=8)  # warm
        for _ in range(max(options.rounds, 3)):
            bare, kept = (p50(port, path, clients=1) for path in ("/bare", "/kept"))
            one.ours.append(kept - bare)
            bare, kept = (p50(port, path, clients=8, rate=RATE) for path in ("/bare", "/kept"))
            eight.ours.append(kept - bare)
    arena.drop("http")
    return [one, eight]


@contextmanager
def serving(dsn: str) -> Iterator[int]:
    """The application of ``http_app`` in a uvicorn of its own; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    # by number: with --fd uvicorn would leave Nagle's algorithm on, which adds 40 ms to each answer
    process = subprocess.Popen(
        [
            sys.executable, "-m", "uvicorn", "tests.bench.http_app:app", "--port", str(port), "--ws", "none",
            "--log-level", "warning", "--no-access-log",
        ],
        cwd=servers.ROOT,
        env={**os.environ, "PYTHONPATH": str(servers.ROOT), "PYDB_DSN": dsn},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except ConnectionRefusedError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def p50(port: int, path: str, *, clients: int, rate: float | None = None) -> float:
    """Median in milliseconds; with a rate, that many requests a second of all clients together."""
    pause = clients / rate if rate else 0.0
    found: list[list[float]] = [[] for _ in range(clients)]
    threads = [
        threading.Thread(
            target=_client, args=(port, path, REQUESTS // clients, times), kwargs={"pause": pause}
        )
        for times in found
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = [one for each in found for one in each]
    if len(times) < REQUESTS:
        raise AssertionError(f"{len(times)} of {REQUESTS} requests were answered")
    return statistics.median(times) * 1000


def _client(port: int, path: str, requests: int, times: list[float], *, pause: float) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        due = time.perf_counter() + random.uniform(0, pause)  # noqa: S311
        for _ in range(requests):
            head = (
                f"POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
                f'idempotency-key: "bench-{next(_numbers)}"\r\ncontent-length: {len(BODY)}\r\n\r\n'
            )
            due += pause
            time.sleep(max(0.0, due - time.perf_counter()) if pause else 0.0)
            start = time.perf_counter()
            peer.sendall(head.encode() + BODY)
            answer = b""
            while not answer.endswith(b'"}'):
                piece = peer.recv(65536)
                if not piece:
                    raise AssertionError(f"the connection ended after {answer!r}")
                answer += piece
            times.append(time.perf_counter() - start)
            if not answer.startswith(b"HTTP/1.1 201"):
                raise AssertionError(answer.decode())
