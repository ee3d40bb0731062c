"""Archive and delete against the bare statement, a restore against the bare insert; many partitions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tests import servers
from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse

    from tests.bench.arena import Arena

POLICY: Final = (
    "select pydb.retention_policy_set('reading', 'public.reading', 'taken_at', '50 days',"
    " p_action => 'archive', p_fuse_share => 1)"
)
DELETE: Final = """
with gone as (delete from reading where taken_at < now() - interval '50 days' returning *)
insert into kept select * from gone
"""
NOTHING: Final = "create table kept (like reading)"
LEAVES: Final = 1000
PARTED: Final = f"""
create table leaf (id bigint, region int not null, at timestamptz not null, body text)
partition by list (region);
do $$
begin
    for i in 1..{LEAVES} loop
        execute format('create table leaf_%s partition of leaf for values in (%s)', i, i);
    end loop;
end $$;
insert into leaf
select g, 1 + g % {LEAVES}, now() - interval '9 days' * (g <= {LEAVES * 2})::integer, repeat('x', 50)
from generate_series(1, {LEAVES * 4}) as g;
create table seen (rows bigint);
insert into seen values (0);
create function seen() returns trigger language plpgsql as
$$ begin update public.seen set rows = rows + 1; return null; end $$;
analyze;
"""
TRIGGER: Final = "create trigger seen after delete on leaf for each row execute function seen()"


def measure(arena: Arena, template: str) -> tuple[list[float], list[float]]:
    """Seconds of an archiving run and of a restore of it, and of the bare statements."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute(POLICY)
        ours = [_timed(arena, name, "call pydb.retention_run('reading')")]
        connection.execute("vacuum analyze reading")
        connection.execute("checkpoint")
        ours.append(_timed(arena, name, "select * from pydb.archive_restore(1)"))
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute(NOTHING)
        theirs = [_timed(arena, name, DELETE)]
        connection.execute("vacuum analyze reading")
        connection.execute("checkpoint")
        theirs.append(_timed(arena, name, "insert into reading select * from kept"))
    return ours, theirs


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Half of the rows go into an archive, and come back."""
    archive = Figure("archive half, time order: retention_run / one DELETE … RETURNING, INSERT", 1.3)
    restore = Figure("put them back: archive_restore / one INSERT … SELECT", 1.3)
    for _ in range(options.rounds):
        ours, theirs = measure(arena, "ordered")
        for figure, mine, bare in zip((archive, restore), ours, theirs, strict=True):
            figure.ours.append(mine)
            figure.theirs.append(bare)
    return [archive, restore, *parted(arena, options)]


def parted(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """A batch a partition: what archiving costs beside deleting, without a trigger and with one."""
    words = f"{LEAVES:,} partitions, 2 of 4 rows due in each"
    bare = Figure(f"archive, {words}: retention_run archives / deletes", 1.5)
    noted = Figure(f"archive, {words}, a trigger runs: retention_run archives / deletes", 1.5)
    with arena.connect("postgres") as connection:
        connection.execute("create database parted")
    servers.install(arena.server.dsn("parted"))
    with arena.connect("parted") as connection:
        connection.execute(PARTED)
    for _ in range(options.rounds):
        for figure, prepare in ((bare, "select"), (noted, TRIGGER)):
            figure.ours.append(_parted(arena, prepare, "archive"))
            figure.theirs.append(_parted(arena, prepare, "delete"))
    arena.drop("parted")
    return [bare, noted]


def _parted(arena: Arena, prepare: str, action: str) -> float:
    with arena.copy("parted") as name:
        with arena.connect(name) as connection:
            connection.execute(prepare)
            connection.execute(
                "select pydb.retention_policy_set('leaf', 'public.leaf', 'at', '1 day', p_fuse_share => 1,"
                " p_action => %s)",
                [action],
            )
        seconds = _timed(arena, name, "call pydb.retention_run('leaf')")
        with arena.connect(name) as connection:
            done = connection.execute("select rows_done, batches, state from pydb.job_run").fetchone()
        if done != (LEAVES * 2, LEAVES, "completed"):
            raise AssertionError(f"the run was {done}")
        return seconds


def _timed(arena: Arena, dbname: str, statement: str) -> float:
    with arena.connect(dbname) as connection:
        start = time.perf_counter()
        connection.execute(statement)
        return time.perf_counter() - start
