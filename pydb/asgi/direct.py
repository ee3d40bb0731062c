"""One statement on an idle connection, without a cursor: that saves half of psycopg's work for a call.

The statement is a transaction of its own, in autocommit or not, and its answer is one row. Nobody else uses
the connection meanwhile.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import psycopg
from psycopg import generators, pq
from psycopg.waiting import Ready, Wait

from pydb.idempotency import lent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.abc import PQGen
    from psycopg.pq.abc import PGresult

    from pydb.idempotency.lent import AsyncConnection, Cells

_CANCEL_SECONDS: Final = 5.0
_names = itertools.count(1)
# name of a prepared statement by its text
_prepared: Final[WeakKeyDictionary[AsyncConnection, dict[bytes, bytes]]] = WeakKeyDictionary()


def numbered(statement: bytes) -> bytes:
    """Return a statement of :mod:`pydb.idempotency.lent` with parameters as the server wants them: ``$1``."""
    numbers = itertools.count(1)
    return re.sub(rb"%s", lambda _: b"$%d" % next(numbers), statement)


async def ask(conn: AsyncConnection, statement: bytes, args: Sequence[object]) -> Cells:
    """Return the row of a :func:`numbered` statement; arguments are text, bytes, integers, booleans and None.

    It is prepared when the connection first runs it, unless its ``prepare_threshold`` is None. If the task is
    cancelled, so is the statement on the server.
    """
    try:
        values = [None if arg is None else _sent(arg, conn) for arg in args]
        try:
            result = await _drive(conn, _exchange(conn, statement, values))
        except (psycopg.errors.InvalidSqlStatementName, psycopg.errors.FeatureNotSupported):
            # somebody had all prepared statements forgotten, or its columns have changed: it did not run
            _prepared.pop(conn, None)
            result = await _drive(conn, _exchange(conn, statement, values))
    except (psycopg.Error, UnicodeEncodeError) as error:
        raise lent.translate(error, conn) from error
    return lent.one_row(result, conn)


async def _drive(conn: AsyncConnection, exchange: PQGen[PGresult]) -> PGresult:
    """Do as ``conn.wait``, which also wakes up ten times a second, and is needed to cancel."""
    loop = asyncio.get_running_loop()
    socket = conn.pgconn.socket
    try:
        wanted = next(exchange)
        while True:
            woken: asyncio.Future[Ready] = loop.create_future()
            if wanted & Wait.R:
                loop.add_reader(socket, _wake, woken, Ready.R)
            if wanted & Wait.W:
                loop.add_writer(socket, _wake, woken, Ready.W)
            try:
                ready = await woken
            finally:
                loop.remove_reader(socket)
                if wanted & Wait.W:
                    loop.remove_writer(socket)
            wanted = exchange.send(ready)
    except StopIteration as end:
        result: PGresult = end.value
        return result
    except OSError as error:
        raise psycopg.OperationalError("the socket of the connection is closed") from error
    except asyncio.CancelledError:
        # if this does not end the statement, the pool closes the connection
        with suppress(psycopg.Error, TimeoutError):
            async with asyncio.timeout(_CANCEL_SECONDS):
                await conn.cancel_safe(timeout=_CANCEL_SECONDS)
                await conn.wait(generators.execute(conn.pgconn))
        raise


def _wake(woken: asyncio.Future[Ready], ready: Ready) -> None:
    if not woken.done():
        woken.set_result(ready)


def _exchange(conn: AsyncConnection, statement: bytes, values: list[bytes | None]) -> PQGen[PGresult]:
    pgconn = conn.pgconn
    if conn.prepare_threshold is None:
        pgconn.send_query_params(statement, values)
        return _checked((yield from generators.execute(pgconn)), conn)
    known = _prepared.setdefault(conn, {})
    name = known.get(statement)
    if name is None:
        name = b"pydb_%d" % next(_names)
        pgconn.send_prepare(name, statement)
        _checked((yield from generators.execute(pgconn)), conn)
        known[statement] = name
    pgconn.send_query_prepared(name, values)
    # where the server process ran at once, on this very processor, the answer is there: no need to wait
    pgconn.consume_input()
    return _checked((yield from generators.execute(pgconn)), conn)


def _checked(results: list[PGresult], conn: AsyncConnection) -> PGresult:
    result = results[-1]
    if result.status == pq.ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(result, encoding=_encoding(conn))
    return result


def _sent(value: object, conn: AsyncConnection) -> bytes:
    if isinstance(value, str):
        return value.encode("ascii" if value.isascii() else _encoding(conn))
    if isinstance(value, bytes):
        return b"\\x%s" % value.hex().encode()
    return str(value).encode()


def _encoding(conn: AsyncConnection) -> str:
    encoding = conn.info.encoding
    return "utf-8" if encoding == "ascii" else encoding
