"""The module with SQL text: connect, call a routine, call a procedure, read a table, run a script.

Connections work behind PgBouncer in transaction mode: no prepared statements, no session settings, no
session locks. Values come back in the binary format and therefore do not depend on ``DateStyle``,
``IntervalStyle`` or ``TimeZone`` of the server, the database or the role:

=================  ==========================================================================================
PostgreSQL         Python
=================  ==========================================================================================
bigint, integer    int
numeric            decimal.Decimal
text, name         str
timestamptz        datetime in UTC; ``infinity`` and dates Python cannot hold are ``datetime.max`` or ``.min``
interval           str, for example ``"1 year 2 mons 30 days 01:00:00"`` (a timedelta would lose the months)
regclass, oid      int (the oid: names depend on search_path, see ``pydb_internal.relation_name``)
json, jsonb        dict, list, str, …
uuid               uuid.UUID
=================  ==========================================================================================

All errors of the driver arrive as :class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

import psycopg
from psycopg import generators, pq, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from pydb import conninfo, errors, reads, wire

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)

Connection = psycopg.Connection[tuple[object, ...]]
Row = dict[str, object]
NoticeHandler = Callable[[str, str, str | None], None]

# A peer that is gone is noticed within about 30 s, whether we wait for it or write to it.
_DEFAULTS: dict[str, str] = {
    "application_name": "pydb",
    "client_encoding": "utf8",
    "connect_timeout": "10",
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
PIECE: Final = wire.PIECE
SentTids = wire.SentTids
SentXids = wire.SentXids
dsn_label = conninfo.label

_ROUTINE = re.compile(r"(?:pydb_internal\.)?[a-z_][a-z0-9_]{0,62}\Z")
_ARGUMENT = re.compile(r"p_[a-z0-9_]{1,61}\Z")

_SELECT = sql.SQL("select * from {}({})")
_CALL = sql.SQL("call {}({})")

<<<<<<< HEAD
_WANTED_RUNS = sql.SQL(
    "(%(kind)s::text is null or l.kind = %(kind)s::text)"
    " and (%(states)s::text[] is null or l.state = any(%(states)s::text[]))"
    " and (%(subject)s::text is null or l.subject = %(subject)s::text"
    " or right(l.subject, length(%(subject)s::text) + 1) = ' ' || %(subject)s::text)"
    " and (l.finished_at is null or l.finished_at >= coalesce("
    "%(since)s::timestamptz, now() - %(span)s::interval, '-infinity'))"
)

# Reads that are no routine, by name. Each is one plain select with named parameters.
_READS: dict[str, sql.SQL | sql.Composed] = {
    "policies": sql.SQL(
        "select p.*, p.search_path::text[] as search_path,"
        " coalesce(pydb_internal.relation_name(p.target), p.target_name) as relation,"
        " coalesce(pydb_internal.relation_name(p.watermark_table), p.watermark_table::oid::text)"
        " as watermark_table"
        " from pydb.retention_policy as p"
        " where %(name)s::text is null or p.name = %(name)s::text order by p.name"
    ),
    "runs_of_request": sql.SQL(
        "select r.*, r.plan || r.detail as detail from pydb.job_run as r"
        " where r.request = %(request)s::uuid order by r.id"
    ),
    "run": sql.SQL(
        "select r.*, r.plan || r.detail as detail from pydb.job_run as r where r.id = %(id)s::bigint"
    ),
    "run_audit": sql.SQL(
        "select id, at, actor, action, subject, arguments from pydb.audit_log"
        " where run_id = %(id)s::bigint order by id"
    ),
    "run_summaries": sql.SQL("select * from pydb.run_list where id = any(%(ids)s::bigint[]) order by id"),
    # in two parts, each with an index of its own: the log may be long
    "run_list": sql.SQL(
        "select * from ("
        " (select l.* from pydb.run_list as l where l.state = 'running' and {wanted})"
        " union all"
        " (select l.* from pydb.run_list as l where l.state <> 'running' and {wanted}"
        " order by l.id desc limit %(limit)s::bigint)"
        ") as u order by u.state <> 'running', u.id desc limit %(limit)s::bigint"
    ).format(wanted=_WANTED_RUNS),
    "retention_log": sql.SQL(
        "select * from pydb.retention_job_log as l"
        " where (%(policy)s::text is null or l.subject = %(policy)s::text)"
        " and (%(states)s::text[] is null or l.state = any(%(states)s::text[]))"
        " and (l.finished_at is null or l.finished_at >= coalesce("
        "%(since)s::timestamptz, now() - %(span)s::interval, '-infinity'))"
        " order by l.id desc limit %(limit)s::bigint"
    ),
    "guard": sql.SQL("select * from pydb.guard_status"),
    "windows": sql.SQL(
        "select s.*, s.opens::text as opens, s.closes::text as closes"
        " from pydb.window_status as s order by s.name"
    ),
    "governor": sql.SQL(
        "select s.*, s.back_off::text as back_off, s.patience::text as patience"
        " from pydb.governor_status as s order by s.indicator"
    ),
    "settings": sql.SQL("select * from pydb.setting order by name"),
    "detach_bounds": sql.SQL(
        "select extract(epoch from pydb_internal.setting_get(p_name => 'partition_patience')::interval)"
        "::float8 as patience, extract(epoch from %(max_runtime)s::text::interval)::float8 as runtime"
    ),
    "databases": sql.SQL(
        "select d.datname as name from pg_catalog.pg_database as d"
        " where d.datallowconn and not d.datistemplate and has_database_privilege(d.oid, 'connect')"
        " order by d.datname"
    ),
    "has_pydb": sql.SQL("select pg_catalog.to_regnamespace('pydb') is not null as installed"),
    "revision": sql.SQL("select version_num as revision from pydb.alembic_version"),
    "schedule_lock": sql.SQL(
        "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pydb.schedule_sync', 0))"
    ),
    "schedule_sources": sql.SQL(
        "select s.procedure, s.schedule, s.description, s.kind, s.subjects is not null as by_subject,"
        " s.housekeeping, s.updated_at, s.updated_by from pydb.schedule_source as s order by s.procedure"
    ),
    "cron_place": sql.SQL(
        "select s.setting as cron_database, e.extversion as version"
        " from (select) as one"
        " left join pg_catalog.pg_settings as s on s.name = 'cron.database_name'"
        " left join pg_catalog.pg_extension as e on e.extname = 'pg_cron'"
    ),
    "references": sql.SQL("select * from pydb.reference_list order by reference, kind"),
    "entities": sql.SQL(
        "select e.name, coalesce(pydb_internal.relation_name(e.root), e.root_name) as root_name,"
        " e.edges, e.approval, e.grace, e.archive, e.author, e.created_at, e.updated_at,"
        " e.search_path::text[] as search_path"
        " from pydb.entity as e order by e.name"
    ),
    "entity_root": sql.SQL(
        "select e.root::oid as oid, coalesce(pydb_internal.relation_name(e.root), e.root_name) as relation"
        " from pydb.entity as e where e.name = %(name)s"
    ),
    "table_root": sql.SQL(
        "select r.root::oid as oid, pydb_internal.relation_name(r.root) as relation"
        " from (select pydb_internal.relation_resolve(p_name => %(name)s) as root) as r"
    ),
    "unique_keys": sql.SQL(
        "select u.columns::text[] as columns, u.is_primary"
        " from pydb_internal.cascade_unique_keys(p_relation => %(relation)s::oid) as u"
        " order by u.is_primary desc, u.columns::text"
    ),
    "cascade_jobs": sql.SQL(
        "select j.id, j.entity, coalesce(pydb_internal.relation_name(j.root), j.root_name) as root_name,"
        " jsonb_array_length(j.keys) as key_count, j.edges, j.reason, j.state, j.rows_planned, j.rows_done,"
        " j.relations, j.approval, j.not_before, j.requested_by, j.requested_at, j.approved_by,"
        " j.approved_at, j.cancelled_by, j.cancelled_at, j.run_id, r.state as run_state, r.stop_reason,"
        " j.proof, j.finished_at, j.allow_triggers, j.triggered,"
        " j.search_path::text[] as search_path"
        " from pydb.cascade_job as j left join pydb.job_run as r on r.id = j.run_id"
        " where %(job)s::bigint is null or j.id = %(job)s::bigint order by j.id desc limit %(limit)s::bigint"
    ),
    "erasures": sql.SQL(
        "select * from pydb.erasure_status as s where not %(is_open)s::boolean or s.days_left is not null"
        " order by case when %(is_open)s::boolean then s.deadline end, s.requested_at desc"
        " limit %(limit)s::bigint"
    ),
    # entries of a file as the ledger has them, and the keys of the roots that are there again
    "erasure_back": sql.SQL(
        "select distinct f.id, f.key from pydb_internal.erasure_back("
        "p_entries => array(select jsonb_populate_record(null::pydb.erasure, e.value)"
        " from jsonb_array_elements(%(entries)s::jsonb) as e (value))) as f"
    ),
    "column_list": sql.SQL(
        "select u.name from unnest(pydb_internal.reference_parse_columns(p_text => %(text)s))"
        " with ordinality as u (name, place) order by u.place"
    ),
    "orphan_list": sql.SQL(
        "select * from pydb.orphan_list where %(name)s::text is null or reference = %(name)s::text"
        " order by reference, kind"
    ),
    "orphan_coverage": sql.SQL("select * from pydb.orphan_coverage"),
    "archive_list": sql.SQL(
        "select * from pydb.archive_list where (%(run)s::bigint is null or run_id = %(run)s::bigint)"
        " and (rows > 0 or %(empty)s) order by run_id desc, relation"
    ),
    "archive_scope": sql.SQL(
        "select l.* from pydb.archive_list as l"
        " left join pydb.archive_table as t on t.archive = l.archive"
        " where l.rows > 0 and (%(run)s::bigint is null or l.run_id = %(run)s::bigint)"
        " and (%(table)s::oid is null or l.archive::oid = %(table)s::oid"
        " or t.source::oid = pydb_internal.archive_top(p_relation => %(table)s::oid))"
    ),
    "archive_status": sql.SQL("select * from pydb.archive_status order by relation"),
    "idempotency_keys": sql.SQL(
        "select l.*, clock_timestamp() as seen_at from pydb.idempotency_list as l"
        " where (%(scope)s::text is null or l.scope = %(scope)s::text)"
        " and (%(key)s::text is null or l.key = %(key)s::text)"
        " and (%(status)s::text is null or l.status = %(status)s::text)"
        " and (%(expired)s::boolean is null or l.expired = %(expired)s::boolean)"
        # few among many: found by their own table
        " and (%(status)s::text is distinct from 'held' or (l.scope, l.key) in"
        " (select h.scope, h.key from pydb_internal.idempotency_held as h))"
        " order by l.claimed_at desc, l.token desc limit %(limit)s::bigint"
    ),
    # the setting is this transaction's: nobody needs to wait until the disk knows that expired keys are gone
    "idempotency_prune": sql.SQL(
        "select pydb.idempotency_prune(p_limit => %(limit)s::integer) as keys"
        " from (select set_config('synchronous_commit', 'off', true) offset 0) as s"
    ),
    "seconds": sql.SQL("select extract(epoch from %(span)s::interval)::float8 as seconds"),
    "system": sql.SQL(
        "select s.system_identifier, current_database() as dbname,"
        " (select d.oid from pg_catalog.pg_database as d where d.datname = current_database()) as dboid,"
        " current_setting('server_version_num')::integer as version from pg_catalog.pg_control_system() as s"
    ),
    "archive_manifests": sql.SQL(
        "select m.*, pydb_internal.archive_is_own(m.system_identifier, m.database_oid) as is_own"
        " from pydb.archive_manifest as m"
        " where (%(place)s::text is null or m.place = %(place)s::text)"
        " and (%(run_id)s::bigint is null or m.run_id = %(run_id)s::bigint)"
        " and (%(run_ids)s::bigint[] is null or m.run_id = any(%(run_ids)s::bigint[])) order by m.id"
    ),
    "archive_files": sql.SQL(
        "select m.file, m.place, m.source_name, m.rows, m.rows_deleted, m.bytes, m.created_at"
        " from pydb.archive_manifest as m where m.archived_run_id = %(run)s::bigint order by m.id"
    ),
    "temporary": sql.SQL("select to_regclass('pg_temp.' || quote_ident(%(name)s::text))::oid as oid"),
    "relation_oid": sql.SQL("select pydb_internal.relation_resolve(p_name => %(name)s)::oid as oid"),
    "server": sql.SQL(
        "select current_database() as dbname, current_user as role, pg_is_in_recovery() as in_recovery,"
        " current_setting('transaction_read_only')::boolean as read_only,"
        # of the database, the role or the server: nobody has asked for it in this session
        " exists (select from pg_settings where name = 'default_transaction_read_only' and setting = 'on'"
        " and source not in ('client', 'interactive', 'session')) as read_only_default,"
        " current_setting('server_version_num')::integer as version"
    ),
}

=======
>>>>>>> engine

def connect(dsn: str | None = None, *, autocommit: bool = True) -> Connection:
    """Connect to ``dsn`` (URI or key/value text), else to PYDB_DSN, else as libpq's variables and files say.

    Time-outs for connecting and for a dead peer are set unless the DSN or the environment sets them.
    Raises :class:`~pydb.errors.UsageError` if the DSN cannot be parsed and
    :class:`~pydb.errors.DatabaseUnavailable` if there is no connection; neither shows a password.
    """
    given = dsn if dsn is not None else os.environ.get("PYDB_DSN", "")
    params = conninfo.parse(given)
    inherited = {o.keyword.decode() for o in pq.Conninfo.get_defaults() if o.val is not None}
    for name, value in _DEFAULTS.items():
        if name not in params and name not in inherited:
            params[name] = value
    try:
        conn = psycopg.connect(make_conninfo("", **params), autocommit=autocommit, prepare_threshold=None)
    except psycopg.Error as error:
        raise conninfo.refused(error, params) from None
    wire.adapt(conn)
    return conn


def connect_beside(conn: Connection, dbname: str) -> Connection:
    """A second autocommit connection: same server and user, another database. Raises as :func:`connect`."""
    return connect(dsn_beside(conn, dbname))


def dsn_beside(conn: Connection, dbname: str) -> str:
    """The DSN of another database on the same server, for the same user, with its password."""
    with _translated(conn):
        params = conn.info.get_parameters() | {"dbname": dbname}
        if conn.info.password:
            params["password"] = conn.info.password
    return make_conninfo("", **params)


def call(conn: Connection, routine: str, /, **args: object) -> list[Row]:
    """Call function ``pydb.<routine>`` (or ``pydb_internal.x``) with named arguments; a dict a row.

    An argument of None is passed as null, which is not the default of the routine: leave it out for that.
    """
    with _translated(conn), conn.cursor(binary=True, row_factory=dict_row) as cursor:
        cursor.execute(_routine_sql(_SELECT, routine, args), _values(args))
        return cursor.fetchall()


def call_as(conn: Connection, cls: type[T], routine: str, /, **args: object) -> list[T]:
    """As :func:`call`, each row as the dataclass ``cls``; columns that it does not have are left out."""
    return [_as(cls, row) for row in call(conn, routine, **args)]


def call_value(conn: Connection, routine: str, /, **args: object) -> object:
    """Call a function that returns one value."""
    (row,) = call(conn, routine, **args)
    (value,) = row.values()
    return value


def call_procedure(conn: Connection, routine: str, /, **args: object) -> None:
    """Call procedure ``pydb.<routine>``. It commits by itself, so ``conn`` must be autocommit and idle."""
    _refuse_transaction(conn, f"procedure pydb.{routine}")
    with _translated(conn):
        conn.execute(_routine_sql(_CALL, routine, args), _values(args))


def run_call(conn: Connection, statement: str) -> None:
    """Run one CALL that a routine of pydb wrote (never a user); ``conn`` must be autocommit and idle."""
    _refuse_transaction(conn, statement)
    # binary: by the protocol that takes one statement and no more
    with _translated(conn), conn.cursor(binary=True) as cursor:
        cursor.execute(statement.encode())


def _refuse_transaction(conn: Connection, what: str) -> None:
    if not conn.autocommit or conn.info.transaction_status != pq.TransactionStatus.IDLE:
        raise errors.UsageError(
            f"{what} commits and cannot run inside a transaction",
            hint="use a connection of its own, made with autocommit",
        )


def read(conn: Connection, name: str, /, **args: object) -> list[Row]:
    """Rows of one of the named reads of this module."""
    with _translated(conn), conn.cursor(binary=True, row_factory=dict_row) as cursor:
        cursor.execute(reads.READS[name], _values(args))
        return cursor.fetchall()


def read_as(conn: Connection, cls: type[T], name: str, /, **args: object) -> list[T]:
    """As :func:`read`, each row as the dataclass ``cls``; columns that it does not have are left out."""
    return [_as(cls, row) for row in read(conn, name, **args)]


def run_script(conn: Connection, script: str) -> None:
    """Run SQL text of any number of statements, without parameters: sources of pydb, example schemas."""
    with _translated(conn):
        conn.execute(script.encode())


def run_query(conn: Connection, script: str, /, **args: object) -> list[Row]:
    """Rows of one statement out of a ``.sql`` file; with arguments, ``%(name)s`` in it are parameters."""
    with _translated(conn), conn.cursor(binary=True, row_factory=dict_row) as cursor:
        cursor.execute(script.encode(), _values(args) or None)
        return cursor.fetchall()


def held(conn: Connection) -> list[tuple[str, int, bool]]:
    """What pydb's own tables hold: what it is, how many rows, whether it is nowhere else and still in use."""
    found = conn.execute(reads.HELD).fetchall()
    return [(str(what), int(str(number)), bool(is_only)) for what, number, is_only in found]


