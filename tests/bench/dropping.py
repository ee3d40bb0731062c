"""Partitions that go while the application works: how long it takes, and how long anybody waits for it."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydb import db, retention
from tests import servers
from tests.bench.figures import Figure, timed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from tests.bench.arena import Arena, Connection

TABLE: Final = """
create table reading (id bigint, at timestamptz not null, sensor int, payload text) partition by range (at);
do $$ begin
    for i in {first} .. 1 loop
        execute format('create table %I partition of reading for values from (%L) to (%L)',
            'reading_' || i - {first}, date_trunc('day', now()) + i * interval '1 day',
            date_trunc('day', now()) + (i + 1) * interval '1 day');
    end loop;
end $$;
create index on reading (at);
insert into reading
select i, date_trunc('day', now()) - i % {days} * interval '1 day' + i % 1000 * interval '1 s', i % 1000,
    repeat('x', 80)
from generate_series(1, {rows}) as i;
analyze reading;
select pydb.retention_policy_set('reading', 'public.reading', 'at', '{keep} days',
    p_action => 'drop_partition', p_fuse_share => 1);
select pydb.setting_set('partition_patience', '3 min');
"""
WRITE: Final = "insert into reading values (1, :today, 1, 'new');\n"
# one of five rows of today, by key: as quick at the end as at the beginning, whatever WRITE has added
READ: Final = "select payload from reading where at = :key and id > 0;\n"
SITS: Final = 60.0
PARTMAN_SITS: Final = 5.0
# partitions that it did not make itself, registered as its own would be
PARTMAN: Final = """
create schema partman;
create extension pg_partman schema partman;
insert into partman.part_config (
    parent_table, control, partition_type, partition_interval, datetime_string, retention,
    retention_keep_table, premake
) values ('public.reading', 'at', 'native', '1 day', 'YYYY_MM_DD', '65 days', false, 1)
"""
Latencies = list[float]


def small(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Twelve of 24 daily partitions, beside two writers and two readers."""
    whole = Figure("drop 12 of 24 daily partitions of 2,000,000 rows, writers and readers beside", 2.0)
    wait = Figure("longest wait of an INSERT meanwhile", 0.3)
    for _ in range(options.rounds):
        with _table(arena, "dropping", days=24, rows=2_000_000, keep=12) as name:
            seconds: list[float] = []
            with arena.connect(name) as runner:
                latencies = _beside(
                    arena,
                    name,
                    clients=4,
                    rate=400,
                    work=lambda: seconds.append(timed(lambda: runner.execute("call pydb.retention_run()"))),  # noqa: B023
                )
            _expect(arena, name, 12)
        whole.ours += seconds
        wait.ours.append(max(latencies) / 1000)
    return [whole, wait]


def many(arena: Arena, _: argparse.Namespace) -> list[Figure]:
    """300 of 365 daily partitions, beside 16 clients and a reader who sits for a minute."""
    found: list[Figure] = []
    for way, words in ((_by_sql, "retention_run"), (_by_command, "pydb retention run")):
        with _table(arena, "dropping", days=365, rows=365_000, keep=65) as name:
            alone = _beside(arena, name, clients=16, rate=400, work=lambda: time.sleep(20))
            with arena.connect(name) as reader:
                reader.execute("begin; select count(*) from reading")
                done = threading.Timer(SITS, lambda: reader.execute("commit"))
                done.start()
                beside = _beside(arena, name, clients=16, rate=400, work=lambda: way(arena, name))  # noqa: B023
                done.join()
            _expect(arena, name, 300)
        p99 = Figure(
            f"p99 of 16 clients while {words} drops 300 of 365 partitions / without it", 1.2, unit="ms"
        )
        p99.ours, p99.theirs = [_p99(beside)], [_p99(alone)]
        longest = Figure(
            f"longest statement of theirs while {words} does, a reader sits a minute", 50, unit="ms"
        )
        longest.ours = [max(beside)]
        found += [p99, longest]
    found.append(_beside_partman(arena))
    return found


