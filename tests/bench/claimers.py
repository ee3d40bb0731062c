"""Idempotency claims from Python, against what people write with psycopg by hand; and waiters."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg_pool import AsyncConnectionPool

from pydb import idempotency
from pydb.idempotency import aio
from tests.bench.claims import CLAIM, DATABASE, Bank, p99
from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

HASH: Final = bytes(range(32))
INSERT: Final = (
    "insert into hand_written (scope, key, fingerprint, expires_at)"
    " values ('python', %s, %s, now() + interval '1 day') on conflict (scope, key) do nothing returning key"
)
UPDATE: Final = (
    "update hand_written set state = 'completed', result = %s::jsonb, code = 200, finished_at = now()"
    " where scope = 'python' and key = %s and state = 'pending' returning key"
)
RESULT: Final = {"tune_id": 4711, "state": "queued"}
RESULT_TEXT: Final = '{"tune_id": 4711, "state": "queued"}'
SECONDS: Final = 1.5
WAITERS: Final = 1000
POLL: Final = timedelta(seconds=1)


def figures(options: argparse.Namespace) -> list[Figure]:
    """Throughput of one process with 1, 8 and 32 threads; how fast waiters wake, and what a thousand cost."""
    bank = Bank(options.server)
    with bank.open():
        found = [_pairs(bank, threads, options.rounds) for threads in (1, 8, 32)]
        found.append(_wake(bank, options.rounds))
        found.append(_crowd(bank, options.rounds))
    return found


def _pairs(bank: Bank, threads: int, rounds: int) -> Figure:
    figure = Figure(
        f"claim + complete, psycopg, {threads} threads: throughput / INSERT … ON CONFLICT + UPDATE by hand",
        0.85, unit="ms", at_least=True,
    )  # fmt: skip
    for _ in range(2 * rounds + 1):
        figure.ours.append(_milliseconds(bank, threads, _ours))
        figure.theirs.append(_milliseconds(bank, threads, _by_hand))
    return figure


def _ours(connection: psycopg.Connection[object]) -> None:
    key = str(random.getrandbits(53))
    row = idempotency.claim(connection, "python", key, HASH, lease="30 s")
    if row.token is None:
        raise AssertionError(row.outcome)
    idempotency.complete(connection, "python", key, row.token, RESULT, code=200)


def _by_hand(connection: psycopg.Connection[object]) -> None:
    key = str(random.getrandbits(53))
    for statement, arguments in ((INSERT, (key, HASH)), (UPDATE, (RESULT_TEXT, key))):
        if connection.execute(statement, arguments).fetchone() is None:
            raise AssertionError(statement)


def _milliseconds(bank: Bank, threads: int, work: Callable[[psycopg.Connection[object]], None]) -> float:
    """Milliseconds a pair of calls, of all threads together."""
    done = [0] * threads
    start = threading.Barrier(threads + 1)

    def run(number: int) -> None:
        with psycopg.connect(bank.server.dsn(DATABASE), autocommit=True) as connection:
            for _ in range(10):  # prepared from the sixth on
                work(connection)
            start.wait()
            end = time.perf_counter() + SECONDS
            while time.perf_counter() < end:
                work(connection)
                done[number] += 1

    workers = [threading.Thread(target=run, args=[number]) for number in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    for worker in workers:
        worker.join()
    return SECONDS * 1000 / sum(done)


def _wake(bank: Bank, rounds: int) -> Figure:
    """How long after the completion a waiter has the result, as a share of its longest pause."""
    figure = Figure("a waiter wakes after the completion, in polling intervals", 1.0, unit="x")
    poll = timedelta(milliseconds=200)
    dsn = bank.server.dsn(DATABASE)
    with (
        psycopg.connect(dsn, autocommit=True) as owner,
        psycopg.connect(dsn, autocommit=True) as other,
    ):
        for number in range(4 * rounds + 1):
            woken: list[float] = []
            token = idempotency.claim(owner, "wake", str(number)).token or 0

            def wait(key: str = str(number), times: list[float] = woken) -> None:
                idempotency.wait(other, "wake", key, timedelta(seconds=30), poll=poll)
                times.append(time.perf_counter())

            waiter = threading.Thread(target=wait)
            waiter.start()
            time.sleep(1.0 + random.random() * poll.total_seconds())  # noqa: S311 - its pauses have grown by then
            idempotency.complete(owner, "wake", str(number), token)
            completed = time.perf_counter()
            waiter.join()
            figure.ours.append((woken[0] - completed) / poll.total_seconds())
    return figure


def _crowd(bank: Bank, rounds: int) -> Figure:
    figure = Figure(f"p99 of claims beside {WAITERS:,} waiters on one key / without", 2.0, unit="ms")
    dsn = bank.server.dsn(DATABASE)
    bank.bench(CLAIM, clients=2, seconds=1, rate=200)
    with psycopg.connect(dsn, autocommit=True) as owner:
        for number in range(rounds):
            figure.theirs.append(p99(bank.bench(CLAIM, clients=2, seconds=6, rate=200)))
            token = idempotency.claim(owner, "crowd", str(number)).token or 0
            found: list[object] = []
            crowd = threading.Thread(target=_wait_all, args=[dsn, str(number), found])
            crowd.start()
            time.sleep(3.0)  # until their pauses have grown
            figure.ours.append(p99(bank.bench(CLAIM, clients=2, seconds=6, rate=200)))
            idempotency.complete(owner, "crowd", str(number), token, RESULT)
            crowd.join()
            if found != [RESULT] * WAITERS:
                raise AssertionError(f"{len(found)} waiters came back")
    return figure


def _wait_all(dsn: str, key: str, found: list[object]) -> None:
    found.extend(asyncio.run(_gather(dsn, key)))


async def _gather(dsn: str, key: str) -> list[object]:
    options = {"autocommit": True}
    async with AsyncConnectionPool(dsn, min_size=4, max_size=4, kwargs=options, open=False) as pool:
        outcomes = await asyncio.gather(
            *(aio.wait(pool, "crowd", key, timedelta(seconds=60), poll=POLL) for _ in range(WAITERS))
        )
    return [outcome.result for outcome in outcomes if isinstance(outcome, idempotency.Replay)]
