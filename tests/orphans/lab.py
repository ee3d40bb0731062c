"""A workbench for orphan tests: short calls for scans and repairs on one real database, and wait points."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests import reuse
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.rows import TupleRow

    from tests.conftest import Connection

DEADLINE: Final = 60.0
Row = dict[str, object]


@dataclass
class Refusal:
    """What a refused statement said; filled when the ``with`` block ends."""

    sqlstate: str = ""
    message: str = ""
    detail: str = ""
    hint: str = ""


@contextlib.contextmanager
def refused(*sqlstates: str) -> Iterator[Refusal]:
    """Expect a database error with one of the SQLSTATEs."""
    refusal = Refusal()
    try:
        yield refusal
    except psycopg.Error as error:
        refusal.sqlstate = error.sqlstate or ""
        refusal.message = error.diag.message_primary or ""
        refusal.detail = error.diag.message_detail or ""
        refusal.hint = error.diag.message_hint or ""
        if error.sqlstate not in sqlstates:
            raise
    assert refusal.sqlstate, f"it was not refused; expected {' or '.join(sqlstates)}"


@dataclass
class Call:
    """What one call of a procedure did: its run, the error it ended with, the messages it sent."""

    run: Row = field(default_factory=dict)
    sqlstate: str | None = None
    messages: list[str] = field(default_factory=list)

    @property
    def end(self) -> tuple[object, object]:
        """State and stop reason."""
        return self.run["state"], self.run["stop_reason"]

    @property
    def detail(self) -> Row:
        return cast("Row", self.run["detail"])

    @property
    def effects(self) -> str:
        """What a repair says of its side effects, in one text."""
        return "; ".join(cast("list[str]", self.detail.get("effects", [])))


class Background(threading.Thread):
    """One statement on a connection of its own; `error` is what the server answered."""

    def __init__(self, connection: Connection, statement: str) -> None:
        super().__init__(daemon=True)
        self.connection = connection
        self.pid = connection.info.backend_pid
        self.error: psycopg.Error | None = None
        self._statement = statement
        self.start()

    def run(self) -> None:
        try:
            self.connection.execute(self._statement.encode())
        except psycopg.Error as error:
            self.error = error

    def ended(self) -> psycopg.Error | None:
        """Wait for the end and return the error, if there was one."""
        self.join(DEADLINE)
        assert not self.is_alive(), "the statement did not end"
        return self.error


class Lab:
    """One database and the calls that tests make in it."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._opened: list[Connection] = []
        self.db = reuse.session(dsn)
        self.db.prepare_threshold = None
        self._opened.append(self.db)

    def close(self) -> None:
        for connection in self._opened:
            reuse.leave(connection)

    def session(self, user: str = "postgres", *, autocommit: bool = True) -> Connection:
        """One more session, a warm one where there is one; it ends with the lab."""
        connection = reuse.another(self.dsn, user, autocommit=autocommit)
        connection.prepare_threshold = None
        self._opened.append(connection)
        return connection

    def do(self, script: str) -> None:
        """Execute statements without parameters."""
        self.db.execute(script.encode())

    def rows(self, query: str, *parameters: object) -> list[TupleRow]:
        return self.db.execute(query.encode(), parameters or None).fetchall()

    def one(self, query: str, *parameters: object) -> object:
        ((value,),) = self.rows(query, *parameters)
        return value

    def ids(self, table: str = "app.child") -> list[int]:
        """Ids of the rows that are there."""
        return [cast("int", row[0]) for row in self.rows(f"select id from {table} order by id")]

    def old(self) -> None:
        """Let an hour pass for the rows that there are: the only mark is of now, dated back."""
        self.do(
            "delete from pydb_internal.orphan_mark;"
            "insert into pydb_internal.orphan_mark (at) values (clock_timestamp() - interval '1 hour')"
        )

    def scan(
        self, reference: str | None = None, db: Connection | None = None, **options: object
    ) -> dict[str, Row]:
        """``orphan_scan``: rows by the last part of the reference's name."""
        with (db or self.db).cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(
                self._statement("select * from", "orphan_scan", reference, options)
            ).fetchall()
        return {str(row["reference"]).rpartition(".")[2]: row for row in found}

    def scan_one(self, reference: str | None = None, **options: object) -> Row:
        """``orphan_scan`` where there is one reference."""
        (row,) = self.scan(reference, None, **options).values()
        return row

    def run(self, reference: str | None = None, *, db: Connection | None = None, **options: object) -> Call:
        """``orphan_scan_run``."""
        return self._call("orphan_scan_run", reference, db, options)

    def repair(self, reference: str, *, db: Connection | None = None, **options: object) -> Call:
        """``orphan_repair``."""
        return self._call("orphan_repair", reference, db, options)

    def last_run(self) -> Row:
        """The newest row of the log."""
        with self.db.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute("select * from pydb.job_run order by id desc limit 1").fetchone()
        assert row is not None
        return row

    def until(self, query: str, *args: object) -> None:
        """Poll until the query gives true; fails after the deadline."""
        end = time.monotonic() + DEADLINE
        while self.one(query, *args) is not True:
            assert time.monotonic() < end, f"never true: {query} {args}"
            time.sleep(PAUSE)

    def until_waiting(self, pid: int) -> None:
        """Poll until the backend waits for a lock."""
        self.until("select cardinality(pg_blocking_pids(%s)) > 0", pid)

    def _statement(
        self, verb: LiteralString, routine: str, reference: str | None, options: dict[str, object]
    ) -> sql.Composed:
        named = {"reference": reference, **options}
        return sql.SQL("{} pydb.{}({})").format(
            sql.SQL(verb),
            sql.Identifier(routine),
            sql.SQL(", ").join(
                sql.SQL("{} => {}").format(sql.Identifier(f"p_{name}"), sql.Literal(value))
                for name, value in named.items()
            ),
        )

    def _call(
        self, routine: str, reference: str | None, db: Connection | None, options: dict[str, object]
    ) -> Call:
        connection = db or self.db
        call = Call()
        heard = lambda diag: call.messages.append(diag.message_primary or "")  # noqa: E731
        connection.add_notice_handler(heard)
        try:
            connection.execute(self._statement("call", routine, reference, options))
        except psycopg.Error as error:
            call.sqlstate = error.sqlstate
            call.messages.append(error.diag.message_primary or "")
        finally:
            connection.remove_notice_handler(heard)
        if self.rows("select 1 from pydb.job_run"):
            call.run = self.last_run()
        return call