def _beside_partman(arena: Arena) -> Figure:
    """The same partitions, the same clients and the same reader, for a shorter while."""
    figure = Figure(
        f"longest statement of theirs while pg_partman does, a reader sits {PARTMAN_SITS:.0f} s"
        " (for information)", 1e6, unit="ms",
    )  # fmt: skip
    with (
        _table(arena, "dropping", days=365, rows=365_000, keep=65) as name,
        arena.connect(name) as runner,
        arena.connect(name) as reader,
    ):
        runner.execute(PARTMAN)
        reader.execute("begin; select count(*) from reading")
        done = threading.Timer(PARTMAN_SITS, lambda: reader.execute("commit"))
        done.start()
        figure.ours = [max(_beside(arena, name, clients=16, rate=400, work=lambda: _by_partman(runner)))]
        done.join()
    return figure


def _by_partman(runner: Connection) -> None:
    found = runner.execute("select partman.drop_partition_time('public.reading')").fetchone()
    if found is None or not 299 <= int(str(found[0])) <= 300:
        raise AssertionError(f"pg_partman dropped {found}")


def _by_sql(arena: Arena, name: str) -> None:
    with arena.connect(name) as runner:
        runner.execute("call pydb.retention_run('reading')")


def _by_command(arena: Arena, name: str) -> None:
    with db.connect(arena.server.dsn(name)) as conn:
        retention.run(conn, "reading")


@contextlib.contextmanager
def _table(arena: Arena, name: str, *, days: int, rows: int, keep: int) -> Iterator[str]:
    with arena.connect("postgres") as connection:
        connection.execute(f"create database {name}")
    try:
        servers.install(arena.server.dsn(name))
        with arena.connect(name) as connection:
            connection.execute(TABLE.format(first=1 - days, days=days, rows=rows, keep=keep))
            connection.execute("checkpoint")
        yield name
    finally:
        arena.drop(name)


def _expect(arena: Arena, name: str, gone: int) -> None:
    with arena.connect(name) as connection:
        found = connection.execute(
            "select count(*), (select max(state) from pydb.job_run) from pydb.retention_partition"
            " where state = 'dropped'"
        ).fetchone()
    if found is None or not gone - 1 <= int(str(found[0])) <= gone or found[1] != "completed":
        raise AssertionError(f"the run dropped {found}")


def _beside(arena: Arena, dbname: str, *, clients: int, rate: int, work: Callable[[], None]) -> Latencies:
    """Latencies in ms of inserts and reads, at a rate that leaves the machine room, during the work."""
    server = arena.server
    with arena.connect(dbname) as connection:
        today, read = connection.execute(
            "select quote_literal(min(at)), quote_literal(max(at)) from reading"
            " where at >= date_trunc('day', now())"
        ).fetchone() or ("", "")
    with tempfile.TemporaryDirectory() as folder:
        for number, statement in enumerate((WRITE, READ)):
            (Path(folder) / f"{number}.sql").write_text(statement)
        with subprocess.Popen(
            [
                str(server.bin_dir / "pgbench"), "-n", "-c", str(clients), "-j", "1", "-T", "600",
                "-R", str(rate), "-D", f"today={today}", "-D", f"key={read}",
                "-f", f"{folder}/0.sql", "-f", f"{folder}/1.sql",
                "-l", "--log-prefix", f"{folder}/log", "-h", server.host, "-p", str(server.port),
                "-U", server.user, dbname,
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        ) as application:  # fmt: skip
            try:
                time.sleep(1.0)
                begun = time.time()
                work()
                ended = time.time()
                time.sleep(1.0)  # what waits at the end is written as well
            finally:
                application.terminate()
        lines = [line.split() for log in Path(folder).glob("log*") for line in log.read_text().splitlines()]
    # client, transaction, microseconds, script, second and microsecond at which it ended, schedule lag
    return [
        (int(line[2]) - int(line[6])) / 1000
        for line in lines
        if len(line) > 6 and begun <= int(line[4]) + int(line[5]) / 1e6 <= ended + 0.5
    ]


def _p99(latencies: Latencies) -> float:
    return sorted(latencies)[int(len(latencies) * 0.99)]
