"""A scan of very many references to small tables: what each of them costs besides its rows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import psycopg

from tests import servers
from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse

    from tests.bench.arena import Arena

PARENTS: Final = 250
CHILDREN: Final = 253
TABLES: Final = f"""
do $$
begin
    for i in 0..{PARENTS - 1} loop
        execute format('create table parent_%s (id int primary key)', i);
        execute format('insert into parent_%s select generate_series(1, 20)', i);
    end loop;
    for i in 1..{CHILDREN} loop
        execute format(
            'create table child_%s (id int primary key, a int references parent_%s,'
            ' b int references parent_%s, c int references parent_%s)',
            i, i % {PARENTS}, i * 7 % {PARENTS}, i * 13 % {PARENTS}
        );
        execute format('insert into child_%s select g, 1, 2, 3 from generate_series(1, 50) as g', i);
        execute format('create index on child_%1$s (a); create index on child_%1$s (b);'
            ' create index on child_%1$s (c)', i);
    end loop;
end $$"""


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Seconds of one run in a fresh session, as pg_cron opens it."""
    figure = Figure(f"orphan_scan_run, {3 * CHILDREN} references to small tables", 3.0, unit="s")
    with arena.connect("postgres") as connection:
        connection.execute("create database scans")
    dsn = arena.server.dsn("scans")
    servers.install(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(TABLES.encode())
        connection.execute("vacuum analyze")
    for _ in range(options.rounds):
        with psycopg.connect(dsn, autocommit=True) as connection:
            began = time.perf_counter()
            connection.execute("call pydb.orphan_scan_run()")
            figure.ours.append(time.perf_counter() - began)
            ended = connection.execute("select state, sqlstate from pydb.job_run order by id desc limit 1")
            assert ended.fetchone() == ("completed", None)
    return [figure]