def run_text(conn: Connection, statement: str) -> object:
    """Run one statement that a routine of pydb wrote (never a user); returns its first value, or None."""
    with _translated(conn), conn.cursor(binary=True) as cursor:
        cursor.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


@contextmanager
def transaction(conn: Connection, *, rollback: bool = False) -> Iterator[None]:
    """One transaction around the block; ``rollback`` undoes it at the end (for a dry run)."""
    with _translated(conn), conn.transaction(force_rollback=rollback):
        yield


@contextmanager
def snapshot(conn: Connection) -> Iterator[None]:
    """One transaction that sees one moment and writes nothing; values have one text (``export_pin``)."""
    with _translated(conn):
        conn.execute("begin isolation level repeatable read, read only")
        try:
            conn.execute("select pydb_internal.export_pin()")
            yield
        except BaseException:
            if conn.info.transaction_status != pq.TransactionStatus.UNKNOWN:
                conn.execute("rollback")
            raise
        conn.execute("commit")


def stream(conn: Connection, statement: str) -> Generator[Row]:
    """Rows of one SELECT that a routine of pydb wrote (never a user), one at a time; to be closed."""
    with _translated(conn), conn.cursor(binary=True, row_factory=dict_row) as cursor:
        yield from cursor.stream(statement.encode(), binary=True)


