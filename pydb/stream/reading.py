"""Batches of a query, over a connection that waits."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from psycopg import pq
from psycopg.rows import tuple_row

from pydb import bulk, db
from pydb.stream import tally
from pydb.stream.batch import ENVIRONMENT, Batch, Progress, Reading

if TYPE_CHECKING:
    import psycopg

    from pydb.stream.batch import Record

Parameters = Sequence[object] | Mapping[str, object] | None
_numbers: Final = itertools.count(1)


def batches(
    source: psycopg.Connection[object] | str | None,
    query: str,
    parameters: Parameters = None,
    *,
    size: int | None = None,
    size_variable: str = ENVIRONMENT,
    key: str | Sequence[str] | None = None,
    after: object = None,
    keyset: bool = False,
    name: str = "stream",
    progress: Progress | None = None,
    binary: bool = False,
) -> Generator[Batch]:
    """The rows of ``query`` in batches; memory for one batch, however many rows there are.

    Args:
        source: a connection of psycopg (of a thread of its own while it is read from), a DSN, or None: as
            PYDB_DSN or libpq's variables say.
        query: one SELECT of the application, never of a user; ``parameters`` are its own.
        parameters: values for ``%s`` or ``%(name)s`` in the query; None: a ``%`` in it is a per cent sign.
        size: rows of a batch, 1 to 1 000 000; None: as the environment says, else 10 000.
        size_variable: the environment's variable that says so.
        key: column or columns of the query that are unique together and never null. Rows come in their
            order, and ``Batch.key`` is where to go on from.
        after: a key; only rows after it. Not with ``key=None``.
        keyset: one statement for each batch, by the key: with autocommit no snapshot stays open, and rows
            written meanwhile are seen. Without it, one server-side cursor: one snapshot, one transaction.
        name: of the stream, in metrics.
        progress: called with each batch before it is handed out.
        binary: values come in the binary format.

    Yields:
        Batches with at least one row. The reading ends when the generator is closed, too.

    Raises:
        UsageError: for a size, a key or ``after`` that cannot be; for a key that is null or not unique.
        PydbError: what the server or the driver said.
    """
    reading = Reading(
        size=size,
        variable=size_variable,
        key=key,
        after=after,
        name=name,
        progress=progress,
        needs_key=keyset,
    )
    return _read(source, query, parameters, reading, keyset=keyset, binary=binary)


def _read(
    source: psycopg.Connection[object] | str | None,
    query: str,
    parameters: Parameters,
    reading: Reading,
    *,
    keyset: bool,
    binary: bool,
) -> Generator[Batch]:
    query = plain(query)
    way = _by_key if keyset else _by_cursor
    try:
        with _connection(source) as conn:
            yield from way(conn, query, parameters, reading, binary=binary)
    except Exception:
        tally.fail(reading.name)
        raise


def plain(query: str) -> str:
    """A query that can stand in brackets."""
    return query.strip().rstrip(";")


@contextmanager
def _connection(source: psycopg.Connection[object] | str | None) -> Iterator[psycopg.Connection[object]]:
    if source is None or isinstance(source, str):
        with db.connect(source) as conn:
            yield conn
    else:
        yield source


def _by_cursor(
    conn: psycopg.Connection[object], query: str, parameters: Parameters, reading: Reading, *, binary: bool
) -> Generator[Batch]:
    is_resumed = reading.after is not None
    statement = query.encode()
    has_parameters = parameters is not None
    if reading.key:
        statement = bulk.in_order(conn, query, reading.key, reading.after, has_parameters=has_parameters)
    idle = conn.info.transaction_status == pq.TransactionStatus.IDLE
    with db.translated(conn), conn.transaction() if idle and conn.autocommit else nullcontext():
        cursor = conn.cursor(cursor_name(), row_factory=tuple_row, binary=binary)
        with cursor:
            cursor.execute(statement, parameters)
            reading.described(columns_of(cursor))
            while batch := reading.take(cursor.fetchmany(reading.size)):
                yield batch
                batch = None  # not two of them in memory while the next comes
                reading.begin()
        if is_resumed:
            _refuse_null(conn, query, parameters, reading)


def _by_key(
    conn: psycopg.Connection[object], query: str, parameters: Parameters, reading: Reading, *, binary: bool
) -> Generator[Batch]:
    has_parameters = parameters is not None
    has_more = True
    while has_more:
        # one row more: whether there are others, and whether the key tells it from the last one
        statement = bulk.in_order(
            conn, query, reading.key, reading.after, limit=reading.size + 1, has_parameters=has_parameters
        )
        with db.translated(conn), conn.cursor(row_factory=tuple_row, binary=binary) as cursor:
            cursor.execute(statement, parameters, prepare=False)
            reading.described(columns_of(cursor))
            rows: list[Record] = cursor.fetchall()
        has_more = len(rows) > reading.size
        batch = reading.take(rows, has_more=has_more)
        del rows
        if batch is not None:
            yield batch
            batch = None
            reading.begin()
    _refuse_null(conn, query, parameters, reading)


def _refuse_null(
    conn: psycopg.Connection[object], query: str, parameters: Parameters, reading: Reading
) -> None:
    """A comparison with a key leaves rows without one out, and nobody would know."""
    statement = bulk.without_key(conn, query, reading.key, has_parameters=parameters is not None)
    with db.translated(conn), conn.cursor() as cursor:
        if cursor.execute(statement, parameters).fetchone() is not None:
            raise reading.null_key()


def cursor_name() -> str:
    """A name that no other cursor of this process has."""
    return f"pydb_stream_{next(_numbers)}"


def columns_of(cursor: psycopg.Cursor[Record] | psycopg.AsyncCursor[Record]) -> list[str]:
    """The names of the columns of what a cursor reads."""
    return [column.name for column in cursor.description or ()]
