"""Databases that one test hands to the next, with sessions that have compiled pydb's routines already.

A new session compiles and plans each routine that it calls, which takes longer than most tests. So the rooms
of sql/ share one database a server: after each test it is put back to what the template holds, and it is
thrown away where it cannot be: where something of pydb or of the catalog is not as it was.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import pq, sql
from psycopg._preparing import PrepareManager
from psycopg.rows import tuple_row

from pydb import db
from tests import putback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg.rows import TupleRow

    from tests.servers import Database, TestServer

    Connection = psycopg.Connection[TupleRow]

# the rooms whose tests share; a test that asks for one of these fixtures has a database of its own
ROOMS: Final = frozenset(
    {
        "archive",
        "cascade",
        "cli",
        "core",
        "faults",
        "health",
        "holds",
        "orphans",
        "references",
        "retention",
        "schedule",
    }
)
ALONE: Final = frozenset({"alone", "role"})
# after so many the dead rows of the catalog go; and the database, for what does not go with them
SWEEP_TESTS: Final = 60
MOST_TESTS: Final = 600
MOST_SESSIONS: Final = 6
# in which a session that was ended is gone
MOST_SECONDS: Final = 2.0

FORGET: Final = """
reset session authorization; reset all; close all; unlisten *; deallocate all; discard temp;
discard sequences; select pg_advisory_unlock_all(), pg_stat_force_next_flush()"""


@dataclass(eq=False)
class Shared:
    """A database that tests take one after the other, and its warm sessions."""

    dsn: str
    cleaner: Connection | None = None
    tests: int = 0
    free: list[Connection] = field(default_factory=list)
    lent: list[Connection] = field(default_factory=list)
    filled: dict[str, str] = field(default_factory=dict)
    looks: bytes = b""
    xid: str = ""
    writes: list[int] = field(default_factory=list)
    marks: list[list[int]] = field(default_factory=list)
    counts: tuple[int, ...] = ()

    def remember(self) -> None:
        """Note what the database is put back to."""
        _all.append(self)
        conn = self._own()
        empty = []
        for (table,) in conn.execute(putback.TABLES.encode()):
            rows = self._rows(conn, table)
            if rows == "[]":
                empty.append(table)
            else:
                self.filled[table] = rows
        self.looks = putback.looks(
            empty, self.filled, conn.execute(putback.SEQUENCES.encode()).fetchall()
        ).encode()
        ((self.xid,),) = conn.execute(putback.OUR_XID.encode()).fetchall()
        self.writes = [-1] * (len(self.filled) + len(putback.CATALOG))
        self._look(conn)

    def session(self) -> Connection:
        """A session as postgres, warm if one is free; it is given back by `leave`."""
        while self.free:
            conn = self.free.pop()
            if conn.closed:
                continue
            conn.autocommit = True
            if not self.has_defaults():
                break
            conn.close()
        else:
            conn = psycopg.connect(self.dsn)
        conn.autocommit = True
        self.lent.append(conn)
        return conn

    def has_defaults(self) -> bool:
        """Whether a session that is there already has not heard of settings."""
        return self._own().execute(putback.DEFAULTS.encode(), prepare=True).fetchone() != (False,)

    def put_back(self) -> bool:
        """Make the database what it was; false where it is not, and must go."""
        for conn in self.lent:
            idle = conn.info.transaction_status == pq.TransactionStatus.IDLE
            if not idle or len(self.free) == MOST_SESSIONS:
                conn.close()
            else:
                self.free.append(conn)
        self.lent.clear()
        try:
            return self._clean(self._own())
        except psycopg.Error:
            return False

    def close(self) -> None:
        """End its sessions."""
        _all.remove(self)
        for conn in (*self.free, *self.lent, self.cleaner):
            if conn is not None:
                conn.close()

    def sweep(self) -> None:
        """Take away what tests left: dead rows slow down who looks into the catalog."""
        self._own().execute(f"vacuum {', '.join(putback.GROWING)}".encode())

    def _own(self) -> Connection:
        """The session that puts back; no test has it."""
        if self.cleaner is None or self.cleaner.closed:
            self.cleaner = psycopg.connect(self.dsn, autocommit=True, application_name="reuse")
            self.cleaner.execute("set lock_timeout = '2s'; set statement_timeout = '20s'")
            self.cleaner.execute("set client_min_messages = warning; set session_replication_role = replica")
            self.cleaner.execute("set plan_cache_mode = force_generic_plan")
        return self.cleaner

    def _clean(self, conn: Connection) -> bool:
        self.free = [session for session in self.free if forget(session)]
        self._drop(conn)
        schemas, written, changed, same = self._look(conn)
        if schemas:
            names = sql.SQL(", ").join(sql.Identifier(name) for name in schemas)
            conn.execute(sql.SQL("drop schema if exists {} cascade").format(names))
            conn.execute(putback.PUBLIC.encode())
            self._drop(conn)
            self.writes = [-1] * len(self.writes)  # the first look has counted them
            schemas, written, changed, same = self._look(conn)
        if written or changed:
            script = [f"delete from {table}" for table in (*written, *changed)]
            script += [
                f"insert into {table} overriding system value select *"
                f" from jsonb_populate_recordset(null::{table}, {putback.literal(self.filled[table])})"
                for table in changed
            ]
            *_, last = conn.execute("; ".join([*script, putback.OUR_XID]).encode()).results()
            ((self.xid,),) = last.fetchall()
        return same and not schemas

    def _drop(self, conn: Connection) -> None:
        """End the sessions of others and drop what lies in the schemas that stay."""
        until = time.monotonic() + MOST_SECONDS
        kept = [session.info.backend_pid for session in self.free]
        for keeps in also_kept:
            kept += keeps(self.dsn)
        while True:
            ((others, script),) = conn.execute(putback.GOES.encode(), (kept,), prepare=True).fetchall()
            if not others or time.monotonic() > until:
                break
            time.sleep(0.001)
        if script:
            with contextlib.suppress(psycopg.Error):  # it goes with the schema
                # psycopg forgets what it has prepared when it sees that something is dropped
                conn.execute(f"do {putback.literal(f'begin {script}; end')}".encode())

    def _look(self, conn: Connection) -> tuple[list[str], list[str], list[str], bool]:
        """Schemas that go, tables that had no rows, tables that had others, whether the rest is the same.

        Sequences are put back on the way.
        """
        known = {"xid": self.xid, "writes": self.writes}
        found = conn.execute(self.looks, known, prepare=True).fetchone()
        assert found is not None
        schemas, written, _, self.writes, *marks = found
        marks, counts = marks[: len(self.writes)], tuple(marks[len(self.writes) :])
        if not self.marks:
            self.marks, self.counts = marks, counts
        is_same = [now is None or now == then for now, then in zip(marks, self.marks, strict=True)]
        changed = [table for table, same in zip(self.filled, is_same, strict=False) if not same]
        return schemas, written, changed, all(is_same[len(self.filled) :]) and counts == self.counts

    def _rows(self, conn: Connection, table: str) -> str:
        query = f"select coalesce(jsonb_agg(r.* order by r.*::text), '[]') from only {table} as r"
        ((rows,),) = conn.execute(query.encode()).fetchall()
        return json.dumps(rows)


def forget(conn: Connection) -> bool:
    """A session that remembers nothing but what it has compiled; false for one that the server has ended."""
    conn.row_factory = tuple_row
    conn.prepare_threshold = 5
    conn.autocommit = True
    conn._adapters = None
    conn._prepared = PrepareManager()
    conn._notice_handlers.clear()
    conn._notify_handlers.clear()
    try:
        conn.execute(FORGET)
    except psycopg.OperationalError:
        conn.close()
        return False
    return True


@dataclass(eq=False)
class Room(Shared):
    """That of a server that the rooms share."""

    database: Database | None = None
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


# what tells the server processes, of the database of a DSN, that are warm for others than these sessions
also_kept: Final[list[Callable[[str], list[int]]]] = []
_shared: dict[str, Room] = {}
_all: Final[list[Shared]] = []


@contextlib.contextmanager
def database(server: TestServer) -> Iterator[Database]:
    """The shared database of a server, fresh for one test."""
    shared = _shared.get(server.name)
    if shared is None:
        stack = contextlib.ExitStack()
        made = stack.enter_context(server.database(migrated=True))
        shared = _shared[server.name] = Room(made.dsn, database=made, stack=stack)
        shared.remember()
    assert shared.database is not None
    shared.tests += 1
    try:
        yield shared.database
    finally:
        if not shared.put_back() or shared.tests >= MOST_TESTS:
            throw_away(server.name)
        elif shared.tests % SWEEP_TESTS == 0:
            shared.sweep()


def throw_away(name: str) -> None:
    """Drop the shared database of a server, if there is one."""
    shared = _shared.pop(name, None)
    if shared is not None:
        shared.close()
        shared.stack.close()


def is_shared(dsn: str) -> bool:
    """Whether it is the database that tests share."""
    return any(shared.dsn == dsn for shared in _all)


def has_defaults(dsn: str) -> bool:
    """Whether the shared database or its superuser has settings that a session gets when it begins."""
    return any(shared.has_defaults() for shared in _all if shared.dsn == dsn)


def session(dsn: str) -> Connection:
    """A session as postgres: a warm one where the database is shared, with autocommit."""
    for shared in _all:
        if shared.dsn == dsn:
            return shared.session()
    return psycopg.connect(dsn, autocommit=True)


@contextlib.contextmanager
def borrowed(dsn: str) -> Iterator[Connection]:
    """As `pydb.db.connect`, but a warm session where the database is shared: others get it afterwards."""
    connection = session(dsn)
    connection.prepare_threshold = None
    db.adapt(connection)
    try:
        yield connection
    finally:
        for shared in _all:
            if connection in shared.lent:
                shared.lent.remove(connection)
                idle = connection.info.transaction_status == pq.TransactionStatus.IDLE
                if idle and forget(connection):
                    shared.free.append(connection)
        if not any(connection in shared.free for shared in _all):
            connection.close()


def another(dsn: str, user: str, *, autocommit: bool) -> Connection:
    """One more session: a warm one as postgres where the database is shared, else a new one."""
    if user != "postgres":
        return psycopg.connect(dsn, user=user, autocommit=autocommit)
    connection = session(dsn)
    connection.autocommit = autocommit
    return connection


def leave(connection: Connection) -> None:
    """Close a session, or leave it open for the next test."""
    if not any(connection is lent for shared in _all for lent in shared.lent):
        connection.close()