def copy_out(conn: Connection, statement: str) -> Generator[bytes]:
    """The lines of one COPY TO STDOUT that a routine of pydb wrote (never a user); to be closed.

    Whole lines, many at a time: nobody looks at one, and one takes as long as a thousand to hand over.
    """
    with _translated(conn):
        conn.pgconn.send_query(statement.encode())
        results = conn.wait(generators.execute(conn.pgconn))
        if results[-1].status != pq.ExecStatus.COPY_OUT:
            raise psycopg.errors.error_from_result(results[-1])
        is_through = False
        try:
            while not is_through:
                lines, is_through = conn.wait(wire.lines(conn.pgconn))
                if lines:
                    yield bytes(lines)
        finally:
            if not is_through and conn.info.transaction_status is pq.TransactionStatus.ACTIVE:
                conn.cancel_safe()
                with suppress(psycopg.Error):
                    while not conn.wait(wire.lines(conn.pgconn))[1]:
                        pass


def copy_in(conn: Connection, statement: str, pieces: Iterable[bytes]) -> int:
    """Feed one COPY FROM STDIN that a routine of pydb wrote (never a user); returns the rows it took."""
    with _translated(conn), conn.cursor() as cursor:
        with cursor.copy(statement.encode()) as copy:
            for piece in pieces:
                copy.write(piece)
        return cursor.rowcount


