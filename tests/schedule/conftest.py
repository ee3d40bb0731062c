"""A table to prune, policies on it, and a gate that keeps a run from ending until the test opens it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests import reuse
from tests.cli.conftest import DEADLINE, Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Connection
    from tests.crons import SharedCron
    from tests.servers import CronServer

HOSTILE_NAMES = (
    "it's",
    'a"b',
    "back\\slash",
    "50% of %s %I",
    "a b; drop table t.event",
    "(inside,parens)",
    "a/b",
    "日本語",
    "سياسة",
    "🗑",
    "new\nline",
    "w" * 54,
    "x" * 63,
    "é" * 31 + "x",
    "é" * 31 + "y",
)
ROWS = 100


@dataclass
class Site:
    """A database with table ``t.event``, all of whose rows are older than a day, and policies on it."""

    dsn: str
    db: Connection

    def policy(self, name: str, schedule: str | None = "* * * * *") -> None:
        """Set a policy that was as it is now for an hour, so that the last minute is due.

        The first one is on t.event, each further one on an empty table of its own.
        """
        count = self.one("select count(*) from pydb.retention_policy where not builtin")
        table = f"t.event_{count}" if count else "t.event"
        self.db.execute(f"create table if not exists {table} (like t.event)".encode())
        self.db.execute(
            "select pydb.retention_policy_set(p_name => %s, p_table => %s::text::regclass,"
            " p_time_column => 'at', p_keep => '1 day', p_schedule => %s, p_fuse_share => 1)",
            (name, table, schedule),
        )
        self.db.execute("update pydb.retention_policy set updated_at = now() - interval '1 hour'")

    def one(self, query: str, *args: object) -> object:
        """The first value of the first row."""
        row = self.db.execute(query.encode(), args or None).fetchone()
        return row[0] if row else None

    def rows(self, query: str, *args: object) -> list[tuple[object, ...]]:
        return self.db.execute(query.encode(), args or None).fetchall()

    def wait_for(self, query: str, *args: object, seconds: float = DEADLINE) -> None:
        """Poll until a query gives true."""
        end = time.monotonic() + seconds
        while not self.one(query, *args):
            assert time.monotonic() < end, f"never true: {query}"
            time.sleep(0.02)

    def close_gate(self) -> None:
        """From now on a delete from t.event does not end before :meth:`open_gate`."""
        self.db.execute(
            "create trigger gate before delete on t.event"
            " for each statement execute function t.wait_at_gate()"
        )

    def wait_at_gate(self) -> None:
        """Until a run waits there: what it did before is committed, its statement goes on by itself."""
        self.wait_for(
            "select exists (select from pg_stat_activity join pg_locks using (pid)"
            " where wait_event = 'PgSleep' and relation = 't.gate'::regclass and not pid = pg_backend_pid())"
        )

    def open_gate(self) -> None:
        self.db.execute("insert into t.gate values (true)")

    def reconnect(self) -> None:
        """Connect again, after the server was restarted."""
        self.db.close()
        self.db = psycopg.connect(self.dsn, autocommit=True)


def make_site(dsn: str) -> Site:
    """Fill a database that has pydb, whose built-in policies are not scheduled."""
    db = reuse.session(dsn)
    db.execute("update pydb.retention_policy set schedule = null where builtin")
    db.execute("create schema t")
    db.execute("create table t.event (id bigint, at timestamptz)")
    db.execute(
        "insert into t.event select g, now() - interval '2 days' from generate_series(1, %s) as g", (ROWS,)
    )
    db.execute("create table t.gate (open boolean)")
    db.execute(
        """create function t.wait_at_gate() returns trigger language plpgsql as $$
        begin
            while not exists (select from t.gate) loop
                perform pg_sleep(0.02);
            end loop;
            return null;
        end $$"""
    )
    return Site(dsn, db)


def make_job(site: Site, parent: int, grace: str) -> int:
    """A cascade job that deletes row ``parent`` of t.parent and its child, ``grace`` after now."""
    site.db.execute(
        """create table if not exists t.parent (id int primary key);
        create table if not exists t.child (id int primary key, parent int references t.parent);
        create index if not exists child_parent_idx on t.child (parent)"""
    )
    site.db.execute("insert into t.parent values (%s)", (parent,))
    site.db.execute("insert into t.child values (%s, %s)", (parent, parent))
    made = site.one(
        "select (pydb.cascade_request('t.parent', jsonb_build_object('id', %s::int), '{\"*\": \"delete\"}',"
        " p_grace => %s)).id",
        parent,
        grace,
    )
    assert isinstance(made, int)
    return made


@pytest.fixture
def site(dsn: str) -> Iterator[Site]:
    """On each of the two servers, without pg_cron."""
    made = make_site(dsn)
    yield made
    reuse.leave(made.db)


@pytest.fixture
def cli(site: Site, tmp_path: Path) -> Cli:
    """The command on ``site``."""
    return Cli(site.dsn, tmp_path)


@contextlib.contextmanager
def _cron(request: pytest.FixtureRequest, shared: SharedCron) -> Iterator[CronServer]:
    """The test's own server if it has one, else the shared one."""
    if "cron_server" in request.fixturenames:
        yield request.getfixturevalue("cron_server")
    else:
        with shared.lend() as server:
            yield server


@pytest.fixture
def cron_site(request: pytest.FixtureRequest, shared_cron: SharedCron) -> Iterator[Site]:
    """In the database that pg_cron lives in."""
    with _cron(request, shared_cron) as server:
        made = make_site(server.app_dsn)
        yield made
        reuse.leave(made.db)


@pytest.fixture
def far_site(request: pytest.FixtureRequest, shared_cron: SharedCron) -> Iterator[Site]:
    """In another database of a server with pg_cron; its name needs quoting."""
    with _cron(request, shared_cron) as server:
        made = make_site(server.add("far away"))
        yield made
        made.db.close()
