"""Batches of a query, over an asynchronous connection; as :mod:`pydb.stream.reading` otherwise."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

import psycopg
from psycopg import pq
from psycopg.rows import tuple_row

from pydb import bulk, db
from pydb.stream import tally
from pydb.stream.batch import ENVIRONMENT, Batch, Progress, Reading
from pydb.stream.reading import Parameters, columns_of, cursor_name, plain

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from pydb.stream.batch import Record


def abatches(
    source: psycopg.AsyncConnection[object] | str | None,
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
) -> AsyncGenerator[Batch]:
    """As :func:`pydb.stream.batches`, for ``async for``; nothing blocks the loop while the server works.

    Close it (``contextlib.aclosing``) where the loop over it may be left early.
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


async def _read(
    source: psycopg.AsyncConnection[object] | str | None,
    query: str,
    parameters: Parameters,
    reading: Reading,
    *,
    keyset: bool,
    binary: bool,
) -> AsyncGenerator[Batch]:
    query = plain(query)
    way = _by_key if keyset else _by_cursor
    try:
        async with (
            _connection(source) as conn,
            aclosing(way(conn, query, parameters, reading, binary=binary)) as found,
        ):
            async for batch in found:
                yield batch
    except Exception:
        tally.fail(reading.name)
        raise


@asynccontextmanager
async def _connection(
    source: psycopg.AsyncConnection[object] | str | None,
) -> AsyncIterator[psycopg.AsyncConnection[object]]:
    if source is None or isinstance(source, str):
        async with await db.aconnect(source) as conn:
            yield conn
    else:
        yield source


async def _by_cursor(
    conn: psycopg.AsyncConnection[object],
    query: str,
    parameters: Parameters,
    reading: Reading,
    *,
    binary: bool,
) -> AsyncGenerator[Batch]:
    is_resumed = reading.after is not None
    statement = query.encode()
    has_parameters = parameters is not None
    if reading.key:
        statement = bulk.in_order(conn, query, reading.key, reading.after, has_parameters=has_parameters)
    idle = conn.info.transaction_status == pq.TransactionStatus.IDLE
    with db.translated(conn):
        async with conn.transaction() if idle and conn.autocommit else nullcontext():
            cursor = conn.cursor(cursor_name(), row_factory=tuple_row, binary=binary)
            async with cursor:
                await cursor.execute(statement, parameters)
                reading.described(columns_of(cursor))
                while batch := reading.take(await cursor.fetchmany(reading.size)):
                    yield batch
                    batch = None
                    reading.begin()
            if is_resumed:
                await _refuse_null(conn, query, parameters, reading)


async def _by_key(
    conn: psycopg.AsyncConnection[object],
    query: str,
    parameters: Parameters,
    reading: Reading,
    *,
    binary: bool,
) -> AsyncGenerator[Batch]:
    has_parameters = parameters is not None
    has_more = True
    while has_more:
        statement = bulk.in_order(
            conn, query, reading.key, reading.after, limit=reading.size + 1, has_parameters=has_parameters
        )
        with db.translated(conn):
            async with conn.cursor(row_factory=tuple_row, binary=binary) as cursor:
                await cursor.execute(statement, parameters, prepare=False)
                reading.described(columns_of(cursor))
                rows: list[Record] = await cursor.fetchall()
        has_more = len(rows) > reading.size
        batch = reading.take(rows, has_more=has_more)
        del rows
        if batch is not None:
            yield batch
            batch = None
            reading.begin()
    await _refuse_null(conn, query, parameters, reading)


async def _refuse_null(
    conn: psycopg.AsyncConnection[object], query: str, parameters: Parameters, reading: Reading
) -> None:
    statement = bulk.without_key(conn, query, reading.key, has_parameters=parameters is not None)
    with db.translated(conn):
        async with conn.cursor() as cursor:
            await cursor.execute(statement, parameters)
            if await cursor.fetchone() is not None:
                raise reading.null_key()
