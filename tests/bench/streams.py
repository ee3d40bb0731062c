"""Events: what one costs the transaction that writes it, and how soon 200 readers have it."""

from __future__ import annotations

import contextlib
import re
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

from pydb import events
from tests import servers
from tests.bench.arena import Arena
from tests.bench.claims import p99
from tests.bench.figures import Figure
from tests.events import serving

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

CLIENTS: Final = 40
PAUSE_MS: Final = 20
READERS: Final = 200
SECONDS: Final = 8
EVENTS: Final = 100
# waits as a disk's flush does, for all who commit meanwhile: where commits wait for each other it is seen
DISK: Final = {"fsync": True, "synchronous_commit": True, "commit_delay": 1000, "commit_siblings": 0}
TRANSFER: Final = (
    "\\set a random(1, 100000)\n\\set b random(1, 100000)\nbegin;\n"
    "update account set amount = amount - 1 where id = :a;\n"
    "select amount from account where id = :a;\n"
    "insert into entry (account, amount) values (:a, -1);\n"
    "{added}commit;\n"
)
EVENT: Final = 'select pydb.event_publish(\'orders\', \'{"order": 5, "state": "paid"}\');\n'
BY_HAND: Final = (
    'insert into outbox (topic, payload) values (\'orders\', \'{"order": 5, "state": "paid"}\');\n'
)
NOTIFY: Final = 'select pg_notify(\'orders\', \'{"order": 5, "state": "paid"}\');\n'
UPDATE: Final = "with changed as (update account set amount = amount - 1 where id = %s returning id) select"
WITHOUT: Final = UPDATE + " c.id from changed as c"
WITH: Final = UPDATE + " pydb.event_publish('orders', jsonb_build_object('account', c.id)) from changed as c"
TABLES: Final = """
create table account (id int primary key, amount bigint not null) with (fillfactor = 70);
insert into account select i, 1000 from generate_series(1, 100000) as i;
create table entry (id bigint generated always as identity primary key, account int, amount bigint);
create table outbox (
    id bigint generated always as identity primary key, topic text not null, payload jsonb not null,
    created_at timestamptz not null default now()
);
vacuum analyze;
"""
# who waits for another one, and not for the flush, which is everybody's
WAITING: Final = """
select
    count(*) filter (
        where wait_event_type = 'Lock' or wait_event_type = 'LWLock' and wait_event <> 'WALWrite'
    ),
    count(*)
from pg_stat_activity
where application_name = 'pgbench' and state = 'active'
"""


@dataclass
class Waits:
    """Looks at backends that are at work: how many there were, and how many waited for another one."""

    waiting: int = 0
    seen: int = 0

    @contextlib.contextmanager
    def watch(self, dsn: str) -> Iterator[None]:
        """Look fifty times a second."""
        over = threading.Event()

        def look() -> None:
            with psycopg.connect(dsn, autocommit=True) as connection:
                while not over.wait(0.02):
                    waiting, seen = connection.execute(WAITING).fetchone() or (0, 0)
                    self.waiting += waiting
                    self.seen += seen

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """What writers pay, and when readers have it; those are HTTP clients of ``pydb serve``."""
    cost = Figure("an event in a transaction: what it takes longer, p50", 0.1, unit="ms")
    who = f"{CLIENTS} clients, a flush of 1 ms"
    pausing = f"{who}, {PAUSE_MS} ms between transactions"
    rate = Figure(f"{pausing}: throughput with an event each / without", 0.95, unit="ms", at_least=True)
    told = Figure(
        f"{pausing}: throughput with a NOTIFY each / without (for information)", 0, unit="ms", at_least=True
    )
    beside = Figure(
        f"{who}, processors full: throughput with an event each / with an INSERT by hand",
        0.5, unit="ms", at_least=True,
    )  # fmt: skip
    full = Figure(
        f"{who}, processors full: throughput with an event each / without (for information)",
        0, unit="ms", at_least=True,
    )  # fmt: skip
    by_hand = Figure(
        f"{who}, processors full: throughput with an INSERT by hand / without (for information)",
        0, unit="ms", at_least=True,
    )  # fmt: skip
    waits = Figure(
        f"{who}, an event each: share of backends at work that wait for another one", 0.05, unit=""
    )
    late = Figure(f"from the commit to {READERS} readers of pydb serve, p99", 500.0, unit="ms")
    with Arena(arena.major, **DISK) as disk:
        _database(disk, "events")
        dsn = disk.server.dsn("events")
        publisher = events.Publisher(dsn)
        publisher.start()
        seen = Waits()
        for _ in range(options.rounds):
            cost.ours.append(_longer(dsn))
            rate.theirs.append(_pgbench(disk, "", PAUSE_MS))
            rate.ours.append(_pgbench(disk, EVENT, PAUSE_MS))
            told.ours.append(_pgbench(disk, NOTIFY, PAUSE_MS))
            full.theirs.append(_pgbench(disk, ""))
            beside.theirs.append(_pgbench(disk, BY_HAND))
            with seen.watch(dsn):
                full.ours.append(_pgbench(disk, EVENT))
        waits.ours = [seen.waiting / max(seen.seen, 1)]
        told.theirs, by_hand.theirs = rate.theirs, full.theirs
        beside.ours, by_hand.ours = full.ours, beside.theirs
        _drained(dsn)
        publisher.stop()
        late.ours = [_delay(dsn) for _ in range(options.rounds)]
    return [cost, rate, told, beside, full, by_hand, waits, late]


def _database(arena: Arena, name: str) -> None:
    with arena.connect("postgres") as connection:
        connection.execute(f"create database {name}")
    servers.install(arena.server.dsn(name))
    with arena.connect(name) as connection:
        for statement in TABLES.split(";"):
            if statement.strip():
                connection.execute(statement)


def _longer(dsn: str) -> float:
    """Milliseconds that a statement takes longer with an event in it, the commit left out: in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    with psycopg.connect(dsn) as connection:
        for turn in range(4000):
            with connection.transaction():
                start = time.perf_counter()
                connection.execute(WITH if turn % 2 else WITHOUT, (turn // 2 + 1,))
                taken[turn % 2].append((time.perf_counter() - start) * 1000)
    return statistics.median(taken[1]) - statistics.median(taken[0])


def _pgbench(arena: Arena, added: str, pause: int = 0) -> float:
    """Milliseconds a transaction, of all clients together, who pause for so many after each."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(TRANSFER.replace("{added}", added) + (f"\\sleep {pause} ms\n" if pause else ""))
        script.flush()
        said = subprocess.run(
            [
                str(arena.server.bin_dir / "pgbench"),
                *("-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS)),
                *("-f", script.name, arena.server.dsn("events")),
            ],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", said)
    if found is None:
        raise AssertionError(said)
    return 1000 / float(found[1])


def _drained(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute("select from pydb_internal.event_waiting limit 1").fetchone() is not None:
            time.sleep(servers.PAUSE)


def _delay(dsn: str) -> float:
    """p99 of the milliseconds from the commit of an event to each of the readers."""
    return p99(sorted(1000 * late for late in serving.delays(dsn, READERS, EVENTS)))