def on_code(conn: Connection, sqlstate: str, handler: Callable[[str], None]) -> None:
    """Have ``handler(message)`` called for each notice and warning of the server with this code."""

    def handle(diag: psycopg.errors.Diagnostic) -> None:
        if diag.sqlstate == sqlstate:
            handler(diag.message_primary or "")

    conn.add_notice_handler(handle)


def on_notice(conn: Connection, handler: NoticeHandler) -> None:
    """Have ``handler(severity, message, hint)`` called for each notice and warning of the server."""

    def handle(diag: psycopg.errors.Diagnostic) -> None:
        handler(diag.severity_nonlocalized or "NOTICE", diag.message_primary or "", diag.message_hint)

    conn.add_notice_handler(handle)


def say_read_write(conn: Connection) -> bool:
    """Let this session write where only a default says that it does not, and tell whether that was so.

    A default of the database, the role or the server, that is: what the caller has asked for stays.
    """
    (server,) = read(conn, "server")
    if not server["read_only_default"] or server["in_recovery"]:
        return False
    with _translated(conn):
        conn.execute("set session characteristics as transaction read write")
    return True


def cancel(conn: Connection, timeout: float = 10.0) -> bool:
    """Ask the server, over a connection of its own, to cancel what ``conn`` is doing; False if that fails."""
    try:
        conn.cancel_safe(timeout=timeout)
    except psycopg.Error:
        return False
    return True


