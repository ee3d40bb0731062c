"""Events: what one costs the transaction that writes it, and how soon 200 readers have it."""

from __future__ import annotations

import re
import statistics
import subprocess
import tempfile
import time
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

CLIENTS: Final = 40
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
    "{event}commit;\n"
)
EVENT: Final = 'select pydb.event_publish(\'orders\', \'{"order": 5, "state": "paid"}\');\n'
UPDATE: Final = "with changed as (update account set amount = amount - 1 where id = %s returning id) select"
WITHOUT: Final = UPDATE + " c.id from changed as c"
WITH: Final = UPDATE + " pydb.event_publish('orders', jsonb_build_object('account', c.id)) from changed as c"
TABLES: Final = """
create table account (id int primary key, amount bigint not null) with (fillfactor = 70);
insert into account select i, 1000 from generate_series(1, 100000) as i;
create table entry (id bigint generated always as identity primary key, account int, amount bigint);
vacuum analyze;
"""


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """The three figures; the readers are HTTP clients of ``pydb serve``."""
    cost = Figure("an event in a transaction: what it takes longer, p50", 0.1, unit="ms")
    rate = Figure(
        f"transactions of {CLIENTS} clients with an event each, a flush of 1 ms: throughput / without",
        0.95, unit="ms", at_least=True,
    )  # fmt: skip
    late = Figure(f"from the commit to {READERS} readers of pydb serve, p99", 500.0, unit="ms")
    with Arena(arena.major, **DISK) as disk:
        _database(disk, "events")
        publisher = events.Publisher(disk.server.dsn("events"))
        publisher.start()
        for _ in range(options.rounds):
            cost.ours.append(_longer(disk.server.dsn("events")))
            rate.theirs.append(_pgbench(disk, ""))
            rate.ours.append(_pgbench(disk, EVENT))
        _drained(disk.server.dsn("events"))
        publisher.stop()
        late.ours = [_delay(disk.server.dsn("events")) for _ in range(options.rounds)]
    return [cost, rate, late]


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


def _pgbench(arena: Arena, event: str) -> float:
    """Milliseconds a transaction, of all clients together."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(TRANSFER.replace("{event}", event))
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
