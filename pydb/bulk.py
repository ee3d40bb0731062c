"""Rows of others, many at a time: a COPY that a routine of pydb wrote, an application's query by its key.

Errors of the driver arrive as :class:`pydb.errors.PydbError`, as those of :mod:`pydb.db` do.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import generators, pq, sql
from psycopg.rows import dict_row

from pydb import wire
from pydb.db import translated

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from pydb.db import Connection, Row

PIECE: Final = wire.PIECE
# stands for a query of the application
_QUERY: Final = "pydb stream"


def stream(conn: Connection, statement: str) -> Generator[Row]:
    """Rows of one SELECT that a routine of pydb wrote (never a user), one at a time; to be closed."""
    with translated(conn), conn.cursor(binary=True, row_factory=dict_row) as cursor:
        yield from cursor.stream(statement.encode(), binary=True)


def copy_out(conn: Connection, statement: str) -> Generator[bytes]:
    """The lines of one COPY TO STDOUT that a routine of pydb wrote (never a user); to be closed.

    Whole lines, many at a time: nobody looks at one, and one takes as long as a thousand to hand over.
    """
    with translated(conn):
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
    with translated(conn), conn.cursor() as cursor:
        with cursor.copy(statement.encode()) as copy:
            for piece in pieces:
                copy.write(piece)
        return cursor.rowcount


def copy_rows(
    conn: Connection, schema: str, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Add rows to a table of the application by COPY."""
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with translated(conn), conn.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def in_order(
    conn: psycopg.Connection[object] | psycopg.AsyncConnection[object],
    query: str,
    key: Sequence[str],
    after: Sequence[object] | None,
    *,
    limit: int | None = None,
    has_parameters: bool = False,
) -> bytes:
    """A SELECT of the application, by its key: the rows after one key, ``limit`` of them (None: all).

    The parameters of the query stay its own: the key goes in as literals.
    """
    columns = sql.SQL(", ").join(sql.Identifier(_QUERY, column) for column in key)
    rest = sql.Composed([])
    if after is not None:
        values = sql.SQL(", ").join(sql.Literal(value) for value in after)
        rest += sql.SQL(" where ({}) > ({})").format(columns, values)
    rest += sql.SQL(" order by {}").format(columns)
    if limit is not None:
        rest += sql.SQL(" limit {}").format(sql.Literal(limit))
    return _around(conn, b"select * from (", query, rest, has_parameters=has_parameters)


def without_key(
    conn: psycopg.Connection[object] | psycopg.AsyncConnection[object],
    query: str,
    key: Sequence[str],
    *,
    has_parameters: bool = False,
) -> bytes:
    """Whether a SELECT of the application has rows without a key, which no order by key can place."""
    columns = sql.SQL(" or ").join(
        sql.SQL("{} is null").format(sql.Identifier(_QUERY, column)) for column in key
    )
    rest = sql.SQL(" where {} limit 1").format(columns)
    return _around(conn, b"select 1 from (", query, rest, has_parameters=has_parameters)


def _around(
    conn: psycopg.Connection[object] | psycopg.AsyncConnection[object],
    head: bytes,
    query: str,
    rest: sql.Composed,
    *,
    has_parameters: bool,
) -> bytes:
    tail = sql.SQL(" as {}").format(sql.Identifier(_QUERY)) + rest
    text = tail.as_bytes(conn)
    # the line end: a query may end with a comment
    return head + query.encode() + b"\n)" + (text.replace(b"%", b"%%") if has_parameters else text)
