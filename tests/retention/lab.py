"""A workbench for retention tests: short calls for policies, plans and runs on one real database."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]
    Row = dict[str, object]

# the tests own the clock: every plan and run is told that this is now
NOW: Final = datetime(2025, 1, 1, 12, tzinfo=UTC)
KEEP: Final = timedelta(days=30)
CUTOFF: Final = NOW - KEEP
MICROSECOND: Final = timedelta(microseconds=1)
OLD: Final = "2024-06-01 00:00+00"
YOUNG: Final = "2024-12-31 00:00+00"


@dataclass
class Refusal:
    """What a refused statement said; filled when the ``with`` block ends."""

    sqlstate: str = ""
    message: str = ""
    detail: str = ""
    hint: str = ""


@contextlib.contextmanager
def refused(*sqlstates: str, what: object = "it") -> Iterator[Refusal]:
    """Expect a database error with one of the SQLSTATEs; ``what`` names the case where a test has several."""
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
    assert refusal.sqlstate, f"{what} was not refused; expected {' or '.join(sqlstates)}"


@dataclass(frozen=True)
class PlanRow:
    """One row of ``pydb.retention_plan``."""

    relation: str
    action: str
    rows: int
    total_rows: int
    bytes: int
    oldest: str | None
    newest: str | None
    blocked_rows: int
    strategy: str | None
    warnings: list[str]
    policy: str
    strategy_reason: str | None
    cutoff: datetime
    null_rows: int
    codes: list[str]
    implausible_rows: int


@dataclass(frozen=True)
class Run:
    """One row of ``pydb.job_run``."""

    id: int
    subject: str
    dry_run: bool
    state: str
    stop_reason: str
    rows_planned: int | None
    rows_done: int
    rows_skipped: int
    batches: int
    cutoff: datetime | None
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime
    sqlstate: str | None
    error: str | None
    detail: Mapping[str, object]

    @property
    def end(self) -> tuple[str, str]:
        """State and stop reason."""
        return self.state, self.stop_reason


@dataclass
class Call:
    """What one ``call pydb.retention_run`` did: its runs, the error it ended with, the messages it sent."""

    runs: list[Run] = field(default_factory=list)
    sqlstate: str | None = None
    messages: list[tuple[str, str]] = field(default_factory=list)

    @property
    def run(self) -> Run:
        """The only run of the call."""
        assert len(self.runs) == 1, self.runs
        return self.runs[0]


class Lab:
    """One database and the calls that tests make in it."""

    def __init__(self, db: Connection) -> None:
        self.db = db

    def do(self, script: str) -> None:
        """Execute statements without parameters."""
        self.db.execute(script.encode())

    def rows(self, query: str, *parameters: object) -> list[TupleRow]:
        return self.db.execute(query.encode(), parameters or None).fetchall()

    def one(self, query: str, *parameters: object) -> object:
        rows = self.rows(query, *parameters)
        assert len(rows) == 1, rows
        return rows[0][0]

    def number(self, query: str, *parameters: object) -> int:
        value = self.one(query, *parameters)
        assert isinstance(value, int), value
        return value

    def ids(self, table: str = "public.t", key: str = "id") -> list[object]:
        return [row[0] for row in self.rows(f"select {key} from {table} order by {key}")]

    def policy(
        self,
        name: object = "p",
        table: object = "public.t",
        column: object = "at",
        keep: object = KEEP,
        **more: object,
    ) -> Row:
        """Set a policy; the fuse is off unless the test sets it."""
        arguments: dict[str, object] = {
            "p_name": name,
            "p_table": table,
            "p_time_column": column,
            "p_keep": keep,
            "p_fuse_share": "1",
            **{f"p_{key}": value for key, value in more.items()},
        }
        call = sql.SQL("select * from pydb.retention_policy_set({})").format(
            sql.SQL(", ").join(
                sql.SQL("{} => {}").format(sql.SQL(key), sql.Placeholder(key)) for key in arguments
            )
        )
        with self.db.cursor(binary=True, row_factory=dict_row) as cursor:
            row = cursor.execute(call, {key: _value(value) for key, value in arguments.items()}).fetchone()
        assert row is not None
        return row

    def plan(self, policy: str | None = "p", now: datetime | None = NOW) -> list[PlanRow]:
        with self.db.cursor(binary=True, row_factory=dict_row) as cursor:
            # Python knows neither infinity nor years BC
            columns = ", ".join(
                f"{name}::text" if name in ("oldest", "newest") else name for name in PlanRow.__annotations__
            )
            cursor.execute(f"select {columns} from pydb.retention_plan(%s, %s)".encode(), (policy, now))
            return [PlanRow(**row) for row in cursor.fetchall()]

    def planned(self, policy: str | None = "p", now: datetime | None = NOW) -> int:
        return sum(row.rows for row in self.plan(policy, now))

    def warnings(self, policy: str | None = "p") -> str:
        return "\n".join(text for row in self.plan(policy) for text in row.warnings)

    def call(self, policy: object = "p", now: object = NOW, **more: object) -> Call:
        """Call ``retention_run``; an error at its end is kept, whatever it logged is read."""
        request = uuid.uuid4()
        result = Call()

        def note(diagnostic: psycopg.errors.Diagnostic) -> None:
            result.messages.append((diagnostic.severity_nonlocalized or "", diagnostic.message_primary or ""))

        arguments: dict[str, object] = {"p_policy": policy, "p_now": now, "p_request": request}
        arguments.update({f"p_{key}": _value(value) for key, value in more.items()})
        names = ", ".join(f"{key} => %({key})s" for key in arguments)
        self.db.add_notice_handler(note)
        try:
            self.db.execute(f"call pydb.retention_run({names})".encode(), arguments)
        except psycopg.Error as error:
            result.sqlstate = error.sqlstate
        finally:
            self.db.remove_notice_handler(note)
        result.runs = self.runs(request=request)
        return result

    def run(self, policy: str = "p", now: datetime | None = NOW, **more: object) -> Run:
        return self.call(policy, now, **more).run

    def runs(self, *, request: uuid.UUID | None = None) -> list[Run]:
        columns = ", ".join(Run.__annotations__)
        with self.db.cursor(binary=True, row_factory=dict_row) as cursor:
            query = f"select {columns} from pydb.job_run where request = %s or %s::uuid is null order by id"
            cursor.execute(query.encode(), (request, request))
            return [Run(**row) for row in cursor.fetchall()]

    def prune(self, policy: str = "p", **more: object) -> Run:
        """Plan, run, and hold the law: rows planned = rows logged = rows gone, of whatever table."""
        before = self._rows()
        planned = self.planned(policy)
        call = self.call(policy, **more)
        gone = before - self._rows()
        assert (call.run.rows_done, gone) == (planned, planned), call
        assert call.run.rows_planned == planned
        assert call.sqlstate is None
        return call.run

    def _rows(self) -> int:
        """Rows of all tables that are not pydb's."""
        tables = self.rows(
            "select c.oid::regclass::text from pg_class as c where c.relkind = 'r' and c.oid >= 16384 "
            "and c.relnamespace::regnamespace::text not in ('pydb', 'pydb_internal') "
            "and c.relpersistence <> 't'"
        )
        return sum(self.number(f"select count(*) from only {name}") for (name,) in tables)

    def batch(
        self, policy: str = "p", rows: int = 10, cursor: str | None = None
    ) -> tuple[int, int, str | None]:
        """One ``retention_batch``: rows done, rows left, and the cursor as JSON text."""
        done, left, after = self.rows(
            "select rows_done, rows_left_estimate, cursor::text "
            "from pydb.retention_batch(%s, %s, %s::jsonb, %s)",
            policy,
            rows,
            cursor,
            NOW,
        )[0]
        return done, left, after

    def audit(self) -> list[tuple[str, str]]:
        return [
            (action, subject)
            for action, subject in self.rows("select action, subject from pydb.audit_log order by id")
        ]


def untouched(lab: Lab) -> None:
    """No policy, no trace, and the rows of the fixture ``table`` all there."""
    assert lab.number("select count(*) from pydb.retention_policy where not builtin") == 0
    assert lab.number("select count(*) from pydb.audit_log") == 0
    assert lab.number("select count(*) from public.t") == 7


def large(lab: Lab, rows: int = 20_000, order: str = "i", every: int = 2) -> None:
    """``public.t``: each ``every``-th row is young, the others expired; with an index on the time."""
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz, kind int);
        insert into public.t select i, case when i % {every} = 0 then timestamptz '{YOUNG}'
            else timestamptz '{OLD}' + i * interval '10 min' end, i % 10
            from generate_series(1, {rows}) as i where i * 10 < 260000 or i % {every} = 0 order by {order};
        create index on public.t (at); analyze public.t;"""
    )


def _value(value: object) -> object:
    """Numbers go as text, so that the server takes the parameter's own type."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(value)
