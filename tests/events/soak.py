"""The soak of the stream: writers roll back, readers come and go, publishers are killed, servers restarted.

``python -m tests.events.soak --seconds 180`` is the long form; tests/events/test_soak.py runs a short one.
Everything is as in production: publishers are processes of ``pydb events publish``, readers are HTTP clients
of a server in a process of its own. At the end each reader must have had exactly what was committed of its
topics, once, in one order. On a busy machine readers lag; when the writers have stopped they must catch up
within ``DEADLINE``, and one that has not is told apart from one that lost something.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg

from tests.servers import PAUSE, TestServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TOPICS: Final = ("orders", "stock", "users", "mail")
DEADLINE: Final = 120.0
PUBLISH: Final = "select pydb.event_publish(%s, jsonb_build_object('n', %s::int))"


@dataclass(frozen=True)
class Form:
    """How long and how wild."""

    seconds: float
    writers: int = 64
    readers: int = 200
    pause: float = 2.0
    kill_every: float = 5.0
    restarts: int = 2
    seed: int = 1


@dataclass
class Written:
    """What writers know of their events: number of the event → how its transaction ended."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    committed: set[int] = field(default_factory=set)
    rolled_back: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    last: int = 0

    def numbers(self, count: int) -> list[int]:
        with self.lock:
            self.last += count
            return list(range(self.last - count + 1, self.last + 1))

    def ended(self, how: set[int], numbers: Sequence[int]) -> None:
        with self.lock:
            how.update(numbers)


