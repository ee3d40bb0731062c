"""SQL on connections that the application lends, sync and async; none of their settings is touched.

A statement runs on a cursor of our own, so the connection's row factory, cursor factory, loaders and JSON
functions do not matter, and values are read as the server sent them: text, or None for null. Intervals and
times are asked for as seconds, so ``DateStyle``, ``IntervalStyle`` and ``TimeZone`` do not matter either.
Whether a statement is prepared is left to the connection's ``prepare_threshold``: behind a pooler that is
None.

All errors of the driver arrive as :class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from typing import TYPE_CHECKING, Final, Protocol

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo
from psycopg.rows import tuple_row

from pydb import errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from psycopg.pq.abc import PGresult

Connection = psycopg.Connection[object]
AsyncConnection = psycopg.AsyncConnection[object]
Cells = list[str | None]

CONNECTIONS: Final = (psycopg.Connection, psycopg.AsyncConnection)
CHANNEL: Final = "pydb_idempotency"

# Built once: psycopg caches its parse of a query by the text.
# Arguments that have their default are left out: sending them takes a tenth of a claim's time.
_CLAIM: Final = (
    b"select outcome, token, attempt, code, result, error, extract(epoch from retry_after), owner,"
    b" extract(epoch from finished_at),"
    b" case outcome when 'ambiguous' then extract(epoch from lease_until) end"
    b" from pydb.idempotency_claim(p_scope => %s::text, p_key => %s::text, p_fingerprint => %s::bytea"
)
_CLAIM_OPTIONS: Final = (
    b", p_lease => %s::interval",
    b", p_ttl => %s::interval",
    b", p_on_stale => %s::text",
    b", p_max_attempts => %s::integer",
    b", p_owner => %s::text",
)
COMPLETE: Final = (
    b"select outcome, attempt, extract(epoch from lease_until), code, result, error,"
    b" extract(epoch from finished_at)"
    b" from pydb.idempotency_complete(p_scope => %s::text, p_key => %s::text, p_token => %s::bigint,"
    b" p_result => %s::jsonb, p_code => %s::integer, p_fenced => %s::boolean)"
)
# the outcome alone: to read the other columns takes a tenth of its time, and only the late need them
FINISH: Final = (
    b"select outcome"
    b" from pydb.idempotency_complete(p_scope => %s::text, p_key => %s::text, p_token => %s::bigint,"
    b" p_result => %s::jsonb, p_code => %s::integer, p_fenced => %s::boolean)"
)
FAIL: Final = (
    b"select outcome, attempt, extract(epoch from lease_until), code, result, error,"
    b" extract(epoch from finished_at)"
    b" from pydb.idempotency_fail(p_scope => %s::text, p_key => %s::text, p_token => %s::bigint,"
    b" p_error => %s::jsonb, p_retryable => %s::boolean, p_code => %s::integer)"
)
# what is left is a difference of two times of the server: the clock of the client does not matter
HEARTBEAT: Final = (
    b"select outcome, extract(epoch from lease_until - clock_timestamp())"
    b" from pydb.idempotency_heartbeat(p_scope => %s::text, p_key => %s::text, p_token => %s::bigint,"
    b" p_lease => %s::interval)"
)
PEEK: Final = (
    b"select outcome, attempt, code, result, error, extract(epoch from retry_after), owner,"
    b" extract(epoch from finished_at), extract(epoch from lease_until),"
    b" current_setting('transaction_isolation')"
    b" from pydb.idempotency_peek(p_scope => %s::text, p_key => %s::text, p_fingerprint => %s::bytea)"
)
NOTIFY: Final = b"select pydb.idempotency_notify(p_scope => %s::text, p_key => %s::text)"
RESOLVE: Final = (
    b"select outcome, token, attempt, extract(epoch from lease_until), code, result, error,"
    b" extract(epoch from finished_at)"
    b" from pydb.idempotency_resolve(p_scope => %s::text, p_key => %s::text, p_as => %s::text,"
    b" p_result => %s::jsonb, p_code => %s::integer, p_error => %s::jsonb, p_force => %s::boolean,"
    b" p_reason => %s::text)"
)
RESET: Final = (
    b"select outcome, attempt, extract(epoch from lease_until), code, result, error,"
    b" extract(epoch from finished_at)"
    b" from pydb.idempotency_reset(p_scope => %s::text, p_key => %s::text, p_force => %s::boolean,"
    b" p_reason => %s::text)"
)
PRUNE: Final = b"select pydb.idempotency_prune(p_limit => %s::integer)"
LISTEN: Final = b"listen pydb_idempotency"
UNLISTEN: Final = b"unlisten pydb_idempotency"


class Pool(Protocol):
    """Lends a connection for one statement, as ``psycopg_pool.ConnectionPool`` does."""

    def connection(self) -> AbstractContextManager[psycopg.Connection[object]]:
        """A connection that goes back when the block ends."""


class AsyncPool(Protocol):
    """Lends an async connection for one statement, as ``psycopg_pool.AsyncConnectionPool`` does."""

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[object]]:
        """A connection that goes back when the block ends."""


Source = psycopg.Connection[object] | Pool | Callable[[], psycopg.Connection[object]]
AsyncSource = (
    psycopg.AsyncConnection[object] | AsyncPool | Callable[[], Awaitable[psycopg.AsyncConnection[object]]]
)


def claim_statement(options: tuple[object, ...]) -> bytes:
    """The claim with those of lease, ttl, on_stale, max_attempts and owner that are not None."""
    given = (text for text, value in zip(_CLAIM_OPTIONS, options, strict=True) if value is not None)
    return b"".join((_CLAIM, *given, b")"))


def in_transaction(conn: Connection | AsyncConnection) -> bool:
    """Whether a statement on ``conn`` is part of a transaction that somebody else ends."""
    return not conn.autocommit or conn.pgconn.transaction_status != pq.TransactionStatus.IDLE


def is_healthy(conn: Connection | AsyncConnection) -> bool:
    """Whether ``conn`` has an open transaction, or none, that takes another statement."""
    return not conn.closed and conn.pgconn.transaction_status in (
        pq.TransactionStatus.IDLE,
        pq.TransactionStatus.INTRANS,
    )


def run(source: Source, statement: bytes, args: Sequence[object]) -> Cells:
    """The one row of a statement; on a lent connection it is committed before the connection goes back."""
    if isinstance(source, psycopg.Connection):
        return _execute(source, statement, args)
    with lend(source) as conn:
        return commit_run(conn, statement, args)


def commit_run(conn: Connection, statement: bytes, args: Sequence[object]) -> Cells:
    """The one row of a statement on a connection that was lent, committed."""
    cells = _execute(conn, statement, args)
    if not conn.autocommit:
        with _translated(conn):
            conn.commit()
    return cells


async def arun(source: AsyncSource, statement: bytes, args: Sequence[object]) -> Cells:
    """As :func:`run`, on an async connection."""
    if isinstance(source, psycopg.AsyncConnection):
        return await _aexecute(source, statement, args)
    async with alend(source) as conn:
        cells = await _aexecute(conn, statement, args)
        if not conn.autocommit:
            with _translated(conn):
                await conn.commit()
    return cells


@contextmanager
def lend(source: Pool | Callable[[], Connection]) -> Iterator[Connection]:
    """A connection out of a pool, or from a function that opens one, which is closed at the end.

    Raises :class:`~pydb.errors.DatabaseUnavailable` if there is none, and
    :class:`~pydb.errors.UsageError` if it comes with a transaction of somebody else's.
    """
    with _translated(None):
        lent = source() if callable(source) else source.connection()
    with _translated(None), lent as conn:
        _refuse_busy(conn)
        yield conn


@asynccontextmanager
async def alend(
    source: AsyncPool | Callable[[], Awaitable[AsyncConnection]],
) -> AsyncIterator[AsyncConnection]:
    """As :func:`lend`, for async connections."""
    with _translated(None):
        lent = await source() if callable(source) else source.connection()
        async with lent as conn:
            _refuse_busy(conn)
            yield conn


def sibling(conn: Connection) -> Connection:
    """Another autocommit connection with the parameters of ``conn``, for statements beside its own."""
    with _translated(conn):
        return psycopg.connect(_conninfo(conn), autocommit=True, prepare_threshold=None)


async def asibling(conn: AsyncConnection) -> AsyncConnection:
    """As :func:`sibling`, async."""
    with _translated(conn):
        return await psycopg.AsyncConnection.connect(_conninfo(conn), autocommit=True, prepare_threshold=None)


def cancel(conn: Connection) -> None:
    """Have the server give up what ``conn`` is doing, within a second; or close it under its statement."""
    with suppress(psycopg.Error):
        conn.cancel_safe(timeout=1.0)


def await_ring(conn: Connection, payload: str, seconds: float) -> None:
    """Wait at most so long for a notification with this payload on a connection that listens."""
    with _translated(conn):
        notifications = conn.notifies(timeout=seconds)
        for notification in notifications:
            if notification.channel == CHANNEL and notification.payload == payload:
                notifications.close()


async def await_aring(conn: AsyncConnection, payload: str, seconds: float) -> None:
    """As :func:`await_ring`, async."""
    with _translated(conn):
        notifications = conn.notifies(timeout=seconds)
        async for notification in notifications:
            if notification.channel == CHANNEL and notification.payload == payload:
                await notifications.aclose()


def order(conn: Connection, statement: bytes) -> None:
    """Run a statement without parameters and without a row."""
    with _translated(conn):
        psycopg.Cursor(conn, row_factory=tuple_row).execute(statement)


async def aorder(conn: AsyncConnection, statement: bytes) -> None:
    """As :func:`order`, async."""
    with _translated(conn):
        await psycopg.AsyncCursor(conn, row_factory=tuple_row).execute(statement)


def _execute(conn: Connection, statement: bytes, args: Sequence[object]) -> Cells:
    cursor = psycopg.Cursor(conn, row_factory=tuple_row)
    try:
        cursor.execute(statement, args)
        if conn.pgconn.pipeline_status:
            cursor.fetchone()
    except (psycopg.Error, UnicodeEncodeError) as error:
        raise translate(error, conn) from error
    return one_row(cursor.pgresult, conn)


async def _aexecute(conn: AsyncConnection, statement: bytes, args: Sequence[object]) -> Cells:
    cursor = psycopg.AsyncCursor(conn, row_factory=tuple_row)
    try:
        await cursor.execute(statement, args)
        if conn.pgconn.pipeline_status:
            await cursor.fetchone()
    except (psycopg.Error, UnicodeEncodeError) as error:
        raise translate(error, conn) from error
    return one_row(cursor.pgresult, conn)


def one_row(result: PGresult | None, conn: Connection | AsyncConnection) -> Cells:
    """The cells of the one row of a result, as the server sent them."""
    if result is None or result.ntuples != 1:
        raise errors.PydbError("the server did not answer with one row")
    cells: Cells = []
    for column in range(result.nfields):
        value = result.get_value(0, column)
        if value is None:
            cells.append(None)
        elif value.isascii():
            cells.append(value.decode("ascii"))
        else:  # psycopg, too, takes SQL_ASCII for UTF-8
            encoding = conn.info.encoding
            cells.append(value.decode("utf-8" if encoding == "ascii" else encoding))
    return cells


def _conninfo(conn: Connection | AsyncConnection) -> str:
    return make_conninfo(conn.info.dsn, password=conn.info.password or None)


def _refuse_busy(conn: Connection | AsyncConnection) -> None:
    if conn.pgconn.transaction_status != pq.TransactionStatus.IDLE:
        raise errors.UsageError(
            "a connection was lent in the middle of a transaction",
            hint="give the connection itself: then claim and completion belong to its transaction",
        )


def translate(
    error: psycopg.Error | UnicodeEncodeError, conn: Connection | AsyncConnection | None
) -> errors.PydbError:
    """The exception of pydb for one of the driver, to be raised from it."""
    if isinstance(error, UnicodeEncodeError):
        return errors.UsageError("an argument is not valid text", detail=ascii(error.object))
    dbname = None
    with suppress(psycopg.Error):
        dbname = conn.info.dbname if conn is not None else None
    if isinstance(error, psycopg.errors.UndefinedColumn):  # our statements name those of the newest revision
        missing = error.diag.message_primary
        return errors.not_installed(dbname, sqlstate=error.sqlstate, missing=missing)
    return errors.from_psycopg(error, dbname)


@contextmanager
def _translated(conn: Connection | AsyncConnection | None) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, conn) from error
