"""What is measured: ours and the reference in turn, round by round; a figure is the median of the rounds."""

from __future__ import annotations

import itertools
import re
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests import servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    from tests.bench.arena import Arena, Connection

POLICY: Final = (
    "select pydb.retention_policy_set('reading', 'public.reading', 'taken_at', %s, p_fuse_share => 1)"
)
LEAVES: Final = """
create table leaf (id bigint, region int not null, at timestamptz not null, body text)
partition by list (region);
do $$
begin
    for i in 1..{count} loop
        execute format('create table leaf_%s partition of leaf for values in (%s)', i, i);
    end loop;
end $$;
insert into leaf
select g, 1 + g % {count}, now() - interval '9 days' * (g <= {count} * 20)::integer, repeat('x', 50)
from generate_series(1, {count} * 50) as g;
analyze leaf;
select pydb.retention_policy_set('leaf', 'public.leaf', 'at', '{keep}');
"""
HOLD: Final = """
select pydb.hold_place('case', %s, (
    select jsonb_agg(jsonb_build_object('id', %s::bigint + %s::bigint * i)) from generate_series(0, 9999) as i
), p_reason => 'bench')
"""
EXPIRED: Final = "taken_at < now() - %s::interval"
BATCH_TARGET_MS: Final = 250.0
WARM_BATCHES: Final = 5
_BATCH: Final = re.compile(r"batch \d+: \d+ rows")


@dataclass
class Figure:
    """One line of the report.

    Attributes:
        name: what is measured.
        ours, theirs: seconds (or the unit named) of each round; theirs is empty for an absolute figure.
        limit: the ratio ours/theirs, or the absolute value, that is to be kept.
        at_least: the limit is a lower bound (theirs/ours).
    """

    name: str
    limit: float
    unit: str = "s"
    at_least: bool = False
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def value(self) -> float:
        """Ratio of the two medians, or the median itself where there is nothing to compare with."""
        ours = statistics.median(self.ours)
        if not self.theirs:
            return ours
        theirs = statistics.median(self.theirs)
        return theirs / ours if self.at_least else ours / theirs

    @property
    def met(self) -> bool:
        """True if the limit is kept."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


# nine of ten tenants have a keep of their own, from 31 to 90 days
TENANTS: Final = """
create table call as select id, taken_at, (id % 10000)::int as tenant, payload from reading;
alter table call add primary key (id);
create index on call (taken_at);
create table tenant_keep (tenant int primary key, keep interval not null);
insert into tenant_keep
select i, (31 + i % 60) * interval '1 day' from generate_series(0, 9999) as i where i % 10 > 0;
analyze tenant_keep;
select pydb.retention_policy_set('call', 'public.call', 'taken_at', '50 days', p_fuse_share => 1,
    p_keep_table => 'public.tenant_keep', p_keep_by => '{tenant}', p_keep_key => '{tenant}',
    p_keep_value => 'keep', p_keep_floor => '30 days');
"""
TENANTS_COUNT: Final = """
select count(*) from call as c left join tenant_keep as k on k.tenant = c.tenant
where c.taken_at < now() - interval '30 days' and c.taken_at < now() - coalesce(k.keep, interval '50 days')
"""


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def retention(arena: Arena, template: str, keep: str, batches: list[float] | None = None) -> float:
    """Seconds of ``call retention_run`` in a fresh session, as pg_cron opens one for every job."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        with arena.connect(name) as before:
            before.execute(POLICY, [keep])
            before.execute("checkpoint")
        ended: list[float] = []
        if batches is not None:

            def notice(diagnostic: psycopg.errors.Diagnostic) -> None:
                if _BATCH.search(diagnostic.message_primary or ""):
                    ended.append(time.perf_counter())

            connection.add_notice_handler(notice)
            connection.execute("set client_min_messages = debug1")
        seconds = timed(lambda: connection.execute("call pydb.retention_run('reading')"))
        _expect_none(connection, keep)
        if batches is not None:
            if len(ended) <= WARM_BATCHES:
                raise AssertionError(f"the run had {len(ended)} batches")
            batches.extend((end - begin) * 1000 for begin, end in itertools.pairwise(ended))
        return seconds


def held(arena: Arena, template: str, keep: str, first: int, step: int) -> float:
    """Seconds of ``call retention_run`` with 10 000 keys held: first, first + step, …; step 0: none."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        with arena.connect(name) as before:
            before.execute(POLICY, [keep])
            if step:
                before.execute(HOLD, ["reading", first, step])
            before.execute("checkpoint")
        seconds = timed(lambda: connection.execute("call pydb.retention_run('reading')"))
        kept = connection.execute(
            f"select count(*) from reading where {EXPIRED}"
            " and id not in (select %s + %s * i from generate_series(0, 9999) as i)",
            [keep, first, step],
        ).fetchone()
        # as in _expect_none
        if kept is None or int(str(kept[0])) > 1000:
            raise AssertionError(f"the run left {kept}")
        return seconds


def routines(arena: Arena, template: str, keep: str) -> float:
    """Routines of pydb that a fresh session compiles for a run of a plain policy."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        with arena.connect(name) as before:
            before.execute(POLICY, [keep])
        connection.execute("set track_functions = 'all'")
        connection.execute("call pydb.retention_run('reading')")
        connection.execute("select pg_stat_force_next_flush()")
        called = connection.execute(
            "select count(*) from pg_stat_user_functions where schemaname in ('pydb', 'pydb_internal')"
        ).fetchone()
        return float(str(called and called[0]))