@dataclass
class Reader:
    """One reader over HTTP: what it got, and how often it came back."""

    topics: tuple[str, ...]
    got: list[tuple[int, int]] = field(default_factory=list)
    seen: int = 0
    connections: int = 0
    resets: int = 0
    at: list[float] = field(default_factory=list)
    path: str = "/stream"
    token: str | None = None
    is_answered: bool = False

    async def read(self, port: int, patience: float) -> None:
        """Connect, read for a while, go away in the middle of whatever comes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        self.connections += 1
        try:
            query = "&".join(f"topic={topic}" for topic in self.topics)
            bearer = "" if self.token is None else f"Authorization: Bearer {self.token}\r\n"
            writer.write(
                f"GET {self.path}?{query} HTTP/1.1\r\nHost: localhost\r\n{bearer}"
                f"Last-Event-ID: {self.seen}\r\n\r\n".encode()
            )
            async with asyncio.timeout(60):  # a busy machine is no fault
                status = await reader.readline()
            if b" 200 " not in status:
                return
            self.is_answered = True
            async with asyncio.timeout(patience):
                await self._events(reader)
        except TimeoutError:
            pass
        finally:
            writer.close()

    async def _events(self, reader: asyncio.StreamReader) -> None:
        fields: dict[str, str] = {}
        while line := await reader.readline():
            text = line.decode().rstrip("\r\n")
            name, _, value = text.partition(": ")
            if name in ("id", "event", "data"):
                fields[name] = value
            elif not text and fields:
                if "data" in fields:
                    self._take(int(fields["id"]), fields["event"], json.loads(fields["data"]))
                elif "id" in fields:
                    self.seen = int(fields["id"])
                fields = {}

    def _take(self, position: int, topic: str, data: dict[str, dict[str, int]]) -> None:
        if topic == "reset":
            self.resets += 1
        else:
            self.got.append((position, data["payload"]["n"]))
            self.at.append(time.monotonic())
        self.seen = position


@dataclass(frozen=True)
class Outcome:
    """What was found at the end; ``faults`` is empty if all is well."""

    faults: list[str]
    events: int
    rolled_back: int
    unknown: int
    connections: int
    kills: int
    restarts: int
    caught_up: float

    def __str__(self) -> str:
        return (
            f"{self.events} events, {self.rolled_back} rolled back, {self.unknown} cut off; "
            f"{self.connections} connections of readers, {self.kills} publishers killed, "
            f"{self.restarts} restarts; all caught up {self.caught_up:.1f} s after the last write; "
            + ("; ".join(self.faults) or "each reader got each event of its topics once, in one order")
        )


class Soak:
    """One run on a server of its own, in a database with pydb."""

    def __init__(self, server: TestServer, dsn: str, form: Form) -> None:
        self.server, self.dsn, self.form = server, dsn, form
        self.written = Written()
        self.writing, self.publishing, self.reading = threading.Event(), threading.Event(), threading.Event()
        self.random = random.Random(form.seed)  # noqa: S311
        topics = [TOPICS[:1], TOPICS[1:3], TOPICS, ("mail",)]
        self.readers = [Reader(topics[number % 4]) for number in range(form.readers)]
        self.kills = 0
        self.caught_up = float("inf")
        self.trouble: list[str] = []

    def run(self) -> Outcome:
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(served(self.dsn))
            threads = [
                threading.Thread(target=self._guarded, args=(self._write, number))
                for number in range(self.form.writers)
            ]
            threads.append(threading.Thread(target=self._guarded, args=(self._publish,)))
            threads.append(threading.Thread(target=self._guarded, args=(self._read_all, port)))
            for thread in threads:
                thread.start()
            try:
                for _ in range(self.form.restarts):
                    time.sleep(self.form.seconds / (self.form.restarts + 1))
                    self.server.restart("immediate")
                time.sleep(self.form.seconds / (self.form.restarts + 1))
                self.writing.set()
                for thread in threads[:-2]:
                    thread.join(DEADLINE)
                self._drained()
            finally:
                for event in (self.writing, self.publishing, self.reading):
                    event.set()
                for thread in threads:
                    thread.join(DEADLINE)
        return self._judge()

    def _guarded(self, work: object, *args: object) -> None:
        try:
            work(*args)  # type: ignore[operator]
        except BaseException as error:
            self.trouble.append(repr(error))

    def _write(self, number: int) -> None:
        chance = random.Random(f"{self.form.seed}.{number}")  # noqa: S311
        while not self.writing.is_set():
            try:
                with psycopg.connect(self.dsn, prepare_threshold=None) as conn:
                    while not self.writing.is_set():
                        self._transaction(conn, chance)
            except psycopg.OperationalError:
                time.sleep(PAUSE)

    def _transaction(self, conn: psycopg.Connection[tuple[object, ...]], chance: random.Random) -> None:
        numbers = self.written.numbers(chance.randint(1, 3))
        try:
            for number in numbers:
                conn.execute(PUBLISH, (chance.choice(TOPICS), number))
            self.writing.wait(chance.random() * self.form.pause)
            if chance.random() < 0.2:
                conn.rollback()
                self.written.ended(self.written.rolled_back, numbers)
            else:
                conn.commit()
                self.written.ended(self.written.committed, numbers)
        except psycopg.OperationalError:
            self.written.ended(self.written.unknown, numbers)
            raise

    def _publish(self) -> None:
        command = [sys.executable, "-m", "pydb", "--dsn", self.dsn, "events", "publish"]
        while not self.publishing.is_set():
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
                self.writing.wait(self.form.kill_every)
                if self.writing.is_set():
                    self.publishing.wait()  # what is left is published
                process.send_signal(signal.SIGKILL)
                self.kills += 1

    def _read_all(self, port: int) -> None:
        async def again(reader: Reader) -> None:
            while not self.reading.is_set():
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    await reader.read(port, 0.2 + self.random.random() * 2 * self.form.pause)
                await asyncio.sleep(self.random.random() * 0.2)

        async def main() -> None:
            await asyncio.gather(*(again(reader) for reader in self.readers))

        asyncio.run(main())

    def _drained(self) -> None:
        """Until everything is published, and every reader has the last event of its topics."""
        start = time.monotonic()
        deadline = start + DEADLINE
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            while conn.execute("select 1 from pydb_internal.event_waiting limit 1").fetchone():
                if time.monotonic() > deadline:
                    raise AssertionError("events still wait")
                time.sleep(PAUSE)
            rows = conn.execute("select topic, max(position) from pydb.event group by topic").fetchall()
        last = {str(topic): int(str(position)) for topic, position in rows}
        wanted = {reader.topics: max(last[topic] for topic in reader.topics) for reader in self.readers}
        while any(reader.seen < wanted[reader.topics] for reader in self.readers):
            if time.monotonic() > deadline:
                return  # _judge says who lacks what
            time.sleep(PAUSE)
        self.caught_up = time.monotonic() - start

    def _judge(self) -> Outcome:
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            rows = conn.execute(
                "select position, topic, (payload ->> 'n')::int from pydb.event order by position"
            ).fetchall()
        faults = list(self.trouble)
        numbers = Counter(row[2] for row in rows if row[1] in TOPICS)  # pydb has topics of its own
        told = self.written
        if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
            faults.append("the positions have gaps")
        if lost := told.committed - numbers.keys():
            faults.append(f"{len(lost)} committed events are lost")
        if ghosts := numbers.keys() & told.rolled_back:
            faults.append(f"{len(ghosts)} events were rolled back and are there")
        if strange := numbers.keys() - told.committed - told.unknown:
            faults.append(f"{len(strange)} events were written by nobody")
        if twice := [number for number, count in numbers.items() if count > 1]:
            faults.append(f"{len(twice)} events are there twice")
        for place, reader in enumerate(self.readers):
            expected = [(row[0], row[2]) for row in rows if row[1] in reader.topics]
            if reader.got != expected:
                faults.append(f"reader {place} " + _difference(reader.got, expected))
            if reader.resets:
                faults.append(f"reader {place} was reset")
        return Outcome(
            faults, len(rows), len(told.rolled_back), len(told.unknown),
            sum(reader.connections for reader in self.readers), self.kills, self.form.restarts,
            self.caught_up,
        )  # fmt: skip


def _difference(got: list[tuple[int, int]], expected: list[tuple[int, int]]) -> str:
    if got == expected[: len(got)]:
        return f"is late: it lost nothing, and lacks the last {len(expected) - len(got)} of {len(expected)}"
    lost, twice = len(set(expected) - set(got)), len(got) - len(set(got))
    return f"lost {lost} of {len(expected)} events and got {twice} twice, or in another order"


@contextlib.contextmanager
def served(dsn: str) -> Iterator[int]:
    """The port of a server of the stream, in a process of its own."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        port = int(listener.getsockname()[1])
        command = [sys.executable, "-m", "tests.events.soak", "--serve", dsn, "--fd", str(listener.fileno())]
        with subprocess.Popen(command, pass_fds=[listener.fileno()]) as process:
            try:
                yield port
            finally:
                process.terminate()


def serve(dsn: str, fd: int) -> None:
    """Serve the stream of a database on a socket that is there already."""
    import uvicorn

    from pydb.events import Hub
    from pydb.events.asgi import Allowed, stream_app

    logging.getLogger("asyncio").setLevel(logging.ERROR)  # writes to who has just gone away
    app = stream_app(Hub(dsn), authorise=lambda _request: Allowed(topics=frozenset(TOPICS)))
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=fd)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--server", default="pg15")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve")
    parser.add_argument("--fd", type=int)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve, chosen.fd)
        return 0
    settings: dict[str, str | int | bool] = {"synchronous_commit": True, "max_connections": 150}
    with TestServer(chosen.server, settings) as server, server.database(migrated=True) as database:
        outcome = Soak(server, database.dsn, Form(chosen.seconds, seed=chosen.seed)).run()
    print(outcome)  # noqa: T201
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
