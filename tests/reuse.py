"""Databases that one test hands to the next, with sessions that have compiled pydb's routines already.

A new session compiles and plans each routine that it calls, which takes longer than most tests. So the rooms
of sql/ share one database a server: after each test it is put back to what the template holds, and it is
thrown away where it cannot be: where something of pydb or of the catalog is not as it was.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import pq, sql
from psycopg._preparing import PrepareManager
from psycopg.rows import tuple_row

from pydb import db

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
# dead rows of the catalog slow a database down that many tests have used
MOST_TESTS: Final = 60
MOST_SESSIONS: Final = 6

_OURS: Final = "n.nspname in ('pydb', 'pydb_internal', 'pydb_archive')"
_TABLES: Final = f"""
select format('%I.%I', n.nspname, c.relname)
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where {_OURS} and c.relkind in ('r', 'p') and not c.relispartition
order by 1"""
_SEQUENCES: Final = """
select format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value is not null
from pg_sequences
where schemaname in ('pydb', 'pydb_internal', 'pydb_archive')
order by 1"""
# what nobody puts back: how many rows there are and which transactions wrote them
_CATALOG: Final = """
select
    (select array[count(*), sum(o.xmin::text::bigint), sum(o.oid::bigint)]
        from pg_class as o where o.relnamespace in ({ours})),
    (select array[count(*), sum(o.xmin::text::bigint)]
        from pg_attribute as o inner join pg_class as c on c.oid = o.attrelid
        where c.relnamespace in ({ours})),
    (select array[count(*), sum(o.xmin::text::bigint)]
        from pg_proc as o where o.pronamespace in ({ours})),
    (select array[count(*), sum(o.xmin::text::bigint)]
        from pg_type as o where o.typnamespace in ({ours})),
    (select array[count(*), sum(o.xmin::text::bigint)]
        from pg_constraint as o where o.connamespace in ({ours})),
    (select array[count(*), sum(o.xmin::text::bigint)]
        from pg_trigger as o inner join pg_class as c on c.oid = o.tgrelid
        where c.relnamespace in ({ours})),
    (select array[count(*), sum(n.xmin::text::bigint)] from pg_namespace as n
        where n.nspname not in ('public', 'app', 'shop') and n.nspname !~ '^pg_(toast_)?temp_'),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_default_acl as o),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_event_trigger as o),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_extension as o),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_publication as o),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_foreign_data_wrapper as o),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_largeobject_metadata as o),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_language as o),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_policy as o),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_rewrite as o
        inner join pg_class as c on c.oid = o.ev_class
        where c.relnamespace in ({ours})),
    -- a built-in policy takes part as soon as its table has ever had rows
    (select array[pg_relation_size('pydb.idempotency_key')]),
    (select array[count(*)] from pg_cast),
    (select array[count(*)] from pg_operator),
    (select array[count(*)] from pg_proc),
    (select array[count(*)] from pg_class),
    (select array[count(*)] from pg_type),
    (select array[count(*)] from pg_collation),
    (select array[count(*)] from pg_ts_config),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_db_role_setting as o),
    (select array[count(*), sum(o.xmin::text::bigint)] from pg_roles inner join pg_authid as o using (oid)
        where o.rolname = 'postgres'),
    (select array[o.xmin::text::bigint] from pg_database as o where o.datname = current_database()),
    (select array[count(*)] from pg_prepared_xacts where database = current_database()),
    (select array[count(*)] from pg_replication_slots where database = current_database())"""
# these schemas stay, empty: one that comes or goes makes each session plan all its statements anew
_DROP: Final = """
do $reset$
declare
    v_name name;
    v_script text;
begin
    begin
        select string_agg(
            format(
                'drop %s if exists %s cascade',
                case o.type when 'composite type' then 'type' else o.type end,
                o.identity
            ),
            '; '
        ) into v_script
        from pg_depend as d
        inner join pg_namespace as n on n.oid = d.refobjid and n.nspname in ('public', 'app', 'shop')
        cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) as o
        where d.refclassid = 'pg_namespace'::regclass
            and o.type in (
                'aggregate', 'composite type', 'foreign table', 'function', 'materialized view', 'procedure',
                'sequence', 'table', 'type', 'view'
            );
        execute coalesce(v_script, '');
    exception when others then
        null; -- it goes with the schema
    end;
    for v_name in
        select nspname from pg_namespace
        where nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
            and nspname not in ('pydb', 'pydb_internal', 'pydb_archive')
            and nspname !~ '^pg_(toast_)?temp_'
            and not exists (
                select from pg_depend
                where classid = 'pg_namespace'::regclass and objid = oid and deptype = 'e'
            )
            and (
                (nspname, nspowner::regrole::text, coalesce(nspacl::text, '')) not in (
                    ('public', 'pg_database_owner',
                        '{pg_database_owner=UC/pg_database_owner,=U/pg_database_owner}'),
                    ('app', 'postgres', ''),
                    ('shop', 'postgres', '')
                )
                or exists (
                    select from pg_depend where refclassid = 'pg_namespace'::regclass and refobjid = oid
                        and not pg_describe_object(classid, objid, objsubid) = 'extension pg_cron'
                )
            )
    loop
        execute format('drop schema %I cascade', v_name);
    end loop;
    for v_name in
        select relname from pg_class
        where relnamespace = 'pydb_archive'::regnamespace and relkind in ('r', 'p')
    loop
        execute format('drop table pydb_archive.%I cascade', v_name);
    end loop;
    for v_name in select pubname from pg_publication
    loop
        execute format('drop publication %I', v_name);
    end loop;
    if to_regnamespace('public') is null then
        create schema public authorization pg_database_owner;
        grant usage on schema public to public;
        comment on schema public is 'standard public schema';
    end if;
