"""SQL texts on the connection below alembic's: any number of statements, byte for byte."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import generators, pq

from pydb import db, sources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection

# Between two texts, the first of which may end without a semicolon: how often it answered tells in which an
# error was met that has no place in the text.
_NEXT: Final = '\n;select null as "pydb: next file";\n'


class FileError(Exception):
    """Which of the texts an error came from, and the line in it, where the server told."""

    def __init__(self, cause: psycopg.Error, file: int, line: int | None) -> None:
        super().__init__(str(cause))
        self.cause, self.file, self.line = cause, file, line


def execute(connection: Connection, text: str) -> None:
    """Run ``text``, any number of statements, as it is."""
    driver(connection).execute(text.encode())


def driver(connection: Connection) -> db.Connection:
    """The driver's connection below SQLAlchemy's."""
    conn = connection.connection.driver_connection
    assert isinstance(conn, psycopg.Connection)  # noqa: S101
    return conn


def execute_all(connection: Connection, texts: Sequence[str]) -> None:
    """Run ``texts``, as they are, on one way there and back. Raises :class:`FileError`."""
    conn = driver(connection)
    whole = _NEXT.join(texts)
    conn.pgconn.send_query(whole.encode())
    results = conn.wait(generators.execute(conn.pgconn))
    if results[-1].status != pq.ExecStatus.FATAL_ERROR:
        return
    error = psycopg.errors.error_from_result(results[-1])
    position = error.diag.statement_position
    if position is None:
        raise FileError(error, sum(result.fname(0) == b"pydb: next file" for result in results[:-1]), None)
    # by its place: where one cannot be parsed, none was run
    ahead = [0, *accumulate(len(text) + len(_NEXT) for text in texts[:-1])]
    file = bisect_right(ahead, int(position) - 1) - 1
    raise FileError(error, file, whole.count("\n", ahead[file], int(position) - 1) + 1)


def script_text(name: str, root: Path | None = None) -> str:
    """Text of one of the SQL files at the top of ``migrations/``."""
    return ((root or sources.migrations_dir()) / name).read_text("utf-8")
