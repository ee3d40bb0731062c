"""Tables, runs in the background and wait points for the fault tests; nothing here sleeps to synchronise.

A test table has one row a block (fillfactor 10), so the first ranges of a walk are 64, 128, 256 … rows, and
row `id` lies in block ``id - 1``. Every delete is noted in ``app.effect`` by the transaction that made it, so
that the log can be held against what really went.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests import reuse
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tests.conftest import Connection, RoleFactory

DEADLINE = 60.0
GATE = 4711
# a row of the third batch, and how many rows are gone when that batch has committed
GATED_ROW = 400
# of a table, and how many of them have expired: four batches, the gate in the third
ROWS, EXPIRED = 700, 600
AFTER_GATE = 64 + 128 + 256

_SETUP = f"""
create schema if not exists app;
create table app.effect (relation text, transaction bigint, rows bigint);
create function app.note_effect() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    insert into app.effect
    select tg_table_name, pg_current_xact_id()::text::bigint, count(*) from gone having count(*) > 0;
    return null;
end $$;
create function app.gate() returns trigger language plpgsql set lock_timeout = 0 as $$
begin
    perform pg_advisory_xact_lock_shared({GATE});
    return old;
end $$;
"""
_TABLE = """
create table app.{0} (id bigint primary key, at timestamptz, filler text) with (fillfactor = {3});
insert into app.{0}
select i, now() - case when i <= {2} then interval '60 days' else interval '1 day' end, repeat('x', {4})
from generate_series(1, {1}) as i;
create trigger note_effect after delete on app.{0} referencing old table as gone
for each statement execute function app.note_effect();
"""


@dataclass(frozen=True)
class LogRow:
    """What the tests look at in a row of pydb.job_run."""

    id: int
    subject: str
    state: str
    stop_reason: str | None
    rows_planned: int | None
    rows_done: int
    rows_skipped: int
    batches: int
    sqlstate: str | None
    error: str | None
    detail: dict[str, object]
    pid: int


class Background(threading.Thread):
    """One statement on one connection, in a thread; `error` is what the server answered."""

    def __init__(self, connection: Connection, statement: LiteralString, *args: object) -> None:
        super().__init__(daemon=True)
        self.connection = connection
        self.pid = connection.info.backend_pid
        self.error: psycopg.Error | None = None
        self.warnings: list[str] = []
        connection.add_notice_handler(self._note)
        self._statement, self._args = statement, args
        self.start()

    def run(self) -> None:
        try:
            self.connection.execute(self._statement, self._args)
        except psycopg.Error as error:
            self.error = error
        finally:
            self.connection.remove_notice_handler(self._note)  # its session may run the next one

    def _note(self, diag: psycopg.errors.Diagnostic) -> None:
        self.warnings.append(diag.message_primary or "")

    def ended(self) -> psycopg.Error | None:
        """Wait for the end and return the error, if there was one."""
        self.join(DEADLINE)
        assert not self.is_alive(), "the statement did not end"
        return self.error

    def succeeded(self) -> None:
        """Wait for the end, which must be a good one."""
        error = self.ended()
        assert error is None, f"{error.sqlstate}: {error}"

    def failed(self) -> str | None:
        """Wait for the end, which must be an error; returns its SQLSTATE."""
        error = self.ended()
        assert error is not None, "the statement succeeded"
        return error.sqlstate


class Lab:
    """One database, its test tables and the sessions around them."""

    # the session of runs that are waited for, and who has closed the gates
    _runner: Connection | None = None
    _gate: Gate | None = None

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._opened: list[Connection] = []
        self.db = self.session()
        self.db.execute(_SETUP.encode())
        self._expired: dict[str, int] = {}
        self._rows: dict[str, int] = {}

    def close(self) -> None:
        """Close every session."""
        for connection in self._opened:
            reuse.leave(connection)

    def session(self, options: str = "", *, user: str = "postgres") -> Connection:
        """One more autocommit session; `options` as in ``-c work_mem=1MB``."""
        if options or user != "postgres":
            made = psycopg.connect(self.dsn, user=user, autocommit=True, options=options)
        else:
            made = reuse.session(self.dsn)
        made.prepare_threshold = None
        self._opened.append(made)
        return made

    def reconnect(self) -> None:
        """A new `db` once the server has crashed and come back."""
        end = time.monotonic() + DEADLINE
        self._runner = None
        with contextlib.suppress(psycopg.OperationalError):
            while time.monotonic() < end:
                self.db.execute("select 1")
        while True:
            try:
                self.db = self.session()
            except psycopg.OperationalError:
                assert time.monotonic() < end, "the server does not come back"
                time.sleep(PAUSE)
            else:
                return

    def table(
        self, name: str = "events", *, rows: int = ROWS, expired: int = EXPIRED, dense: bool = False
    ) -> None:
        """Make app.<name>: rows 1 to `expired` are 60 days old, the others one day.

        `dense` puts about 60 rows into a block instead of one.
        """
        self.db.execute(_TABLE.format(name, rows, expired, *((100, 100) if dense else (10, 850))).encode())
        self._rows[name], self._expired[name] = rows, expired

    def policy(self, name: str = "events", keep: str = "30 days", **options: object) -> None:
        """Set the policy of app.<name>; options are arguments of retention_policy_set without p_.

        However busy the machine, a batch is within its target, and the next one is twice as large.
        """
        arguments = sql.SQL("").join(
            sql.SQL(", {} => {}").format(sql.Identifier(f"p_{key}"), sql.Literal(value))
            for key, value in {"fuse_share": 1, "batch_target": "20 s", **options}.items()
        )
        self.db.execute(
            sql.SQL(
                "select pydb.retention_policy_set(p_name => {0}, p_table => {1}, p_time_column => 'at',"
                " p_keep => {2}{3})"
            ).format(name, f"app.{name}", keep, arguments)
        )

    def worker(self, role: RoleFactory, options: str = "") -> str:
        """A login role that may run the policies of the tables in app; it cannot look into other sessions."""
        name = role("worker", options)
        self.db.execute(
            f"grant usage on schema pydb, pydb_internal, app to {name};"
            f"grant execute on all routines in schema pydb, pydb_internal to {name};"
            f"grant select, insert, update, delete on all tables in schema app to {name};".encode()
        )
        return name

    def setting(self, name: str, value: str) -> None:
        """Change a setting of pydb."""
        self.db.execute("select pydb.setting_set(%s, %s)", (name, value))

    def value(self, query: str, *args: object) -> object:
        """The first value of a query's first row."""
        row = self.db.execute(query.encode(), args).fetchone()
        return row[0] if row else None

    def start(self, policy: str | None = "events", session: Connection | None = None) -> Background:
        """Start retention_run in the background."""
        return Background(session or self.session(), "call pydb.retention_run(%s)", policy)

    def run(self, policy: str | None = "events", session: Connection | None = None) -> Background:
        """Run retention_run to its end, whichever; one session for all, as long as it is there."""
        if session is None:
            if self._runner is None or self._runner.closed:
                self._runner = self.session()
            session = self._runner
        run = self.start(policy, session)
        run.ended()
        return run

    # -- wait points ---------------------------------------------------------------------------------------

    def until(self, query: str, *args: object) -> None:
        """Poll until the query gives true; fails after the deadline."""
        end = time.monotonic() + DEADLINE
        while self.value(query, *args) is not True:
            assert time.monotonic() < end, f"never true: {query} {args}"
            time.sleep(PAUSE)

    def until_waiting(self, pid: int, event: str) -> None:
        """Poll until the backend waits for the event, as pg_stat_activity calls it."""
        self.until("select wait_event = %s from pg_stat_activity where pid = %s", event, pid)

    def until_blocked(self, pid: int, by: int) -> None:
        """Poll until one backend waits for a lock of another."""
        self.until("select %s = any(pg_blocking_pids(%s))", by, pid)

    def at_the_gate(self, known: Collection[int] = ()) -> int:
        """Poll until somebody who is not known stands at a closed gate; the process of his backend.

        Asked in one look: who waits with a lock_timeout may give up between two, and come again.
        """
        end = time.monotonic() + DEADLINE
        while True:
            pid = self.value(
                "select l.pid from pg_locks as l inner join pg_database as d on d.oid = l.database"
                " where l.locktype = 'advisory' and l.objid = %s and not l.granted"
                " and d.datname = current_database() and l.pid <> all (%s) limit 1",
                GATE,
                list(known),
            )
            if isinstance(pid, int):
                return pid
            assert time.monotonic() < end, "nobody comes to the gate"
            time.sleep(PAUSE)

    def until_gone(self, pid: int) -> None:
        """Poll until the backend does not exist any more."""
        self.until("select not exists (select 1 from pg_stat_activity where pid = %s)", pid)

    @contextlib.contextmanager
    def gate(self, table: str = "events", row: int = GATED_ROW, *, when: str = "after") -> Iterator[Gate]:
        """Stop whoever deletes the row, inside its batch, until the gate is opened."""
        self.db.execute(
            f"create trigger gate {when} delete on app.{table} for each row when (old.id = {row})"
            " execute function app.gate()".encode()
        )
        with self.holding() as gate:
            yield gate

    @contextlib.contextmanager
    def holding(self) -> Iterator[Gate]:
        """Close all the gates that there are; within another such block they are closed already."""
        if self._gate is not None:
            yield self._gate
            return
        self._gate = Gate(self, self.session())
        try:
            yield self._gate
        finally:
            self._gate.open()
            self._gate = None

    # -- the books -----------------------------------------------------------------------------------------

    def runs(self, policy: str = "events") -> list[LogRow]:
        """The policy's rows in the log, oldest first."""
        columns = ", ".join(LogRow.__dataclass_fields__)
        with self.db.cursor(row_factory=dict_row) as cursor:
            query = f"select {columns} from pydb.job_run where subject = %s order by id"
            return [LogRow(**row) for row in cursor.execute(query.encode(), (policy,))]

    def ids(self, table: str = "events") -> set[int]:
        """Ids of the rows that are there."""
        return {row[0] for row in self.db.execute(f"select id from app.{table}".encode())}

    def gone(self, table: str = "events") -> int:
        """How many rows are gone."""
        return self._rows[table] - len(self.ids(table))

    def balanced(self, table: str = "events", *, live: int = 0) -> None:
        """Hold the log against the table: I1 to I4, at any moment at which nothing is in flight."""
        gone = self.gone(table)
        young = set(range(self._expired[table] + 1, self._rows[table] + 1))
        assert young <= self.ids(table), "I1: a row outside of the plan is gone"
        runs = self.runs(table)
        assert sum(run.rows_done for run in runs) == gone, "I2: reported is not what went"
        noted = self.db.execute(
            "select coalesce(sum(rows), 0)::bigint, count(distinct transaction) from app.effect"
            " where relation = %s",
            (table,),
        ).fetchone()
        assert noted is not None
        assert noted[0] == gone
        # a batch that found nothing leaves no effect
        assert noted[1] <= sum(run.batches for run in runs), "I3: a batch without its log entry"
        assert len([run for run in runs if run.state == "running"]) == live, "I4"

    def converges(self, table: str = "events", *, stay: int = 0) -> None:
        """Run again until nothing is due: exact, and a run after that does nothing (I5)."""
        self.run(table).succeeded()
        self.balanced(table)
        assert self.gone(table) == self._expired[table] - stay
        assert (self.runs(table)[-1].state, self.runs(table)[-1].stop_reason) == ("completed", "exhausted")
        self.run(table).succeeded()
        last = self.runs(table)[-1]
        assert (last.state, last.rows_planned, last.rows_done) == ("completed", 0, 0)
        self.balanced(table)


class Gate:
    """An advisory lock that the trigger on the gated row asks for."""

    def __init__(self, lab: Lab, holder: Connection) -> None:
        self._lab, self._holder = lab, holder
        holder.execute("select pg_advisory_lock(%s)", (GATE,))

    def reached_by(self, run: Background) -> None:
        """Wait until the run stands at the gate."""
        self._lab.until_waiting(run.pid, "advisory")

    def open(self) -> None:
        """Let the run go on."""
        with contextlib.suppress(psycopg.OperationalError):  # after a crash nobody holds it
            self._holder.execute("select pg_advisory_unlock_all()")