end $reset$"""
_OTHERS: Final = """
do $others$
begin
    for i in 1 .. 1000 loop
        perform pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and not pid = any ({}::int[])
            and backend_type <> 'pg_cron launcher';
        exit when not found;
        perform pg_sleep(0.001), pg_stat_clear_snapshot();
    end loop;
end $others$"""

FORGET: Final = """
reset session authorization; reset all; close all; unlisten *; deallocate all; discard temp;
discard sequences; select pg_advisory_unlock_all()"""

# a session that is there already has not heard of them; 10 is postgres
_DEFAULTS: Final = "select exists (select from pg_db_role_setting where setdatabase = {} or setrole = 10)"
# numbers are read once: to look names up takes longer than what is asked
_NUMBERS: Final = f"""
select
    (select string_agg(n.oid::text, ', ') from pg_namespace as n where {_OURS}),
    (select oid::text from pg_database where datname = current_database())"""


@dataclass(eq=False)
class Shared:
    """A database that tests take one after the other, and its warm sessions."""

    dsn: str
    cleaner: Connection | None = None
    tests: int = 0
    free: list[Connection] = field(default_factory=list)
    lent: list[Connection] = field(default_factory=list)
    filled: dict[str, str] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    marks: tuple[object, ...] = ()
    sequences: list[tuple[object, ...]] = field(default_factory=list)
    catalog: tuple[object, ...] = ()
    asks_catalog: bytes = b""
    asks_defaults: bytes = b""

    def remember(self) -> None:
        """Note what the database is put back to."""
        _all.append(self)
        conn = self._own()
        ((ours, database),) = conn.execute(_NUMBERS.encode()).fetchall()
        self.asks_catalog = _CATALOG.format(ours=ours).encode()
        self.asks_defaults = _DEFAULTS.format(database).encode()
        for (table,) in conn.execute(_TABLES.encode()):
            rows = self._rows(conn, table)
            if rows == "[]":
                self.empty.append(table)
            else:
                self.filled[table] = rows
        self.marks = self._marks(conn)
        self.sequences = conn.execute(_SEQUENCES.encode()).fetchall()
        self.catalog = conn.execute(self.asks_catalog, prepare=True).fetchone() or ()

    def session(self) -> Connection:
        """A session as postgres, warm if one is free; it is given back by `leave`."""
        while self.free:
            conn = self.free.pop()
            if conn.closed:
                continue
            conn.autocommit = True
            if conn.execute(self.asks_defaults).fetchone() == (False,):
                break
            conn.close()
        else:
            conn = psycopg.connect(self.dsn)
        conn.autocommit = True
        self.lent.append(conn)
        return conn

    def has_defaults(self) -> bool:
        """Whether a session that is there already has not heard of settings."""
        return self._own().execute(self.asks_defaults).fetchone() != (False,)

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
            conn = self._own()
            self._clean(conn)
            return conn.execute(self.asks_catalog, prepare=True).fetchone() == self.catalog
        except psycopg.Error:
            return False

    def close(self) -> None:
        """End its sessions."""
        _all.remove(self)
        for conn in (*self.free, *self.lent, self.cleaner):
            if conn is not None:
                conn.close()

    def _own(self) -> Connection:
        """The session that puts back; no test has it."""
        if self.cleaner is None or self.cleaner.closed:
            self.cleaner = psycopg.connect(self.dsn, autocommit=True, application_name="reuse")
            self.cleaner.execute("set lock_timeout = '2s'; set statement_timeout = '20s'")
            self.cleaner.execute("set client_min_messages = warning; set session_replication_role = replica")
        return self.cleaner

    def _clean(self, conn: Connection) -> None:
        self.free = [session for session in self.free if forget(session)]
        kept = [session.info.backend_pid for session in self.free]
        for keeps in also_kept:
            kept += keeps(self.dsn)
        conn.execute(sql.SQL(_OTHERS).format(sql.Literal(kept)))
        conn.execute(_DROP.encode())
        ((written,),) = conn.execute(self._written().encode(), prepare=True).fetchall()
        if written:
            conn.execute("; ".join(f"delete from {table}" for table in written).encode())
        for (table, rows), then, now in zip(
            self.filled.items(), self.marks, marks := self._marks(conn), strict=True
        ):
            if now != then:
                conn.execute(f"delete from {table}".encode())
                conn.execute(
                    f"insert into {table} overriding system value"
                    f" select * from jsonb_populate_recordset(null::{table}, %s)".encode(),
                    (rows,),
                )
        if marks != self.marks:
            self.marks = self._marks(conn)
        for now, then in zip(conn.execute(_SEQUENCES.encode()).fetchall(), self.sequences, strict=True):
            if now != then:
                conn.execute("select setval(%s::regclass, %s, %s)", then)

    def _written(self) -> str:
        """A query for those of the empty tables that have rows; to look costs less than to delete none."""
        looks = (f"case when exists (select from {table}) then {_literal(table)} end" for table in self.empty)
        return f"select array_remove(array[{', '.join(looks)}]::text[], null)"

    def _marks(self, conn: Connection) -> tuple[object, ...]:
        """A mark a filled table: other rows, another mark."""
        parts = (
            f"(select array[count(*), sum(xmin::text::bigint)] from only {table})" for table in self.filled
        )
        return conn.execute(f"select {', '.join(parts)}".encode(), prepare=True).fetchone() or ()

    def _rows(self, conn: Connection, table: str) -> str:
        query = f"select coalesce(jsonb_agg(r.* order by r.*::text), '[]') from only {table} as r"
        ((rows,),) = conn.execute(query.encode()).fetchall()
        return json.dumps(rows)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


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
        if shared.tests >= MOST_TESTS or not shared.put_back():
            throw_away(server.name)


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
