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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from pydb import conninfo, errors, reads, wire

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)

Connection = psycopg.Connection[tuple[object, ...]]
AsyncConnection = psycopg.AsyncConnection[tuple[object, ...]]
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
SentTids = wire.SentTids
SentXids = wire.SentXids
dsn_label = conninfo.label
adapt = wire.adapt

_ROUTINE = re.compile(r"(?:pydb_internal\.)?[a-z_][a-z0-9_]{0,62}\Z")
_ARGUMENT = re.compile(r"p_[a-z0-9_]{1,61}\Z")

# what ended a session: whatever is tried on it afterwards is told only that it is closed
_ENDED: Final[WeakKeyDictionary[object, str]] = WeakKeyDictionary()
_SELECT = sql.SQL("select * from {}({})")
_CALL = sql.SQL("call {}({})")


def connect(dsn: str | None = None, *, autocommit: bool = True) -> Connection:
    """Connect to ``dsn`` (URI or key/value text), else to PYDB_DSN, else as libpq's variables and files say.

    Time-outs for connecting and for a dead peer are set unless the DSN or the environment sets them.
    Raises :class:`~pydb.errors.UsageError` if the DSN cannot be parsed and
    :class:`~pydb.errors.DatabaseUnavailable` if there is no connection; neither shows a password.
    """
    params = _params(dsn)
    try:
        conn = psycopg.connect(make_conninfo("", **params), autocommit=autocommit, prepare_threshold=None)
    except psycopg.Error as error:
        raise conninfo.refused(error, params) from None
    wire.adapt(conn)
    return conn


async def aconnect(dsn: str | None = None, *, autocommit: bool = True) -> AsyncConnection:
    """As :func:`connect`, for an event loop."""
    params = _params(dsn)
    try:
        conn = await psycopg.AsyncConnection.connect(
            make_conninfo("", **params), autocommit=autocommit, prepare_threshold=None
        )
    except psycopg.Error as error:
        raise conninfo.refused(error, params) from None
    wire.adapt(conn)
    return conn


def pool_conninfo(dsn: str | None) -> str:
    """What a pool connects with to have connections as :func:`connect` makes them; see also :func:`adapt`."""
    return make_conninfo("", **_params(dsn))


def labelled(dsn: str | None, application: str) -> str:
    """The DSN with this application_name, unless it has one."""
    given = dsn if dsn is not None else os.environ.get("PYDB_DSN", "")
    return make_conninfo("", **{"application_name": application, **conninfo.parse(given)})


def _params(dsn: str | None) -> dict[str, str]:
    given = dsn if dsn is not None else os.environ.get("PYDB_DSN", "")
    params = conninfo.parse(given)
    inherited = {o.keyword.decode() for o in pq.Conninfo.get_defaults() if o.val is not None}
    return {
        **{k: v for k, v in _DEFAULTS.items() if k not in params and k not in inherited},
        **params,
    }


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


async def acall_value(conn: AsyncConnection, routine: str, /, **args: object) -> object:
    """As :func:`call_value`, on an async connection."""
    with _translated(conn):
        async with conn.cursor(binary=True, row_factory=dict_row) as cursor:
            await cursor.execute(_routine_sql(_SELECT, routine, args), _values(args))
            row = await cursor.fetchone()
    (value,) = (row or {}).values()
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
def bounded(conn: Connection, seconds: float) -> Iterator[None]:
    """One transaction in which no statement takes longer than ``seconds``."""
    with _translated(conn), conn.transaction():
        milliseconds = f"{max(int(seconds * 1000), 1)}ms"
        conn.execute("select pg_catalog.set_config('statement_timeout', %s, true)", [milliseconds])
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


@contextmanager
def look(conn: Connection, milliseconds: int | None) -> Iterator[None]:
    """One read-only transaction that sees one moment; each of its statements may take so long.

    What the database, the role or the server say of paths, times and compiling does not count in it; with
    None it does, for what must be looked at as a run would look at it.
    """
    with _translated(conn):
        conn.execute("begin isolation level repeatable read, read only")
        try:
            if milliseconds is not None:
                conn.execute(reads.LOOK, [str(milliseconds), str(milliseconds)])
            yield
        finally:
            if conn.info.transaction_status != pq.TransactionStatus.UNKNOWN:
                conn.execute("rollback")


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


def listen(conn: Connection, channel: str) -> bool:
    """Have the server ring on ``channel``; False on a standby, where it cannot."""
    with _translated(conn):
        try:
            conn.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        except psycopg.errors.ReadOnlySqlTransaction:
            return False
    return True


def fileno(conn: Connection) -> int:
    """The file on which it can be seen that the server has something to say."""
    with _translated(conn):
        return conn.fileno()


def heard(conn: Connection) -> int:
    """How often it has rung since the last look; does not wait."""
    with _translated(conn):
        return sum(1 for _ in conn.notifies(timeout=0))


@contextmanager
def translated(conn: psycopg.Connection[object] | psycopg.AsyncConnection[object]) -> Iterator[None]:
    """Errors of the driver within the block arrive as :class:`pydb.errors.PydbError`."""
    with _translated(conn):
        yield


@contextmanager
def _translated(conn: psycopg.Connection[object] | psycopg.AsyncConnection[object]) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise _told(conn, error) from error
    except UnicodeEncodeError as error:
        raise errors.UsageError("an argument is not valid UTF-8", detail=ascii(error.object)) from None


def _told(
    conn: psycopg.Connection[object] | psycopg.AsyncConnection[object], error: psycopg.Error
) -> errors.PydbError:
    """The pydb exception; of a session that is gone each one says what ended it, not that it is closed."""
    told = errors.from_psycopg(error, _dbname(conn))
    if conn.closed or error.diag.severity_nonlocalized in {"FATAL", "PANIC"}:
        first = _ENDED.setdefault(conn, told.message)
        if isinstance(told, errors.DatabaseUnavailable) and error.sqlstate is None:
            told = errors.DatabaseUnavailable(first, detail=told.detail, hint=told.hint)
    return told


def _dbname(conn: psycopg.Connection[object] | psycopg.AsyncConnection[object]) -> str | None:
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