def leaves(arena: Arena, count: int, *, due: bool = True, held: bool = False) -> float:
    """Seconds of ``call retention_run`` over that many list partitions, 20 of 50 rows due in each or none.

    ``held``: beside a hold on two keys of rows that are not due.
    """
    name = f"leaves_{count}"
    with arena.connect("postgres") as connection:
        connection.execute(f"create database {name}")
    servers.install(arena.server.dsn(name))
    try:
        with arena.connect(name) as connection:
            connection.execute(LEAVES.format(count=count, keep="1 day" if due else "30 days"))
            if held:
                connection.execute(
                    "select pydb.hold_place('case', 'leaf', jsonb_build_array("
                    "jsonb_build_object('id', %s::bigint), jsonb_build_object('id', %s::bigint)),"
                    " p_reason => 'bench')",
                    [50 * count, 50 * count - 1],
                )
            connection.execute("checkpoint")
        with arena.connect(name) as connection:
            seconds = timed(lambda: connection.execute("call pydb.retention_run('leaf')"))
            done = connection.execute("select rows_done, state from pydb.job_run order by id desc").fetchone()
            if done != (20 * count if due else 0, "completed"):
                raise AssertionError(f"the run deleted {done}")
            return seconds
    finally:
        arena.drop(name)


def delete(arena: Arena, template: str, keep: str) -> float:
    """Seconds of one unbounded DELETE of the same rows."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute("checkpoint")
        return timed(lambda: connection.execute(f"delete from reading where {EXPIRED}", [keep]))


def recipe(arena: Arena, template: str, keep: str) -> float:
    """Seconds of the batch recipe that is copied everywhere: ids, LIMIT, SKIP LOCKED, until none is left."""
    statement = (
        "delete from reading where id in (select id from reading"
        f" where {EXPIRED} order by taken_at limit 10000 for update skip locked)"
    )

    def loop() -> None:
        while connection.execute(statement, [keep]).rowcount:
            pass

    with arena.copy(template) as name, arena.connect(name) as connection:
        return timed(loop)


def with_old_snapshot(
    arena: Arena, side: Callable[[Arena, str, str], float], template: str, keep: str
) -> float:
    """Run a side while another session of the same database holds a snapshot from before."""
    holder: list[Connection] = []

    class Held:
        """The arena, whose copies come with an old snapshot."""

        def __getattr__(self, name: str) -> object:
            return getattr(arena, name)

        def connect(self, dbname: str) -> Connection:
            old = arena.connect(dbname)
            old.execute("begin isolation level repeatable read")
            old.execute("select count(*) from reading")
            holder.append(old)
            return arena.connect(dbname)

    try:
        return side(Held(), template, keep)  # type: ignore[arg-type]
    finally:
        for connection in holder:
            connection.close()


def plan(arena: Arena, template: str, keep: str, rounds: int) -> Iterator[tuple[float, float]]:
    """Pairs of seconds: retention_plan, and the bare count(*) of the same rows, in one warm session."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute(POLICY, [keep])
        for turn in range(rounds * 3 + 1):
            ours = timed(
                lambda: connection.execute("select * from pydb.retention_plan('reading')").fetchall()
            )
            theirs = timed(
                lambda: connection.execute(f"select count(*) from reading where {EXPIRED}", [keep]).fetchall()
            )
            if turn:
                yield ours, theirs


def ruled_plan(arena: Arena, template: str, rounds: int) -> Iterator[tuple[float, float]]:
    """Pairs of seconds: retention_plan with a keep for each tenant, and a count with the same join."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute(TENANTS)
        connection.execute("vacuum (analyze) call")
        for turn in range(rounds * 3 + 1):
            ours = timed(
                lambda: connection.execute("select rows from pydb.retention_plan('call')").fetchall()
            )
            theirs = timed(lambda: connection.execute(TENANTS_COUNT).fetchall())
            if turn:
                yield ours, theirs


def late_batches(batches: list[float]) -> float:
    """Longest batch after the first five, as a multiple of the target."""
    return max(batches[WARM_BATCHES - 1 :]) / BATCH_TARGET_MS


def _expect_none(connection: Connection, keep: str) -> None:
    left = connection.execute(f"select count(*) from reading where {EXPIRED}", [keep]).fetchone()
    state = connection.execute("select state from pydb.job_run order by id desc limit 1").fetchone()
    # a few rows expire between the run's cutoff and this look
    if left is None or int(str(left[0])) > 1000 or state != ("completed",):
        raise AssertionError(f"the run left {left} rows, state {state}")