@contextmanager
def _translated(conn: Connection) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise errors.from_psycopg(error, _dbname(conn)) from error
    except UnicodeEncodeError as error:
        raise errors.UsageError("an argument is not valid UTF-8", detail=ascii(error.object)) from None


def _dbname(conn: Connection) -> str | None:
    try:
        return conn.info.dbname
    except psycopg.OperationalError:  # the connection is gone
        return None


def _routine_sql(form: sql.SQL, routine: str, args: Mapping[str, object]) -> sql.Composed:
    if not _ROUTINE.match(routine):
        raise ValueError(f"not a name of a routine: {routine!r}")
    for name in args:
        if not _ARGUMENT.match(name):
            raise ValueError(f"not a name of an argument: {name!r}")
    arguments = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in args
    )
    schema, _, name = routine.rpartition(".")
    return form.format(sql.Identifier(schema or "pydb", name), arguments)


def _values(args: Mapping[str, object]) -> dict[str, object]:
    return {name: _value(value) for name, value in args.items()}


def _value(value: object) -> object:
    # Numbers go as untyped literals and take the type of the routine's argument: a float is not a numeric.
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, dict | list):
        return Jsonb(value)
    if isinstance(value, tuple):  # an SQL array; a list is JSON
        return list(value)
    return value


def _as(cls: type[T], row: Row) -> T:
    return cls(**{field.name: row[field.name] for field in fields(cls) if field.name in row})
